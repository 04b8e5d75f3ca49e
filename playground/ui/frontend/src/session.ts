import { type Draft, Drafts, type Standing, standing } from "./drafts";
import { loadEditor, type EditorModule } from "./editor-module";
import { CallError, Kernel } from "./kernel";
import { atLine, splitLine } from "./lines";
import { Problems } from "./problems";
import { Signal } from "./signal";
import { RowStore } from "./store";
import { echoTemplate } from "./templates";
import type { Applied, Client, Counts, Endpoint, Model, Row, Server, Tried } from "./wire";

const TRAITS = ["server", "endpoints", "clients", "counts", "epoch"];
const COLOURS = 8;

/** The last word about an endpoint's source. */
export type Report =
  | { state: "applying" }
  | { state: "applied"; version: number; text: string; notes: string[]; kept: string[]; reset: string[]; took: number | null; connections: number }
  | { state: "rejected"; text: string; line: number | null };

/** What a draft would reply to what was received earlier. */
export type Trial = { state: "trying" } | ({ state: "tried"; source: string } & Tried);

/** Everything that all views of one model share. */
export class Session {
  readonly store = new RowStore();
  readonly kernel: Kernel;
  readonly drafts: Drafts;
  readonly problems: Problems;
  readonly reports = new Map<string, Report>();
  readonly trials = new Map<string, Trial>();
  /** A trait, a report, a problem or the kernel's state changed; at most once per animation frame. */
  readonly changed = new Signal();
  private colours = new Map<string, number>();
  private announced = false;
  private editor: Promise<EditorModule> | null = null;

  constructor(private model: Model) {
    this.drafts = new Drafts(() => this.epoch);
    this.problems = new Problems();
    this.kernel = new Kernel(model, () => ({ epoch: this.store.epoch, have: this.store.lastSeq }));
    this.kernel.message.on(({ content, buffers }) => this.take(content, buffers));
    this.kernel.changed.on(this.announce);
    for (const name of TRAITS) model.on(`change:${name}`, this.traitChanged);
    this.traitChanged();
    this.kernel.start();
  }

  close(): void {
    for (const name of TRAITS) this.model.off(`change:${name}`, this.traitChanged);
    this.kernel.close();
  }

  get server(): Server {
    return (this.model.get("server") as Server | undefined) ?? { running: false, ws_url: "", http_url: "", message: null };
  }

  get clients(): Client[] {
    return (this.model.get("clients") as Client[] | undefined) ?? [];
  }

  get counts(): Counts {
    return (this.model.get("counts") as Counts | undefined) ?? { events: 0, kept: 0, dropped: 0 };
  }

  get epoch(): string {
    return (this.model.get("epoch") as string | undefined) ?? "";
  }

  /** Endpoints of the kernel, then those that only exist as a draft yet (version 0). */
  get endpoints(): Endpoint[] {
    const known = (this.model.get("endpoints") as Endpoint[] | undefined) ?? [];
    const keys = new Set(known.map(({ key }) => key));
    const fresh = this.drafts.keys().filter((key) => !keys.has(key) && this.drafts.get(key)?.base === 0);
    return [...known, ...fresh.map(unborn)];
  }

  endpoint(key: string | null): Endpoint | undefined {
    return this.endpoints.find((endpoint) => endpoint.key === key);
  }

  openClients(): Client[] {
    return this.clients.filter(({ own, state }) => own && state === "open");
  }

  /** The number of a client's colour, the same for its life. */
  colour(who: string): number {
    let number = this.colours.get(who);
    if (number === undefined) {
      number = this.colours.size % COLOURS;
      this.colours.set(who, number);
    }
    return number;
  }

  standing(endpoint: Endpoint): Standing {
    return standing(endpoint, this.drafts.get(endpoint.key));
  }

  type(endpoint: Endpoint, source: string, origin: unknown): void {
    const draft = this.drafts.get(endpoint.key);
    const next: Draft = { ...(draft ?? { base: endpoint.version }), source };
    if (source === endpoint.source && endpoint.version > 0) this.drafts.drop(endpoint.key, origin);
    else this.drafts.set(endpoint.key, next, origin);
    this.announce();
  }

  /** Gives up the edits here for the kernel's version. */
  takeTheirs(endpoint: Endpoint): void {
    this.drafts.drop(endpoint.key);
    this.reports.delete(endpoint.key);
    this.announce();
  }

  newEndpoint(path: string): string {
    const key = `websocket ${path}`;
    if (!this.endpoint(key)) this.drafts.set(key, { source: echoTemplate(path), base: 0 });
    this.announce();
    return key;
  }

  async apply(key: string): Promise<void> {
    const endpoint = this.endpoint(key);
    if (!endpoint) return;
    const { text } = this.standing(endpoint);
    const draft = this.drafts.get(key) ?? { source: text, base: endpoint.version };
    this.drafts.set(key, { ...draft, submitted: text }, this);
    const version = await this.publish(endpoint, "apply", { source: text });
    const now = this.drafts.get(key);
    if (now && version !== null) this.drafts.set(key, { ...now, applied: version }, this);
    if (version !== null) this.trials.delete(key);
    this.traitChanged();
  }

  /** Makes an earlier version live again. What was typed stays. */
  revert(endpoint: Endpoint, to: number): Promise<void> {
    return this.publishAgain(endpoint, "revert", { to });
  }

  /** Runs the current version anew, keeping no value. */
  reset(endpoint: Endpoint): Promise<void> {
    return this.publishAgain(endpoint, "reset");
  }

  /** Asks what the draft would reply to what was received earlier; nothing goes live. */
  async tryEdit(endpoint: Endpoint): Promise<void> {
    const { key, path, kind } = endpoint;
    const source = this.standing(endpoint).text;
    this.trials.set(key, { state: "trying" });
    this.announce();
    let tried: Tried;
    try {
      tried = (await this.kernel.call<Tried>("try", { path, kind, source })).result;
    } catch (error) {
      const { message, line } = (error as CallError).failure;
      tried = { turns: [], error: atLine(line ?? null, message), note: "" };
    }
    this.trials.set(key, { state: "tried", source, ...tried });
    this.announce();
  }

  forgetTrial(key: string): void {
    this.trials.delete(key);
    this.announce();
  }

  private async publishAgain(endpoint: Endpoint, op: "revert" | "reset", more: object = {}): Promise<void> {
    const version = await this.publish(endpoint, op, more);
    const draft = this.drafts.get(endpoint.key);
    // The version is ours, so edits typed before it are not behind somebody else's.
    if (draft && version !== null) this.drafts.set(endpoint.key, { source: draft.source, base: version }, this);
    this.traitChanged();
  }

  /** Calls an operation that makes a version, and reports how it went. Returns the version, null when it was rejected. */
  private async publish({ key, path, kind }: Endpoint, op: "apply" | "revert" | "reset", more: object = {}): Promise<number | null> {
    this.report(key, { state: "applying" });
    try {
      const { result } = await this.kernel.call<Applied>(op, { path, kind, ...more });
      const { version, report, notes = [], kept = [], reset = [], took_ms = null } = result;
      const connections = this.endpoint(key)?.connections ?? 0;
      this.problems.forget(key);
      this.report(key, { state: "applied", version, text: report, notes, kept, reset, took: took_ms, connections });
      return version;
    } catch (error) {
      const { message, line } = (error as CallError).failure;
      const said = splitLine(message);
      this.report(key, { state: "rejected", text: said.text, line: line ?? said.line });
      return null;
    }
  }

  /** The CodeMirror module, once per page. Rejects when the kernel does not hand it over. */
  editorModule(): Promise<EditorModule> {
    this.editor ??= loadEditor(async () => {
      const { buffers } = await this.kernel.call("asset", { name: "editor.js" });
      if (!buffers[0]) throw new Error("the kernel sent no editor");
      return buffers[0];
    }).catch((error) => {
      this.editor = null;
      throw error;
    });
    return this.editor;
  }

  announce = (): void => {
    if (this.announced) return;
    this.announced = true;
    queueMicrotask(() => {
      this.announced = false;
      this.changed.emit();
    });
  };

  private report(key: string, report: Report): void {
    this.reports.set(key, report);
    this.announce();
  }

  private traitChanged = (): void => {
    for (const { name } of this.clients) this.colour(name);
    for (const endpoint of this.endpoints) {
      if (endpoint.version > 0 && this.drafts.get(endpoint.key) && this.standing(endpoint).settled) this.drafts.drop(endpoint.key);
    }
    this.problems.keepOnly(this.endpoints);
    this.announce();
  };

  private take(content: any, buffers: readonly BufferSource[]): void {
    if (content?.type === "cleared") {
      if (content.epoch !== this.store.epoch) this.store.reset(content.epoch);
      else this.store.clear();
    } else if (content?.type === "events") {
      const bytes = buffers[0];
      const rows = bytes ? (JSON.parse(new TextDecoder().decode(bytes)) as Row[]) : [];
      this.store.add(content.epoch, rows, content.skipped ?? 0);
      if (this.problems.look(rows, this.endpoints)) this.announce();
      if (bytes) this.kernel.acknowledge(bytes.byteLength);
    }
  }
}

function unborn(key: string): Endpoint {
  const path = key.replace(/^\w+ /, "");
  return {
    key,
    path,
    kind: key.startsWith("http ") ? "http" : "websocket",
    version: 0,
    name: "",
    encoding: null,
    source: "",
    editable: true,
    note: null,
    connections: 0,
    report: null,
  };
}
