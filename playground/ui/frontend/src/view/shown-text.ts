import type { DeepSearch } from "../deep-search";
import { count } from "../format";

export interface Shown {
  shown: number;
  all: number;
  filtered: boolean;
  deep: DeepSearch["state"];
  /** Older rows that the page let go. */
  forgotten?: number;
}

/** How many rows a filter shows, and whether long payloads were looked through; the header counts all rows. */
export function shownText({ shown, all, filtered, deep, forgotten = 0 }: Shown): string {
  const older = forgotten ? `${count(forgotten)} older only in the kernel` : "";
  if (!filtered) return older;
  const note = {
    none: "",
    answered: "",
    asking: " · searching long payloads…",
    failed: " · long payloads: only their beginning",
  }[deep];
  return `${count(shown)} of ${count(all)}${note}${older && ` · ${older}`}`;
}

const LONGEST = 60;

/** Which filter is used while the box has a mistake. */
export function inForceText(query: string): string {
  return `showing: ${query.length > LONGEST ? `${query.slice(0, LONGEST - 1)}…` : query || "all rows"}`;
}
