import { checkPath } from "../templates";
import { h, isShown, setText, show } from "./dom";
import type { View } from "./view";

/** Asks for a path in place, and starts a draft there. */
export function newEndpointForm(view: View, opener: HTMLButtonElement, onCreated: (key: string) => void): HTMLElement {
  const path = h("input", { class: "wp-input wp-mono wp-grow", "aria-label": "Path of the new endpoint", placeholder: "/chat", spellcheck: "false", autocomplete: "off", "data-testid": "new-endpoint-path" });
  const mistake = h("span", { class: "wp-bad", role: "alert" });
  const cancel = h("button", { class: "wp-button" }, "Cancel");
  const form = h(
    "form",
    { class: "wp-form wp-inline", hidden: true, "data-testid": "new-endpoint-form" },
    h("span", { class: "wp-dim" }, "path"),
    path,
    h("button", { class: "wp-button wp-primary", type: "submit", "data-testid": "new-endpoint-create" }, "Create"),
    cancel,
    mistake,
  );

  const toggle = (open: boolean): void => {
    show(form, open);
    opener.setAttribute("aria-expanded", String(open));
    setText(mistake, "");
    (open ? path : opener).focus();
  };
  opener.addEventListener("click", () => toggle(!isShown(form)));
  cancel.addEventListener("click", () => toggle(false));
  form.addEventListener("keydown", (event) => {
    if (event.key === "Escape") toggle(false);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const wanted = path.value.trim();
    const wrong = checkPath(wanted) ?? (view.session.endpoints.some((endpoint) => endpoint.path === wanted) ? "there is one at this path already" : null);
    setText(mistake, wrong ?? "");
    if (wrong) return path.focus();
    const key = view.session.newEndpoint(wanted);
    path.value = "";
    toggle(false);
    onCreated(key);
  });
  return form;
}
