/** How the room of a view is divided, which panes are collapsed, and whether the timeline is a list or a diagram. */

import { Signal } from "./signal";
import { browserStorage, PREFIX } from "./storage";

/** What collapses to its bar. */
export const PANES = ["editor", "side", "timeline", "detail"] as const;
export type Pane = (typeof PANES)[number];

/**
 * The first neighbour's share, in percent of the room that two have together: `work`, the height of editor and clients
 * above the timeline; `columns`, their width beside it; `editor`, its width beside the clients; `list`, its width
 * beside an opened row.
 */
export const SPLITS = {
  work: { usual: 47, least: 25, most: 80 },
  columns: { usual: 54, least: 30, most: 75 },
  editor: { usual: 59, least: 30, most: 75 },
  list: { usual: 53, least: 25, most: 75 },
} as const;
export type Split = keyof typeof SPLITS;

/** One column; editor and clients above the timeline; or all side by side. */
export type Shape = "narrow" | "medium" | "wide";

/** The same widths as in `layout.css`. */
export function shapeOf(width: number): Shape {
  return width < 620 ? "narrow" : width < 1500 ? "medium" : "wide";
}

export interface Remembered {
  sizes: Partial<Record<Split, number>>;
  collapsed: Pane[];
  sequence: boolean;
}

/**
 * The layout of one view. It starts as the last one of the same notebook, and what is chosen is remembered.
 */
export class Layout {
  /** A size, what is collapsed or the shape changed. */
  readonly changed = new Signal();
  private state: Remembered;
  private now: Shape | null = null;

  constructor(
    private notebook: string,
    private storage: Storage | null = browserStorage(),
  ) {
    this.state = readLayout(this.stored());
  }

  get shape(): Shape {
    return this.now ?? "medium";
  }

  set shape(shape: Shape) {
    if (shape === this.now) return;
    this.now = shape;
    this.changed.emit();
  }

  size(split: Split): number {
    return this.state.sizes[split] ?? SPLITS[split].usual;
  }

  resize(split: Split, share: number): void {
    const size = clamped(split, share);
    if (size === this.size(split)) return;
    this.state.sizes[split] = size;
    this.save();
  }

  /** Gives neighbours the usual shares again. */
  reset(split: Split): void {
    delete this.state.sizes[split];
    this.save();
  }

  isCollapsed(pane: Pane): boolean {
    return this.state.collapsed.includes(pane);
  }

  collapse(pane: Pane, on: boolean): void {
    if (on === this.isCollapsed(pane)) return;
    this.state.collapsed = PANES.filter((each) => (each === pane ? on : this.isCollapsed(each)));
    this.save();
  }

  get sequence(): boolean {
    return this.state.sequence;
  }

  set sequence(on: boolean) {
    if (on === this.state.sequence) return;
    this.state.sequence = on;
    this.save();
  }

  private get key(): string {
    return `${PREFIX}:layout:${this.notebook}`;
  }

  private stored(): string | null {
    try {
      return this.storage?.getItem(this.key) ?? null;
    } catch {
      return null;
    }
  }

  private save(): void {
    try {
      this.storage?.setItem(this.key, JSON.stringify(this.state));
    } catch {
      // Without storage the layout is only lost at a reload.
    }
    this.changed.emit();
  }
}

/** Reads what was remembered; what another version of the panel wrote differently is left out. */
export function readLayout(text: string | null): Remembered {
  const found = parsed(text);
  const sizes: Remembered["sizes"] = {};
  for (const split of Object.keys(SPLITS) as Split[]) {
    const size = (found.sizes as Record<string, unknown> | undefined)?.[split];
    if (typeof size === "number" && Number.isFinite(size)) sizes[split] = clamped(split, size);
  }
  const collapsed = Array.isArray(found.collapsed) ? found.collapsed : [];
  return { sizes, collapsed: PANES.filter((pane) => collapsed.includes(pane)), sequence: found.sequence === true };
}

function parsed(text: string | null): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text ?? "{}");
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function clamped(split: Split, share: number): number {
  const { least, most } = SPLITS[split];
  return Math.round(Math.min(most, Math.max(least, share)) * 10) / 10;
}

/** How a key moves a splitter: the next share, or null when the key is another one. */
export function shareAfterKey(key: string, share: number, split: Split): number | null {
  const { least, most } = SPLITS[split];
  switch (key) {
    case "ArrowLeft":
    case "ArrowUp":
      return share - 2;
    case "ArrowRight":
    case "ArrowDown":
      return share + 2;
    case "Home":
      return least;
    case "End":
      return most;
    default:
      return null;
  }
}
