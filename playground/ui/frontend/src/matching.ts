import { type Expression, type Filter, type Mistake, mistakeAt } from "./filter";
import { MATCH_SECONDS, TOTAL_SECONDS } from "./generated/vocabulary";
import type { Row } from "./kernel-protocol";
import { type Batch, type Plan, startWorker, type Told, type Whereabouts, type WorkerLike } from "./matching-worker";
import { shownPattern } from "./regex";
import { textsOf } from "./rowtext";
import { Signal } from "./signal";
import type { Change } from "./store";

/** Rows of one batch. Copying more at once would be felt. */
const BATCH = 2_000;
/** Milliseconds without a word after which a batch is run again, to see which row it is. */
const SILENCE = 250;
/** Milliseconds for what the worker has said already to arrive. */
const GRACE = 50;
/** Milliseconds for a worker to start. */
const START = 10_000;

/** No worker may run in this page. */
export class NoWorker extends Error {}

/** An expression was stopped, and the filter with it. */
export class Stopped extends Error {
  constructor(readonly mistake: Mistake) {
    super(mistake.message);
  }
}

class Outdated extends Error {}

/** How a batch ended, if nothing was wrong with it: the results, or where it stood still. */
type Outcome = { passed: boolean[] } | { stuck: Whereabouts };

/**
 * Runs the regular expressions of one filter on rows, in a worker with a time limit. The worker is ended when an
 * expression takes too long; otherwise it would hold the page for good.
 */
export class Matching {
  /** Later rows have been matched. */
  readonly settled = new Signal<readonly Row[]>();
  /** The filter in use was stopped on a later row. */
  readonly stopped = new Signal<Stopped>();
  private worker: Promise<WorkerLike> | null = null;
  private end: () => void = () => {};
  private filter: Filter | null = null;
  private left = 0;
  private queue: Row[] = [];
  private busy = false;
  private unavailable = false;

  constructor(
    private limit: number,
    private start: () => WorkerLike = startWorker,
  ) {}

  /**
   * Matches these rows; a filter that is used later makes this one outdated. Returns whether it still counts.
   * Throws `Stopped` and `NoWorker`.
   */
  async use(filter: Filter, rows: readonly Row[]): Promise<boolean> {
    this.outdate();
    if (this.unavailable) throw new NoWorker();
    this.filter = filter;
    this.left = TOTAL_SECONDS * 1_000;
    this.queue = rows.filter(isOpen(filter));
    try {
      await this.drain(filter);
      return true;
    } catch (error) {
      if (error instanceof Outdated) return false;
      if (this.filter === filter) this.outdate();
      throw error;
    }
  }

  /** Matches new rows. Until that is done a replaced row counts as its predecessor did. */
  look({ added, replaced }: Change): void {
    const { filter } = this;
    if (!filter) return;
    for (const [old, row] of replaced) {
      const known = filter.verdicts.get(old);
      if (known !== undefined) filter.verdicts.set(row, known);
    }
    this.queue.push(...[...added, ...replaced.map(([, row]) => row)].filter(isOpen(filter)));
    // The oldest rows are gone from the list too.
    if (this.queue.length > this.limit) this.queue.splice(0, this.queue.length - this.limit);
    if (!this.busy) void this.goOn(filter);
  }

  close(): void {
    this.outdate();
    this.end();
    this.worker = null;
  }

  private outdate(): void {
    this.filter = null;
    this.queue = [];
    // A worker that waits serves the next filter.
    if (this.busy) this.end();
  }

  private async goOn(filter: Filter): Promise<void> {
    try {
      await this.drain(filter);
    } catch (error) {
      if (error instanceof Outdated || this.filter !== filter) return;
      this.outdate();
      if (error instanceof Stopped) this.stopped.emit(error);
      else throw error;
    }
  }

  private async drain(filter: Filter): Promise<void> {
    this.busy = true;
    try {
      while (this.queue.length) {
        const rows = this.queue.splice(0, BATCH);
        const passed = await this.judge(filter, rows);
        rows.forEach((row, i) => filter.verdicts.set(row, passed[i]!));
        this.settled.emit(rows);
      }
    } finally {
      if (this.filter === filter || this.filter === null) this.busy = false;
    }
  }

  private async judge(filter: Filter, rows: readonly Row[]): Promise<boolean[]> {
    const patterns = filter.expressions.map(({ source, flags }) => ({ source, flags }));
    const plans = rows.map((row) => filter.plan(row) as Plan);
    const texts = rows.map(textsOf);
    for (const careful of [false, true]) {
      const limit = careful ? MATCH_SECONDS * 1_000 : SILENCE;
      const outcome = await this.run(filter, rows, { patterns, plans, texts, careful }, limit);
      if ("passed" in outcome) return outcome.passed;
      if (careful) throw new Stopped(this.tooSlow(filter, rows, outcome.stuck));
    }
    throw new Error("a batch ends or stands still");
  }

  private async run(filter: Filter, rows: readonly Row[], batch: Batch, limit: number): Promise<Outcome> {
    const worker = await this.started();
    if (this.filter !== filter) throw new Outdated();
    return new Promise((resolve, reject) => {
      let at: Whereabouts = { row: 0, pattern: 0 };
      let timer: ReturnType<typeof setTimeout>;
      const over = (finish: () => void): void => {
        clearTimeout(timer);
        worker.onmessage = null;
        finish();
      };
      const arm = (): void => {
        clearTimeout(timer);
        const stop = (): void => {
          this.left -= limit;
          this.end = () => {};
          this.forget(worker);
          over(() => resolve({ stuck: at }));
        };
        // A page that was busy itself reads first what the worker has said.
        timer = setTimeout(
          () => {
            timer = setTimeout(stop, GRACE);
          },
          Math.max(0, Math.min(limit, this.left)),
        );
      };
      this.end = () => {
        this.forget(worker);
        over(() => reject(new Outdated()));
      };
      worker.onmessage = ({ data }: MessageEvent<Told>) => {
        if (data.type === "at") {
          at = data;
          arm();
        } else if (data.type === "done") {
          this.left -= data.ms;
          over(() => {
            this.end = () => this.forget(worker);
            if (this.left > 0) resolve({ passed: data.passed });
            else reject(new Stopped(this.tooSlow(filter, rows, { row: rows.length - 1, pattern: at.pattern })));
          });
        } else if (data.type === "failed") {
          const { column, from, to, pattern } = filter.expressions[data.pattern]!;
          const said = data.message.split(": ").at(-1)!;
          const what = `${shownPattern(pattern)} cannot be run: ${said.charAt(0).toLowerCase()}${said.slice(1)}`;
          this.end = () => this.forget(worker);
          over(() => reject(new Stopped(mistakeAt({ column, from, to }, what))));
        }
      };
      arm();
      worker.postMessage(batch);
    });
  }

  private forget(worker: WorkerLike): void {
    worker.terminate();
    this.worker = null;
    this.end = () => {};
  }

  private started(): Promise<WorkerLike> {
    if (this.worker) return this.worker;
    const starting = new Promise<WorkerLike>((resolve, reject) => {
      const refuse = (): void => {
        this.unavailable = true;
        this.worker = null;
        reject(new NoWorker());
      };
      let worker: WorkerLike;
      try {
        worker = this.start();
      } catch {
        refuse();
        return;
      }
      const late = setTimeout(() => {
        worker.terminate();
        refuse();
      }, START);
      worker.onerror = (event) => {
        event.preventDefault();
        clearTimeout(late);
        worker.terminate();
        refuse();
      };
      worker.onmessage = () => {
        clearTimeout(late);
        worker.onmessage = null;
        if (this.worker !== starting) {
          worker.terminate();
          reject(new Outdated());
          return;
        }
        this.end = () => this.forget(worker);
        resolve(worker);
      };
    });
    this.worker = starting;
    return starting;
  }

  /** The sentence that Python has for it; see `playground/record/patterns.py`. */
  private tooSlow(filter: Filter, rows: readonly Row[], { row, pattern }: Whereabouts): Mistake {
    const expression: Expression = filter.expressions[pattern]!;
    const { seq } = rows[row]!;
    const what = `${shownPattern(expression.pattern)} took too long`;
    if (this.left <= 0) {
      const advice = "make it simpler, or put other terms before it";
      const together = `${TOTAL_SECONDS} s for all rows up to row ${seq}, together with the filter's others`;
      return mistakeAt(expression, `${what}: ${together}; ${advice}`);
    }
    const text = textsOf(rows[row]!).at(-1)!;
    const where = `row ${seq}, a text of ${[...text].length} characters that begins “${beginning(text)}”`;
    const advice =
      "make it simpler: a repetition within a repetition, or two ways to match the same text, take very long";
    return mistakeAt(expression, `${what}: it was stopped after ${MATCH_SECONDS} s on ${where}; ${advice}`);
  }
}

/** Whether the expressions have to be run on a row. */
function isOpen(filter: Filter): (row: Row) => boolean {
  return (row) => typeof filter.plan(row) !== "boolean";
}

function beginning(text: string): string {
  const line = text.slice(0, 100).replace(/\r/g, "␍").replace(/\n/g, "␊");
  return line.length > 40 ? `${line.slice(0, 39)}…` : line;
}
