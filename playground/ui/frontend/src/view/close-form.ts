import { checkClose, isOwnCode, isSendable, SENDABLE } from "../close-codes";
import { closeCall } from "../python";
import { h, isShown, setAttribute, setText, show } from "./dom";

export interface CloseForm {
  element: HTMLElement;
  toggle(open: boolean): void;
}

function build(name: string) {
  const options = SENDABLE.map(({ code, name: word }) => h("option", { value: code }, `${code} ${word}`));
  const named = h(
    "select",
    { class: "wp-select", "aria-label": "Registered close codes", "data-testid": "close-name" },
    ...options,
    h("option", { value: "4000" }, "3000–4999: a code of your own"),
    h("option", { value: "", hidden: true }, "not to be sent"),
  );
  const code = h("input", {
    class: "wp-input wp-mono wp-code",
    type: "number",
    min: 1000,
    max: 4999,
    value: 1000,
    "aria-label": "Close code",
    "data-testid": "close-code",
  });
  const reason = h("input", {
    class: "wp-input",
    "aria-label": "Reason",
    placeholder: "reason (optional)",
    "data-testid": "close-reason",
  });
  const go = h(
    "button",
    { class: "wp-button wp-small wp-primary", type: "submit", "data-testid": "close-go" },
    "Close",
  );
  const mistake = h("div", { class: "wp-bad", role: "alert", "data-testid": "close-mistake" });
  const form = h(
    "form",
    { class: "wp-close-form", hidden: true, novalidate: true, "aria-label": `Close ${name}` },
    code,
    named,
    reason,
    go,
    mistake,
  );
  return { named, code, reason, go, mistake, form };
}

/** The code and reason with which a client closes; refuses those that cannot be sent. */
export function closeForm(
  name: string,
  opener: HTMLButtonElement,
  close: (code: number, reason: string) => void,
): CloseForm {
  const { named, code, reason, go, mistake, form } = build(name);
  const toggle = (open: boolean): void => {
    show(form, open);
    opener.setAttribute("aria-expanded", String(open));
    if (!open) return;
    form.scrollIntoView({ block: "nearest" });
    code.select();
  };
  const update = (): void => {
    const number = Number(code.value);
    named.value = isOwnCode(number) ? "4000" : isSendable(number) ? String(number) : "";
    setAttribute(go, "title", closeCall(name, code.value, reason.value));
    setText(mistake, "");
  };
  named.addEventListener("change", () => {
    code.value = named.value;
    update();
    if (named.value === "4000") code.select();
  });
  for (const field of [code, reason]) field.addEventListener("input", update);
  opener.addEventListener("click", () => toggle(!isShown(form)));
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    toggle(false);
    opener.focus();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const wrong = checkClose(code.value, reason.value);
    if (wrong) {
      setText(mistake, wrong);
      form.scrollIntoView({ block: "nearest" });
      return code.focus();
    }
    toggle(false);
    close(Number(code.value), reason.value);
  });
  update();
  return { element: form, toggle };
}
