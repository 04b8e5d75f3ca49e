import { expect, test } from "vitest";
import { SavedFilters } from "../src/saved-filters";
import { memoryStorage } from "./storage";

test("a filter is saved, used again by another panel, renamed and deleted", () => {
  const storage = memoryStorage();
  const saved = new SavedFilters(storage);
  let changes = 0;
  saved.changed.on(() => changes++);

  expect(saved.save({ name: " late ", query: " is:errors " })).toBeNull();
  expect(saved.save({ name: "busy", query: "size>1kB" })).toBeNull();
  expect(saved.rename("late", "failures")).toBeNull();
  expect(new SavedFilters(storage).list()).toEqual([
    { name: "busy", query: "size>1kB" },
    { name: "failures", query: "is:errors" },
  ]);
  saved.remove("busy");

  expect(saved.list()).toEqual([{ name: "failures", query: "is:errors" }]);
  expect(changes).toBe(4);
});

test("a name is used once, and nothing is saved without a name or a filter", () => {
  const saved = new SavedFilters(memoryStorage());
  saved.save({ name: "a", query: "x" });
  saved.save({ name: "b", query: "y" });

  expect(saved.save({ name: "a", query: "z" })).toBeNull();
  expect(saved.rename("b", "a")).toBe("There is a filter a already.");
  expect(saved.rename("b", " ")).toBe("Give it a name.");
  expect(saved.save({ name: "", query: "x" })).toBe("Give it a name.");
  expect(saved.save({ name: "c", query: "  " })).toBe("The box is empty; write the filter first.");
  expect(saved.list().map(({ query }) => query)).toEqual(["z", "y"]);
});

test("what is no list of filters is none, and a page without storage says so", () => {
  const storage = memoryStorage();
  storage.setItem("websocket-playground:filters", '[{"name": 1}, null, {"name": "a", "query": "x"}]');

  expect(new SavedFilters(storage).list()).toEqual([{ name: "a", query: "x" }]);
  expect(new SavedFilters(null).save({ name: "a", query: "x" })).toMatch("no storage");
});
