import type { Session } from "../session";
import { ClientsPane } from "./clients-pane";
import { Composer } from "./composer";
import { h } from "./dom";
import { EndpointPane } from "./endpoint-pane";
import { Header } from "./header";
import { followTheme } from "./theme";
import { Timeline } from "./timeline";
import { View } from "./view";

/** Draws one view of the session into `host` and returns how to take it away. */
export function shell(session: Session, host: HTMLElement): () => void {
  const view = new View(session);
  const panel = h(
    "div",
    { class: "wp-panel", "data-mode": session.opened ? "opened" : "live" },
    new Header(view).element,
    session.opened ? null : workbench(view),
    new Timeline(view).element,
  );
  const root = h("div", { class: "websocket-playground", "data-testid": "playground" }, panel);

  // Without this the notebook would run cells or insert new ones while somebody types here.
  view.scope.listen<KeyboardEvent>(root, "keydown", (event) => event.stopPropagation());
  followTheme(root, view.scope);
  host.append(root);
  return () => {
    view.scope.close();
    root.remove();
  };
}

/** What needs a server: its endpoints, its clients, and a message to send. */
function workbench(view: View): HTMLElement {
  const clients = new ClientsPane(view, (name) => message.choose(name));
  const message = new Composer(view, clients.connect);
  const side = h("div", { class: "wp-side" }, clients.element, message.element);
  return h("div", { class: "wp-top" }, new EndpointPane(view).element, side);
}
