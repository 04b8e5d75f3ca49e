/** What `is:` may be in the filter; `playground/core/query.py` says in words what each means. */
import { isAbnormal } from "./rowtext";
import type { Row } from "./wire";

export interface Sort {
  name: string;
  title: string;
  test(row: Row): boolean;
}

export const SORTS: readonly Sort[] = [
  {
    name: "messages",
    title: "Messages: what was received and sent",
    test: ({ kind }) => kind === "receive" || kind === "send",
  },
  {
    name: "hooks",
    title: "What a hook of the endpoint handled",
    test: ({ kind, hook }) => Boolean(hook) || kind.startsWith("on_"),
  },
  {
    name: "errors",
    title: "Failures: exceptions, refusals, connections that ended badly",
    test: (row) => Boolean(row.error) || row.kind === "error" || row.kind === "refuse" || isAbnormal(row),
  },
  { name: "disagree", title: "What two witnesses tell differently", test: ({ agree }) => agree === false },
];
