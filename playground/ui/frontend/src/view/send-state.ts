import { h, setText, show } from "./dom";
import { announce } from "./live-region";
import type { View } from "./view";

export type Tone = "quiet" | "good" | "warn" | "bad" | "busy";

export interface SendState {
  /** Beside the button; it has the same height whatever it says. */
  place: HTMLElement;
  /** Above the composer, over other content: text that is too long to be shown beside the button. */
  anchor: HTMLElement;
  say(text: string, tone: Tone): void;
}

/** The result of the last message. Showing it does not move the Send button, which may be about to be pressed. */
export function sendState(view: View): SendState {
  const state = h("div", { class: "wp-send-state wp-dim", role: "status", "data-testid": "send-state" });
  const text = h("span");
  const dismiss = h("button", { class: "wp-button wp-small", "aria-label": "Dismiss the message" }, "✕");
  const card = h("div", { class: "wp-send-card", hidden: true, "data-testid": "send-card" }, text, dismiss);
  /** Whether what is said is worth a card, until it is dismissed. */
  let wanted = false;
  const showIfCut = (): void => show(card, wanted && state.scrollHeight > state.clientHeight + 1);
  const leave = (): void => {
    wanted = false;
    showIfCut();
  };
  dismiss.addEventListener("click", leave);
  const place = h("div", { class: "wp-send-place" }, state);
  // The button beside it changes its width with what it would do.
  const resizing = new ResizeObserver(showIfCut);
  resizing.observe(state);
  view.scope.add(() => resizing.disconnect());
  // The card lies over the clients: whoever goes on elsewhere has read it.
  view.scope.listen<PointerEvent>(document, "pointerdown", (event) => {
    const composer = place.closest(".wp-composer");
    if (wanted && composer && !event.composedPath().includes(composer)) leave();
  });
  return {
    place,
    anchor: h("div", { class: "wp-anchor" }, card),
    say(words, tone) {
      state.dataset.tone = card.dataset.tone = tone;
      announce(state, words);
      setText(state, words);
      setText(text, words);
      wanted = tone === "bad" || tone === "warn";
      showIfCut();
    },
  };
}
