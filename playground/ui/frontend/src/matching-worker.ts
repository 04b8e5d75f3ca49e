/** What runs regular expressions, in a worker that can be ended. */

export interface Pattern {
  source: string;
  flags: string;
}

/** What the patterns have to say for a row to pass; a number is that of a pattern. */
export type Plan = number | { not: Plan } | { all: Plan[] } | { either: Plan[] };

export interface Batch {
  patterns: Pattern[];
  /** Of each row, what decides. */
  plans: Plan[];
  /** Of each row, the texts of which one has to match. */
  texts: string[][];
  /** Tell where it is before each match, and not only now and then. */
  careful: boolean;
}

/** Where the worker is: the row in its batch, and the pattern. */
export interface Whereabouts {
  row: number;
  pattern: number;
}

export type Told =
  | { type: "ready" }
  | ({ type: "at" } & Whereabouts)
  | ({ type: "failed"; message: string } & Whereabouts)
  | { type: "done"; passed: boolean[]; ms: number };

export interface WorkerScope {
  onmessage: ((event: { data: Batch }) => void) | null;
  postMessage(told: Told): void;
}

/** The worker's program. Its text is what the worker gets, so it uses nothing from outside itself. */
export function program(scope: WorkerScope): void {
  const interval = 10;
  scope.onmessage = ({ data: { patterns, plans, texts, careful } }) => {
    const began = performance.now();
    let [row, pattern, told] = [0, 0, began];
    const matches = (regexp: RegExp, i: number): boolean => {
      pattern = i;
      const now = performance.now();
      if (careful || now - told > interval) {
        scope.postMessage({ type: "at", row, pattern });
        told = now;
      }
      return texts[row]!.some((text) => regexp.test(text));
    };
    try {
      const compiled = patterns.map(({ source, flags }) => new RegExp(source, flags));
      const holds = (plan: Plan): boolean => {
        if (typeof plan === "number") return matches(compiled[plan]!, plan);
        if ("not" in plan) return !holds(plan.not);
        return "all" in plan ? plan.all.every(holds) : plan.either.some(holds);
      };
      const passed: boolean[] = [];
      for (row = 0; row < texts.length; row++) passed.push(holds(plans[row]!));
      scope.postMessage({ type: "done", passed, ms: performance.now() - began });
    } catch (error) {
      // Such as an expression that is too large to be compiled, or one that needs too much memory.
      scope.postMessage({ type: "failed", row, pattern, message: error instanceof Error ? error.message : `${error}` });
    }
  };
  scope.postMessage({ type: "ready" });
}

export type WorkerLike = Pick<Worker, "postMessage" | "terminate" | "onmessage" | "onerror">;

/** Starts a worker; throws, or calls its `onerror`, where the page does not allow workers. */
export function startWorker(): WorkerLike {
  const url = URL.createObjectURL(new Blob([`(${program})(self)`], { type: "text/javascript" }));
  const worker = new Worker(url);
  // The browser has begun to load it.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
  return worker;
}
