/** What `is:` may be in the filter; `playground/record/query.py` says in words what each means. */
import { CATEGORIES, type Category, MESSAGE_KINDS } from "./generated/vocabulary";
import type { Row } from "./kernel-protocol";
import { isAbnormal } from "./rowtext";

interface Meaning {
  /** How a chip names it, where the filter's word is too short. */
  label?: string;
  title: string;
  /** Asked for so seldom that it has no chip. */
  rare?: true;
  test(row: Row): boolean;
}

export const MEANINGS: Record<Category, Meaning> = {
  messages: {
    title: "Messages: what was received and sent",
    test: ({ kind }) => (MESSAGE_KINDS as readonly string[]).includes(kind),
  },
  hooks: {
    title: "The hooks' own rows; is:handled finds also the messages that a hook handled",
    test: isHook,
  },
  handled: {
    title: "Messages that a hook of the endpoint handled, and the hooks' own rows",
    rare: true,
    test: (row) => Boolean(row.hook) || isHook(row),
  },
  errors: {
    title: "Failures: exceptions, refusals, connections that ended badly",
    test: (row) => Boolean(row.error) || row.kind === "error" || row.kind === "refuse" || isAbnormal(row),
  },
  differ: {
    label: "witnesses differ",
    title: "Rows whose witnesses differ",
    test: ({ agree }) => agree === false,
  },
  pushed: {
    title: "Messages that the playground sent as the server, in the place of the handler",
    rare: true,
    test: ({ pushed }) => Boolean(pushed),
  },
};

function isHook({ kind }: Row): boolean {
  return kind.startsWith("on_");
}

export interface RowCategory extends Meaning {
  name: Category;
}

export const ROW_CATEGORIES: readonly RowCategory[] = CATEGORIES.map((name) => ({ name, ...MEANINGS[name] }));
