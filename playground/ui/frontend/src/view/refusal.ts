import { plural } from "../format";
import type { CallFailure } from "../kernel-protocol";
import { type ConnectCall, connectCall } from "../python";
import { h, show } from "./dom";

export interface Refusal {
  element: HTMLElement;
  show(call: ConnectCall, failure: CallFailure): void;
  hide(): void;
  /** The failure's message; empty when the card is hidden. */
  message(): string;
}

/** A handshake that failed: the answer's status, headers and body. */
export function refusalCard(dismissed: () => void): Refusal {
  const element = h("div", { class: "wp-refusal", role: "alert", hidden: true, "data-testid": "handshake-failure" });
  let message = "";
  const hide = (): void => {
    message = "";
    show(element, false);
  };
  return {
    element,
    hide,
    message: () => message,
    show(call, failure) {
      message = failure.message;
      const status = failure.status == null ? failure.type : `HTTP ${failure.status}`;
      const headers = Array.isArray(failure.headers) ? failure.headers : Object.entries(failure.headers ?? {});
      const dismiss = h("button", { class: "wp-button wp-small", "aria-label": "Dismiss the failed handshake" }, "✕");
      dismiss.addEventListener("click", () => {
        hide();
        dismissed();
      });
      element.replaceChildren(
        h(
          "div",
          { class: "wp-client-line" },
          h("b", { class: "wp-bad" }, `✕ ${status}`),
          h("code", { class: "wp-dim wp-path", title: connectCall(call) }, call.path),
          h("span", { class: "wp-grow" }),
          dismiss,
        ),
        h("div", { class: "wp-refusal-message" }, failure.message),
      );
      if (failure.body)
        element.append(
          h("details", { open: true }, h("summary", {}, "body"), h("pre", { class: "wp-body" }, failure.body)),
        );
      if (headers.length)
        element.append(
          h(
            "details",
            {},
            h("summary", {}, plural(headers.length, "header")),
            h("pre", {}, headers.map(([name, value]) => `${name}: ${value}`).join("\n")),
          ),
        );
      show(element, true);
      element.scrollIntoView?.({ block: "nearest" });
    },
  };
}
