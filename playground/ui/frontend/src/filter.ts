import { searchText } from "./rowtext";
import type { Row } from "./wire";

/**
 * The words of the filter box: `hello` must be in the row, `-ping` must not, `"two words"` stay together.
 * A row passes when all of them agree. Case does not matter.
 */
export interface Filter {
  test(row: Row): boolean;
  /** Where the text does not make sense, and why; null when it does. */
  mistake: { at: number; message: string } | null;
}

interface Term {
  word: string;
  not: boolean;
}

export const everything: Filter = { test: () => true, mistake: null };

export function parseFilter(text: string): Filter {
  const terms: Term[] = [];
  let mistake: Filter["mistake"] = null;
  for (const match of text.matchAll(/(-?)(?:"([^"]*)("?)|(\S+))/g)) {
    const [whole, minus, quoted, closing, bare] = match;
    // Somebody is about to type what must not be there.
    if (whole === "-") continue;
    if (quoted !== undefined && !closing) mistake = { at: match.index, message: "the quote is not closed" };
    const word = (quoted ?? bare ?? "").toLowerCase();
    if (word) terms.push({ word, not: minus === "-" });
  }
  if (!terms.length) return { ...everything, mistake };
  return {
    mistake,
    test(row) {
      const haystack = searchText(row);
      return terms.every(({ word, not }) => haystack.includes(word) !== not);
    },
  };
}
