import { endpointOf, type Sender } from "../expecting";
import { ALL, sendersOf, type Way, wayOf } from "../senders";
import { h, setAttribute, setOptions } from "./dom";
import type { View } from "./view";

/** Who sends: one of our clients, all of them, or the server. */
export class SenderSelect {
  readonly element = h("select", { class: "wp-select", "aria-label": "From", "data-testid": "from" });
  /** Why nothing can be sent now; empty when it can. */
  refusal = "";
  /** The sender that was chosen, as long as it is there. */
  private wanted = "";
  /** A client that was connected here, until the kernel's list has it. */
  private coming = "";

  constructor(
    private view: View,
    picked: () => void,
  ) {
    this.element.addEventListener("change", () => {
      this.keep();
      picked();
    });
  }

  get chosen(): string {
    return this.element.value;
  }

  /** Whether there is anybody to choose. */
  get hasChoice(): boolean {
    return [...this.element.options].some(({ value }) => value !== "");
  }

  /** Takes a client as the sender, unless all are. */
  choose(name: string): void {
    if (this.wanted !== ALL) this.coming = name;
  }

  /** The choice stays, also when it is gone. */
  keep(): void {
    this.wanted = this.element.value;
    this.coming = "";
  }

  /** Offers who is there now. Returns whether a client that was connected here has become the sender. */
  update(): boolean {
    const { clients } = this.view.session;
    const arrived = this.coming !== "" && clients.some(({ name }) => name === this.coming);
    if (arrived) {
      this.wanted = this.coming;
      this.coming = "";
    }
    const { choices, chosen, refusal } = sendersOf(clients, this.wanted);
    // With the text "nobody", the choice is cleared.
    if (!chosen && this.wanted !== ALL) this.wanted = "";
    this.refusal = refusal;
    setOptions(this.element, choices, chosen);
    // A narrow panel cuts off whom the server sends to.
    setAttribute(this.element, "title", this.element.selectedOptions[0]?.text ?? null);
    return arrived;
  }

  /** How a message of the sender leaves; nobody takes part when it cannot send. */
  way(chosen = this.chosen): Way {
    return wayOf(chosen, this.view.session.clients);
  }

  /** The chosen client, if it is ours and ended, so that it can be connected again; otherwise "". */
  get ended(): string {
    const { clients } = this.view.session;
    const ended = clients.some(
      ({ name, own, state }) => own && name === this.chosen && (state === "closed" || state === "failed"),
    );
    return ended ? this.chosen : "";
  }

  /** The clients that send, and their endpoints; the chosen endpoint's next client while nobody is connected. */
  targets(): Sender[] {
    const { session, endpoint } = this.view;
    const { op, names } = this.way();
    if (op === "push") return [];
    if (!names.length && !session.openClients().length)
      return endpoint?.kind === "websocket" && endpoint.version > 0 ? [{ name: "", endpoint }] : [];
    return names.map((name) => {
      const client = session.clients.find((each) => each.own && each.name === name);
      return { name, endpoint: endpointOf(client, session.endpoints) };
    });
  }
}
