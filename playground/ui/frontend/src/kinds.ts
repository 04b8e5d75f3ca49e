/** All the names under which a row can be asked for. */
import type { Row } from "./wire";

const CLIENT: Record<string, string> = {
  connect: "client_connect",
  accept: "client_open",
  refuse: "client_refused",
  receive: "client_send",
  send: "client_receive",
  disconnect: "client_close",
  end: "client_closed",
};
const WIRE: Record<string, string> = {
  connect: "wire_request",
  accept: "wire_response",
  refuse: "wire_response",
  receive: "frame",
  send: "frame",
  close: "close_frame",
  disconnect: "close_frame",
  end: "tcp_end",
};

/** What `kind:` may be. */
export const KINDS: readonly string[] = [
  ...["start", "stop", "edit", "log", "end", "connect", "accept", "refuse", "receive", "send", "close", "disconnect"],
  ...["on_connect", "on_receive", "on_disconnect", "request", "response", "error"],
  ...["wire_request", "wire_response", "frame", "ping", "pong", "close_frame", "tcp_end"],
  ...[
    "client_connect",
    "client_open",
    "client_refused",
    "client_send",
    "client_receive",
    "client_ping",
    "client_close",
    "client_closed",
  ],
];

export const WITNESSES = ["client", "wire", "handler"] as const;

/** Whether the witness saw the row. */
export function sawIt(row: Row, witness: (typeof WITNESSES)[number]): boolean {
  return row.saw?.[WITNESSES.indexOf(witness)] === "1";
}

/** The row's kind, its hook, and what each witness that saw it calls it. */
export function kindsOf(row: Row): string[] {
  const kinds = [row.kind];
  if (row.hook) kinds.push(row.hook);
  const mine = row.kind === "ping" && row.direction === "in" ? "client_ping" : CLIENT[row.kind];
  if (mine && sawIt(row, "client")) kinds.push(mine);
  const travelled = WIRE[row.kind];
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
