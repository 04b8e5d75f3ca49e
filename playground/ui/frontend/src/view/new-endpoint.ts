import type { CallError } from "../kernel";
import { literal } from "../python";
import { checkPath, freePath, type Partner, pathFrom, TEMPLATES, type Template } from "../templates";
import { websocketPath } from "./connect-form";
import { h, setAttribute, setText } from "./dom";
import { type Popover, popover } from "./popover";
import type { View } from "./view";

function build(id: string) {
  const path = h("input", {
    class: "wp-input wp-mono",
    "aria-label": "Path of the new endpoint",
    spellcheck: "false",
    autocomplete: "off",
    "aria-describedby": `${id}-path-mistake`,
    "data-testid": "new-endpoint-path",
  });
  const mistake = h("div", {
    class: "wp-bad wp-mistake",
    id: `${id}-path-mistake`,
    role: "alert",
    "data-testid": "new-endpoint-mistake",
  });
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
    mistake,
    h("div", { role: "radiogroup", "aria-label": "Start from" }, ...choices),
    h("div", { class: "wp-actions wp-stays" }, h("span", { class: "wp-grow" }), cancel, create),
  );
  return { path, mistake, cancel, create, radios, form };
}

/** Asks for a path and what to start from, and makes the endpoint. */
export function newEndpointForm(view: View, opener: HTMLButtonElement, onCreated: (key: string) => void): Popover {
  const parts = build(view.id);
  const { path, mistake, cancel, radios, form } = parts;
  const chosen = (): Template => TEMPLATES[radios.findIndex((radio) => radio.checked)] ?? TEMPLATES[0]!;
  const offer = (): void => {
    path.placeholder = freePath(chosen(), view.session.endpoints);
    setAttribute(parts.create, "title", `pg.edit(${literal(wantedPath(view, parts))}, source)`);
  };
  const hanging = popover(view, form, [opener], () => {
    say(parts, "");
    offer();
    path.focus();
  });

  opener.addEventListener("click", () => hanging.toggle(!hanging.isOpen()));
  cancel.addEventListener("click", () => {
    hanging.toggle(false);
    opener.focus();
  });
  form.addEventListener("input", () => {
    if (mistake.textContent) say(parts, "");
    offer();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void make(view, parts, chosen()).then((key) => {
      if (key === null) return;
      path.value = "";
      hanging.toggle(false);
      onCreated(key);
    });
  });
  return hanging;
}

type Parts = ReturnType<typeof build>;

/** The path that was typed, or the one that is offered in its place. */
function wantedPath(view: View, { path }: Parts): string {
  return pathFrom(path.value, addresses(view)) || path.placeholder;
}

/** Makes the endpoint and returns its key; null when it could not be made, and the reason is shown. */
async function make(view: View, parts: Parts, template: Template): Promise<string | null> {
  const { create } = parts;
  const { session } = view;
  const wanted = wantedPath(view, parts);
  const known = session.endpoints.find((endpoint) => endpoint.path === wanted);
  const wrong = checkPath(wanted) ?? (known ? taken(wanted, known.version) : null);
  if (wrong) return refuse(parts, wrong);
  create.disabled = true;
  setText(create, "Creating…");
  say(parts, "");
  try {
    const source = template.source(wanted, partnerOf(view));
    const key = await session.edits.create(wanted, template.kind, source);
    if (template.example) view.suggested.emit(template.example);
    return key;
  } catch (error) {
    const { reason, message } = (error as CallError).failure;
    return refuse(parts, reason ?? message);
  } finally {
    create.disabled = false;
    setText(create, "Create");
  }
}

function taken(path: string, version: number): string {
  return version > 0
    ? `There is an endpoint at ${path} already.`
    : `There is a draft at ${path} already: choose it above.`;
}

function refuse(parts: Parts, wrong: string): null {
  say(parts, wrong);
  parts.path.focus();
  return null;
}

function say({ path, mistake }: Parts, wrong: string): void {
  setText(mistake, wrong);
  setAttribute(path, "aria-invalid", wrong ? "true" : null);
}

/** The WebSocket endpoint that a new page talks to. */
function partnerOf(view: View): Partner {
  const path = websocketPath(view) ?? "/ws";
  const endpoint = view.session.endpoints.find((each) => each.path === path);
  return { path, encoding: endpoint?.encoding ?? null };
}

function addresses({ session }: View): string[] {
  return [session.server.ws_url, session.server.http_url];
}
