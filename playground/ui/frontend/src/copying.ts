/** A row as text and JSON. What does again what its client did is made by the kernel: `pg.copy_as`. */
import { clock, duration, size } from "./format";
import type { Row } from "./kernel-protocol";
import type { Detail } from "./row-detail";
import { dataOf, formOf, lookOf, payloadOf, whoOf } from "./rowtext";

export interface RowWithDetail {
  row: Row;
  detail: Detail | null;
}

/** Formats that the browser makes itself, also without a kernel. */
export const FORMATS = { text: asText, JSON: asJson } satisfies Record<string, (whole: RowWithDetail) => string>;

/** The names of the formats that the kernel makes. */
export const NAMES: Record<string, string> = {
  pg: "this notebook (pg)",
  python: "Python script",
  pytest: "pytest",
  javascript: "JavaScript",
  curl: "curl",
  websocat: "websocat",
  "python -m websockets": "python -m websockets",
};

export function asText({ row, detail }: RowWithDetail): string {
  const look = lookOf(row);
  const text = detail?.text != null && row.cut ? dataOf({ ...row, preview: detail.text, cut: false }) : dataOf(row);
  const parts = [
    clock(row.at),
    whoOf(row),
    look.glyph,
    [look.word, formOf(row)].filter(Boolean).join(" "),
    text,
    size(row.size),
    duration(row.duration_ms),
    row.version == null ? "" : `v${row.version}`,
  ];
  return parts.filter(Boolean).join("  ") + (detail?.traceback ? `\n${detail.traceback}` : "");
}

export function asJson({ row, detail }: RowWithDetail): string {
  const { preview: _, cut, ...rest } = row;
  const known = Object.entries(rest).filter(([, value]) => value != null);
  const text = detail?.text ?? (cut ? undefined : payloadOf(row));
  const hex = row.opcode === "binary" ? detail?.hex : undefined;
  return JSON.stringify({ ...Object.fromEntries(known), ...(text != null && { text }), ...(hex && { hex }) }, null, 2);
}
