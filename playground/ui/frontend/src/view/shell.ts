import type { Session } from "../session";
import { clientsPane } from "./clients-pane";
import { composer } from "./composer";
import { h } from "./dom";
import { endpointPane } from "./endpoint-pane";
import { header } from "./header";
import { followTheme } from "./theme";
import { timeline } from "./timeline";
import { View } from "./view";

/** Draws one view of the session into `host` and returns how to take it away. */
export function shell(session: Session, host: HTMLElement): () => void {
  const view = new View(session);
  const clients = clientsPane(view, (name) => message.choose(name));
  const message = composer(view, clients.connect);
  const side = h("div", { class: "wp-side" }, clients.element, message.element);
  const panel = h(
    "div",
    { class: "wp-panel" },
    header(view),
    h("div", { class: "wp-top" }, endpointPane(view), side),
    timeline(view),
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
