import { type ConnectCall, connectCall } from "../python";
import { h, setAttribute, setText } from "./dom";
import { popover } from "./popover";
import type { View } from "./view";

export interface ConnectForm {
  anchor: HTMLElement;
  open(): void;
  close(): void;
  isOpen(): boolean;
}

function build() {
  const field = (label: string, testid: string, placeholder: string): HTMLInputElement =>
    h("input", {
      class: "wp-input wp-mono",
      "aria-label": label,
      placeholder,
      spellcheck: "false",
      autocomplete: "off",
      "data-testid": testid,
    });
  const headers = h("textarea", {
    class: "wp-input wp-mono",
    rows: 2,
    "aria-label": "Headers, one on each line",
    placeholder: "Authorization: Bearer …",
    spellcheck: "false",
    "data-testid": "connect-headers",
  });
  return {
    path: field("Path", "connect-path", "/chat/alice"),
    name: field("Name", "connect-name", "optional"),
    query: field("Query", "connect-query", "token=abc&debug=1"),
    headers,
    subprotocols: field("Subprotocols, separated by commas", "connect-subprotocols", "chat.v2, chat.v1"),
    origin: field("Origin", "connect-origin", "https://example.org"),
    reconnect: h("input", { type: "checkbox", "data-testid": "connect-reconnect" }),
    mistake: h("span", { class: "wp-bad", role: "alert" }),
    go: h("button", { class: "wp-button wp-primary", type: "submit", "data-testid": "connect-go" }, "Connect"),
    cancel: h("button", { class: "wp-button" }, "Cancel"),
  };
}

type Fields = ReturnType<typeof build>;

function arrange({ path, name, query, headers, subprotocols, origin, reconnect, ...rest }: Fields): HTMLFormElement {
  const labelled = (text: string, control: HTMLElement): HTMLElement =>
    h("label", { class: "wp-field" }, h("span", { class: "wp-dim" }, text), control);
  return h(
    "form",
    { class: "wp-form", "data-testid": "connect-form", "aria-label": "Connect" },
    labelled("path", path),
    labelled("name", name),
    labelled("query", query),
    labelled("headers", headers),
    labelled("protocols", subprotocols),
    labelled("origin", origin),
    h("label", { class: "wp-check" }, reconnect, "Reconnect automatically"),
    h("div", { class: "wp-actions" }, rest.mistake, h("span", { class: "wp-grow" }), rest.cancel, rest.go),
  );
}

/** The call as the fields have it, or what is wrong with them. */
function readCall({ path, name, query, headers, subprotocols, origin, reconnect }: Fields): ConnectCall | string {
  const target = path.value.trim();
  if (!target) return "which path?";
  const open = /\{([^{}:]*)(?::[^{}]*)?\}/.exec(target);
  if (open) return `put a value for {${open[1]}}`;
  const call: ConnectCall = { path: withQuery(target, query.value.trim()) };
  if (name.value.trim()) call.name = name.value.trim();
  const given = readHeaders(headers.value);
  if (typeof given === "string") return given;
  if (Object.keys(given).length) call.headers = given;
  const wanted = subprotocols.value.split(",").map((item) => item.trim());
  if (wanted.some(Boolean)) call.subprotocols = wanted.filter(Boolean);
  if (origin.value.trim()) call.origin = origin.value.trim();
  if (reconnect.checked) call.reconnect = true;
  return call;
}

/** Asks where and how to connect. */
export function connectForm(view: View, opener: HTMLButtonElement, connect: (call: ConnectCall) => void): ConnectForm {
  const fields = build();
  const { path, name, mistake, go, cancel } = fields;
  const form = arrange(fields);
  const { anchor, isOpen, toggle } = popover(view, form, [opener]);
  form.addEventListener("input", () => {
    const call = readCall(fields);
    setAttribute(go, "title", typeof call === "string" ? call : connectCall(call));
    setText(mistake, "");
  });
  form.addEventListener("change", () => form.dispatchEvent(new Event("input")));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const call = readCall(fields);
    if (typeof call === "string") return setText(mistake, call);
    connect(call);
    name.value = "";
    close();
  });
  cancel.addEventListener("click", () => close());

  const close = (): void => toggle(false);
  return {
    anchor,
    isOpen,
    close,
    open() {
      const template = websocketPath(view) ?? "/";
      if (!path.value || !template.includes("{")) path.value = template;
      setText(mistake, "");
      toggle(true);
      path.focus();
      const start = path.value.indexOf("{");
      if (start >= 0) path.setSelectionRange(start, path.value.indexOf("}", start) + 1);
      else path.select();
      form.dispatchEvent(new Event("input"));
    },
  };
}

/** Where Connect goes: the chosen endpoint, or the first WebSocket one. */
export function websocketPath({ session, endpoint }: View): string | null {
  if (endpoint?.kind === "websocket") return endpoint.path;
  return session.endpoints.find(({ kind, version }) => kind === "websocket" && version > 0)?.path ?? null;
}

function withQuery(path: string, query: string): string {
  if (!query) return path;
  return `${path}${path.includes("?") ? "&" : "?"}${query.replace(/^\?/, "")}`;
}

function readHeaders(text: string): Record<string, string> | string {
  const headers: Record<string, string> = {};
  for (const line of text.split("\n")) {
    if (!line.trim()) continue;
    const colon = line.indexOf(":");
    if (colon <= 0) return `a header is "Name: value", not ${line.trim()}`;
    headers[line.slice(0, colon).trim()] = line.slice(colon + 1).trim();
  }
  return headers;
}
