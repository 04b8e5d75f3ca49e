/** Actions on an endpoint's source (try, apply, go back) and their results. */
import type { Drafts, SourceState } from "./drafts";
import type { CallError, Kernel } from "./kernel";
import type { Applied, EditReport, Endpoint, Tried } from "./kernel-protocol";
import type { Problems } from "./problems";

/** What these actions need of the session. */
interface Editing {
  readonly drafts: Drafts;
  readonly kernel: Kernel;
  readonly problems: Problems;
  endpoint(key: string): Endpoint | undefined;
  sourceState(endpoint: Endpoint): SourceState;
  announce(): void;
  dropObsolete(): void;
}

/** The operations that publish something. */
export type Publishing = "apply" | "revert" | "reset" | "reenter";

/** Milliseconds until an edit that is under way says what takes so long. */
const LONG = 1_000;

/** The last result for an endpoint's source. */
export type Report =
  | { state: "applying"; op: Publishing; long: boolean }
  | {
      state: "applied";
      version: number;
      report: EditReport;
      kept: string[];
      reset: string[];
      took: number | null;
      connections: number;
    }
  | { state: "rejected"; text: string; line: number | null };

/** What a draft would reply to what was received earlier. */
export type Trial = { connection: number | null } & (
  | { state: "trying" }
  | ({ state: "tried"; source: string } & Tried)
);

export class Edits {
  readonly reports = new Map<string, Report>();
  readonly trials = new Map<string, Trial>();

  constructor(private session: Editing) {}

  async apply(key: string): Promise<void> {
    const { drafts } = this.session;
    const endpoint = this.session.endpoint(key);
    if (!endpoint) return;
    const { text } = this.session.sourceState(endpoint);
    const draft = drafts.get(key) ?? { source: text, base: endpoint.version, at: Date.now() };
    drafts.set(key, { ...draft, submitted: text }, this);
    const version = await this.publish(endpoint, "apply", { source: text });
    const now = drafts.get(key);
    if (now && version !== null) drafts.set(key, { ...now, applied: version }, this);
    if (version !== null) this.trials.delete(key);
    this.session.dropObsolete();
  }

  /** Makes an endpoint at a new path, live at once. Rejects with a `CallError` when the kernel refuses it. */
  async create(path: string, kind: Endpoint["kind"], source: string): Promise<string> {
    const key = `${kind} ${path}`;
    this.applied(key, (await this.session.kernel.call<Applied>("apply", { path, kind, source })).result);
    return key;
  }

  /** Makes an earlier version live again. What was typed stays. */
  revert(endpoint: Endpoint, to: number): Promise<void> {
    return this.publishAgain(endpoint, "revert", { to });
  }

  /** Runs the current version anew, keeping no value. */
  reset(endpoint: Endpoint): Promise<void> {
    return this.publishAgain(endpoint, "reset");
  }

  /** Moves connections from functions of older versions to the current one. */
  async reenter(endpoint: Endpoint): Promise<void> {
    await this.publish(endpoint, "reenter");
  }

  /** Asks what the draft would reply to the messages received earlier, those of one connection if it is given. */
  async tryEdit(endpoint: Endpoint, connection: number | null = null): Promise<void> {
    const { key, path, kind } = endpoint;
    const source = this.session.sourceState(endpoint).text;
    this.trials.set(key, { state: "trying", connection });
    this.session.announce();
    let tried: Tried;
    try {
      tried = (await this.session.kernel.call<Tried>("try", { path, kind, source, connection })).result;
    } catch (error) {
      const { message, reason, line } = (error as CallError).failure;
      tried = { turns: [], error: reason ?? message, line: line ?? null, note: "" };
    }
    this.trials.set(key, { state: "tried", connection, source, ...tried });
    this.session.announce();
  }

  forgetTrial(key: string): void {
    this.trials.delete(key);
    this.session.announce();
  }

  private async publishAgain(endpoint: Endpoint, op: "revert" | "reset", more: object = {}): Promise<void> {
    const version = await this.publish(endpoint, op, more);
    const draft = this.session.drafts.get(endpoint.key);
    // The version is ours, so edits typed before it are not behind somebody else's.
    if (draft && version !== null)
      this.session.drafts.set(endpoint.key, { source: draft.source, base: version, at: draft.at ?? Date.now() }, this);
    this.session.dropObsolete();
  }

  /** Calls an operation that makes a version, and reports how it went. Returns the version, null when it was rejected. */
  private async publish({ key, path, kind }: Endpoint, op: Publishing, more: object = {}): Promise<number | null> {
    this.report(key, { state: "applying", op, long: false });
    const long = setTimeout(() => this.report(key, { state: "applying", op, long: true }), LONG);
    try {
      const { result } = await this.session.kernel.call<Applied>(op, { path, kind, ...more });
      this.applied(key, result);
      return result.version;
    } catch (error) {
      const { message, reason, line } = (error as CallError).failure;
      this.report(key, { state: "rejected", text: reason ?? message, line: line ?? null });
      return null;
    } finally {
      clearTimeout(long);
    }
  }

  private applied(key: string, { version, report, kept = [], reset = [], took_ms = null }: Applied): void {
    const connections = this.session.endpoint(key)?.connections ?? 0;
    this.session.problems.forget(key, version);
    this.report(key, { state: "applied", version, report, kept, reset, took: took_ms, connections });
  }

  private report(key: string, report: Report): void {
    this.reports.set(key, report);
    this.session.announce();
  }
}
