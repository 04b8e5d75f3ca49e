import type { Handshake, HttpHead } from "../../row-detail";
import { h } from "../dom";

/** The HTTP request and its response, with all headers. */
export function handshakeView({ request, response }: Handshake): HTMLElement[] {
  return [
    head("Request", request),
    response ? head("Response", response) : h("p", { class: "wp-dim" }, "There was no response."),
  ];
}

function head(name: string, { line, headers }: HttpHead): HTMLElement {
  const facts = headers.flatMap(([key, value]) => [h("dt", {}, key), h("dd", {}, value)]);
  return h(
    "section",
    { class: "wp-part", "data-testid": "handshake" },
    h("h4", {}, name),
    h("div", { class: "wp-mono wp-http-line" }, line),
    h("dl", { class: "wp-facts" }, ...facts),
  );
}
