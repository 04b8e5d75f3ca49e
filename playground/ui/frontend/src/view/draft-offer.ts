import { endpointOf } from "../expecting";
import { literal } from "../python";
import { h, setAttribute, setText, show } from "./dom";
import type { View } from "./view";

export interface DraftOffer {
  element: HTMLElement;
  /** Somebody connected to a path; from now on it is said when that was without the edits in its editor. */
  connected(path: string): void;
}

/** After connecting to an endpoint with edits that are not applied: says so, and offers to apply them. */
export function draftOffer(view: View): DraftOffer {
  const { session } = view;
  const says = h("span");
  const apply = h("button", { class: "wp-link", "data-testid": "apply-edits" }, "Apply");
  const element = h(
    "div",
    { class: "wp-strip", role: "status", hidden: true, "data-testid": "without-edits" },
    says,
    " ",
    apply,
  );
  /** The endpoint to which somebody connected while it had edits. */
  let key = "";
  apply.addEventListener("click", () => {
    if (key) void session.edits.apply(key);
  });
  const update = (): void => {
    const endpoint = session.endpoint(key);
    const waits = endpoint !== undefined && endpoint.version > 0 && session.sourceState(endpoint).dirty;
    if (!waits) key = "";
    show(element, waits);
    if (!waits) return;
    setText(says, `Connected to v${endpoint.version} of ${endpoint.path}, without the edits in the editor.`);
    setAttribute(apply, "title", `pg.edit(${literal(endpoint.path)}, source)`);
  };
  view.redrawOnChange(update);
  return {
    element,
    connected(path) {
      key = endpointOf({ path }, session.endpoints)?.key ?? "";
      update();
    },
  };
}
