import { type Found, matcher } from "./filter/matcher";
import { Unreadable } from "./filter/tokens";
import { tree } from "./filter/tree";
import { LONGEST_FILTER } from "./generated/vocabulary";
import type { Row } from "./kernel-protocol";
import type { Plan } from "./matching-worker";

/**
 * The filter language, whose grammar is in `playground/record/query.py`. The steps are the same in both languages:
 * `filter/tokens`, the `tree` they form, the `terms` in it, and a `matcher` of all. `tests/cases/filter.json` has what
 * both must agree on.
 */
export interface Filter {
  /** Whether a row passes. One on which its expressions were not run yet does not. */
  test(row: Row): boolean;
  /** Whether a row passes, or what the regular expressions have to say for it. */
  plan(row: Row): boolean | Plan;
  /** Regular expressions may take forever, so they are not run here; `Matching` writes the results to `verdicts`. */
  expressions: readonly Expression[];
  /** Whether the rows pass on which the expressions were run. */
  verdicts: WeakMap<Row, boolean>;
  /** Asks for text or JSON, of which a row has only the beginning. */
  looksInside: boolean;
  /** The first thing that cannot be read, and where; null when all can. */
  mistake: Mistake | null;
}

/** Where a term stands. */
export interface Place {
  /** Counted from 1, in characters. */
  column: number;
  /** The same place in the string, and where the term ends. */
  from: number;
  to: number;
}

export interface Mistake extends Place {
  message: string;
  /** More text at the end would put it right. */
  open?: boolean;
}

/** A regular expression of the filter. */
export interface Expression extends Place {
  /** As it is written in the filter. */
  pattern: string;
  source: string;
  flags: string;
}

const all = (): true => true;
export const everything: Filter = {
  test: all,
  plan: all,
  expressions: [],
  verdicts: new WeakMap(),
  looksInside: false,
  mistake: null,
};

export function parseFilter(text: string): Filter {
  if (isTooLong(text)) return { ...everything, mistake: tooLong(text) };
  const found: Found = { expressions: [], looksInside: false };
  try {
    const { test, plan } = matcher(tree(text), found);
    const verdicts = new WeakMap<Row, boolean>();
    const expressions = found.expressions.map(({ token, asked: { expression } }) => ({
      ...placeIn(text, token),
      ...expression,
      pattern: token.text,
    }));
    const passes = (row: Row): boolean => {
      const left = plan(row);
      return typeof left === "boolean" ? left : verdicts.get(row) === true;
    };
    return { test: test ?? passes, plan, expressions, verdicts, looksInside: found.looksInside, mistake: null };
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return { ...everything, mistake: { ...mistakeAt(placeIn(text, error.place), error.message), open: error.open } };
  }
}

function placeIn(text: string, { from, to }: { from: number; to: number }): Place {
  return { column: characters(text.slice(0, from)) + 1, from, to };
}

export function mistakeAt({ column, from, to }: Place, what: string): Mistake {
  return { column, message: `column ${column}: ${what}`, from, to };
}

/** How many characters a text has; those outside the basic plane have two units in a string. */
function characters(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

export function isTooLong(text: string): boolean {
  return text.length > LONGEST_FILTER && characters(text) > LONGEST_FILTER;
}

function tooLong(text: string): Mistake {
  const from = [...text.slice(0, 2 * LONGEST_FILTER)].slice(0, LONGEST_FILTER).join("").length;
  const what = `a filter has at most ${LONGEST_FILTER} characters, and this one ${characters(text)}`;
  return mistakeAt({ column: LONGEST_FILTER + 1, from, to: text.length }, what);
}
