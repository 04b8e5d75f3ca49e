import type { CallError } from "../kernel";
import type { Client } from "../kernel-protocol";
import { type ConnectCall, connectCall } from "../python";
import { type ClientRow, clientRow } from "./client-row";
import { connectForm, websocketPath } from "./connect-form";
import { h, setAttribute, setText, show } from "./dom";
import { refusalCard } from "./refusal";
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
  const button = h("button", { class: "wp-button", "data-testid": "connect" }, "+ Connect");
  const more = h(
    "button",
    {
      class: "wp-button",
      title: "Connect with a name, query, headers, subprotocols, Origin",
      "aria-label": "Connect with options",
      "data-testid": "connect-options",
    },
    "⋯",
  );
  const refusal = refusalCard(() => update());
  let dialing = false;

  const dial = async (call: ConnectCall): Promise<void> => {
    refusal.hide();
    dialing = true;
    update();
    try {
      const { result } = await session.kernel.call<Client>("connect", call);
      connected(result.name);
    } catch (error) {
      refusal.show(call, (error as CallError).failure);
    }
    dialing = false;
    update();
  };
  const form = connectForm(view, more, (call) => void dial(call));
  const connect = (): void => {
    const path = websocketPath(view);
    if (!path || path.includes("{")) form.open();
    else void dial({ path });
  };
  button.addEventListener("click", connect);
  more.addEventListener("click", () => (form.isOpen() ? form.close() : form.open()));

  const update = (): void => {
    const names = new Set<string>();
    // A client that failed says the same in its own line, once the refusal is dismissed.
    const said = refusal.said();
    for (const client of session.clients) {
      names.add(client.name);
      let row = rows.get(client.name);
      if (!row) {
        row = clientRow(view, client);
        rows.set(client.name, row);
      }
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
    button.disabled = more.disabled = !ready || dialing;
    setAttribute(button, "title", path ? connectCall({ path }) : "There is no WebSocket endpoint to connect to");
    setText(
      nobody,
      session.server.running
        ? "Nobody is connected. Press + Connect for a real client on a real socket, then send a message: the timeline shows what happens."
        : "The server is stopped. Press Start above to go on.",
    );
    show(nobody, session.clients.length === 0 && !said);
    show(list, session.clients.length > 0);
    countDown(session.clients.some(({ retry }) => retry));
  };
  let counting: ReturnType<typeof setInterval> | undefined;
  const countDown = (on: boolean): void => {
    if (on === (counting !== undefined)) return;
    clearInterval(counting);
    counting = on ? setInterval(update, 500) : undefined;
  };
  view.scope.add(() => clearInterval(counting));
  view.redrawOnChange(update);

  const bar = h("div", { class: "wp-bar" }, h("h3", {}, "Clients"), h("span", { class: "wp-grow" }), button, more);
  // It scrolls by itself, so that a card or one client more moves nothing that is below.
  const body = h(
    "div",
    { class: "wp-people-body", tabindex: 0, role: "group", "aria-label": "Who is connected" },
    refusal.element,
    nobody,
    list,
  );
  const element = h("section", { class: "wp-pane wp-people", "aria-label": "Clients" }, bar, form.anchor, body);
  return { element, connect };
}
