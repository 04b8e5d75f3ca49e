import { beside } from "../beside";
import { h, labels } from "./dom";
import type { View } from "./view";

/** Opens the panel in a view of its own, beside the notebook; null where that is not possible, or was done. */
export function besideButton({ fills, session }: View): HTMLElement | null {
  if (fills || !beside()) return null;
  const button = h(
    "button",
    {
      class: "wp-button",
      title: "pg.show(side=True): in a view of its own beside the notebook; this one stays",
      "aria-label": "Open beside",
      "data-testid": "open-beside",
    },
    ...labels("Open beside", "◫"),
  );
  button.addEventListener("click", () => session.openBeside());
  return button;
}
