/** What can be shown alone; the panel itself is in `shell.ts`. */
import type { CallError } from "../kernel";
import type { Client } from "../kernel-protocol";
import type { Wish } from "../panels-in-page";
import { ClientsPane } from "./clients-pane";
import { Composer } from "./composer";
import { websocketPath } from "./connect-form";
import { EndpointPane } from "./endpoint-pane";
import { PagePane } from "./page-pane";
import { refusalCard } from "./refusal";
import { Timeline } from "./timeline";
import type { View } from "./view";

type Draw = (view: View, wish: Wish) => HTMLElement[];

interface Piece {
  draw: Draw;
  /** Pixels, where the call names no height; null for the height of what is in it. */
  height: number | null;
}

export const PIECES: Record<string, Piece> = {
  editor: { draw: (view) => [new EndpointPane(view).element], height: 420 },
  clients: { draw: (view) => [new ClientsPane(view, () => {}).element], height: 260 },
  page: { draw: (view, { path }) => [new PagePane(view, path).element], height: 360 },
  composer: { draw: composer, height: null },
  timeline: { draw: (view, { filter }) => [filtered(new Timeline(view, false), filter)], height: 420 },
  sequence: { draw: (view, { filter }) => [filtered(new Timeline(view, true), filter)], height: 420 },
};

function filtered(timeline: Timeline, filter: string): HTMLElement {
  if (filter) timeline.filterBy(filter);
  return timeline.element;
}

/** Without the list of clients: what it connects is the sender, and a refusal is shown above it. */
function composer(view: View): HTMLElement[] {
  const refusal = refusalCard(() => {});
  const message = new Composer(view, () => void connect());
  const connect = async (): Promise<void> => {
    const path = websocketPath(view);
    if (!path) return;
    refusal.hide();
    try {
      const { result } = await view.session.kernel.call<Pick<Client, "name">>("connect", { path });
      message.choose(result.name);
    } catch (error) {
      refusal.show({ path }, (error as CallError).failure);
    }
  };
  return [refusal.element, message.element];
}
