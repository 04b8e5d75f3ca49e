/**
 * The panels of this page by the `epoch` of their kernel's half. A piece, whose own script is a few lines, finds here what
 * draws it. Every package version registers under the same name, and each panel draws its own pieces.
 */

/** What a piece is to show, and how high, in pixels. */
export interface Wish {
  pane: string;
  filter: string;
  path: string;
  height: number | null;
  /** It has a view of the notebook program for itself, and is as high as that. */
  fills?: boolean;
}

export interface PanelInPage {
  /** Draws into the element and returns how to take it away. */
  draw(host: HTMLElement, wish: Wish): () => void;
  /** Opens it beside the notebook; false where the notebook program cannot do that. */
  openBeside(wish: Wish): boolean;
}

type Listener = (panel: PanelInPage | null) => void;

interface Page {
  [name: symbol]: { panels: Map<string, PanelInPage>; listeners: Map<string, Set<Listener>> } | undefined;
}

function page() {
  const own = globalThis as unknown as Page;
  const name = Symbol.for("websocket-playground pieces");
  own[name] ??= { panels: new Map(), listeners: new Map() };
  return own[name];
}

/** Lets the pieces of this page find a panel; returns how it leaves. */
export function registerPanel(epoch: string, panel: PanelInPage): () => void {
  const { panels, listeners } = page();
  const tell = (now: PanelInPage | null): void => {
    for (const listener of [...(listeners.get(epoch) ?? [])]) listener(now);
  };
  panels.set(epoch, panel);
  tell(panel);
  return () => {
    if (panels.get(epoch) !== panel) return;
    panels.delete(epoch);
    tell(null);
  };
}

/** Tells the listener the panel now and whenever it comes, goes or is replaced; returns how to end that. */
export function followPanel(epoch: string, listener: Listener): () => void {
  const { panels, listeners } = page();
  const mine = listeners.get(epoch) ?? new Set();
  listeners.set(epoch, mine.add(listener));
  listener(panels.get(epoch) ?? null);
  return () => {
    mine.delete(listener);
    if (mine.size === 0) listeners.delete(epoch);
  };
}
