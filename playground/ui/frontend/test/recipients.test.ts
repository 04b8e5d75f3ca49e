import { expect, test } from "vitest";
import type { Client } from "../src/kernel-protocol";
import { ALL, recipients, speakers } from "../src/recipients";

const client = (name: string, state: Client["state"] = "open", own = true): Pick<Client, "name" | "own" | "state"> => ({
  name,
  state,
  own,
});
const texts = ({ choices }: ReturnType<typeof recipients>): string[] => choices.map(({ text }) => text);

test("without a choice a message goes to the first client", () => {
  const found = recipients([client("browser 1", "open", false), client("c1"), client("c2")], "");

  expect(found).toMatchObject({ chosen: "c1", refusal: "" });
  expect(texts(found)).toEqual(["c1", "c2", "all (2)"]);
  expect(recipients([client("c1", "closed"), client("c2")], "")).toMatchObject({ chosen: "c2", refusal: "" });
});

test.each([
  ["closed", "c2 (closed)", "c2 is closed: choose another client"],
  ["failed", "c2 (failed)", "c2 is not connected: choose another client"],
  ["connecting", "c2 (connecting)", "c2 is connecting: choose another client"],
] as const)("a chosen client that is %s stays chosen, and gets nothing", (state, text, refusal) => {
  const found = recipients([client("c1"), client("c2", state)], "c2");

  expect(found).toMatchObject({ chosen: "c2", refusal });
  expect(texts(found)).toEqual(["c1", text]);
});

test("nobody takes the place of a chosen client that was taken off the list", () => {
  expect(recipients([client("c1")], "c2")).toMatchObject({
    chosen: "c2",
    refusal: "c2 was removed: choose another client",
  });
});

test("a chosen client that is back can be sent to", () => {
  expect(recipients([client("c1"), client("c2")], "c2")).toMatchObject({ chosen: "c2", refusal: "" });
});

test("all are all that are open, be it one", () => {
  expect(recipients([client("c1"), client("c2")], ALL)).toMatchObject({ chosen: ALL, refusal: "" });
  expect(texts(recipients([client("c1"), client("c2", "closed")], ALL))).toEqual(["c1", "all (1)"]);
});

test("with nobody connected there is nobody to send to", () => {
  for (const wanted of ["", ALL, "c1"])
    expect(recipients([], wanted)).toEqual({
      choices: [{ value: "", text: "nobody" }],
      chosen: "",
      refusal: "Connect a client first",
    });
  expect(recipients([client("c1", "closed")], "c1")).toMatchObject({ chosen: "c1", refusal: "c1 is closed" });
  expect(recipients([client("c1", "closed")], "")).toMatchObject({ chosen: "" });
});

test("a draft can be tried on whoever has sent something there, the newest first", () => {
  const client = (name: string, path: string, sent: number, connection: number | null) => ({
    name,
    path,
    sent,
    connection,
  });
  const clients = [
    client("alice", "/room/1", 2, 1),
    client("bob", "/room/2?x=1", 1, 4),
    client("silent", "/room/3", 0, 5),
    client("elsewhere", "/other", 3, 6),
    client("refused", "/room/4", 1, null),
  ];

  expect(speakers({ path: "/room/{n}", kind: "websocket" }, clients)).toEqual([
    { value: "4", text: "of bob" },
    { value: "1", text: "of alice" },
  ]);
  expect(speakers({ path: "/room/{n}", kind: "http" }, clients)).toEqual([]);
});
