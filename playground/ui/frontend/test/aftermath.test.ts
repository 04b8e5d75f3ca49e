import { expect, test } from "vitest";
import { Aftermath } from "../src/aftermath";
import type { Row } from "../src/kernel-protocol";
import { RowStore } from "../src/store";

let seq = 0;

function row(kind: string, client: string, more: Partial<Row> = {}): Row {
  return { seq: ++seq, at: seq, kind, client, ...more };
}

/** A store with one earlier row, and what happens after a message of these. */
function after(...senders: string[]) {
  const store = new RowStore();
  store.add("e", [row("end", senders[0]!, { code: 4000 })]);
  const aftermath = new Aftermath(store, new Set(senders));
  return { aftermath, happens: (...rows: Row[]) => store.add("e", rows) };
}

test("nothing is said while the connections go on", () => {
  const { aftermath, happens } = after("a");
  happens(row("receive", "a"), row("send", "a"), row("end", "b", { code: 1003 }));
  expect([aftermath.text, aftermath.harmless]).toEqual(["", true]);
});

test("the server's code is told, before the end and after it", () => {
  const { aftermath, happens } = after("a");
  let changes = 0;
  aftermath.changed.on(() => changes++);
  happens(
    row("receive", "a", { error: "RuntimeError: Malformed" }),
    row("close", "a", { direction: "out", code: 1003 }),
  );
  expect(aftermath.text).toBe("the connection was closed with 1003");
  happens(row("end", "a", { code: 1003, codes: [1003, 1011] }));
  expect([aftermath.text, aftermath.harmless, changes]).toEqual(["the connection was closed with 1003", false, 1]);
});

test("of several it says how many, and with which codes", () => {
  const { aftermath, happens } = after("a", "b", "c");
  happens(row("end", "a", { code: 1003 }));
  expect(aftermath.text).toBe("1 was closed with 1003");
  happens(row("end", "b", { code: 1003 }));
  expect(aftermath.text).toBe("2 were closed with 1003");
  happens(row("end", "c", { code: 1011 }));
  expect(aftermath.text).toBe("3 were closed (1003, 1011)");
});

test("a connection that the client closes itself is not the message's doing", () => {
  const { aftermath, happens } = after("a");
  happens(row("disconnect", "a", { code: 1000 }), row("end", "a", { code: 1000 }));
  expect(aftermath.text).toBe("");
});

test("a normal close is told without alarm, a drop by what it is", () => {
  const normal = after("a");
  normal.happens(row("close", "a", { direction: "out", code: 1000 }));
  expect([normal.aftermath.text, normal.aftermath.harmless]).toEqual(["the connection was closed with 1000", true]);
  const dropped = after("a");
  dropped.happens(row("end", "a", { code: 1006 }));
  expect(dropped.aftermath.text).toBe("the connection was dropped without a Close frame (1006)");
});

test("a handler that fails and keeps its connection is told, once it has ended", () => {
  const { aftermath, happens } = after("a");
  const received = row("receive", "a", { running: true });
  happens(received);
  happens({ ...received, running: null, error: "KeyError: 'say'" });
  expect([aftermath.text, aftermath.harmless]).toEqual(["the handler raised KeyError: 'say'", false]);
});

test("what comes after the next message is not looked at", () => {
  const { aftermath, happens } = after("a");
  aftermath.stop();
  happens(row("end", "a", { code: 1003 }));
  expect(aftermath.text).toBe("");
});
