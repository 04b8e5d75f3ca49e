import { readFragments } from "../outgoing";
import { h, setText, show } from "./dom";

/** What is set and changes how the message travels, each with a button that takes it back. */
export function sendChips(fragments: HTMLInputElement, fills: HTMLInputElement, changed: () => void) {
  const [frames, asIs] = [chip("Back to one frame", "in-fragments"), chip("Fill in {{…}} again", "as-is")];
  const element = h("span", { class: "wp-send-chips", hidden: true }, frames.element, asIs.element);
  const draw = (): void => {
    const number = readFragments(fragments.value);
    setText(frames.text, typeof number === "string" ? "fragments?" : `in ${number} fragments`);
    setText(asIs.text, "{{…}} as it is");
    show(frames.element, number !== 1);
    show(asIs.element, !fills.checked);
    show(element, number !== 1 || !fills.checked);
  };
  const back = (undo: () => void): void => {
    undo();
    changed();
  };
  frames.undo.addEventListener("click", () => back(() => (fragments.value = "1")));
  asIs.undo.addEventListener("click", () => back(() => (fills.checked = true)));
  draw();
  return { element, draw };
}

function chip(undone: string, testid: string) {
  const text = h("span");
  const undo = h("button", { class: "wp-button wp-small", "aria-label": undone, title: undone }, "✕");
  const element = h("span", { class: "wp-send-chip", hidden: true, "data-testid": testid }, text, undo);
  return { text, undo, element };
}
