import type { Endpoint, Held } from "../kernel-protocol";
import { rollbackTarget } from "../live";
import { matchesPath } from "../problems";
import { revertCall } from "../python";
import { h, setAttribute, setText, show } from "./dom";
import type { View } from "./view";

/** Connections that a failed handler left open, and the three ways on from there. */
export function heldStrip(view: View): HTMLElement {
  const rows = new Map<number, HeldActions>();
  const title = h("b");
  const list = h("ul", {});
  const strip = h(
    "div",
    { class: "wp-strip wp-held", role: "status", hidden: true, "data-testid": "held" },
    title,
    list,
  );
  view.redrawOnChange(() => {
    const { endpoint, session } = view;
    const events = endpoint ? (session.server.held ?? []).filter((event) => belongsTo(endpoint, event)) : [];
    show(strip, events.length > 0);
    setText(title, `${events.length} held:`);
    for (const [seq, row] of rows) {
      if (events.some((event) => event.seq === seq)) continue;
      row.element.remove();
      rows.delete(seq);
    }
    const first = events.find((event) => rollbackTarget(endpoint!, event) !== null);
    for (const event of events) {
      let row = rows.get(event.seq);
      if (!row) {
        row = heldActions(view, false);
        rows.set(event.seq, row);
        list.append(row.element);
      }
      row.show(event);
      // Going back concerns the endpoint, so it is offered once.
      row.offerRollback(event === first);
    }
  });
  return strip;
}

export interface HeldActions {
  element: HTMLElement;
  show(event: Held): void;
  offerRollback(on: boolean): void;
}

/** One held event with its buttons; `alone` when it does not stand in the list of a strip. */
export function heldActions(view: View, alone: boolean): HeldActions {
  const { session } = view;
  const who = h("span", { class: "wp-grow" });
  const button = (testid: string, text: string): HTMLButtonElement =>
    h("button", { class: "wp-button wp-small", "data-testid": testid }, text);
  const again = button("run-again", "Run again");
  const close = button("close-held", "Close as Starlette would");
  const back = button("rollback", "Roll back");
  const says = h("div", { class: "wp-bad wp-held-says", role: "alert", hidden: true });
  const element = h(alone ? "div" : "li", { class: "wp-held-event" }, who, again, close, back, says);
  let held: Held | null = null;
  let rollback = true;
  let working = false;

  const endpointOf = (event: Held): Endpoint | undefined =>
    session.endpoints.find((endpoint) => belongsTo(endpoint, event));
  const say = (text: string): void => {
    setText(says, text);
    show(says, text !== "");
  };
  const act = async (work: (event: Held) => Promise<string>): Promise<void> => {
    if (!held) return;
    const event = held;
    working = true;
    update();
    let said: string;
    try {
      said = await work(event);
    } catch (error) {
      said = (error as Error).message;
    }
    working = false;
    if (held.seq === event.seq) say(said);
    update();
  };
  again.addEventListener(
    "click",
    () =>
      void act(async ({ seq }) => {
        const { result } = await session.kernel.call<{ error: string | null; version: number }>("run_again", { seq });
        return result.error ? `ran again on v${result.version}: ${result.error}` : "";
      }),
  );
  close.addEventListener(
    "click",
    () =>
      void act(async ({ seq }) => {
        await session.kernel.call("close_held", { seq });
        return "";
      }),
  );
  back.addEventListener(
    "click",
    () =>
      void act(async (event) => {
        const endpoint = endpointOf(event);
        const to = endpoint && rollbackTarget(endpoint, event);
        if (endpoint && to != null) await session.edits.revert(endpoint, to);
        return "";
      }),
  );

  const update = (): void => {
    if (!held) return;
    const endpoint = endpointOf(held);
    const name = held.client ?? `#${held.connection}`;
    const before = endpoint ? rollbackTarget(endpoint, held) : null;
    setText(who, `${name}, ${held.error} (v${held.version})`);
    setText(again, endpoint ? `Run again on v${endpoint.version}` : "Run again");
    setAttribute(again, "title", `pg.held[${held.seq}].run_again()`);
    setAttribute(again, "aria-label", `${again.textContent}: ${name}`);
    setAttribute(close, "title", `pg.held[${held.seq}].close()`);
    setAttribute(close, "aria-label", `Close as Starlette would: ${name}`);
    show(back, rollback && before !== null);
    setText(back, before === null ? "Roll back" : `Roll back to v${before}`);
    setAttribute(back, "title", endpoint && before !== null ? revertCall(endpoint.path, before) : null);
    again.disabled = close.disabled = back.disabled = working || !session.kernel.alive;
  };

  return {
    element,
    show(event) {
      if (event.seq !== held?.seq) say("");
      held = event;
      update();
    },
    offerRollback(on) {
      rollback = on;
      update();
    },
  };
}

function belongsTo({ kind, path }: Endpoint, event: Held): boolean {
  return kind === "websocket" && matchesPath(path, event.path);
}
