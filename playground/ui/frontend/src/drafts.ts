import type { Endpoint } from "./kernel-protocol";
import { Signal } from "./signal";
import { PREFIX, pageStorage } from "./storage";

/** Source as typed and not applied yet. `base` is the version it started from. */
export interface Draft {
  source: string;
  base: number;
  /** The source that was last applied, and the version it became. */
  submitted?: string;
  applied?: number;
  /** When it was typed, in epoch milliseconds. */
  at?: number;
  /** Where it was typed, when that is known. */
  notebook?: string;
}

export interface SourceState {
  text: string;
  /** The version that the text is, or started from. */
  base: number;
  dirty: boolean;
  /** A version made elsewhere while there were edits here. */
  elsewhere: number | null;
  /** The draft equals the endpoint's source and can be dropped. */
  redundant: boolean;
}

/** What the editor shows for an endpoint of the kernel and a draft of the browser. */
export function sourceState(endpoint: Pick<Endpoint, "version" | "source">, draft: Draft | undefined): SourceState {
  const clean = { text: endpoint.source, base: endpoint.version, dirty: false, elsewhere: null, redundant: true };
  if (!draft || draft.source === endpoint.source) return clean;
  const ours = endpoint.source === draft.submitted || endpoint.version === draft.applied;
  if (ours && draft.source === draft.submitted) return clean;
  const base = Math.max(draft.base, draft.applied ?? 0, ours ? endpoint.version : 0);
  const waits = draft.source === draft.submitted && draft.applied !== undefined && draft.applied > endpoint.version;
  return {
    text: draft.source,
    base,
    dirty: !waits,
    elsewhere: endpoint.version > base ? endpoint.version : null,
    redundant: false,
  };
}

/** Drafts of one model, kept over a page reload. */
export class Drafts {
  /** Emits the key of the endpoint and the view that typed. */
  readonly changed = new Signal<{ key: string; origin: unknown }>();
  private drafts = new Map<string, Draft>();
  private searched = "";

  constructor(
    private epoch: () => string,
    private storage: Storage | null = pageStorage(),
    private notebook: () => string = () => "",
  ) {}

  get(key: string): Draft | undefined {
    const known = this.drafts.get(key);
    if (known) return known;
    const saved = this.recall(`draft:${key}`);
    if (!saved) return undefined;
    try {
      const draft = JSON.parse(saved) as Draft;
      this.drafts.set(key, draft);
      return draft;
    } catch {
      return undefined;
    }
  }

  set(key: string, draft: Draft, origin: unknown = null): void {
    this.drafts.set(key, draft);
    this.remember(`draft:${key}`, this.written(draft));
    this.changed.emit({ key, origin });
  }

  /** Drops a draft that was published; after a restart of the kernel its source is offered again. */
  dropApplied(key: string): void {
    const draft = this.drafts.get(key);
    if (draft && draft.source === draft.submitted) this.remember(`applied:${key}`, this.written(draft));
    this.drop(key);
  }

  drop(key: string, origin: unknown = null): void {
    const had = this.drafts.delete(key);
    this.remember(`draft:${key}`, null);
    if (had) this.changed.emit({ key, origin });
  }

  /** Keys of drafts that this page holds. */
  keys(): string[] {
    const start = this.name("draft:");
    if (this.searched !== start) {
      this.searched = start;
      for (const name of this.names()) if (name.startsWith(start)) this.get(name.slice(start.length));
    }
    return [...this.drafts.keys()];
  }

  private written(draft: Draft): string {
    return JSON.stringify({ ...draft, notebook: this.notebook() || undefined });
  }

  private names(): string[] {
    try {
      return Object.keys(this.storage ?? {});
    } catch {
      return [];
    }
  }

  recall(what: string): string | null {
    try {
      return this.storage?.getItem(this.name(what)) ?? null;
    } catch {
      return null;
    }
  }

  remember(what: string, text: string | null): void {
    try {
      if (text === null) this.storage?.removeItem(this.name(what));
      else this.storage?.setItem(this.name(what), text);
    } catch {
      // Without storage the draft is only lost at a reload.
    }
  }

  private name(what: string): string {
    return `${PREFIX}:${this.epoch()}:${what}`;
  }
}
