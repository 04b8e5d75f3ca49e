import { clock, size } from "../../format";
import type { FramePart, WireFrame } from "../../row-detail";
import { h } from "../dom";

/** Frames: each part of the header with its bits and what they mean, then the bytes. */
export function framesView(frames: readonly WireFrame[]): HTMLElement[] {
  return frames.map((frame, i) => {
    const { direction, name, wire_size, payload_size, at, complete, parts, hex, hidden } = frame;
    const about = [
      `${size(wire_size)} on the wire`,
      `${size(payload_size)} of payload`,
      complete ? "" : "cut off",
      at === null ? "" : clock(at),
    ].filter(Boolean);
    return h(
      "section",
      { class: "wp-frame", "data-tone": direction, "data-testid": "frame" },
      h(
        "h4",
        {},
        h("span", { class: "wp-detail-glyph" }, direction === "in" ? "→ " : "← "),
        frames.length > 1 ? `Frame ${i + 1} of ${frames.length}: ` : "",
        h("b", { class: "wp-mono" }, name),
        h("span", { class: "wp-dim" }, ` · ${about.join(" · ")}`),
      ),
      h("div", { class: "wp-bits", role: "list" }, ...parts.map(partView)),
      h("pre", { class: "wp-columns" }, hex + (hidden > 0 ? `\n… ${size(hidden)} more` : "")),
    );
  });
}

function partView({ label, bits, hex, meaning, source }: FramePart): HTMLElement {
  const value = bits ?? hex ?? "";
  return h(
    "div",
    {
      role: "listitem",
      class: "wp-bit",
      "data-wide": String(value.length > 11),
      title: [label, bits && `bits ${bits}`, hex && `byte ${hex}`, meaning, source].filter(Boolean).join(" · "),
    },
    h("span", { class: "wp-bit-name" }, label),
    h("span", { class: "wp-bit-value" }, value.length > 35 ? `${value.slice(0, 35)}…` : value),
    h("span", { class: "wp-bit-meaning" }, meaning),
  );
}
