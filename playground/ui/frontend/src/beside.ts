/**
 * A view of its own beside the notebook. Only JupyterLab's extension of this package (`lab-extension.ts`) can open one; it
 * says so in the page, where the panel finds it.
 */

export interface SideView {
  /** The title of its tab. */
  label: string;
  /** Draws into the element and returns how to take it away. */
  draw(host: HTMLElement): () => void;
  /** Calls `close` when there is nothing to draw any more, such as after a restart; returns how to end that. */
  whenOver(close: () => void): () => void;
}

export interface Beside {
  open(view: SideView): void;
}

const NAME = Symbol.for("websocket-playground beside");

interface Page {
  [NAME]?: Beside;
}

/** What opens views beside the notebook; null where nothing does. */
export function beside(): Beside | null {
  return (globalThis as Page)[NAME] ?? null;
}

export function offerBeside(offered: Beside): void {
  (globalThis as Page)[NAME] = offered;
}
