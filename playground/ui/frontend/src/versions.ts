/** The versions of an endpoint that are compared, and the text in the editor beside them. */
import type { Version } from "./kernel-protocol";

/** A version's number, or the text in the editor. */
export type Side = number | "draft";

export interface Sides {
  before: Side;
  after: Side;
}

/** What is compared at first: the version that going back leads to with the current one. */
export function firstSides(versions: readonly Version[], current: number, back: number | null | undefined): Sides {
  const older = versions.filter(({ number }) => number < current).sort((a, b) => b.number - a.number);
  const before = versions.find(({ number }) => number === back) ?? older[0];
  // With one version there is only the editor to compare it with.
  return before ? { before: before.number, after: current } : { before: current, after: "draft" };
}

/** The sides that are still there. */
export function keptSides(sides: Sides, versions: readonly Version[], first: Sides): Sides {
  const there = (side: Side): boolean => side === "draft" || versions.some(({ number }) => number === side);
  return there(sides.before) && there(sides.after) ? sides : first;
}

export function sideText(side: Side): string {
  return side === "draft" ? "the editor" : `v${side}`;
}
