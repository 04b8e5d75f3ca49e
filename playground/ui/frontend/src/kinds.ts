/** The kinds under which the filter finds a row. */
import { CLIENT_KINDS, WIRE_KINDS, WITNESSES, type Witness } from "./generated/vocabulary";
import type { Row } from "./kernel-protocol";

/** Whether the witness saw the row. */
export function sawIt(row: Row, witness: Witness): boolean {
  return row.saw?.[WITNESSES.indexOf(witness)] === "1";
}

/** The row's kind, its hook, and what each witness that saw it calls it. */
export function kindsOf(row: Row): string[] {
  const kinds = [row.kind];
  if (row.hook) kinds.push(row.hook);
  // The client has no event for a ping of the server.
  const mine = row.kind === "ping" && row.direction === "out" ? undefined : CLIENT_KINDS[row.kind];
  if (mine && sawIt(row, "client")) kinds.push(mine);
  const travelled = WIRE_KINDS[row.kind];
  if (travelled && sawIt(row, "wire")) kinds.push(travelled);
  return kinds;
}

/** A question about kinds, answered once for each of the few combinations there are. */
export function aboutKinds(holds: (kind: string) => boolean): (row: Row) => boolean {
  // Looked up by comparing: a key put together for each of 50,000 rows would cost more than all the rest.
  const known = new Map<
    string,
    { direction: Row["direction"]; hook: Row["hook"]; saw: Row["saw"]; answer: boolean }[]
  >();
  return (row) => {
    let cases = known.get(row.kind);
    if (!cases) {
      cases = [];
      known.set(row.kind, cases);
    }
    for (const each of cases)
      if (each.saw === row.saw && each.hook === row.hook && each.direction === row.direction) return each.answer;
    const answer = kindsOf(row).some(holds);
    cases.push({ direction: row.direction, hook: row.hook, saw: row.saw, answer });
    return answer;
  };
}
