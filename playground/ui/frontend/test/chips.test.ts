import { expect, test } from "vitest";
import {
  categoriesIn,
  clientTerm,
  hasTerms,
  hidesHeartbeats,
  NO_HEARTBEATS,
  toggleCategory,
  toggleHeartbeats,
  toggleTerms,
} from "../src/chips";
import { parseFilter } from "../src/filter";
import { CATEGORIES } from "../src/generated/vocabulary";

test("heartbeats go with one term and come back, and leave the rest alone", () => {
  const on = toggleHeartbeats("hello");

  expect(on).toBe("hello -kind:ping,pong");
  expect(hidesHeartbeats(on)).toBe(true);
  expect(toggleHeartbeats(`${on} x`)).toBe("hello x");
  expect(toggleHeartbeats("-kind:pong x")).toBe("x -kind:ping,pong");
  expect(toggleHeartbeats("kind:ping,send")).toBe("kind:send -kind:ping,pong");
});

test("heartbeats are hidden by two terms, too", () => {
  expect(hidesHeartbeats("-kind:pong x -kind:ping,log")).toBe(true);
  expect(toggleHeartbeats("-kind:pong x -kind:ping,log")).toBe("x -kind:log");
  expect(hidesHeartbeats("-kind:ping kind:pong")).toBe(false);
  expect(hidesHeartbeats('"-kind:ping,pong"')).toBe(false);
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
  expect(toggleCategory("", "messages")).toBe("is:messages");
  expect(toggleCategory('hello "a  b"', "messages")).toBe('hello "a  b" is:messages');
  expect(toggleCategory("is:messages hello", "errors")).toBe("is:messages,errors hello");
  expect(toggleCategory("x is:messages,errors hello", "messages")).toBe("x is:errors hello");
  expect(toggleCategory("x is:errors hello", "errors")).toBe("x hello");
  expect(toggleCategory("is:errors", "errors")).toBe("");
});

test("which sorts are asked for is read from all terms, also when a person wrote them", () => {
  expect(categoriesIn("alice is:hooks,disagree -ping")).toEqual(["hooks", "differ"]);
  expect(categoriesIn("is:messages x is:errors is:errors")).toEqual(["messages", "errors"]);
  expect(categoriesIn('-is:hooks this:is "is:errors" /is:messages/')).toEqual([]);
});

test("a sort goes out of each term that has it, and never comes in twice", () => {
  expect(toggleCategory("is:messages is:errors", "errors")).toBe("is:messages");
  expect(toggleCategory("is:messages,errors x is:errors", "errors")).toBe("is:messages x");
  expect(toggleCategory("is:messages is:errors", "hooks")).toBe("is:messages,hooks is:errors");
});

test("a sort that was left out is no longer when it is asked for", () => {
  expect(toggleCategory("-is:hooks", "hooks")).toBe("is:hooks");
  expect(toggleCategory("x -is:messages,hooks", "messages")).toBe("x -is:hooks is:messages");
  expect(toggleCategory("-is:errors is:hooks", "errors")).toBe("is:hooks,errors");
});

test("a chip leaves text that cannot be read as it is", () => {
  expect(toggleCategory('size>many  "open is:x', "messages")).toBe('size>many  "open is:x is:messages');
  expect(toggleCategory("is:oops", "errors")).toBe("is:oops,errors");
});

test("a chip in a text with OR is about all of it", () => {
  expect(toggleCategory("alice OR bob", "errors")).toBe("(alice OR bob) is:errors");
  expect(toggleCategory("(alice OR bob) is:errors", "errors")).toBe("(alice OR bob)");
  expect(toggleHeartbeats("alice OR bob")).toBe("(alice OR bob) -kind:ping,pong");
  expect(toggleTerms("client:bob OR x", ["client:alice"], ["client:bob"])).toBe("(client:bob OR x) client:alice");
});

test("what is in brackets or after an operator is not a chip's", () => {
  expect(categoriesIn("is:errors OR alice")).toEqual([]);
  expect(categoriesIn("(is:errors x)")).toEqual([]);
  expect(categoriesIn("NOT is:errors is:hooks")).toEqual(["hooks"]);
  expect(hidesHeartbeats("-(kind:ping,pong)")).toBe(false);
  expect(hasTerms("(a OR client:alice OR b)", ["client:alice"])).toBe(false);
});

test("each chip's term can be read", () => {
  const all = CATEGORIES.reduce((query, name) => toggleCategory(query, name), "");

  expect(all).toBe("is:messages,hooks,handled,errors,differ,pushed");
  expect(parseFilter(all).mistake).toBeNull();
  expect(parseFilter(NO_HEARTBEATS).mistake).toBeNull();
});
