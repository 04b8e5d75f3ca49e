/** The line of an endpoint that a row is about, and its place in the editor. */
import { lineAfter, splitLines } from "./diff";
import type { SourceState } from "./drafts";
import type { Endpoint, Row } from "./kernel-protocol";
import { belongsTo } from "./problems";
import type { Why } from "./row-detail";

export interface Place {
  key: string;
  path: string;
  line: number;
  label: string;
}

/** Where to go in the editor for a row, or for the exception that ended a connection; null when it has no such line. */
export function placeOf(
  row: Row,
  why: Why | null,
  endpoints: readonly Endpoint[],
  sourceState: (endpoint: Endpoint) => SourceState,
): Place | null {
  const { line, version } = row.line == null ? (why?.raised ?? {}) : row;
  if (!line) return null;
  const endpoint = endpoints.find((each) => belongsTo(row, each));
  if (!endpoint) return null;
  const now = inEditor(row, version ?? endpoint.version, line, endpoint, sourceState(endpoint));
  if (now === null) return null;
  return {
    key: endpoint.key,
    path: endpoint.path,
    line: now,
    label: now === line ? `show line ${line}` : `show line ${line}, now ${now}`,
  };
}

/** The line of the editor's text that was `line` of `version`; null when it has none. */
function inEditor(
  row: Row,
  version: number,
  line: number,
  endpoint: Endpoint,
  { text, base, dirty }: SourceState,
): number | null {
  const lines = splitLines(text.trimEnd());
  const there = text !== "" && line <= lines.length ? line : null;
  // Only the editor has the text of a rejected edit.
  if (row.kind === "edit") return dirty ? there : null;
  if (version !== base) return null;
  if (!dirty) return there;
  // Only the current version's text is known here.
  if (version !== endpoint.version) return null;
  const before = splitLines(endpoint.source.trimEnd());
  return text !== "" && line <= before.length ? lineAfter(before, lines, line) : null;
}
