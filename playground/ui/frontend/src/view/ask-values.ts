import { h } from "./dom";
import { popover } from "./popover";
import type { View } from "./view";

export interface Question {
  anchor: HTMLElement;
  /** Resolves to the values for the message, or to null when the form is closed. `verb`: the label of the button. */
  ask(names: readonly string[], verb: string, message: string): Promise<Record<string, string> | null>;
}

/** Asks for the values of `{{names}}`; those of the last time, for the same message if possible, are filled in. */
export function askValues(view: View): Question {
  const { values: known } = view.session;
  const form = h("form", {
    class: "wp-ask",
    "aria-label": "Values for the message",
    "data-testid": "ask",
  });
  let answer: ((values: Record<string, string> | null) => void) | null = null;
  const finish = (values: Record<string, string> | null): void => {
    const resolve = answer;
    answer = null;
    hanging.toggle(false);
    resolve?.(values);
  };
  const hanging = popover(view, form, []);
  // Escape and a press elsewhere close it without an answer.
  const closing = new MutationObserver(() => {
    if (form.hidden) finish(null);
  });
  closing.observe(form, { attributes: true, attributeFilter: ["hidden"] });
  view.scope.add(() => {
    closing.disconnect();
    finish(null);
  });

  return {
    anchor: hanging.anchor,
    ask(names, verb, message) {
      finish(null);
      const last = known.recall(message, names);
      const fields = names.map((name) =>
        h("input", {
          class: "wp-input wp-mono",
          name,
          value: last[name] ?? "",
          "aria-label": `Value of ${name}`,
          autocomplete: "off",
          spellcheck: "false",
          "data-testid": "ask-value",
        }),
      );
      const cancel = h("button", { class: "wp-button wp-small" }, "Cancel");
      cancel.addEventListener("click", () => finish(null));
      form.replaceChildren(
        ...names.map((name, i) => h("label", { class: "wp-field" }, h("span", { class: "wp-mono" }, name), fields[i]!)),
        h(
          "div",
          { class: "wp-actions" },
          h("span", { class: "wp-grow" }),
          cancel,
          h("button", { class: "wp-button wp-small wp-primary", type: "submit", "data-testid": "ask-send" }, verb),
        ),
      );
      form.onsubmit = (event) => {
        event.preventDefault();
        const values = Object.fromEntries(fields.map((field) => [field.name, field.value]));
        known.remember(message, values);
        finish(values);
      };
      hanging.toggle(true);
      fields[0]?.focus();
      fields[0]?.select();
      return new Promise((resolve) => (answer = resolve));
    },
  };
}
