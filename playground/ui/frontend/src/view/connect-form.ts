import { draftAt, type FieldMistake, isFieldMistake, nextName, readConnect, type Typed } from "../connecting";
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
    path: field("Path", "connect-path", "/chat, or wss://example.org/chat"),
    name: field("Name", "connect-name", "leave empty for c1"),
    query: field("Query", "connect-query", "token=abc&debug=1"),
    headers,
    subprotocols: field("Subprotocols, separated by commas", "connect-subprotocols", "chat.v2, chat.v1"),
    origin: field("Origin", "connect-origin", "https://example.org"),
    reconnect: h("input", { type: "checkbox", "data-testid": "connect-reconnect" }),
    mistake: h("div", { class: "wp-bad wp-mistake", role: "alert", "data-testid": "connect-mistake" }),
    go: h("button", { class: "wp-button wp-primary", type: "submit", "data-testid": "connect-go" }, "Connect"),
    cancel: h("button", { class: "wp-button" }, "Cancel"),
  };
}

type Fields = ReturnType<typeof build>;

const LABELS = {
  path: "path",
  name: "name",
  query: "query",
  headers: "headers",
  subprotocols: "subprotocols",
  origin: "origin",
} as const;

/** The form, and a function that shows a mistake at its field. */
function arrange(view: View, fields: Fields) {
  const { reconnect, mistake, cancel, go } = fields;
  const rows = Object.entries(LABELS).map(([field, text]) => {
    const control = fields[field as keyof typeof LABELS];
    const wrong = h("div", { class: "wp-bad wp-mistake", id: `${view.id}-connect-${field}`, role: "alert" });
    control.setAttribute("aria-describedby", wrong.id);
    const label = h("label", { class: "wp-field" }, h("span", { class: "wp-dim" }, text), control);
    return { field, control, wrong, label };
  });
  const form = h(
    "form",
    { class: "wp-form", "data-testid": "connect-form", "aria-label": "Connect" },
    ...rows.flatMap(({ label, wrong }) => [label, wrong]),
    h("label", { class: "wp-check" }, reconnect, "Reconnect automatically"),
    mistake,
    h("div", { class: "wp-actions" }, h("span", { class: "wp-grow" }), cancel, go),
  );
  const say = (mistake: FieldMistake | null): void => {
    for (const { field, control, wrong } of rows) {
      const here = mistake?.field === field;
      setText(wrong, here ? mistake.message : "");
      setAttribute(control, "aria-invalid", here ? "true" : null);
      if (here) control.focus();
    }
  };
  return { form, say };
}

function typedIn({ path, name, query, headers, subprotocols, origin, reconnect }: Fields): Typed {
  return {
    path: path.value,
    name: name.value,
    query: query.value,
    headers: headers.value,
    subprotocols: subprotocols.value,
    origin: origin.value,
    reconnect: reconnect.checked,
  };
}

/** How it went: "wrong" when the call could not be made as it was written, and the form stays. */
export type Dialled = { state: "connected" | "refused" } | { state: "wrong"; message: string };

/** Asks where and how to connect. */
export function connectForm(
  view: View,
  opener: HTMLButtonElement,
  connect: (call: ConnectCall) => Promise<Dialled>,
): ConnectForm {
  const fields = build();
  const { path, name, mistake, go, cancel } = fields;
  const { form, say } = arrange(view, fields);
  const { anchor, isOpen, toggle } = popover(view, form, [opener]);
  /** What was typed is for a call that failed, and stays for another try. */
  let again = false;
  const read = () => readConnect(typedIn(fields), view.session.endpoints);
  const describe = (): void => {
    const call = read();
    const draft = isFieldMistake(call) ? undefined : draftAt(call.path, view.session.endpoints);
    setText(go, draft ? "Apply and connect" : "Connect");
    setAttribute(go, "title", isFieldMistake(call) ? call.message : connectCall(call));
    setAttribute(name, "placeholder", `leave empty for ${nextName(view.session.clients)}`);
  };
  form.addEventListener("input", () => {
    say(null);
    setText(mistake, "");
    describe();
  });
  form.addEventListener("change", describe);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const call = read();
    if (isFieldMistake(call)) return say(call);
    go.disabled = true;
    setText(go, "Connecting…");
    void connect(call).then((dialled) => {
      go.disabled = false;
      describe();
      setText(mistake, dialled.state === "wrong" ? dialled.message : "");
      if (dialled.state === "wrong") return;
      again = dialled.state === "refused";
      if (!again) name.value = "";
      toggle(false);
    });
  });
  cancel.addEventListener("click", () => toggle(false));

  return {
    anchor,
    isOpen,
    close: () => toggle(false),
    open() {
      const template = websocketPath(view) ?? "/";
      if (!again && (!path.value || !template.includes("{"))) path.value = template;
      say(null);
      setText(mistake, "");
      toggle(true);
      path.focus();
      const start = path.value.indexOf("{");
      if (start >= 0) path.setSelectionRange(start, path.value.indexOf("}", start) + 1);
      else path.select();
      describe();
    },
  };
}

/** Where Connect goes: the chosen endpoint, or the first WebSocket one. */
export function websocketPath({ session, endpoint }: View): string | null {
  if (endpoint?.kind === "websocket") return endpoint.path;
  return session.endpoints.find(({ kind, version }) => kind === "websocket" && version > 0)?.path ?? null;
}
