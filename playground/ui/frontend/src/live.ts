/** How many connections run which version, and what an edit did, in words. */
import type { Publishing } from "./edits";
import type { EditReport, Endpoint, Held, Note, Run } from "./kernel-protocol";

const NAMES = 6;

/** "15 on v4, 1 on v3", newest first; empty unless several versions run. */
export function runsText(runs: readonly Run[] | undefined): string {
  const running = (runs ?? []).filter(({ connections }) => connections > 0);
  if (running.length < 2) return "";
  return running
    .sort((a, b) => b.version - a.version)
    .map(({ version, connections }) => `${connections} on v${version}`)
    .join(", ");
}

/** Whether no connection runs an older version; null when the kernel did not say. */
export function allCurrent({ runs, version }: Pick<Endpoint, "runs" | "version">): boolean | null {
  return runs ? runs.every((run) => run.connections === 0 || run.version === version) : null;
}

/** Notes in the order of reading: first values that need a decision, last what is always so. */
export function inOrder(notes: readonly Note[]): Note[] {
  const rank = ({ kind }: Note): number => (kind === "conflict" ? 0 : kind === "global" ? 2 : 1);
  return [...notes].sort((one, other) => rank(one) - rank(other));
}

const RUNNING: Record<Publishing, string> = {
  apply: "running the new code",
  revert: "running the earlier code",
  reset: "running the code anew",
  reenter: "moving the connections",
};

/** What an edit that is under way does; queued only while the kernel has not begun it. */
export function applyingText({ op, long }: { op: Publishing; long: boolean }, queued: boolean): string {
  if (queued) return "queued: the kernel is busy";
  return long ? RUNNING[op] : "applying";
}

/** "kept: members, Room.people · from the new code: size"; empty when nothing was kept or reset. */
export function keptText(kept: readonly string[], reset: readonly string[]): string {
  return [kept.length && `kept: ${some(kept)}`, reset.length && `from the new code: ${some(reset)}`]
    .filter(Boolean)
    .join(" · ");
}

function some(names: readonly string[]): string {
  if (names.length <= NAMES + 1) return names.join(", ");
  return `${names.slice(0, NAMES).join(", ")} and ${names.length - NAMES} more`;
}

/** The tone of an edit's result: live everywhere, failed for some, or not yet complete. */
export function toneOf({ outcome }: Pick<EditReport, "outcome">): "good" | "warn" | "quiet" {
  if (outcome === "live") return "good";
  return outcome === "stuck" || outcome === "blocked" ? "warn" : "quiet";
}

/** Whether the report names connections on older versions that have changed since. */
export function hasCaughtUp(
  report: Pick<EditReport, "outcome">,
  endpoint: Pick<Endpoint, "runs" | "version">,
): boolean {
  return report.outcome !== "live" && allCurrent(endpoint) === true;
}

/** The version to roll back to from a held event: none when another version than the current one raised it. */
export function rollbackTarget(
  endpoint: Pick<Endpoint, "back" | "version">,
  { version }: Pick<Held, "version">,
): number | null {
  return version === endpoint.version ? (endpoint.back ?? null) : null;
}
