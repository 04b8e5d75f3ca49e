import { PANES, SPLITS, type Split, shapeOf } from "../layout";
import type { Wish } from "../panels-in-page";
import type { Session } from "../session";
import { besideButton } from "./beside-button";
import { ClientsPane } from "./clients-pane";
import { Composer } from "./composer";
import { h, setAttribute, show } from "./dom";
import { EndpointPane } from "./endpoint-pane";
import { foldable } from "./fold";
import { Header } from "./header";
import { pageButton } from "./page-button";
import { PIECES } from "./pieces";
import { followRoom } from "./room";
import { splitter } from "./splitter";
import { followTheme } from "./theme";
import { Timeline } from "./timeline";
import { View } from "./view";

/**
 * Draws one view of the session into `host`, the whole panel or a piece of it, and returns how to take it away. The panel
 * is as high as what scrolls around it, unless `height` says another one, in pixels.
 */
export function shell(session: Session, host: HTMLElement, wish: Wish): () => void {
  const piece = PIECES[wish.pane];
  const view = new View(session, piece !== undefined, wish.fills);
  if (wish.pane === "editor" && wish.path) view.fix(wish.path);
  const name = piece ? wish.pane : "panel";
  const facts = { class: "wp-panel", "data-mode": session.opened ? "opened" : "live", "data-piece": name };
  const panel = h("div", facts, ...(piece ? piece.draw(view, wish) : wholePanel(view)));
  const root = h("div", { class: "websocket-playground", "data-testid": "playground" }, panel);

  // Without this the notebook would run cells or insert new ones while somebody types here.
  view.scope.listen<KeyboardEvent>(root, "keydown", (event) => event.stopPropagation());
  followTheme(root, view.scope);
  followLayout(panel, view);
  host.append(root);
  followRoom(root, view.scope, wish.height ?? (wish.fills ? null : (piece?.height ?? null)), (width) => {
    view.layout.shape = shapeOf(width);
  });
  return () => {
    view.scope.close();
    root.remove();
  };
}

function wholePanel(view: View): HTMLElement[] {
  const page = view.session.opened ? null : pageButton(view);
  const beside = besideButton(view);
  const header = new Header(view, [...(page ? [page.button] : []), ...(beside ? [beside] : [])]).element;
  const timeline = new Timeline(view, view.layout.sequence).element;
  if (view.session.opened) return [header, h("div", { class: "wp-room" }, timeline)];
  const split = splitter(
    view,
    () => (view.layout.shape === "wide" ? "columns" : "work"),
    "Editor and clients, and the timeline",
  );
  const { stub } = foldable(view, "timeline", "Timeline", timeline);
  const room = h("div", { class: "wp-room" }, workbench(view), split, timeline, stub);
  hideBetween(view, split, () => view.layout.isCollapsed("timeline") || isWorkCollapsed(view));
  return page ? [header, page.place, room] : [header, room];
}

/** What needs a server: its endpoints, its clients, and a message to send. */
function workbench(view: View): HTMLElement {
  const endpoint = new EndpointPane(view).element;
  const clients = new ClientsPane(view, (name) => message.choose(name));
  const message = new Composer(view, clients.connect);
  const side = h("div", { class: "wp-side" }, clients.element, message.element);
  const [left, right] = [foldable(view, "editor", "Endpoint", endpoint), foldable(view, "side", "Clients", side)];
  const split = splitter(view, () => "editor", "Editor, and clients");
  hideBetween(view, split, () => view.layout.isCollapsed("editor") || view.layout.isCollapsed("side"));
  return h("div", { class: "wp-top" }, left.stub, endpoint, split, side, right.stub);
}

function isWorkCollapsed({ layout }: View): boolean {
  return layout.isCollapsed("editor") && layout.isCollapsed("side");
}

/** A splitter has nothing to divide next to a collapsed pane. */
function hideBetween({ layout, scope }: View, split: HTMLElement, isHidden: () => boolean): void {
  const update = (): void => show(split, !isHidden());
  scope.add(layout.changed.on(update));
  update();
}

/** Writes sizes and what is collapsed where the style sheet reads them. */
function followLayout(panel: HTMLElement, { layout, scope }: View): void {
  const update = (): void => {
    for (const split of Object.keys(SPLITS) as Split[])
      panel.style.setProperty(`--wp-split-${split}`, `${layout.size(split)}%`);
    setAttribute(panel, "data-collapsed", PANES.filter((pane) => layout.isCollapsed(pane)).join(" "));
  };
  scope.add(layout.changed.on(update));
  update();
}
