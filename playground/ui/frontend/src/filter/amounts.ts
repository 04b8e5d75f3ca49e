/** Amounts: the numbers of a filter, and units; as `playground/record/filter/amounts.py` has them. */
import { COMPARISONS, type Comparison, DIGITS } from "../generated/vocabulary";
import { repr } from "../pytext";
import { plain, type Token, Unreadable } from "./tokens";

export type Holds = (value: number) => boolean;

const COMPARE: Record<Comparison, (a: number, b: number) => boolean> = {
  ">": (a, b) => a > b,
  "<": (a, b) => a < b,
  ">=": (a, b) => a >= b,
  "<=": (a, b) => a <= b,
  "=": (a, b) => a === b,
};

const AMOUNT = /^([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)([A-Za-zµμ]*)$/;

export const NO_UNITS: Readonly<Record<string, number>> = { "": 1 };

/** The test of a number that a term such as `size>1kB` asks for; `what` says what its value has to be. */
export function comparison(token: Token, units: Readonly<Record<string, number>>, what: string): Holds {
  const value = plain(token.value);
  const [, number, unit = ""] = AMOUNT.exec(value) ?? [];
  const name = unit.toLowerCase();
  if (number === undefined || !Object.hasOwn(units, name))
    throw new Unreadable(token, `${token.key}${token.op} takes ${what}, not ${repr(value)}`);
  return compared(token, Number(number) * units[name]!);
}

/** The test that a term such as `code>=4000` asks for. */
export function wholeComparison(token: Token): Holds {
  return compared(token, whole(token, plain(token.value)));
}

const NUMBER = new RegExp(`^[0-9]{1,${DIGITS}}$`);

/** One of a term's values as a whole number; a version may also be written as v3. */
export function whole(token: Token, value: string): number {
  const digits = token.key === "v" || token.key === "version" ? value.replace(/^v/, "") : value;
  if (!NUMBER.test(digits)) throw new Unreadable(token, `${token.key}${token.op} takes a number, not ${repr(value)}`);
  return Number(digits);
}

function compared({ op }: Token, limit: number): Holds {
  if (!isComparison(op)) throw new Error(`${op} is no comparison`);
  const compare = COMPARE[op];
  return (value) => compare(value, limit);
}

function isComparison(op: string): op is Comparison {
  return (COMPARISONS as readonly string[]).includes(op);
}
