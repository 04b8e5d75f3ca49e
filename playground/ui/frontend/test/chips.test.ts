import { expect, test } from "vitest";
import { clientTerm, hasTerms, HEARTBEATS, sortsIn, toggleSort, toggleTerms } from "../src/chips";
import { parseFilter } from "../src/filter";
import { SORTS } from "../src/sorts";

test("terms go into the text and out again, and leave the rest alone", () => {
  const on = toggleTerms("hello", HEARTBEATS);

  expect(on).toBe("hello -kind:ping -kind:pong");
  expect(hasTerms(on, HEARTBEATS)).toBe(true);
  expect(toggleTerms(`${on} x`, HEARTBEATS)).toBe("hello x");
  expect(toggleTerms("-kind:pong", HEARTBEATS)).toBe("-kind:ping -kind:pong");
});

test("one client takes another's place", () => {
  expect(toggleTerms("client:bob x", ["client:alice"], ["client:bob", "client:carol"])).toBe("x client:alice");
  expect(toggleTerms("client:alice", ["client:alice"], ["client:bob"])).toBe("");
  expect(hasTerms("client:alice2", ["client:alice"])).toBe(false);
});

test("a client is asked for by name, a foreign one by its connection", () => {
  const own = { own: true, connection: 4 };

  expect(clientTerm({ ...own, name: "alice" })).toBe("client:alice");
  expect(clientTerm({ ...own, name: "a b" })).toBe('client:"a b"');
  expect(clientTerm({ ...own, name: "a,b" })).toBe('client:"a,b"');
  expect(clientTerm({ ...own, name: 'a"b' })).toBeNull();
  expect(clientTerm({ name: "browser 3", own: false, connection: 4 })).toBe("connection:4");
});

test("a sort is an alternative of one term, wherever that stands", () => {
  expect(toggleSort("", "messages")).toBe("is:messages");
  expect(toggleSort('hello "a  b"', "messages")).toBe('hello "a  b" is:messages');
  expect(toggleSort("is:messages hello", "errors")).toBe("is:messages,errors hello");
  expect(toggleSort("x is:messages,errors hello", "messages")).toBe("x is:errors hello");
  expect(toggleSort("x is:errors hello", "errors")).toBe("x hello");
  expect(toggleSort("is:errors", "errors")).toBe("");
});

test("which sorts are asked for is read from the text, also when a person wrote it", () => {
  expect(sortsIn("alice is:hooks,disagree -ping")).toEqual(["hooks", "disagree"]);
  expect(sortsIn("-is:hooks this:is")).toEqual([]);
  expect(toggleSort("-is:hooks", "hooks")).toBe("-is:hooks is:hooks");
});

test("each chip's term can be read", () => {
  const all = SORTS.reduce((query, { name }) => toggleSort(query, name), "");

  expect(all).toBe("is:messages,hooks,errors,disagree");
  expect(parseFilter(all).mistake).toBeNull();
});
