import { h, setText, show } from "./dom";

export type Tone = "quiet" | "good" | "bad" | "busy";

export interface SendState {
  /** Beside the button; it has the same height whatever it says. */
  place: HTMLElement;
  /** Above the composer: what is too long for the place, over what stands there. */
  anchor: HTMLElement;
  say(text: string, tone: Tone): void;
}

/** How the last message went. What is said moves nothing: somebody may be about to press Send. */
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
      state.dataset.tone = tone;
      setText(state, words);
      setText(text, words);
      show(card, tone === "bad" && state.scrollHeight > state.clientHeight + 1);
    },
  };
}
