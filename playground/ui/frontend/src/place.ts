/** Which line of which endpoint a row tells of, and whether the editor has it. */
import type { Standing } from "./drafts";
import { belongsTo } from "./problems";
import type { Endpoint, Row } from "./wire";
import type { Why } from "./wire-detail";

export interface Place {
  key: string;
  path: string;
  line: number;
  label: string;
}

/** Where to go in the editor for a row, or for the exception that ended a connection; null when it has no such line. */
export function placeOf(row: Row, why: Why | null, endpoints: readonly Endpoint[], standing: (endpoint: Endpoint) => Standing): Place | null {
  const { line, version } = row.line == null ? (why?.raised ?? {}) : row;
  if (!line) return null;
  const endpoint = endpoints.find((each) => belongsTo(row, each));
  if (!endpoint) return null;
  const { text, base, dirty } = standing(endpoint);
  // The text of a rejected edit is nowhere but in the editor that holds it.
  if (row.kind === "edit" && !dirty) return null;
  if (!text || line > text.trimEnd().split("\n").length) return null;
  const label = version == null || version === base ? `show line ${line}` : `show line ${line} of v${version}`;
  return { key: endpoint.key, path: endpoint.path, line, label };
}
