import { h, isShown, setAttribute, show } from "./dom";
import type { View } from "./view";

const NAMES = ["teal", "pink", "brown", "green", "plum", "olive", "grey", "ink"];

/** A client's colour, and the choice of another below it. */
export function swatch(view: View, name: string): { button: HTMLElement; choice: HTMLElement; update(): void } {
  const { colours } = view.session;
  const dot = h("i", { class: "wp-swatch", "aria-hidden": "true" });
  const button = h("button", { class: "wp-swatch-button", "aria-expanded": "false", "data-testid": "swatch" }, dot);
  const radios = NAMES.map((colour, i) =>
    h("input", {
      type: "radio",
      name: `${view.id}-colour-${name}`,
      value: i,
      class: "wp-colour",
      "data-colour": i,
      "aria-label": colour,
      title: colour,
    }),
  );
  const choice = h(
    "div",
    {
      class: "wp-colours",
      role: "radiogroup",
      "aria-label": `Colour of ${name}`,
      hidden: true,
      "data-testid": "colours",
    },
    ...radios,
  );

  const update = (): void => {
    const now = colours.of(name);
    setAttribute(dot, "data-colour", String(now));
    const label = `Colour of ${name}: ${NAMES[now]}`;
    setAttribute(button, "aria-label", label);
    setAttribute(button, "title", `${label}. Press to change it.`);
    radios.forEach((radio, i) => (radio.checked = i === now));
  };
  const toggle = (open: boolean): void => {
    show(choice, open);
    setAttribute(button, "aria-expanded", String(open));
    if (open) radios[colours.of(name)]!.focus();
  };
  button.addEventListener("click", () => toggle(!isShown(choice)));
  choice.addEventListener("change", (event) => colours.choose(name, Number((event.target as HTMLInputElement).value)));
  choice.addEventListener("click", (event) => {
    // Arrow keys go through the colours and cause clicks without a pointer; only a real press closes the choice.
    if (!(event as PointerEvent).pointerType) return;
    toggle(false);
    button.focus();
  });
  choice.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" && event.key !== "Enter") return;
    event.preventDefault();
    toggle(false);
    button.focus();
  });
  update();
  return { button, choice, update };
}
