import { readFragments } from "../outgoing";
import { type Repeat, readSeconds } from "../repeat";
import { h, isShown, setAttribute, setText, show } from "./dom";
import { sendChips } from "./send-chips";

export interface SendOptions {
  opener: HTMLButtonElement;
  element: HTMLElement;
  /** What is set and changes how the message travels, each with a button that takes it back. */
  chips: HTMLElement;
  /** The number of frames, or why it cannot be used. */
  fragments(): number | string;
  fillsIn(): boolean;
  seconds(): number | string;
  update(ready: boolean): void;
}

function build() {
  const opener = h(
    "button",
    {
      class: "wp-button wp-small",
      "aria-expanded": "false",
      title: "Fragments, repeat, variables",
      "aria-label": "Options for sending",
      "data-testid": "send-options",
    },
    "⋯",
  );
  const fragments = h("input", {
    class: "wp-input wp-mono wp-number",
    type: "number",
    min: 1,
    value: 1,
    "data-testid": "fragments",
  });
  const every = h("input", {
    class: "wp-input wp-mono wp-number",
    type: "number",
    min: 0.05,
    step: "any",
    value: 1,
    "data-testid": "repeat-seconds",
  });
  const go = h("button", { class: "wp-button wp-small", "data-testid": "repeat" });
  const fills = h("input", { type: "checkbox", checked: true, "data-testid": "fill-in" });
  const element = h(
    "div",
    { class: "wp-send-options", hidden: true, role: "group", "aria-label": "Options for sending" },
    h("label", { title: "In how many frames the message travels" }, "fragments ", fragments),
    h("span", { class: "wp-repeat" }, h("label", {}, "every ", every, " s "), go),
    h(
      "label",
      {
        class: "wp-check",
        title: "{{n}} counts, {{now}} is the time, {{uuid}} an identifier; other names are asked for",
      },
      fills,
      "fill in {{…}}",
    ),
  );
  return { opener, fragments, every, go, fills, element };
}

/** Fragments, variables and repeating, which most messages do not need. */
export function sendOptions(repeat: Repeat, changed: () => void, start: () => void): SendOptions {
  const { opener, fragments, every, go, fills, element } = build();
  const set = (): void => {
    chips.draw();
    changed();
  };
  const chips = sendChips(fragments, fills, () => {
    set();
    opener.focus();
  });
  let open = false;
  const update = (ready = !go.disabled): void => {
    show(element, open || repeat.running);
    setAttribute(opener, "aria-expanded", String(isShown(element)));
    setText(go, repeat.running ? "Stop" : "Repeat");
    setAttribute(go, "title", repeat.running ? "Stop sending" : "Send now, and repeat");
    setAttribute(go, "aria-pressed", String(repeat.running));
    go.disabled = !ready && !repeat.running;
    opener.disabled = repeat.running;
  };
  opener.addEventListener("click", () => {
    open = !open;
    update();
  });
  go.addEventListener("click", () => (repeat.running ? repeat.stop() : start()));
  fragments.addEventListener("input", set);
  fills.addEventListener("change", set);
  repeat.changed.on(() => update());
  update(false);
  return {
    opener,
    element,
    chips: chips.element,
    fragments: () => readFragments(fragments.value),
    fillsIn: () => fills.checked,
    seconds: () => readSeconds(every.value),
    update,
  };
}
