/** Matcher: a filter's tree as one function, made once; see `playground/record/filter/matcher.py`. */
import type { Row } from "../kernel-protocol";
import type { Plan } from "../matching-worker";
import { type Asked, asked, type Test } from "./terms";
import type { Token } from "./tokens";
import type { Node } from "./tree";

/** A part of the filter. Without expressions in it, `test` decides; with them, `plan` says what they have to say. */
export interface Matcher {
  test: Test | null;
  plan(row: Row): boolean | Plan;
}

export interface Found {
  /** The regular expressions, in their order. */
  expressions: { token: Token; asked: Extract<Asked, { expression: unknown }> }[];
  looksInside: boolean;
}

/** Throws `Unreadable` when one of the terms cannot be read. */
export function matcher(node: Node, found: Found): Matcher {
  if ("term" in node) return ofTerm(node.term, found);
  if ("not" in node) return negated(matcher(node.not, found));
  const either = "either" in node;
  return joined(
    (either ? node.either : node.all).map((part) => matcher(part, found)),
    either,
  );
}

function ofTerm(token: Token, found: Found): Matcher {
  const term = asked(token);
  found.looksInside ||= Boolean(term.looksInside);
  if ("test" in term) return decided(term.test);
  const number = found.expressions.push({ token, asked: term }) - 1;
  return { test: null, plan: () => number };
}

function decided(test: Test): Matcher {
  return { test, plan: test };
}

function negated({ test, plan }: Matcher): Matcher {
  if (test) return decided((row) => !test(row));
  return {
    test: null,
    plan: (row) => {
      const left = plan(row);
      return typeof left === "boolean" ? !left : { not: left };
    },
  };
}

function joined(parts: readonly Matcher[], either: boolean): Matcher {
  const tests = parts.flatMap(({ test }) => test ?? []);
  const test: Test = either ? (row) => tests.some((each) => each(row)) : (row) => tests.every((each) => each(row));
  if (tests.length === parts.length) return decided(tests.length === 1 ? tests[0]! : test);
  const plans = parts.flatMap((part) => (part.test ? [] : [part.plan]));
  return {
    test: null,
    plan: (row) => {
      // What is decided at once may decide all.
      if (tests.length && test(row) === either) return either;
      const left: Plan[] = [];
      for (const plan of plans) {
        const one = plan(row);
        if (one === either) return either;
        if (typeof one !== "boolean") left.push(one);
      }
      if (left.length < 2) return left[0] ?? !either;
      return either ? { either: left } : { all: left };
    },
  };
}
