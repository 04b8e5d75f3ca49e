import type { ErrorPolicy } from "../kernel-protocol";
import { h, setAttribute, setText, show } from "./dom";
import type { View } from "./view";

const POLICIES: [ErrorPolicy, string][] = [
  ["starlette", "close"],
  ["hold", "hold"],
];

/** What happens to a connection whose handler fails. */
export function errorPolicy(view: View): HTMLElement {
  const { session } = view;
  const select = h(
    "select",
    { class: "wp-select wp-small", "data-testid": "on-error" },
    ...POLICIES.map(([value, text]) => h("option", { value }, text)),
  );
  const says = h("span", { class: "wp-bad", role: "alert" });
  const element = h("div", { class: "wp-policy" }, says, h("label", { class: "wp-dim" }, "On error: ", select));
  let asking = false;

  select.addEventListener("change", async () => {
    asking = true;
    setText(says, "");
    try {
      await session.kernel.call("on_error", { value: select.value });
    } catch (error) {
      setText(says, (error as Error).message);
    }
    asking = false;
    update();
  });
  const update = (): void => {
    const { on_error: policy } = session.server;
    show(element, policy !== undefined);
    // While a choice is being sent, the kernel's older value must not replace it.
    if (policy && !asking && select.value !== policy) select.value = policy;
    const what = select.value === "hold" ? "hold the connection" : "close the connection as Starlette does";
    setAttribute(select, "title", `When a handler fails: ${what}\npg.on_error = "${select.value}"`);
    select.disabled = !session.kernel.alive;
  };
  view.redrawOnChange(update);
  return element;
}
