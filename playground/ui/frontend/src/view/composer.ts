import { draftAt } from "../connecting";
import { objection } from "../expecting";
import { GONE_MESSAGE } from "../kernel";
import { KindChoice } from "../kind-choice";
import { frameOf, isMistake, type Mistake, type Outgoing, prepare, usesCounter } from "../outgoing";
import { pushCall, returnCall, sendCall } from "../python";
import { Repeat } from "../repeat";
import { wayFrom } from "../senders";
import { questionsOf, uuid } from "../variables";
import { askValues } from "./ask-values";
import { h, modEnter, setAttribute, setDisabled, setText, show } from "./dom";
import { MessageBox } from "./message-box";
import { savedMenu } from "./saved-menu";
import { sendOptions } from "./send-options";
import { type SendState, sendState } from "./send-state";
import { SenderSelect } from "./sender";
import { Sending } from "./sending";
import type { View } from "./view";

function build() {
  const send = h("button", { class: "wp-button wp-primary", "data-testid": "send" });
  const join = h(
    "button",
    { class: "wp-button", title: "The same as the button above", "data-testid": "composer-connect", hidden: true },
    "+ Connect",
  );
  const saved = h(
    "button",
    { class: "wp-button wp-small", "aria-haspopup": "dialog", "data-testid": "saved" },
    "Saved ▾",
  );
  return { send, join, saved };
}

/** Write a message, choose who sends it and as what. */
export class Composer {
  readonly element: HTMLElement;
  private parts = build();
  private state: SendState;
  private sending: Sending;
  private from: SenderSelect;
  private kinds: KindChoice;
  private repeat = new Repeat();
  private message: MessageBox;
  private options: ReturnType<typeof sendOptions>;
  private question: ReturnType<typeof askValues>;
  /** The refusal that was shown last. */
  private shown: string | null = null;
  /** What speaks against the message, as it was shown last. */
  private objected = "";
  private counter = 1;

  constructor(
    private view: View,
    private connect: () => void,
  ) {
    this.state = sendState(view);
    this.sending = new Sending(view, this.state);
    this.kinds = new KindChoice(view.session.memory);
    this.message = new MessageBox(
      view,
      () => this.typed(),
      () => void this.submit(),
      (kind) => this.kinds.choose(this.endpoints(), kind),
    );
    this.from = new SenderSelect(view, () => this.picked());
    this.options = sendOptions(
      this.repeat,
      () => this.typed(),
      () => void this.repeatIt(),
    );
    this.question = askValues(view);
    this.element = this.arrange();
    this.listen();
    view.redrawOnChange(() => this.update());
  }

  /** Takes a client as the sender, unless all are. */
  choose(name: string): void {
    this.from.choose(name);
    this.update();
  }

  private picked(): void {
    this.update();
    this.sayReady();
  }

  private arrange(): HTMLElement {
    const { send, join, saved } = this.parts;
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
        h("label", { class: "wp-dim" }, h("span", {}, "from"), this.from.element),
        h("label", { class: "wp-dim" }, h("span", {}, "as"), message.as),
        message.format,
        options.chips,
        h("div", { class: "wp-actions" }, saved, options.opener),
      ),
      options.element,
      message.element,
      this.question.anchor,
      h("div", { class: "wp-send-line" }, this.state.place, join, send),
    );
  }

  private listen(): void {
    const { send, join } = this.parts;
    this.repeat.changed.on(() => this.describeRepeat());
    this.view.scope.add(() => this.repeat.stop());
    this.view.scope.add(this.view.suggested.on((example) => this.message.offer(example)));
    send.addEventListener("click", () => void this.submit());
    join.addEventListener("click", this.connect);
  }

  private endpoints() {
    return this.from.targets().map(({ endpoint }) => endpoint);
  }

  /** Why the endpoint will refuse the message, as far as that can be told before. */
  private objection(): string {
    const { session } = this.view;
    const { op, count } = this.from.way();
    if (!count) return "";
    if (op === "push")
      return this.options.fragments() === 1 ? "" : "the server sends a message in one frame: no fragments";
    try {
      const source = this.options.fillsIn() ? { n: this.counter, now: new Date(), uuid } : null;
      const frame = frameOf(this.message.content(), this.message.isText() ? source : null);
      return objection(this.from.targets(), frame, session.server.on_error);
    } catch {
      // There is no message yet; sending says why.
      return "";
    }
  }

  /** The text beside the button while nothing is being sent. */
  private sayReady(say: Sending["say"] = (text, tone) => this.sending.say(text, tone)): void {
    if (this.repeat.running) return;
    this.objected = this.objection();
    const { chosen, refusal } = this.from;
    if (!chosen) return say("", "quiet");
    if (this.objected && !refusal) return say(this.objected, "warn");
    const back = this.from.ended;
    if (back) return say(`${back} is not connected: ${modEnter} reconnects it and sends`, "quiet");
    say(refusal || `${modEnter} sends · ↑ recalls`, "quiet");
  }

  private retitle(): void {
    const way = this.from.way();
    const fragments = this.options.fragments();
    const call = (data: string): string =>
      way.op === "push"
        ? pushCall(way.args, data)
        : sendCall(way.names, data, typeof fragments === "number" ? fragments : 1);
    const back = this.from.ended;
    const title = back ? returnCall(back, this.message.python()) : this.from.refusal;
    setAttribute(this.parts.send, "title", way.count ? call(this.message.python()) : title);
  }

  private refuse({ at, message }: Mistake): void {
    this.sending.say(message, "bad");
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
      const values = asked.length ? await this.question.ask(asked, verb, content.data) : {};
      if (!values) return null;
      if (!fills) return () => prepare(content, values, null);
      const counts = usesCounter(content.data);
      return () => prepare(content, values, { n: counts ? this.counter++ : this.counter, now: new Date(), uuid });
    } catch (error) {
      this.refuse({ at: null, message: (error as Error).message });
      return null;
    }
  }

  private fragments(): number {
    const fragments = this.options.fragments();
    if (typeof fragments === "string") throw new Error(fragments);
    return fragments;
  }

  private async submit(): Promise<void> {
    if (this.parts.send.disabled || this.repeat.running) return;
    const make = await this.maker("Send");
    if (!make) return;
    const made = make();
    if (isMistake(made)) return this.refuse(made);
    // The chosen client may have been removed while values were asked for.
    const { refusal, ended } = this.from;
    if (refusal && !ended) return this.refuse({ at: null, message: refusal });
    this.from.keep();
    const fragments = this.options.fragments();
    if (typeof fragments === "string") return this.refuse({ at: null, message: fragments });
    if (ended && !(await this.sending.reconnect(ended))) return;
    this.message.addToHistory();
    // The kernel's list does not have the new connection yet.
    const way = ended ? wayFrom(ended) : this.from.way();
    await this.sending.send(way, made, fragments, ended && `reconnected ${ended} · `);
  }

  private async repeatIt(): Promise<void> {
    const seconds = this.options.seconds();
    if (typeof seconds === "string") return this.refuse({ at: null, message: seconds });
    const make = await this.maker("Repeat");
    if (!make) return;
    const { chosen } = this.from;
    this.from.keep();
    this.message.addToHistory();
    this.sending.watch(this.from.way(), true);
    this.repeat.start(seconds, async () => {
      const way = this.from.way(chosen);
      if (!this.view.session.kernel.alive) return GONE_MESSAGE;
      if (!way.count) return this.from.refusal || "nobody is connected any more";
      const made = make();
      if (isMistake(made)) return made.message;
      await this.sending.deliver(way, made, this.fragments());
      return null;
    });
  }

  private describeRepeat(): void {
    const { running, ended, times } = this.repeat;
    this.sending.describeRepeat(running, times, ended);
    this.update();
  }

  private update(): void {
    const { session } = this.view;
    const { join } = this.parts;
    if (this.from.update()) {
      this.sending.say("", "quiet");
      this.shown = null;
    }
    const { refusal } = this.from;
    const someone = session.openClients().length > 0;
    this.from.element.disabled = !this.from.hasChoice || this.repeat.running;
    this.drawSend(someone || this.from.way().count > 0);
    const first = this.view.endpoint;
    setText(join, first && draftAt(first.path, session.endpoints) ? "Apply and connect" : "+ Connect");
    show(join, !someone);
    join.disabled = !session.kernel.alive || !session.server.running;
    if (!session.kernel.alive) this.repeat.stop(GONE_MESSAGE);
    this.followEndpoint();
    const news = this.shown !== refusal || this.objection() !== this.objected;
    if (this.shown === null || (news && !this.repeat.ended))
      this.sayReady((text, tone) => this.sending.sayMeanwhile(text, tone));
    this.shown = refusal;
    this.retitle();
  }

  /** The kind of message changes with the endpoint that gets it. */
  private followEndpoint(): void {
    const endpoints = this.endpoints();
    if (!endpoints.length) return;
    const { kind, written } = this.message;
    const next = this.kinds.follow(endpoints, { kind, data: written });
    if (next) this.message.take(next);
  }

  private drawSend(someone: boolean): void {
    const { send } = this.parts;
    const { kernel, server } = this.view.session;
    const ready = !this.from.refusal && kernel.alive;
    const back = this.from.ended !== "" && kernel.alive && server.running;
    setDisabled(send, !(ready || back) || this.repeat.running);
    this.options.update(ready);
    const label = back ? "Reconnect and send" : someone ? "Send" : "Connect a client first";
    if (send.dataset.label === label) return;
    send.dataset.label = label;
    send.replaceChildren(label, ...(someone || back ? [" ", h("kbd", { class: "wp-kbd" }, modEnter)] : []));
  }
}
