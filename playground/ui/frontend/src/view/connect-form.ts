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

/** Asks where and how to connect. */
export function connectForm(view: View, opener: HTMLButtonElement, connect: (call: ConnectCall) => void): ConnectForm {
  const field = (label: string, testid: string, placeholder: string): HTMLInputElement =>
    h("input", {
      class: "wp-input wp-mono",
      "aria-label": label,
      placeholder,
      spellcheck: "false",
      autocomplete: "off",
      "data-testid": testid,
    });
  const path = field("Path", "connect-path", "/chat/alice");
  const name = field("Name", "connect-name", "a name is given");
  const query = field("Query", "connect-query", "token=abc&debug=1");
  const headers = h("textarea", {
    class: "wp-input wp-mono",
    rows: 2,
    "aria-label": "Headers, one on each line",
    placeholder: "Authorization: Bearer …",
    spellcheck: "false",
    "data-testid": "connect-headers",
  });
  const subprotocols = field("Subprotocols, separated by commas", "connect-subprotocols", "chat.v2, chat.v1");
  const origin = field("Origin", "connect-origin", "https://example.org");
  const reconnect = h("input", { type: "checkbox", "data-testid": "connect-reconnect" });
  const mistake = h("span", { class: "wp-bad", role: "alert" });
  const go = h("button", { class: "wp-button wp-primary", type: "submit", "data-testid": "connect-go" }, "Connect");
  const cancel = h("button", { class: "wp-button" }, "Cancel");
  const labelled = (text: string, control: HTMLElement): HTMLElement =>
    h("label", { class: "wp-field" }, h("span", { class: "wp-dim" }, text), control);
  const form = h(
    "form",
    { class: "wp-form", "data-testid": "connect-form", "aria-label": "Connect" },
    labelled("path", path),
    labelled("name", name),
    labelled("query", query),
    labelled("headers", headers),
    labelled("protocols", subprotocols),
    labelled("origin", origin),
    h("label", { class: "wp-check" }, reconnect, "come back by itself when dropped"),
    h("div", { class: "wp-actions" }, mistake, h("span", { class: "wp-grow" }), cancel, go),
  );
  const { anchor, isOpen, toggle } = popover(view, form, [opener]);

  const read = (): ConnectCall | string => {
    const target = path.value.trim();
    if (!target) return "which path?";
    const open = /\{([^}:]*)[^}]*\}/.exec(target);
    if (open) return `put a value for {${open[1]}}`;
    const call: ConnectCall = { path: withQuery(target, query.value.trim()) };
    if (name.value.trim()) call.name = name.value.trim();
    const given = readHeaders(headers.value);
    if (typeof given === "string") return given;
    if (Object.keys(given).length) call.headers = given;
    const wanted = subprotocols.value
      .split(",")
      .map((item) => item.trim())
      .filter(Boolean);
    if (wanted.length) call.subprotocols = wanted;
    if (origin.value.trim()) call.origin = origin.value.trim();
    if (reconnect.checked) call.reconnect = true;
    return call;
  };
  form.addEventListener("input", () => {
    const call = read();
    setAttribute(go, "title", typeof call === "string" ? call : connectCall(call));
    setText(mistake, "");
  });
  form.addEventListener("change", () => form.dispatchEvent(new Event("input")));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const call = read();
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
