/** The line of an endpoint that a row is about, and its place in the editor. */
import { lineAfter, splitLines } from "./diff";
import type { Drafts, SourceState } from "./drafts";
import type { Report } from "./edits";
import type { Endpoint, Row } from "./kernel-protocol";
import { ownerOf, type Problems } from "./problems";
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
  const endpoint = ownerOf(row, endpoints);
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

/** What the report of an endpoint is about: a line of the edit that was refused, else of the latest exception. */
export function reportedLine(session: Reporting, endpoint: Endpoint): { line: number; now: number } | null {
  const { edits, problems, drafts } = session;
  const state = session.sourceState(endpoint);
  const report = edits.reports.get(endpoint.key);
  if (report?.state === "rejected") {
    if (report.line === null) return null;
    const refused = drafts.get(endpoint.key)?.submitted ?? state.text;
    return { line: report.line, now: lineAfter(splitLines(refused), splitLines(state.text), report.line) };
  }
  const problem = problems.get(endpoint.key);
  if (!problem) return null;
  const now = ofVersion(problem.version, problem.line, endpoint, state);
  return now === null ? null : { line: problem.line, now };
}

/** What this needs of the session. */
interface Reporting {
  readonly edits: { readonly reports: ReadonlyMap<string, Report> };
  readonly problems: Pick<Problems, "get">;
  readonly drafts: Pick<Drafts, "get">;
  sourceState(endpoint: Endpoint): SourceState;
}

/** The line of the editor's text that was `line` of `version`; null when it has none. */
function inEditor(row: Row, version: number, line: number, endpoint: Endpoint, state: SourceState): number | null {
  // Only the editor has the text of a rejected edit.
  if (row.kind !== "edit") return ofVersion(version, line, endpoint, state);
  return state.dirty && isIn(state.text, line) ? line : null;
}

function isIn(text: string, line: number): boolean {
  return text !== "" && line <= splitLines(text.trimEnd()).length;
}

function ofVersion(
  version: number,
  line: number,
  endpoint: Endpoint,
  { text, base, dirty }: SourceState,
): number | null {
  if (version !== base) return null;
  if (!dirty) return isIn(text, line) ? line : null;
  // Only the current version's text is known here.
  if (version !== endpoint.version) return null;
  if (text === "" || !isIn(endpoint.source, line)) return null;
  return lineAfter(splitLines(endpoint.source.trimEnd()), splitLines(text.trimEnd()), line);
}
