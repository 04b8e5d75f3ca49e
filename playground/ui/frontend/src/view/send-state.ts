import { h, setText, show } from "./dom";
import { announce } from "./live-region";

export type Tone = "quiet" | "good" | "warn" | "bad" | "busy";

export interface SendState {
  /** Beside the button; it has the same height whatever it says. */
  place: HTMLElement;
  /** Above the composer, over other content: text that is too long to be shown beside the button. */
  anchor: HTMLElement;
  say(text: string, tone: Tone): void;
}

/** The result of the last message. Showing it does not move the Send button, which may be about to be pressed. */
export function sendState(): SendState {
  const state = h("div", { class: "wp-send-state wp-dim", role: "status", "data-testid": "send-state" });
  const text = h("span");
  const dismiss = h("button", { class: "wp-button wp-small", "aria-label": "Dismiss the message" }, "✕");
  const card = h("div", { class: "wp-send-card", hidden: true, "data-testid": "send-card" }, text, dismiss);
  dismiss.addEventListener("click", () => show(card, false));
  return {
    place: h("div", { class: "wp-send-place" }, state),
    anchor: h("div", { class: "wp-anchor" }, card),
    say(words, tone) {
      state.dataset.tone = card.dataset.tone = tone;
      announce(state, words);
      setText(state, words);
      setText(text, words);
      show(card, (tone === "bad" || tone === "warn") && state.scrollHeight > state.clientHeight + 1);
    },
  };
}
