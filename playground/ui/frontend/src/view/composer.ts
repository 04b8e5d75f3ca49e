import { count, duration } from "../format";
import { type CallError, GONE_MESSAGE } from "../kernel";
import { isMistake, type Mistake, type Outgoing, prepare, usesCounter } from "../outgoing";
import { sendCall } from "../python";
import { ALL, recipients } from "../recipients";
import { Repeat } from "../repeat";
import { questionsOf, uuid } from "../variables";
import { askValues } from "./ask-values";
import { h, modEnter, setAttribute, setOptions, show } from "./dom";
import { MessageBox } from "./message-box";
import { savedMenu } from "./saved-menu";
import { sendOptions } from "./send-options";
import { sendState, type Tone } from "./send-state";
import type { View } from "./view";

const QUEUED_AFTER = 300;

function build() {
  const to = h("select", { class: "wp-select", "aria-label": "Send from client", "data-testid": "to" });
  const send = h("button", { class: "wp-button wp-primary", "data-testid": "send" });
  const join = h(
    "button",
    { class: "wp-button", title: "The same as + Connect above", "data-testid": "composer-connect", hidden: true },
    "+ Connect",
  );
  const saved = h(
    "button",
    { class: "wp-button wp-small", "aria-haspopup": "dialog", "data-testid": "saved" },
    "Saved ▾",
  );
  return { to, send, join, saved };
}

/** Write a message, choose who sends it and as what. */
export class Composer {
  readonly element: HTMLElement;
  private parts = build();
  private state = sendState();
  private repeat = new Repeat();
  private message: MessageBox;
  private options: ReturnType<typeof sendOptions>;
  private question: ReturnType<typeof askValues>;
  /** The sender that was chosen, as long as it is there. */
  private wanted = "";
  /** A client that was connected here, until the kernel's list has it. */
  private coming = "";
  /** Why nothing can be sent now; empty when it can. */
  private refusal = "";
  /** The refusal that was shown last. */
  private shown: string | null = null;
  /** Counts the results that were shown, so that a late one does not overwrite a newer one. */
  private latest = 0;
  private counter = 1;

  constructor(
    private view: View,
    private connect: () => void,
  ) {
    this.message = new MessageBox(
      view,
      () => this.typed(),
      () => void this.submit(),
    );
    this.options = sendOptions(
      this.repeat,
      () => this.retitle(),
      () => void this.repeatIt(),
    );
    this.question = askValues(view);
    this.element = this.arrange();
    this.listen();
    view.redrawOnChange(() => this.update());
  }

  /** Takes a client as the sender, unless all are. */
  choose(name: string): void {
    if (this.wanted !== ALL) this.coming = name;
    this.update();
  }

  private arrange(): HTMLElement {
    const { to, send, join, saved } = this.parts;
    const { message, options } = this;
    const current = (): Outgoing | null => (message.isText() ? message.content() : null);
    const menu = savedMenu(this.view, saved, current, message.put);
    return h(
      "section",
      { class: "wp-composer", "aria-label": "Message", "data-testid": "composer" },
      this.state.anchor,
      menu.anchor,
      h(
        "div",
        { class: "wp-inline wp-to" },
        h("label", { class: "wp-dim" }, h("span", {}, "from"), to),
        h("label", { class: "wp-dim" }, h("span", {}, "as"), message.as),
        message.format,
        h("div", { class: "wp-actions" }, saved, options.opener),
      ),
      options.element,
      message.element,
      this.question.anchor,
      h("div", { class: "wp-send-line" }, this.state.place, join, send),
    );
  }

  private listen(): void {
    const { to, send, join } = this.parts;
    this.repeat.changed.on(() => this.describeRepeat());
    this.view.scope.add(() => this.repeat.stop());
    send.addEventListener("click", () => void this.submit());
    join.addEventListener("click", this.connect);
    to.addEventListener("change", () => {
      this.wanted = to.value;
      this.coming = "";
      this.update();
    });
  }

  private senders(chosen = this.parts.to.value): string[] {
    const open = this.view.session.openClients().map(({ name }) => name);
    return chosen === ALL ? open : open.filter((name) => name === chosen);
  }

  private say(text: string, tone: Tone): void {
    this.latest++;
    this.state.say(text, tone);
  }

  /** The text beside the button while nothing is being sent. */
  private sayReady(): void {
    if (this.repeat.running) return;
    const hint = this.refusal || `${modEnter} sends · ↑ recalls`;
    this.say(this.view.session.openClients().length ? hint : "", "quiet");
  }

  private retitle(): void {
    const senders = this.senders();
    const fragments = this.options.fragments();
    const call = (): string => sendCall(senders, this.message.python(), typeof fragments === "number" ? fragments : 1);
    setAttribute(this.parts.send, "title", senders.length ? call() : this.refusal);
  }

  private refuse({ at, message }: Mistake): void {
    this.say(message, "bad");
    this.message.point(at);
  }

  private typed(): void {
    this.sayReady();
    this.retitle();
  }

  /** A function that makes each message to send; null when there is none, and the reason is shown. */
  private async maker(verb: "Send" | "Repeat"): Promise<(() => Outgoing | Mistake) | null> {
    try {
      const content = this.message.content();
      const fills = this.message.isText() && this.options.fillsIn();
      const asked = fills ? questionsOf(content.data) : [];
      const values = asked.length ? await this.question.ask(asked, verb) : {};
      if (!values) return null;
      if (!fills) return () => prepare(content, values, null);
      const counts = usesCounter(content.data);
      return () => prepare(content, values, { n: counts ? this.counter++ : this.counter, now: new Date(), uuid });
    } catch (error) {
      this.refuse({ at: null, message: (error as Error).message });
      return null;
    }
  }

  private async deliver(senders: string[], { kind, data }: Outgoing): Promise<void> {
    const fragments = this.options.fragments();
    if (typeof fragments === "string") throw new Error(fragments);
    const { kernel } = this.view.session;
    await kernel.call("send", { names: senders, kind, data, ...(fragments > 1 && { fragments }) });
  }

  private async submit(): Promise<void> {
    const { send, to } = this.parts;
    if (send.disabled || this.repeat.running) return;
    const make = await this.maker("Send");
    if (!make) return;
    const made = make();
    if (isMistake(made)) return this.refuse(made);
    // The chosen client may have been removed while values were asked for.
    if (this.refusal) return this.refuse({ at: null, message: this.refusal });
    this.wanted = to.value;
    const turn = ++this.latest;
    const began = performance.now();
    const tell = (text: string, tone: Tone): void => {
      if (turn === this.latest) this.state.say(text, tone);
    };
    tell("sending", "quiet");
    const slow = setTimeout(() => tell("queued: the kernel is busy", "busy"), QUEUED_AFTER);
    this.message.addToHistory();
    try {
      await this.deliver(this.senders(), made);
      tell(`sent · ${duration(performance.now() - began)}`, "good");
    } catch (error) {
      tell((error as CallError).message, "bad");
    } finally {
      clearTimeout(slow);
    }
  }

  private async repeatIt(): Promise<void> {
    const seconds = this.options.seconds();
    if (typeof seconds === "string") return this.refuse({ at: null, message: seconds });
    const make = await this.maker("Repeat");
    if (!make) return;
    const chosen = this.parts.to.value;
    this.wanted = chosen;
    this.latest++;
    this.message.addToHistory();
    this.repeat.start(seconds, async () => {
      const senders = this.senders(chosen);
      if (!this.view.session.kernel.alive) return GONE_MESSAGE;
      if (!senders.length) return chosen === ALL ? "nobody is connected any more" : `${chosen} is closed`;
      const made = make();
      if (isMistake(made)) return made.message;
      await this.deliver(senders, made);
      return null;
    });
  }

  private describeRepeat(): void {
    const { running, ended, times } = this.repeat;
    const sent = `${count(times)} sent`;
    if (running) this.state.say(`repeating · ${sent}`, "busy");
    else if (ended) this.state.say(`stopped after ${sent}: ${ended}`, "bad");
    else this.state.say(`stopped · ${sent}`, "good");
    this.update();
  }

  private update(): void {
    const { session } = this.view;
    const { to, join } = this.parts;
    if (this.coming && session.clients.some(({ name }) => name === this.coming)) {
      this.wanted = this.coming;
      this.coming = "";
    }
    const { choices, chosen, refusal } = recipients(session.clients, this.wanted);
    // With the text "nobody", the choice is cleared.
    if (!chosen && this.wanted !== ALL) this.wanted = "";
    this.refusal = refusal;
    const someone = session.openClients().length > 0;
    setOptions(to, choices, chosen);
    to.disabled = !someone || this.repeat.running;
    this.drawSend(someone);
    show(join, !someone);
    join.disabled = !session.kernel.alive || !session.server.running;
    if (!session.kernel.alive) this.repeat.stop(GONE_MESSAGE);
    if (this.shown === null || (this.shown !== refusal && !this.repeat.ended)) this.sayReady();
    this.shown = refusal;
    this.retitle();
  }

  private drawSend(someone: boolean): void {
    const { send } = this.parts;
    const ready = !this.refusal && this.view.session.kernel.alive;
    send.disabled = !ready || this.repeat.running;
    this.options.update(ready);
    const label = someone ? "Send" : "Connect a client first";
    if (send.dataset.label === label) return;
    send.dataset.label = label;
    send.replaceChildren(label, ...(someone ? [" ", h("kbd", { class: "wp-kbd" }, modEnter)] : []));
  }
}
