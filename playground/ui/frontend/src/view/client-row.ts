import { count, duration } from "../format";
import { CallError } from "../kernel";
import { literal, variable } from "../python";
import type { Client } from "../wire";
import { h, isShown, setAttribute, setText, show } from "./dom";
import type { View } from "./view";

export interface ClientRow {
  element: HTMLElement;
  /** `told`: the reason of its failure stands elsewhere already. */
  update(client: Client, told?: boolean): void;
}

/** One client: who, where, how much, and what can be done with it. */
export function clientRow(view: View, first: Client): ClientRow {
  const { session } = view;
  const who = variable(first.name);
  const path = h("span", { class: "wp-mono wp-dim wp-path" });
  const traffic = h("span", { class: "wp-mono wp-dim wp-traffic" });
  const state = h("span", { class: "wp-client-state" });
  const ping = h("button", { class: "wp-button wp-small", title: `${who}.ping()`, "aria-label": `Ping ${first.name}`, "data-testid": "ping" }, "Ping");
  const closer = h("button", { class: "wp-button wp-small", title: `${who}.close(1000)`, "aria-label": `Close ${first.name}`, "aria-expanded": "false", "data-testid": "close-client" }, "Close…");
  const remove = h("button", { class: "wp-button wp-small", title: `del pg.clients[${literal(first.name)}]`, "aria-label": `Remove ${first.name}`, "data-testid": "remove-client" }, "Remove");
  const says = h("div", { class: "wp-bad wp-client-says", role: "alert", hidden: true });

  const act = async (op: string, args: object): Promise<void> => {
    try {
      await session.kernel.call(op, { name: first.name, ...args });
      show(says, false);
    } catch (error) {
      setText(says, (error as CallError).message);
      show(says, true);
    }
  };
  const form = closeForm(who, closer, (code, reason) => void act("close", { code, reason }));
  ping.addEventListener("click", () => void act("ping", {}));
  remove.addEventListener("click", () => void act("forget", {}));

  const line = h(
    "div",
    { class: "wp-client-line" },
    h("i", { class: "wp-swatch", "data-colour": session.colour(first.name), "aria-hidden": "true" }),
    h("b", { class: "wp-client-name", title: first.name }, first.name),
    path,
    h("span", { class: "wp-grow" }),
    traffic,
    h("span", { class: "wp-client-actions" }, state, ping, closer, remove),
  );
  const element = h("li", { class: "wp-client", "data-testid": "client", "data-name": first.name }, line, form, says);

  const update = (client: Client, told = false): void => {
    element.dataset.state = client.state;
    element.dataset.own = String(client.own);
    setText(path, client.path);
    setAttribute(path, "title", client.url);
    const rtt = client.rtt_ms == null || client.state !== "open" ? "" : ` · rtt ${duration(client.rtt_ms)}`;
    setText(traffic, `→${count(client.sent)} ←${count(client.received)}${rtt}`);
    setAttribute(traffic, "title", `${client.sent} sent, ${client.received} received${rtt && `, round trip ${duration(client.rtt_ms)}`}`);
    const ended = client.state === "closed" || client.state === "failed";
    setText(state, client.own || ended ? stateWord(client) : "browser or other program");
    setAttribute(state, "title", state.textContent);
    const alive = session.kernel.alive;
    show(ping, client.own && client.state === "open");
    show(closer, client.own && client.state === "open");
    show(remove, client.own && ended);
    ping.disabled = closer.disabled = remove.disabled = !alive;
    if (client.state !== "open") show(form, false);
    if (client.state === "failed" && client.reason) {
      setText(says, client.reason);
      show(says, !told);
    }
  };
  update(first);
  return { element, update };
}

function stateWord({ state, code, reason }: Client): string {
  if (state !== "closed" && state !== "failed") return state;
  return [state, code, state === "closed" && reason && `“${reason}”`].filter(Boolean).join(" ");
}

function closeForm(who: string, opener: HTMLButtonElement, close: (code: number, reason: string) => void): HTMLElement {
  const code = h("input", { class: "wp-input wp-mono wp-code", type: "number", min: 1000, max: 4999, value: 1000, "aria-label": "Close code", "data-testid": "close-code" });
  const reason = h("input", { class: "wp-input wp-grow", "aria-label": "Reason", placeholder: "reason (optional)", maxlength: 123, "data-testid": "close-reason" });
  const go = h("button", { class: "wp-button wp-small wp-primary", type: "submit", "data-testid": "close-go" }, "Close");
  const form = h("form", { class: "wp-inline wp-close-form", hidden: true }, code, reason, go);
  const toggle = (open: boolean): void => {
    show(form, open);
    opener.setAttribute("aria-expanded", String(open));
    if (open) code.select();
  };
  const retitle = (): void => setAttribute(go, "title", `${who}.close(${code.value}${reason.value ? `, ${literal(reason.value)}` : ""})`);
  opener.addEventListener("click", () => toggle(!isShown(form)));
  form.addEventListener("input", retitle);
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    toggle(false);
    opener.focus();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    toggle(false);
    close(Number(code.value) || 1000, reason.value);
  });
  retitle();
  return form;
}
