/** What somebody probably meant, with the words that Python finds: `difflib.get_close_matches`. */
import { LONGEST_NEAR } from "../generated/vocabulary";
import { repr } from "../pytext";

const CUTOFF = 0.6;
const MOST = 2;

/** A question that names the words nearest to this one, or else a list of all known ones; `others` are not listed. */
export function nearOrAll(word: string, known: readonly string[], others: readonly string[] = []): string {
  const near = [...word].length <= LONGEST_NEAR ? closeMatches(word.toLowerCase(), [...known, ...others]) : [];
  return near.length ? `did you mean ${near.map(repr).join(" or ")}?` : `there are ${known.join(", ")}`;
}

export function closeMatches(word: string, known: readonly string[]): string[] {
  return known
    .map((each) => ({ each, ratio: similarity([...each], [...word]) }))
    .filter(({ ratio }) => ratio >= CUTOFF)
    .sort((one, other) => other.ratio - one.ratio || (one.each < other.each ? 1 : -1))
    .slice(0, MOST)
    .map(({ each }) => each);
}

/** Twice the letters that both have in common, in order, by all letters (Ratcliff and Obershelp). */
function similarity(a: readonly string[], b: readonly string[]): number {
  return a.length + b.length ? (2 * inCommon(a, b)) / (a.length + b.length) : 1;
}

function inCommon(a: readonly string[], b: readonly string[]): number {
  let [at, there, length] = [0, 0, 0];
  for (let i = 0; i < a.length; i++)
    for (let j = 0; j < b.length; j++) {
      let k = 0;
      while (i + k < a.length && j + k < b.length && a[i + k] === b[j + k]) k++;
      if (k > length) [at, there, length] = [i, j, k];
    }
  if (!length) return 0;
  return length + inCommon(a.slice(0, at), b.slice(0, there)) + inCommon(a.slice(at + length), b.slice(there + length));
}
