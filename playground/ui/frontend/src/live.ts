/** Who runs which version, and what an edit did, in words. */
import type { Endpoint, Held } from "./wire";

type Runs = Record<string, number>;
const NAMES = 6;

/** "15 on v4, 1 on v3", newest first; empty unless several versions run. */
export function runsText(runs: Runs | undefined): string {
  const entries = Object.entries(runs ?? {}).filter(([, people]) => people > 0);
  if (entries.length < 2) return "";
  const number = (label: string): number => Number(label.replace(/\D/g, ""));
  return entries
    .sort(([a], [b]) => number(b) - number(a))
    .map(([label, people]) => `${people} on ${label}`)
    .join(", ");
}

/** Whether nobody runs an older version; null when the kernel did not say. */
export function allCurrent({ runs, version }: Pick<Endpoint, "runs" | "version">): boolean | null {
  return runs ? Object.entries(runs).every(([label, people]) => people === 0 || label === `v${version}`) : null;
}

/** "kept members, Room.people · reset size"; empty when there is nothing to say. */
export function keptText(kept: readonly string[], reset: readonly string[]): string {
  return [kept.length && `kept ${some(kept)}`, reset.length && `reset ${some(reset)}`].filter(Boolean).join(" · ");
}

function some(names: readonly string[]): string {
  if (names.length <= NAMES + 1) return names.join(", ");
  return `${names.slice(0, NAMES).join(", ")} and ${names.length - NAMES} more`;
}

/** How an edit went, by the kernel's sentence: everywhere, on its way, or held up. */
export function outcomeOf(report: string): "live" | "underway" | "stuck" {
  if (/\bstuck\b|loop is busy/.test(report)) return "stuck";
  return /\blive\b/.test(report) ? "live" : "underway";
}

/** The version to roll back to: the latest before the current one that is still kept. */
export function versionBefore({ versions, version }: Pick<Endpoint, "versions" | "version">): number | null {
  const older = (versions ?? []).filter((number) => number < version);
  return older.length ? Math.max(...older) : null;
}

/** The version to roll back to from a held event: none when another version than the current one raised it. */
export function wayBack(
  endpoint: Pick<Endpoint, "versions" | "version">,
  { version }: Pick<Held, "version">,
): number | null {
  return version === endpoint.version ? versionBefore(endpoint) : null;
}
