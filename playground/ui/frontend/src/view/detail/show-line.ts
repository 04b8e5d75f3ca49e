import type { Row } from "../../kernel-protocol";
import { type Place, placeOf } from "../../place";
import type { Why } from "../../row-detail";
import { h, setAttribute, setText, show } from "../dom";
import type { View } from "../view";

/** "show line 9": selects the endpoint in the editor and goes to the line. Hidden if there is no line to show. */
export function showLine(
  view: View,
  about: () => { row: Row; why: Why | null } | null,
): { element: HTMLElement; update(): void } {
  const { session } = view;
  const button = h("button", { class: "wp-link", "data-testid": "show-line" });
  const place = (): Place | null => {
    const now = about();
    return now && placeOf(now.row, now.why, session.endpoints, (endpoint) => session.sourceState(endpoint));
  };
  button.addEventListener("click", () => {
    const there = place();
    if (there) view.showLine(there.key, there.line);
  });
  const element = h("div", { class: "wp-show-line", hidden: true }, button);
  const update = (): void => {
    const there = place();
    show(element, there !== null);
    if (!there) return;
    setText(button, there.label);
    setAttribute(button, "title", `${there.path} in the editor`);
  };
  return { element, update };
}
