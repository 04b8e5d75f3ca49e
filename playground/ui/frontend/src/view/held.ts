import type { Endpoint, Held } from "../kernel-protocol";
import { rollbackTarget } from "../live";
import { matchesPath } from "../problems";
import { revertCall } from "../python";
import { h, setAttribute, setText, show } from "./dom";
import type { View } from "./view";

/** Connections that were kept open after their handler failed, with three buttons each: run again, close, roll back. */
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
        row = new HeldActions(view, false);
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

/** One held event with its buttons; `alone` when it is not in the list of a strip. */
export class HeldActions {
  readonly element: HTMLElement;
  private who = h("span", { class: "wp-grow" });
  private again = smallButton("run-again", "Run again");
  private close = smallButton("close-held", "Close as Starlette would");
  private back = smallButton("rollback", "Roll back");
  private says = h("div", { class: "wp-bad wp-held-says", role: "alert", hidden: true });
  private held: Held | null = null;
  private rollback = true;
  private working = false;

  constructor(
    private view: View,
    alone: boolean,
  ) {
    const { who, again, close, back, says } = this;
    this.element = h(alone ? "div" : "li", { class: "wp-held-event" }, who, again, close, back, says);
    again.addEventListener("click", () => void this.act((event) => this.runAgain(event)));
    close.addEventListener("click", () => void this.act((event) => this.closeHeld(event)));
    back.addEventListener("click", () => void this.act((event) => this.rollBack(event)));
  }

  show(event: Held): void {
    if (event.seq !== this.held?.seq) this.say("");
    this.held = event;
    this.update();
  }

  offerRollback(on: boolean): void {
    this.rollback = on;
    this.update();
  }

  private endpointOf(event: Held): Endpoint | undefined {
    return this.view.session.endpoints.find((endpoint) => belongsTo(endpoint, event));
  }

  private say(text: string): void {
    setText(this.says, text);
    show(this.says, text !== "");
  }

  /** Does something with the event, and says what went wrong. */
  private async act(work: (event: Held) => Promise<string>): Promise<void> {
    if (!this.held) return;
    const event = this.held;
    this.working = true;
    this.update();
    let wrong: string;
    try {
      wrong = await work(event);
    } catch (error) {
      wrong = (error as Error).message;
    }
    this.working = false;
    if (this.held.seq === event.seq) this.say(wrong);
    this.update();
  }

  private async runAgain({ seq }: Held): Promise<string> {
    const { kernel } = this.view.session;
    const { result } = await kernel.call<{ error: string | null; version: number }>("run_again", { seq });
    return result.error ? `ran again on v${result.version}: ${result.error}` : "";
  }

  private async closeHeld({ seq }: Held): Promise<string> {
    await this.view.session.kernel.call("close_held", { seq });
    return "";
  }

  private async rollBack(event: Held): Promise<string> {
    const endpoint = this.endpointOf(event);
    const to = endpoint && rollbackTarget(endpoint, event);
    if (endpoint && to != null) await this.view.session.edits.revert(endpoint, to);
    return "";
  }

  private update(): void {
    const { held, again, close, back } = this;
    if (!held) return;
    const endpoint = this.endpointOf(held);
    const name = held.client ?? `#${held.connection}`;
    const before = endpoint ? rollbackTarget(endpoint, held) : null;
    setText(this.who, `${name}, ${held.error} (v${held.version})`);
    setText(again, endpoint ? `Run again on v${endpoint.version}` : "Run again");
    setAttribute(again, "title", `pg.held[${held.seq}].run_again()`);
    setAttribute(again, "aria-label", `${again.textContent}: ${name}`);
    setAttribute(close, "title", `pg.held[${held.seq}].close()`);
    setAttribute(close, "aria-label", `Close as Starlette would: ${name}`);
    show(back, this.rollback && before !== null);
    setText(back, before === null ? "Roll back" : `Roll back to v${before}`);
    setAttribute(back, "title", endpoint && before !== null ? revertCall(endpoint.path, before) : null);
    again.disabled = close.disabled = back.disabled = this.working || !this.view.session.kernel.alive;
  }
}

function smallButton(testid: string, text: string): HTMLButtonElement {
  return h("button", { class: "wp-button wp-small", "data-testid": testid }, text);
}

function belongsTo({ kind, path }: Endpoint, event: Held): boolean {
  return kind === "websocket" && matchesPath(path, event.path);
}
