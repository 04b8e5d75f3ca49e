import { expect, test } from "vitest";
import type { Client } from "../src/kernel-protocol";
import { ALL, sendersOf, speakers, wayOf } from "../src/senders";

type Known = Pick<Client, "name" | "own" | "state" | "path" | "connection">;

const client = (name: string, state: Client["state"] = "open", own = true, path = "/ws"): Known => ({
  name,
  state,
  own,
  path,
  connection: own ? null : 3,
});
/** The clients that can be chosen, without the server. */
const texts = ({ choices }: ReturnType<typeof sendersOf>): string[] =>
  choices.filter(({ group }) => !group).map(({ text }) => text);
const pushes = ({ choices }: ReturnType<typeof sendersOf>): string[] =>
  choices.filter(({ group }) => group).map(({ text }) => text);

test("without a choice a message goes to the first client", () => {
  const found = sendersOf([client("browser 1", "open", false), client("c1"), client("c2")], "");

  expect(found).toMatchObject({ chosen: "c1", refusal: "" });
  expect(texts(found)).toEqual(["c1", "c2", "all (2)"]);
  expect(sendersOf([client("c1", "closed"), client("c2")], "")).toMatchObject({ chosen: "c2", refusal: "" });
});

test.each([
  ["closed", "c2 (closed)", "c2 is closed: choose another client"],
  ["failed", "c2 (failed)", "c2 is not connected: choose another client"],
  ["connecting", "c2 (connecting)", "c2 is connecting: choose another client"],
] as const)("a chosen client that is %s stays chosen, and gets nothing", (state, text, refusal) => {
  const found = sendersOf([client("c1"), client("c2", state)], "c2");

  expect(found).toMatchObject({ chosen: "c2", refusal });
  expect(texts(found)).toEqual(["c1", text]);
});

test("nobody takes the place of a chosen client that was taken off the list", () => {
  expect(sendersOf([client("c1")], "c2")).toMatchObject({
    chosen: "c2",
    refusal: "c2 was removed: choose another client",
  });
});

test("a chosen client that is back can be sent to", () => {
  expect(sendersOf([client("c1"), client("c2")], "c2")).toMatchObject({ chosen: "c2", refusal: "" });
});

test("all are all that are open, be it one", () => {
  expect(sendersOf([client("c1"), client("c2")], ALL)).toMatchObject({ chosen: ALL, refusal: "" });
  expect(texts(sendersOf([client("c1"), client("c2", "closed")], ALL))).toEqual(["c1", "all (1)"]);
});

test("with nobody connected there is nobody to send to", () => {
  for (const wanted of ["", ALL, "c1"])
    expect(sendersOf([], wanted)).toEqual({
      choices: [{ value: "", text: "nobody" }],
      chosen: "",
      refusal: "Connect a client first",
    });
  expect(sendersOf([client("c1", "closed")], "c1")).toMatchObject({ chosen: "c1", refusal: "c1 is closed" });
  expect(sendersOf([client("c1", "closed")], "")).toMatchObject({ chosen: "" });
});

test("the server can send to everybody who is connected to it, a browser too", () => {
  const clients = [
    client("c1"),
    client("#3", "open", false),
    client("away", "open", true, "a.org/ws"),
    client("c2", "closed"),
  ];

  expect(pushes(sendersOf(clients, ""))).toEqual(["server → c1", "server → #3", "server → all (2)"]);
  expect(sendersOf(clients, "server #3")).toMatchObject({ chosen: "server #3", refusal: "" });
  expect(wayOf("server c1", clients)).toMatchObject({ op: "push", count: 1, args: { names: ["c1"] } });
  expect(wayOf("server #3", clients)).toMatchObject({ op: "push", names: [], args: { connections: [3] } });
  expect(wayOf("server *", clients)).toMatchObject({ op: "push", names: ["c1"], count: 2, args: { all: true } });
});

test("the server cannot send to a client that is gone, and says so", () => {
  const clients = [client("c1"), client("c2", "closed")];

  expect(sendersOf(clients, "server c2")).toMatchObject({
    chosen: "server c2",
    refusal: "c2 is closed: choose another client",
  });
  expect(wayOf("server c2", clients).count).toBe(0);
  expect(sendersOf([client("c2", "closed")], "server *")).toMatchObject({
    chosen: "",
    refusal: "Connect a client first",
  });
});

test("without a client of ours, nobody is chosen for the person", () => {
  expect(sendersOf([client("#3", "open", false)], "")).toMatchObject({ chosen: "" });
});

test("clients send themselves, those that are open", () => {
  const clients = [client("c1"), client("c2"), client("c3", "failed"), client("#3", "open", false)];

  expect(wayOf("c1", clients)).toMatchObject({ op: "send", names: ["c1"], count: 1 });
  expect(wayOf(ALL, clients)).toMatchObject({ op: "send", args: { names: ["c1", "c2"] }, count: 2 });
  expect(wayOf("c3", clients).count).toBe(0);
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
