import { expect, test } from "vitest";
import { completions } from "../src/filter/completion";
import { knownWords } from "../src/filter/known";
import { unfinished } from "../src/filter/unfinished";
import type { Client, Endpoint } from "../src/kernel-protocol";

const client = (name: string, connection: number): Client => ({
  ...{ name, path: "/chat", url: "", state: "open", sent: 0, received: 0, rtt_ms: null, code: null, reason: null },
  ...{ connection, own: true },
});
const endpoints = [{ path: "/chat", version: 3 } as Endpoint, { path: "/chat/{room}", version: 1 } as Endpoint];
const known = knownWords({ clients: [client("alice", 1), client("bob", 12)], endpoints });

test.each([
  ...[
    "k",
    "ki",
    "kind",
    "kind:",
    "kind:r",
    "kind:rec",
    "-kind:rec",
    "kind:send,rec",
    "is:",
    "is:err",
    "json",
    "json.us",
  ],
  ...[
    "alice kind:rec",
    "(kind:rec",
    "client:",
    "client:al",
    "client:zed",
    "path:/ch",
    "path:/chat",
    "code:10",
    "code:",
  ],
  ...["connection:1", "size", "size>", "size>1", "size>10k", "duration<0.", "code>=400", "json.n>3", "json.say=hel"],
  ...["-", "-h", "alice -pin", "/", "O", "OR", "N", "AN", "v:", "version", "dire", "kind:close", "size!"],
])("%j is still being typed", (text) => {
  const last = unfinished(text, text.length, known);

  // An operator without a second term is seen when the filter is read.
  if (text !== "OR") expect(text.slice(last!.from)).toBe(text.split(/[ (]/).at(-1));
  expect(unfinished(`${text} `, text.length + 1, known)).toBeNull();
});

test.each([
  ...[
    "h",
    "hello",
    "alice",
    "ping",
    "oR",
    "x",
    "kind:receive",
    "-kind:ping",
    "kind:ping,pong",
    "is:errors",
    "is:disagree",
  ],
  ...[
    "client:alice",
    'client:"zed"',
    "path:/chat/{room}",
    "code:1006",
    "connection:12",
    "v:3",
    "v:v2",
    'json.say="hel"',
  ],
  ...["size>x", "duration<-x", "json.n>abc", "code>x", "sizes>1"],
  ...["dir:in", '"hel', '"hello"', "/x/", "knd:p", "kind:zzz", "is:hoks", "clientele:x", "", "alice "],
])("%j is whole, or a mistake", (text) => {
  expect(unfinished(text, text.length, known)).toBeNull();
});

test("only the term at the caret is being typed", () => {
  expect(unfinished("kind:rec alice", 8, known)).toMatchObject({ from: 0, to: 8 });
  expect(unfinished("kind:rec alice", 14, known)).toBeNull();
  expect(unfinished("kind:rec alice", 6, known)).toBeNull();
});

test.each(["constructor:x", "toString:", "__proto__:x", "valueOf:a"])(
  "%s has no words that every object has",
  (text) => {
    expect(unfinished(text, text.length, known)).toBeNull();
    expect(completions(text, text.length, known)).toEqual([]);
  },
);
