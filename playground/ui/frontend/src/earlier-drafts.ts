/** Source that was typed before the kernel was restarted, and is still in the page's storage. */
import type { Draft } from "./drafts";
import { PREFIX, pageStorage } from "./storage";

export interface EarlierDraft {
  key: string;
  source: string;
  /** When it was typed, in epoch milliseconds; 0 when that is not known. */
  at: number;
  /** It had been published, so it is not a draft but code that the restart removed. */
  applied: boolean;
  /** Where it was typed; empty when that is not known. */
  notebook: string;
  /** Its name in the storage. */
  place: string;
}

const PLACE = new RegExp(`^${PREFIX}:(.+?):(draft|applied):(.+)$`, "s");
const MOST = 30;

export class EarlierDrafts {
  private names: string | null = null;
  private known: EarlierDraft[] = [];

  /**
   * `live` are the epochs of the panels in the page; their drafts are not earlier ones. `notebook` names the one that the
   * drafts are offered in: a page may show several.
   */
  constructor(
    private live: () => ReadonlySet<string>,
    private storage: Storage | null = pageStorage(),
    private notebook: () => string = () => "",
  ) {
    for (const { place } of this.all().slice(MOST)) this.forget(place);
  }

  /**
   * The latest one for the endpoint shown, if it differs; else one whose endpoint no longer exists, if it is certain that
   * it existed in this notebook.
   */
  offer(shown: { key: string; texts: string[] } | undefined, existing: ReadonlySet<string>): EarlierDraft | null {
    const here = this.notebook();
    const all = this.all().filter(({ notebook }) => !notebook || !here || notebook === here);
    const latest = shown && all.find(({ key }) => key === shown.key);
    if (latest && !shown.texts.includes(latest.source)) return latest;
    return all.find(({ key, notebook }) => here !== "" && notebook === here && !existing.has(key)) ?? null;
  }

  /** Drops it and older ones of the same endpoint, but those of other notebooks. */
  drop({ key, notebook }: EarlierDraft): void {
    for (const other of this.all()) {
      if (other.key === key && (!other.notebook || other.notebook === notebook)) this.forget(other.place);
    }
    this.names = null;
  }

  /** Latest first; of an endpoint in one epoch the draft before what was applied. */
  private all(): EarlierDraft[] {
    const live = this.live();
    const places = this.places().filter((place) => !live.has(PLACE.exec(place)![1]!));
    const names = places.join("\n");
    if (names !== this.names) {
      this.names = names;
      this.known = places
        .flatMap((place) => this.read(place))
        .sort((a, b) => b.at - a.at || Number(a.applied) - Number(b.applied));
    }
    return this.known;
  }

  private places(): string[] {
    try {
      return Object.keys(this.storage ?? {}).filter((name) => PLACE.test(name));
    } catch {
      return [];
    }
  }

  private read(place: string): EarlierDraft[] {
    try {
      const { source, at = 0, notebook = "" } = JSON.parse(this.storage!.getItem(place)!) as Draft;
      const [, , what, key] = PLACE.exec(place)!;
      return typeof source === "string"
        ? [{ key: key!, source, at, applied: what === "applied", notebook, place }]
        : [];
    } catch {
      return [];
    }
  }

  private forget(place: string): void {
    try {
      this.storage?.removeItem(place);
    } catch {
      // Without storage it is offered again after the next reload.
    }
  }
}

interface PagePanel {
  epoch(): string;
  alive(): boolean;
  /** Another panel was opened or closed, or lost its kernel. */
  neighbours(): void;
}

const PAGE = Symbol.for("websocket-playground panels");

function pagePanels(): Set<PagePanel> {
  const page = globalThis as unknown as Record<symbol, Set<PagePanel> | undefined>;
  page[PAGE] ??= new Set();
  return page[PAGE];
}

/** Makes a panel known to the others of the page. */
export function joinPage(panel: PagePanel): { tell(): void; leave(): void } {
  const tell = (): void => {
    for (const other of pagePanels()) if (other !== panel) other.neighbours();
  };
  pagePanels().add(panel);
  return {
    tell,
    leave() {
      pagePanels().delete(panel);
      tell();
    },
  };
}

/** Epochs of the panels in the page whose kernel answers: those of other notebooks in the same tab. */
export function liveEpochs(): Set<string> {
  return new Set([...pagePanels()].filter((panel) => panel.alive()).map((panel) => panel.epoch()));
}
