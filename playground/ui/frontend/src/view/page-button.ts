import { h, isShown, labels, setAttribute, show } from "./dom";
import { PagePane } from "./page-pane";
import type { View } from "./view";

/** A button that shows the page inside the panel, and the place for it. */
export function pageButton(view: View): { button: HTMLElement; place: HTMLElement } {
  let pane: PagePane | null = null;
  const place = h("div", { class: "wp-page-place", hidden: true });
  const button = h(
    "button",
    {
      class: "wp-button",
      "aria-label": "Page here",
      "aria-expanded": "false",
      title: 'pg.page("/"): the page inside the panel; it talks to the endpoint that is chosen',
      "data-testid": "page-here",
    },
    ...labels("Page here", "▭"),
  );
  button.addEventListener("click", () => {
    const open = !isShown(place);
    if (open && !pane) {
      pane = new PagePane(view, "");
      place.append(pane.element);
    } else pane?.turn(open);
    show(place, open);
    setAttribute(button, "aria-expanded", String(open));
  });
  return { button, place };
}
