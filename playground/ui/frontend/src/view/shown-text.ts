import type { DeepSearch } from "../deep-search";
import { count } from "../format";

export interface Shown {
  shown: number;
  all: number;
  filtered: boolean;
  deep: DeepSearch["state"];
}

/** How many rows are shown, and whether long payloads were looked through. */
export function shownText({ shown, all, filtered, deep }: Shown): string {
  if (!filtered) return shown ? count(shown) : "";
  const note = {
    none: "",
    answered: "",
    asking: " · searching long payloads…",
    failed: " · long payloads: only their beginning",
  }[deep];
  return `${count(shown)} of ${count(all)}${note}`;
}

const LONGEST = 60;

/** Which filter is used while the box has a mistake. */
export function inForceText(query: string): string {
  return `showing: ${query.length > LONGEST ? `${query.slice(0, LONGEST - 1)}…` : query || "all rows"}`;
}
