import { literal } from "../python";
import { checkPath, TEMPLATES } from "../templates";
import { h, setAttribute, setText } from "./dom";
import { type Popover, popover } from "./popover";
import type { View } from "./view";

function build(id: string) {
  const path = h("input", {
    class: "wp-input wp-mono",
    "aria-label": "Path of the new endpoint",
    placeholder: "/chat",
    spellcheck: "false",
    autocomplete: "off",
    "data-testid": "new-endpoint-path",
  });
  const mistake = h("span", { class: "wp-bad", role: "alert" });
  const cancel = h("button", { class: "wp-button" }, "Cancel");
  const create = h(
    "button",
    { class: "wp-button wp-primary", type: "submit", "data-testid": "new-endpoint-create" },
    "Create",
  );
  const radios = TEMPLATES.map((template, i) =>
    h("input", {
      type: "radio",
      name: `${id}-template`,
      value: template.id,
      checked: i === 0,
      "data-testid": `template-${template.id}`,
    }),
  );
  const choices = TEMPLATES.map(({ title, about }, i) =>
    h(
      "label",
      { class: "wp-template" },
      radios[i]!,
      h("span", {}, h("b", {}, title), " ", h("span", { class: "wp-dim" }, about)),
    ),
  );
  const form = h(
    "form",
    { class: "wp-form", "aria-label": "New endpoint", "data-testid": "new-endpoint-form" },
    h("label", { class: "wp-field" }, h("span", { class: "wp-dim" }, "path"), path),
    h("div", { role: "radiogroup", "aria-label": "Start from", class: "wp-templates" }, ...choices),
    h("div", { class: "wp-actions" }, mistake, h("span", { class: "wp-grow" }), cancel, create),
  );
  return { path, mistake, cancel, create, radios, form };
}

/** Asks for a path and what to start from, and starts a draft there. */
export function newEndpointForm(view: View, opener: HTMLButtonElement, onCreated: (key: string) => void): Popover {
  const { path, mistake, cancel, create, radios, form } = build(view.id);
  const hanging = popover(view, form, [opener], () => {
    setText(mistake, "");
    path.focus();
  });

  opener.addEventListener("click", () => hanging.toggle(!hanging.isOpen()));
  cancel.addEventListener("click", () => {
    hanging.toggle(false);
    opener.focus();
  });
  form.addEventListener("input", () =>
    setAttribute(
      create,
      "title",
      `A draft; Apply makes it live with pg.edit(${literal(path.value.trim() || "/path")}, source)`,
    ),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const wanted = path.value.trim();
    const wrong =
      checkPath(wanted) ??
      (view.session.endpoints.some((endpoint) => endpoint.path === wanted)
        ? "there is one at this path already"
        : null);
    setText(mistake, wrong ?? "");
    if (wrong) return path.focus();
    const template = TEMPLATES[radios.findIndex((radio) => radio.checked)] ?? TEMPLATES[0]!;
    const key = view.session.newEndpoint(wanted, template.source(wanted));
    path.value = "";
    hanging.toggle(false);
    onCreated(key);
  });
  return hanging;
}
