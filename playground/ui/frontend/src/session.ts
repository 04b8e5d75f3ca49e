import { AskedValues } from "./asked-values";
import { Colours } from "./colours";
import { type Draft, Drafts, type SourceState, sourceState } from "./drafts";
import { type EarlierDraft, EarlierDrafts, joinPage, liveEpochs } from "./earlier-drafts";
import { type EditorModule, loadEditor } from "./editor-module";
import { Edits } from "./edits";
import { Kernel } from "./kernel";
import type { Client, Counts, Endpoint, KernelMessage, Model, Row, Server } from "./kernel-protocol";
import { protocolMismatch } from "./kernel-protocol";
import { PageMemory } from "./memory";
import { Problems } from "./problems";
import { whoOf } from "./rowtext";
import { SavedMessages } from "./saved";
import { SavedFilters } from "./saved-filters";
import { Signal } from "./signal";
import { pageStorage } from "./storage";
import { RowStore } from "./store";

const TRAITS = ["server", "endpoints", "clients", "counts", "epoch", "protocol"];

/** Everything that all views of one model share. */
export class Session {
  readonly store = new RowStore();
  readonly kernel: Kernel;
  readonly drafts: Drafts;
  readonly problems: Problems;
  readonly edits: Edits;
  /** A trait, a report, a problem or the kernel's state changed; at most once per animation frame. */
  readonly changed = new Signal();
  readonly colours = new Colours();
  /** An endpoint was chosen in one of the pieces that stand alone. */
  readonly chosen = new Signal<string>();
  /** Opens the whole panel beside the notebook; false where that is not possible. */
  openBeside: () => boolean = () => false;
  readonly saved = new SavedMessages();
  readonly savedFilters = new SavedFilters();
  readonly memory = new PageMemory();
  readonly values = new AskedValues(() => this.notebook);
  private earlierDrafts: EarlierDrafts;
  private page: ReturnType<typeof joinPage>;
  private announced = false;
  private editor: Promise<EditorModule> | null = null;

  constructor(private model: Model) {
    const notebook = (): string => this.notebook;
    this.drafts = new Drafts(() => this.epoch, pageStorage(), notebook);
    this.earlierDrafts = new EarlierDrafts(() => liveEpochs().add(this.epoch), pageStorage(), notebook);
    this.problems = new Problems();
    this.kernel = new Kernel(model, () => ({ epoch: this.store.epoch, have: this.store.lastSeq }));
    this.edits = new Edits(this);
    this.kernel.message.on(({ content, buffers }) => this.take(content, buffers));
    this.kernel.changed.on(this.announce);
    this.page = joinPage({ epoch: () => this.epoch, alive: () => this.kernel.alive, neighbours: this.announce });
    this.kernel.changed.on(() => this.page.tell());
    this.colours.changed.on((who) => this.repaint(who));
    for (const name of TRAITS) model.on(`change:${name}`, this.traitChanged);
    this.traitChanged();
    this.kernel.start();
  }

  close(): void {
    for (const name of TRAITS) this.model.off(`change:${name}`, this.traitChanged);
    this.page.leave();
    this.kernel.close();
  }

  get server(): Server {
    return (
      (this.model.get("server") as Server | undefined) ?? { running: false, ws_url: "", http_url: "", message: null }
    );
  }

  /** There is only a log, read from a file, without a server or endpoints. This never changes. */
  get opened(): boolean {
    return this.server.mode === "opened";
  }

  /** What the log is called in the calls that the panel shows. */
  get logName(): string {
    return this.opened ? "log" : "pg.log";
  }

  get clients(): Client[] {
    return (this.model.get("clients") as Client[] | undefined) ?? [];
  }

  get counts(): Counts {
    return (this.model.get("counts") as Counts | undefined) ?? { total: 0, kept: 0, dropped: 0 };
  }

  /** What names the notebook, also after a restart of its kernel; empty when nothing does. */
  get notebook(): string {
    return (this.model.get("notebook") as string | undefined) ?? "";
  }

  get epoch(): string {
    return (this.model.get("epoch") as string | undefined) ?? "";
  }

  /** Endpoints of the kernel, then those that exist only as a draft (version 0). */
  get endpoints(): Endpoint[] {
    const known = (this.model.get("endpoints") as Endpoint[] | undefined) ?? [];
    const keys = new Set(known.map(({ key }) => key));
    const fresh = this.drafts.keys().filter((key) => !keys.has(key) && this.drafts.get(key)?.base === 0);
    return [...known, ...fresh.map(endpointOfDraft)];
  }

  endpoint(key: string | null): Endpoint | undefined {
    return this.endpoints.find((endpoint) => endpoint.key === key);
  }

  openClients(): Client[] {
    return this.clients.filter(({ own, state }) => own && state === "open");
  }

  /** The number of a client's colour. */
  colour(who: string): number {
    return this.colours.of(who);
  }

  /** What to do when the kernel's half of the panel has another protocol version, or null. */
  get mismatch(): string | null {
    return protocolMismatch(this.model.get("protocol"));
  }

  /** Source from before the kernel's restart to offer: that of the endpoint, else one whose endpoint does not exist. */
  earlierDraft(endpoint: Endpoint | undefined): EarlierDraft | null {
    const shown = endpoint && { key: endpoint.key, texts: [endpoint.source, this.sourceState(endpoint).text] };
    return this.earlierDrafts.offer(shown, new Set(this.endpoints.map(({ key }) => key)));
  }

  /** Puts old source into the editor; nothing is published. Returns the key of its endpoint. */
  restore(old: EarlierDraft): string {
    this.drafts.set(old.key, { source: old.source, base: this.endpoint(old.key)?.version ?? 0, at: Date.now() });
    this.discardEarlier(old);
    return old.key;
  }

  discardEarlier(old: EarlierDraft): void {
    this.earlierDrafts.drop(old);
    this.announce();
  }

  sourceState(endpoint: Endpoint): SourceState {
    return sourceState(endpoint, this.drafts.get(endpoint.key));
  }

  type(endpoint: Endpoint, source: string, origin: unknown): void {
    const draft = this.drafts.get(endpoint.key);
    const next: Draft = { ...(draft ?? { base: endpoint.version }), source, at: Date.now() };
    if (source === endpoint.source && endpoint.version > 0) this.drafts.drop(endpoint.key, origin);
    else this.drafts.set(endpoint.key, next, origin);
    this.announce();
  }

  /** Drops the edits here and shows the kernel's version. */
  takeTheirs(endpoint: Endpoint): void {
    this.drafts.drop(endpoint.key);
    this.edits.reports.delete(endpoint.key);
    this.announce();
  }

  /** The CodeMirror module, once per page. Rejects when the kernel does not send it. */
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

  /** Rows are drawn again when they are replaced, wherever they are shown. */
  private repaint(who: string): void {
    this.store.add(
      this.store.epoch ?? this.epoch,
      this.store.rows.filter((row) => whoOf(row) === who).map((row) => ({ ...row })),
      0,
    );
    this.announce();
  }

  /** Drops drafts and problems that no longer apply to the kernel's endpoints. */
  dropObsolete(): void {
    for (const endpoint of this.endpoints) {
      if (endpoint.version > 0 && this.drafts.get(endpoint.key) && this.sourceState(endpoint).redundant)
        this.drafts.dropApplied(endpoint.key);
    }
    this.problems.keepOnly(this.endpoints);
    this.announce();
  }

  private traitChanged = (): void => {
    for (const { name } of this.clients) this.colour(name);
    this.dropObsolete();
  };

  private take(content: KernelMessage, buffers: readonly BufferSource[]): void {
    if (content.type === "cleared") {
      if (content.epoch !== this.store.epoch) this.store.reset(content.epoch);
      else this.store.clear();
    } else if (content.type === "events") {
      const bytes = buffers[0];
      const rows = bytes ? (JSON.parse(new TextDecoder().decode(bytes)) as Row[]) : [];
      this.store.add(content.epoch, rows, content.skipped ?? 0);
      if (this.problems.look(rows, this.endpoints)) this.announce();
      if (bytes) this.kernel.acknowledge(bytes.byteLength);
    }
  }
}

function endpointOfDraft(key: string): Endpoint {
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
  };
}
