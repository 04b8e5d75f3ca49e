import { count, duration } from "../format";
import { type CallError, GONE_MESSAGE } from "../kernel";
import { isMistake, type Mistake, type Outgoing, prepare, usesCounter } from "../outgoing";
import { sendCall } from "../python";
import { ALL, recipients } from "../recipients";
import { Repeat } from "../repeat";
import { questionsOf, uuid } from "../variables";
import { askValues } from "./ask-values";
import { h, modEnter, setAttribute, setOptions, show } from "./dom";
import { messageBox } from "./message-box";
import { savedMenu } from "./saved-menu";
import { sendOptions } from "./send-options";
import { sendState, type Tone } from "./send-state";
import type { View } from "./view";

const QUEUED_AFTER = 300;

export interface Composer {
  element: HTMLElement;
  /** Takes a client as the sender, unless all are. */
  choose(name: string): void;
}

/** Write a message, choose who sends it and as what. */
export function composer(view: View, connect: () => void): Composer {
  const { session } = view;
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
  const { place, anchor, say } = sendState();
  const repeat = new Repeat();
  let wanted = "";
  /** A client that was connected here, until the kernel's list has it. */
  let coming = "";
  let refusal = "";
  let latest = 0;
  let counter = 1;

  const names = (): string[] => {
    const open = session.openClients().map(({ name }) => name);
    return to.value === ALL ? open : open.filter((name) => name === to.value);
  };
  const rest = (): void => {
    if (repeat.running) return;
    latest++;
    say(!session.openClients().length ? "" : refusal || `${modEnter} sends · ↑ recalls`, "quiet");
  };
  const retitle = (): void => {
    const targets = names();
    const fragments = options.fragments();
    setAttribute(
      send,
      "title",
      targets.length ? sendCall(targets, message.python(), typeof fragments === "number" ? fragments : 1) : refusal,
    );
  };
  const refuse = ({ at, message: text }: Mistake): void => {
    latest++;
    say(text, "bad");
    message.point(at);
  };
  const typed = (): void => {
    rest();
    retitle();
  };
  const message = messageBox(view, typed, () => void submit());
  const options = sendOptions(repeat, retitle, () => void repeatIt());
  const question = askValues(view);
  const menu = savedMenu(view, saved, () => (message.isText() ? message.content() : null), message.put);

  /** What makes each message that is to be sent; null when it cannot be, which is said. */
  const maker = async (verb: "Send" | "Repeat"): Promise<(() => Outgoing | Mistake) | null> => {
    try {
      const content = message.content();
      const fills = message.isText() && options.fillsIn();
      const asked = fills ? questionsOf(content.data) : [];
      const values = asked.length ? await question.ask(asked, verb) : {};
      const counts = fills && usesCounter(content.data);
      return (
        values &&
        (() => prepare(content, values, fills ? { n: counts ? counter++ : counter, now: new Date(), uuid } : null))
      );
    } catch (error) {
      refuse({ at: null, message: (error as Error).message });
      return null;
    }
  };
  const deliver = async (targets: string[], { kind, data }: Outgoing): Promise<void> => {
    const fragments = options.fragments();
    if (typeof fragments === "string") throw new Error(fragments);
    await session.kernel.call("send", { names: targets, kind, data, ...(fragments > 1 && { fragments }) });
  };
  const submit = async (): Promise<void> => {
    if (send.disabled || repeat.running) return;
    const make = await maker("Send");
    if (!make) return;
    const made = make();
    if (isMistake(made)) return refuse(made);
    // The chosen one may have gone while values were asked for.
    if (refusal) return refuse({ at: null, message: refusal });
    wanted = to.value;
    const turn = ++latest;
    const began = performance.now();
    const tell = (text: string, tone: Tone): void => {
      if (turn === latest) say(text, tone);
    };
    tell("sending", "quiet");
    const slow = setTimeout(() => tell("queued: the kernel is busy", "busy"), QUEUED_AFTER);
    message.addToHistory();
    try {
      await deliver(names(), made);
      tell(`sent · ${duration(performance.now() - began)}`, "good");
    } catch (error) {
      tell((error as CallError).message, "bad");
    } finally {
      clearTimeout(slow);
    }
  };
  const repeatIt = async (): Promise<void> => {
    const seconds = options.seconds();
    if (typeof seconds === "string") return refuse({ at: null, message: seconds });
    const make = await maker("Repeat");
    if (!make) return;
    const target = to.value;
    wanted = target;
    latest++;
    message.addToHistory();
    repeat.start(seconds, async () => {
      const targets = session
        .openClients()
        .map(({ name }) => name)
        .filter((name) => target === ALL || name === target);
      if (!session.kernel.alive) return GONE_MESSAGE;
      if (!targets.length) return target === ALL ? "nobody is connected any more" : `${target} is closed`;
      const made = make();
      if (isMistake(made)) return made.message;
      await deliver(targets, made);
      return null;
    });
  };
  repeat.changed.on(() => {
    const times = `${count(repeat.times)} sent`;
    if (repeat.running) say(`repeating · ${times}`, "busy");
    else if (repeat.ended) say(`stopped after ${times}: ${repeat.ended}`, "bad");
    else say(`stopped · ${times}`, "good");
    update();
  });
  view.scope.add(() => repeat.stop());

  send.addEventListener("click", () => void submit());
  join.addEventListener("click", connect);
  to.addEventListener("change", () => {
    wanted = to.value;
    coming = "";
    update();
  });

  let said: string | null = null;
  const update = (): void => {
    const open = session.openClients();
    if (coming && session.clients.some(({ name }) => name === coming)) {
      wanted = coming;
      coming = "";
    }
    const { choices, chosen, refusal: reason } = recipients(session.clients, wanted);
    // Where "nobody" stands, nobody is chosen any more.
    if (!chosen && wanted !== ALL) wanted = "";
    refusal = reason;
    setOptions(to, choices, chosen);
    to.disabled = !open.length || repeat.running;
    const ready = !refusal && session.kernel.alive;
    send.disabled = !ready || repeat.running;
    options.update(ready);
    const label = open.length ? "Send" : "Connect a client first";
    if (send.dataset.label !== label) {
      send.dataset.label = label;
      send.replaceChildren(label, ...(open.length ? [" ", h("kbd", { class: "wp-kbd" }, modEnter)] : []));
    }
    show(join, !open.length);
    join.disabled = !session.kernel.alive || !session.server.running;
    if (!session.kernel.alive) repeat.stop(GONE_MESSAGE);
    if (said === null || (said !== refusal && !repeat.ended)) rest();
    said = refusal;
    retitle();
  };
  view.redrawOnChange(update);

  const element = h(
    "section",
    { class: "wp-composer", "aria-label": "Message", "data-testid": "composer" },
    anchor,
    menu.anchor,
    h(
      "div",
      { class: "wp-inline wp-to" },
      h("label", { class: "wp-dim" }, h("span", {}, "to"), to),
      h("label", { class: "wp-dim" }, h("span", {}, "as"), message.as),
      message.format,
      h("div", { class: "wp-actions" }, saved, options.opener),
    ),
    options.element,
    message.element,
    question.anchor,
    h("div", { class: "wp-send-line" }, place, join, send),
  );
  return {
    element,
    choose(name) {
      if (wanted !== ALL) coming = name;
      update();
    },
  };
}
