import { count } from "../format";
import type { CallError } from "../kernel";
import type { Client } from "../kernel-protocol";
import { h, isShown, setAttribute, setText, show } from "./dom";
import { popover } from "./popover";
import type { View } from "./view";

interface Action {
  op: string;
  name: string;
  call: string;
  doing: string;
  /** The clients that it is about. */
  of: (client: Client) => boolean;
}

const ended = ({ state }: Client): boolean => state === "closed" || state === "failed";

const ACTIONS: Action[] = [
  { op: "reconnect_all", name: "Reconnect all", call: "pg.clients.reconnect()", doing: "reconnecting", of: ended },
  {
    op: "close_all",
    name: "Close all",
    call: "pg.clients.close()",
    doing: "closing",
    of: ({ state, retry }) => state === "open" || Boolean(retry),
  },
  {
    op: "forget_closed",
    name: "Remove closed",
    call: "pg.clients.forget_closed()",
    doing: "removing",
    of: (client) => ended(client) && !client.retry,
  },
];

/** "⋯": what is done with all of our clients at once, and what became of them. */
export function batchMenu(view: View): { opener: HTMLButtonElement; anchor: HTMLElement; state: HTMLElement } {
  const { session } = view;
  const opener = h(
    "button",
    { class: "wp-button", title: "All clients at once", "aria-label": "All clients", "data-testid": "all-clients" },
    "⋯",
  );
  const state = h("p", { class: "wp-batch-state wp-dim", role: "status", "data-testid": "batch-state" });
  const items = ACTIONS.map((action) => {
    const button = h("button", { class: "wp-button", title: action.call, "data-testid": action.op });
    button.addEventListener("click", () => void run(action));
    return { action, button };
  });
  const menu = h(
    "div",
    { class: "wp-batch", role: "group", "aria-label": "All clients", "data-testid": "batch-menu" },
    ...items.map(({ button }) => button),
  );
  const { anchor, toggle } = popover(view, menu, [opener], () =>
    items.find(({ button }) => !button.disabled)?.button.focus(),
  );
  let working = false;

  const update = (): void => {
    const own = session.clients.filter((client) => client.own);
    for (const { action, button } of items) {
      const number = own.filter(action.of).length;
      setText(button, number ? `${action.name} (${count(number)})` : action.name);
      button.disabled = !number || working || !session.kernel.alive;
    }
    opener.disabled = !own.length;
    if (opener.disabled) toggle(false);
    show(state, state.textContent !== "");
  };
  const run = async ({ op, doing }: Action): Promise<void> => {
    working = true;
    toggle(false);
    setText(state, `${doing}…`);
    setAttribute(state, "title", null);
    update();
    try {
      const { result } = await session.kernel.call<{ text: string; failed: Record<string, string> }>(op, {});
      setText(state, result.text);
      const reasons = Object.entries(result.failed).map(([name, why]) => `${name}: ${why}`);
      setAttribute(state, "title", reasons.join("\n") || null);
    } catch (error) {
      setText(state, (error as CallError).message);
    }
    working = false;
    update();
  };
  opener.addEventListener("click", () => toggle(!isShown(menu)));
  view.redrawOnChange(update);
  return { opener, anchor, state };
}
