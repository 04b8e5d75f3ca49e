import { count, duration } from "../format";
import type { CallError } from "../kernel";
import type { Client } from "../kernel-protocol";
import { clientOf, closeCall, literal } from "../python";
import { retryText } from "../retry";
import { type CloseForm, closeForm } from "./close-form";
import { h, setAttribute, setText, show } from "./dom";
import { swatch } from "./swatch";
import type { View } from "./view";

function build(name: string) {
  const who = clientOf(name);
  const button = (word: string, testid: string, title: string, label = word): HTMLButtonElement =>
    h("button", { class: "wp-button wp-small", title, "aria-label": `${label} ${name}`, "data-testid": testid }, word);
  const again = h(
    "span",
    {
      class: "wp-dim",
      role: "img",
      "aria-label": "reconnects automatically",
      title: "Reconnects automatically after it was dropped",
      hidden: true,
      "data-testid": "reconnects",
    },
    "↻",
  );
  return {
    path: h("span", { class: "wp-mono wp-dim wp-path" }),
    again,
    traffic: h("span", { class: "wp-mono wp-dim wp-traffic" }),
    trip: h("span", { class: "wp-mono wp-dim wp-traffic wp-trip" }),
    state: h("span", { class: "wp-client-state" }),
    ping: button("Ping", "ping", `${who}.ping()`),
    closer: button("Close…", "close-client", closeCall(name, "1000", ""), "Close"),
    duplicate: button("Duplicate", "duplicate", `pg.duplicate(${literal(name)})`),
    reconnect: button("Reconnect", "reconnect", `${who}.reconnect()`),
    remove: button("✕", "remove-client", `del pg.clients[${literal(name)}]`, "Remove"),
    says: h("div", { class: "wp-bad wp-client-says", role: "alert", hidden: true }),
  };
}

/** One client: its name, path, counts and controls. */
export class ClientRow {
  readonly element: HTMLElement;
  private parts: ReturnType<typeof build>;
  private colour: ReturnType<typeof swatch>;
  private form: CloseForm;
  private working = false;

  constructor(
    private view: View,
    first: Client,
  ) {
    const { name } = first;
    this.parts = build(name);
    this.colour = swatch(view, name);
    const { closer, says } = this.parts;
    const act = (op: string, args: object = {}): void => void this.act(op, { name, ...args });
    this.form = closeForm(name, closer, (code, reason) => act("close", { code, reason }));
    this.parts.ping.addEventListener("click", () => act("ping"));
    this.parts.reconnect.addEventListener("click", () => act("reconnect"));
    this.parts.duplicate.addEventListener("click", () => act("duplicate"));
    this.parts.remove.addEventListener("click", () => act("forget"));
    closer.setAttribute("aria-expanded", "false");
    const facts = { class: "wp-client", "data-testid": "client", "data-name": name };
    this.element = h("li", facts, this.arrange(name), this.colour.choice, this.form.element, says);
    this.update(first);
  }

  /** `reasonShown`: the reason of its failure is already shown elsewhere. */
  update(client: Client, reasonShown = false): void {
    const { element } = this;
    const before = element.dataset.state;
    element.dataset.state = client.state;
    element.dataset.own = String(client.own);
    this.colour.update();
    this.describe(client);
    this.offer(client);
    if (client.state === "failed" && client.reason) this.say(client.reason, !reasonShown);
    else if (before !== client.state && (before === "failed" || client.state === "open")) show(this.parts.says, false);
  }

  private arrange(name: string): HTMLElement {
    const { path, again, traffic, trip, state, ping, closer, reconnect, duplicate, remove } = this.parts;
    return h(
      "div",
      { class: "wp-client-line" },
      this.colour.button,
      h("b", { class: "wp-client-name", title: name }, name),
      path,
      again,
      h("span", { class: "wp-grow" }),
      traffic,
      trip,
      state,
      h("span", { class: "wp-client-actions" }, reconnect, ping, closer, duplicate, remove),
    );
  }

  private async act(op: string, args: object): Promise<void> {
    this.working = true;
    this.lock();
    try {
      await this.view.session.kernel.call(op, args);
      show(this.parts.says, false);
    } catch (error) {
      this.say((error as CallError).message, true);
    }
    this.working = false;
    this.lock();
  }

  private lock(): void {
    const { ping, closer, reconnect, duplicate, remove } = this.parts;
    const locked = this.working || !this.view.session.kernel.alive;
    for (const each of [ping, closer, reconnect, duplicate, remove]) each.disabled = locked;
  }

  private say(text: string, visible: boolean): void {
    setText(this.parts.says, text);
    show(this.parts.says, visible);
  }

  private describe(client: Client): void {
    const { path, again, traffic, trip, state } = this.parts;
    setText(path, client.path);
    setAttribute(path, "title", client.url);
    show(again, client.own && Boolean(client.reconnect));
    const took = client.rtt_ms == null || client.state !== "open" ? "" : duration(client.rtt_ms);
    const [sent, received] = [client.sent ?? 0, client.received ?? 0];
    setText(traffic, `→${count(sent)} ←${count(received)}`);
    setAttribute(traffic, "title", `${sent} sent, ${received} received${took && `, round trip ${took}`}`);
    setText(trip, took && `rtt ${took}`);
    show(trip, took !== "");
    const retry = retryText(client.retry, Date.now());
    this.element.dataset.retry = String(Boolean(retry));
    setText(state, stateText(client, retry));
    setAttribute(state, "title", state.textContent);
  }

  private offer({ own, state }: Client): void {
    const { ping, closer, reconnect, duplicate, remove } = this.parts;
    show(duplicate, own);
    for (const each of [ping, closer]) show(each, own && state === "open");
    for (const each of [reconnect, remove]) show(each, own && hasEnded(state));
    this.lock();
    if (state !== "open") this.form.toggle(false);
  }
}

function hasEnded(state: Client["state"]): boolean {
  return state === "closed" || state === "failed";
}

function stateText(client: Client, retry: string): string {
  if (!client.own && !hasEnded(client.state)) return "browser or other program";
  return retry ? `${client.code ?? client.state} · ${retry}` : stateWord(client);
}

function stateWord({ state, code, reason }: Client): string {
  if (!hasEnded(state)) return state;
  return [state, code, state === "closed" && reason && `“${reason}”`].filter(Boolean).join(" ");
}
