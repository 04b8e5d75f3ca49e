import { count, duration } from "../format";
import type { CallError } from "../kernel";
import type { Client } from "../kernel-protocol";
import { clientOf, closeCall, literal } from "../python";
import { retryText } from "../retry";
import { closeForm } from "./close-form";
import { h, setAttribute, setText, show } from "./dom";
import { swatch } from "./swatch";
import type { View } from "./view";

export interface ClientRow {
  element: HTMLElement;
  /** `told`: the reason of its failure stands elsewhere already. */
  update(client: Client, told?: boolean): void;
}

/** One client: who, where, how much, and what can be done with it. */
export function clientRow(view: View, first: Client): ClientRow {
  const { session } = view;
  const { name } = first;
  const who = clientOf(name);
  const path = h("span", { class: "wp-mono wp-dim wp-path" });
  const again = h(
    "span",
    {
      class: "wp-dim wp-again",
      role: "img",
      "aria-label": "comes back by itself",
      title: "Comes back by itself after it was dropped",
      hidden: true,
      "data-testid": "reconnects",
    },
    "↻",
  );
  const traffic = h("span", { class: "wp-mono wp-dim wp-traffic" });
  const state = h("span", { class: "wp-client-state" });
  const button = (word: string, testid: string, title: string, label = word): HTMLButtonElement =>
    h("button", { class: "wp-button wp-small", title, "aria-label": `${label} ${name}`, "data-testid": testid }, word);
  const ping = button("Ping", "ping", `${who}.ping()`);
  const closer = button("Close…", "close-client", closeCall(name, "1000", ""), "Close");
  const reconnect = button("Reconnect", "reconnect", `${who}.reconnect()`);
  const remove = button("✕", "remove-client", `del pg.clients[${literal(name)}]`, "Remove");
  const says = h("div", { class: "wp-bad wp-client-says", role: "alert", hidden: true });
  const colour = swatch(view, name);
  let working = false;

  const act = async (op: string, args: object = {}): Promise<void> => {
    working = true;
    lock();
    try {
      await session.kernel.call(op, { name, ...args });
      show(says, false);
    } catch (error) {
      setText(says, (error as CallError).message);
      show(says, true);
    }
    working = false;
    lock();
  };
  const lock = (): void => {
    for (const each of [ping, closer, reconnect, remove]) each.disabled = working || !session.kernel.alive;
  };
  const form = closeForm(name, closer, (code, reason) => void act("close", { code, reason }));
  ping.addEventListener("click", () => void act("ping"));
  reconnect.addEventListener("click", () => void act("reconnect"));
  remove.addEventListener("click", () => void act("forget"));

  const line = h(
    "div",
    { class: "wp-client-line" },
    colour.button,
    h("b", { class: "wp-client-name", title: name }, name),
    path,
    again,
    h("span", { class: "wp-grow" }),
    traffic,
    h("span", { class: "wp-client-actions" }, state, ping, closer, reconnect, remove),
  );
  closer.setAttribute("aria-expanded", "false");
  const element = h(
    "li",
    { class: "wp-client", "data-testid": "client", "data-name": name },
    line,
    colour.choice,
    form.element,
    says,
  );

  const update = (client: Client, told = false): void => {
    const before = element.dataset.state;
    const ended = client.state === "closed" || client.state === "failed";
    element.dataset.state = client.state;
    element.dataset.own = String(client.own);
    colour.update();
    setText(path, client.path);
    setAttribute(path, "title", client.url);
    show(again, client.own && Boolean(client.reconnect));
    const rtt = client.rtt_ms == null || client.state !== "open" ? "" : ` · rtt ${duration(client.rtt_ms)}`;
    setText(traffic, `→${count(client.sent ?? 0)} ←${count(client.received ?? 0)}${rtt}`);
    setAttribute(
      traffic,
      "title",
      `${client.sent} sent, ${client.received} received${rtt && `, round trip ${duration(client.rtt_ms)}`}`,
    );
    const retry = retryText(client.retry, Date.now());
    element.dataset.retry = String(Boolean(retry));
    setText(
      state,
      client.own || ended
        ? retry
          ? `${client.code ?? client.state} · ${retry}`
          : stateWord(client)
        : "browser or other program",
    );
    setAttribute(state, "title", state.textContent);
    show(ping, client.own && client.state === "open");
    show(closer, client.own && client.state === "open");
    show(reconnect, client.own && ended);
    show(remove, client.own && ended);
    lock();
    if (client.state !== "open") form.toggle(false);
    if (client.state === "failed" && client.reason) {
      setText(says, client.reason);
      show(says, !told);
    } else if (before !== client.state && (before === "failed" || client.state === "open")) show(says, false);
  };
  update(first);
  return { element, update };
}

function stateWord({ state, code, reason }: Client): string {
  if (state !== "closed" && state !== "failed") return state;
  return [state, code, state === "closed" && reason && `“${reason}”`].filter(Boolean).join(" ");
}
