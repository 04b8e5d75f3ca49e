import { checkBase64, checkHex } from "../bytes";
import { duration } from "../format";
import { checkJson } from "../json";
import type { CallError } from "../kernel";
import { type MessageKind, sendCall } from "../python";
import { h, isModEnter, modEnter, setAttribute, setOptions, setText, show } from "./dom";
import type { View } from "./view";

const ALL = "*";
const KINDS: [MessageKind, string][] = [["text", "text"], ["json", "JSON"], ["hex", "hex"], ["base64", "base64"]];
const PLACEHOLDERS: Record<MessageKind, string> = {
  text: "a message, such as hello",
  json: 'a message, such as {"say": "hello"}',
  hex: "bytes, such as 68 65 6c 6c 6f",
  base64: "bytes, such as aGVsbG8=",
};
const QUEUED_AFTER = 300;

export interface Composer {
  element: HTMLElement;
  /** Takes a client as the sender, unless all are. */
  choose(name: string): void;
}

/** Write a message, choose who sends it and as what. */
export function composer(view: View, connect: () => void): Composer {
  const { session } = view;
  const memory = session.drafts;
  const to = h("select", { class: "wp-select", "aria-label": "Send from client", "data-testid": "to" });
  const as = h("select", { class: "wp-select", "aria-label": "Send as", "data-testid": "as" }, ...KINDS.map(([value, text]) => h("option", { value }, text)));
  const box = h("textarea", { class: "wp-input wp-mono wp-message", spellcheck: "false", autocapitalize: "off", "aria-label": `Message. Enter makes a new line, ${modEnter} sends, up arrow in the empty box recalls.`, "data-testid": "message" });
  const send = h("button", { class: "wp-button wp-primary", "data-testid": "send" });
  const join = h("button", { class: "wp-button", "data-testid": "composer-connect", hidden: true }, "+ Connect");
  const state = h("span", { class: "wp-send-state wp-dim", role: "status", "data-testid": "send-state" });
  const hint = `${modEnter} sends · ↑ recalls`;
  const history = recall(box);
  let wanted = "";
  let latest = 0;

  box.value = memory.recall("message") ?? "";
  as.value = memory.recall("as") ?? "text";

  const kind = (): MessageKind => as.value as MessageKind;
  const names = (): string[] => {
    const open = session.openClients().map(({ name }) => name);
    return to.value === ALL ? open : open.filter((name) => name === to.value);
  };
  const say = (text: string, tone: "quiet" | "good" | "bad"): void => {
    state.dataset.tone = tone;
    setText(state, text);
  };
  const rest = (): void => say(session.openClients().length ? hint : "", "quiet");

  const submit = async (): Promise<void> => {
    if (send.disabled) return;
    const mistake = mistakeIn(kind(), box.value);
    if (mistake) {
      say(mistake.message, "bad");
      if (mistake.at !== null) box.setSelectionRange(mistake.at, mistake.at + 1);
      return box.focus();
    }
    const turn = ++latest;
    const began = performance.now();
    const tell = (text: string, tone: "quiet" | "good" | "bad"): void => {
      if (turn === latest) say(text, tone);
    };
    tell("sending", "quiet");
    const slow = setTimeout(() => tell("kernel is busy, queued", "quiet"), QUEUED_AFTER);
    history.keep(box.value);
    if (box.matches(":focus")) box.select();
    try {
      await session.kernel.call("send", { names: names(), kind: kind(), data: box.value });
      tell(`sent · ${duration(performance.now() - began)}`, "good");
    } catch (error) {
      tell((error as CallError).message, "bad");
    } finally {
      clearTimeout(slow);
    }
  };

  const retitle = (): void => {
    const targets = names();
    setAttribute(send, "title", targets.length ? sendCall(targets, kind(), box.value) : "Connect a client first");
  };
  send.addEventListener("click", () => void submit());
  join.addEventListener("click", connect);
  box.addEventListener("keydown", (event) => {
    if (isModEnter(event)) {
      event.preventDefault();
      void submit();
    } else history.press(event);
  });
  box.addEventListener("input", () => {
    memory.remember("message", box.value);
    latest++;
    rest();
    retitle();
  });
  as.addEventListener("change", () => {
    memory.remember("as", as.value);
    box.placeholder = PLACEHOLDERS[kind()];
    rest();
    retitle();
  });
  to.addEventListener("change", () => {
    wanted = to.value;
    retitle();
  });

  let hadOpen: boolean | null = null;
  const update = (): void => {
    const open = session.openClients();
    const options = open.map(({ name }) => ({ value: name, text: name }));
    if (open.length > 1) options.push({ value: ALL, text: `all (${open.length})` });
    if (!open.length) options.push({ value: "", text: "nobody" });
    const chosen = options.some(({ value }) => value === wanted) ? wanted : options[0]!.value;
    setOptions(to, options, chosen);
    to.disabled = !open.length;
    send.disabled = !open.length || !session.kernel.alive;
    const label = open.length ? "Send" : "Connect a client first";
    if (send.dataset.label !== label) {
      send.dataset.label = label;
      send.replaceChildren(label, ...(open.length ? [" ", h("kbd", { class: "wp-kbd" }, modEnter)] : []));
    }
    show(join, !open.length);
    join.disabled = !session.kernel.alive || !session.server.running;
    if (hadOpen !== open.length > 0) rest();
    hadOpen = open.length > 0;
    retitle();
  };
  view.keep(update);
  box.placeholder = PLACEHOLDERS[kind()];

  const element = h(
    "section",
    { class: "wp-composer", "aria-label": "Message", "data-testid": "composer" },
    h("div", { class: "wp-inline" }, h("label", { class: "wp-dim" }, "to ", to), h("label", { class: "wp-dim" }, "as ", as)),
    box,
    h("div", { class: "wp-actions" }, state, h("span", { class: "wp-grow" }), join, send),
  );
  return {
    element,
    choose(name) {
      if (wanted !== ALL) wanted = name;
      update();
    },
  };
}

function mistakeIn(kind: MessageKind, text: string): { at: number | null; message: string } | null {
  if (kind === "json") {
    const mistake = checkJson(text);
    return mistake && { at: mistake.at, message: `line ${mistake.line}, column ${mistake.column}: ${mistake.message}` };
  }
  const message = kind === "hex" ? checkHex(text) : kind === "base64" ? checkBase64(text) : null;
  return message === null ? null : { at: null, message };
}

/** What was sent before, at ↑ and ↓ as in a shell. */
function recall(box: HTMLTextAreaElement): { keep(text: string): void; press(event: KeyboardEvent): void } {
  const sent: string[] = [];
  let place = 0;
  const put = (text: string): void => {
    box.value = text;
    box.dispatchEvent(new Event("input"));
  };
  return {
    keep(text) {
      if (text && sent.at(-1) !== text) sent.push(text);
      place = sent.length;
    },
    press(event) {
      const steps = event.key === "ArrowUp" ? -1 : event.key === "ArrowDown" ? 1 : 0;
      const untouched = box.value === "" || box.value === sent[place];
      if (!steps || !untouched || (steps === 1 && box.value === "")) return;
      const next = Math.max(0, place + steps);
      if (next > sent.length || next === place) return;
      event.preventDefault();
      place = next;
      put(sent[place] ?? "");
    },
  };
}
