import { plural } from "../format";
import { CallError } from "../kernel";
import { type ConnectCall, connectCall } from "../python";
import type { CallFailure, Client } from "../wire";
import { type ClientRow, clientRow } from "./client-row";
import { connectForm, websocketPath } from "./connect-form";
import { h, isShown, setAttribute, setText, show } from "./dom";
import type { View } from "./view";

export interface ClientsPane {
  element: HTMLElement;
  connect(): void;
}

/** Our own clients, to be driven, and everybody else who is connected. */
export function clientsPane(view: View, connected: (name: string) => void): ClientsPane {
  const { session } = view;
  const rows = new Map<string, ClientRow>();
  const list = h("ul", { class: "wp-clients", "aria-label": "Clients" });
  const nobody = h("p", { class: "wp-hint" });
  const refusal = h("div", { class: "wp-refusal", role: "alert", hidden: true, "data-testid": "handshake-failure" });
  const button = h("button", { class: "wp-button", "data-testid": "connect" }, "+ Connect");
  const more = h("button", { class: "wp-button", title: "Connect with a name, query, headers, subprotocols", "aria-label": "Connect with options", "aria-expanded": "false", "data-testid": "connect-options" }, "…");

  const dial = async (call: ConnectCall): Promise<void> => {
    show(refusal, false);
    button.disabled = true;
    try {
      const { result } = await session.kernel.call<Client>("connect", call);
      connected(result.name);
    } catch (error) {
      showRefusal(refusal, call, (error as CallError).failure, () => update());
    }
    update();
  };
  const form = connectForm(view, (call) => void dial(call));
  const connect = (): void => {
    const path = websocketPath(view);
    if (!path || path.includes("{")) form.open(false);
    else void dial({ path });
  };
  button.addEventListener("click", connect);
  more.addEventListener("click", () => (form.isOpen() ? form.close() : form.open(true)));
  const formWatch = new MutationObserver(() => setAttribute(more, "aria-expanded", String(form.isOpen())));
  formWatch.observe(form.element, { attributes: true, attributeFilter: ["hidden"] });
  view.scope.add(() => formWatch.disconnect());

  const update = (): void => {
    const names = new Set<string>();
    // A client that failed says the same in its own line, once the refusal is dismissed.
    const said = isShown(refusal) && refusal.querySelector(".wp-refusal-message")?.textContent;
    for (const client of session.clients) {
      names.add(client.name);
      let row = rows.get(client.name);
      if (!row) rows.set(client.name, (row = clientRow(view, client)));
      row.update(client, Boolean(said && client.reason?.includes(said)));
    }
    for (const [name, row] of rows) {
      if (names.has(name)) continue;
      row.element.remove();
      rows.delete(name);
    }
    session.clients.forEach(({ name }, i) => {
      const { element } = rows.get(name)!;
      if (list.children[i] !== element) list.insertBefore(element, list.children[i] ?? null);
    });
    const path = websocketPath(view);
    const ready = session.kernel.alive && session.server.running && path !== null;
    button.disabled = more.disabled = !ready;
    setAttribute(button, "title", path ? connectCall({ path }) : "There is no WebSocket endpoint to connect to");
    setText(nobody, session.server.running ? "Nobody is connected. Connect opens a real client on a real socket." : "The server is stopped.");
    show(nobody, session.clients.length === 0 && !isShown(refusal));
    show(list, session.clients.length > 0);
  };
  view.keep(update);

  const bar = h("div", { class: "wp-bar" }, h("h3", {}, "Clients"), h("span", { class: "wp-grow" }), button, more);
  const element = h("section", { class: "wp-pane wp-people", "aria-label": "Clients" }, bar, form.element, refusal, nobody, list);
  return { element, connect };
}

function showRefusal(card: HTMLElement, call: ConnectCall, failure: CallFailure, dismissed: () => void): void {
  const status = failure.status == null ? failure.type : `${failure.status}`;
  const headers = Array.isArray(failure.headers) ? failure.headers : Object.entries(failure.headers ?? {});
  const dismiss = h("button", { class: "wp-button wp-small", "aria-label": "Dismiss" }, "✕");
  dismiss.addEventListener("click", () => {
    show(card, false);
    dismissed();
  });
  card.replaceChildren(
    h("div", { class: "wp-client-line" }, h("b", { class: "wp-bad" }, `✕ ${status}`), h("code", { class: "wp-dim wp-path" }, call.path), h("span", { class: "wp-grow" }), dismiss),
    h("div", { class: "wp-refusal-message" }, failure.message),
  );
  if (failure.body) card.append(h("details", {}, h("summary", {}, "body"), h("pre", { class: "wp-body" }, failure.body)));
  if (headers.length) card.append(h("details", {}, h("summary", {}, plural(headers.length, "header")), h("pre", {}, headers.map(([name, value]) => `${name}: ${value}`).join("\n"))));
  show(card, true);
}
