import { draftAt } from "../connecting";
import type { CallError } from "../kernel";
import type { Client, Endpoint } from "../kernel-protocol";
import { type ConnectCall, connectCall } from "../python";
import { batchMenu } from "./batch-menu";
import { ClientRow } from "./client-row";
import { connectForm, type Dialled, websocketPath } from "./connect-form";
import { h, setAttribute, setDisabled, setText, show } from "./dom";
import { draftOffer } from "./draft-offer";
import { paneHeading } from "./fold";
import { refusalCard } from "./refusal";
import type { View } from "./view";

/** Errors of a call that could not be made as it was written; nobody was dialled. */
const MISTAKES = new Set(["ValueError", "TypeError", "LookupError"]);

function build() {
  const list = h("ul", { "aria-label": "Clients" });
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
    "▾",
  );
  return { list, nobody, button, more };
}

/** Our own clients with their controls, and all other connections. */
export class ClientsPane {
  readonly element: HTMLElement;
  private parts = build();
  private rows = new Map<string, ClientRow>();
  private refusal = refusalCard(() => this.update());
  private batch: ReturnType<typeof batchMenu>;
  private form: ReturnType<typeof connectForm>;
  private dialing = false;
  private offer: ReturnType<typeof draftOffer>;
  private counting: ReturnType<typeof setInterval> | undefined;

  constructor(
    private view: View,
    private connected: (name: string) => void,
  ) {
    const { button, more } = this.parts;
    this.form = connectForm(view, more, (call) => this.dial(call));
    this.offer = draftOffer(view);
    this.batch = batchMenu(view);
    button.addEventListener("click", this.connect);
    more.addEventListener("click", () => (this.form.isOpen() ? this.form.close() : this.form.open()));
    view.scope.add(() => clearInterval(this.counting));
    view.redrawOnChange(() => this.update());
    this.element = this.arrange();
  }

  connect = (): void => {
    const path = websocketPath(this.view);
    if (!path || path.includes("{")) this.form.open();
    else void this.dial({ path });
  };

  private arrange(): HTMLElement {
    const { list, nobody, button, more } = this.parts;
    const bar = h(
      "div",
      { class: "wp-bar" },
      paneHeading(this.view, "side", "Clients"),
      h("span", { class: "wp-grow" }),
      button,
      more,
      this.batch.opener,
    );
    // The list has its own scroll bar, so that another client does not move anything below.
    const body = h(
      "div",
      { class: "wp-people-body", tabindex: 0, role: "group", "aria-label": "Who is connected" },
      this.offer.element,
      this.refusal.element,
      nobody,
      list,
    );
    return h(
      "section",
      { class: "wp-pane wp-people", "aria-label": "Clients" },
      bar,
      this.form.anchor,
      this.batch.anchor,
      this.batch.state,
      body,
    );
  }

  /** Connects, after applying what exists only as a draft. */
  private async dial(call: ConnectCall): Promise<Dialled> {
    const { kernel, endpoints } = this.view.session;
    this.refusal.hide();
    this.dialing = true;
    this.update();
    try {
      if (!(await this.applied(draftAt(call.path, endpoints))))
        return { state: "wrong", message: "The draft cannot be applied; see below the editor." };
      const { result } = await kernel.call<Pick<Client, "name">>("connect", call);
      this.connected(result.name);
      this.offer.connected(call.path);
      return { state: "connected" };
    } catch (error) {
      const { failure } = error as CallError;
      if (MISTAKES.has(failure.type) && this.form.isOpen()) return { state: "wrong", message: failure.message };
      this.refusal.show(call, failure);
      return { state: "refused" };
    } finally {
      this.dialing = false;
      this.update();
    }
  }

  private async applied(draft: Endpoint | undefined): Promise<boolean> {
    if (!draft) return true;
    const { edits } = this.view.session;
    await edits.apply(draft.key);
    return edits.reports.get(draft.key)?.state === "applied";
  }

  private update(): void {
    const { list, nobody, button, more } = this.parts;
    const { session } = this.view;
    this.drawRows(session.clients);
    const path = websocketPath(this.view);
    const ready = session.kernel.alive && session.server.running && path !== null;
    for (const each of [button, more]) setDisabled(each, !ready || this.dialing);
    const label = path && draftAt(path, session.endpoints) ? "Apply and connect" : "+ Connect";
    setText(button, label);
    setAttribute(button, "title", path ? connectCall({ path }) : "There is no WebSocket endpoint to connect to");
    setText(
      nobody,
      session.server.running
        ? `Nobody is connected. Press ${label} for a real client on a real socket, then send a message: the timeline shows what happens.`
        : "The server is stopped. Press Start above to go on.",
    );
    show(nobody, session.clients.length === 0 && !this.refusal.message());
    show(list, session.clients.length > 0);
    this.countDown(session.clients.some(({ retry }) => retry));
  }

  private drawRows(clients: readonly Client[]): void {
    const { list } = this.parts;
    const known = new Set(clients.map(({ name }) => name));
    for (const [name, row] of this.rows) {
      if (known.has(name)) continue;
      row.element.remove();
      this.rows.delete(name);
    }
    const refused = this.refusal.message();
    clients.forEach((client, i) => {
      const row = this.rows.get(client.name) ?? new ClientRow(this.view, client);
      this.rows.set(client.name, row);
      // A client that failed says the same in its own line, once the refusal is dismissed.
      row.update(client, refused !== "" && client.reason === refused);
      if (list.children[i] !== row.element) list.insertBefore(row.element, list.children[i] ?? null);
    });
  }

  private countDown(on: boolean): void {
    if (on === (this.counting !== undefined)) return;
    clearInterval(this.counting);
    this.counting = on ? setInterval(() => this.update(), 500) : undefined;
  }
}
