import { expect, test } from "vitest";
import { Layout, readLayout, SPLITS, shapeOf, shareAfterKey } from "../src/layout";
import { heightIn } from "../src/view/room";
import { memoryStorage } from "./storage";

test("what is chosen is there again in the same notebook, and only there", () => {
  const storage = memoryStorage();
  const first = new Layout("one", storage);
  first.resize("work", 62);
  first.collapse("side", true);
  first.collapse("detail", true);
  first.collapse("detail", false);
  first.sequence = true;
  const again = new Layout("one", storage);
  const other = new Layout("two", storage);

  expect([again.size("work"), again.size("editor"), again.isCollapsed("side")]).toEqual([62, 59, true]);
  expect([again.isCollapsed("detail"), again.sequence]).toEqual([false, true]);
  expect([other.size("work"), other.isCollapsed("side"), other.sequence]).toEqual([47, false, false]);
});

test("a size stays between its limits, and can be the usual one again", () => {
  const layout = new Layout("", memoryStorage());
  let changes = 0;
  layout.changed.on(() => changes++);
  layout.resize("work", 1000);
  layout.resize("list", -3);
  layout.resize("work", SPLITS.work.most + 1);

  expect([layout.size("work"), layout.size("list"), changes]).toEqual([SPLITS.work.most, SPLITS.list.least, 2]);
  layout.reset("work");
  expect([layout.size("work"), changes]).toEqual([SPLITS.work.usual, 3]);
});

test.each([
  ["", "nothing"],
  ["{", "no JSON"],
  ["7", "a number"],
  ["null", "null"],
  ['{"sizes": {"work": "x", "other": 3, "list": null}, "collapsed": 4, "sequence": "yes"}', "other types"],
  ['{"sizes": [], "collapsed": ["nothing", null]}', "unknown panes"],
])("a memory of %j is no trouble: %s", (text) => {
  expect(readLayout(text)).toEqual({ sizes: {}, collapsed: [], sequence: false });
});

test("what was remembered beyond today's limits is brought within them", () => {
  expect(readLayout('{"sizes": {"work": 99, "editor": 59}}').sizes).toEqual({ work: SPLITS.work.most, editor: 59 });
});

test("without storage the layout works and is forgotten", () => {
  const broken = {
    getItem: () => {
      throw new Error("denied");
    },
    setItem: () => {
      throw new Error("full");
    },
  } as unknown as Storage;
  for (const storage of [null, broken]) {
    const layout = new Layout("", storage);
    layout.resize("work", 40);
    expect(layout.size("work")).toBe(40);
  }
});

test("arrows move a splitter a little, Home and End to its limits, other keys not at all", () => {
  const after = (key: string): number | null => shareAfterKey(key, 50, "work");
  expect(["ArrowUp", "ArrowLeft", "ArrowDown", "ArrowRight"].map(after)).toEqual([48, 48, 52, 52]);
  expect(["Home", "End", "a", "Enter", "Tab"].map(after)).toEqual([25, 80, null, null, null]);
});

test.each([
  [360, "narrow"],
  [619, "narrow"],
  [620, "medium"],
  [1499, "medium"],
  [1500, "wide"],
])("a width of %i px is %s", (width, shape) => {
  expect(shapeOf(width)).toBe(shape);
});

test("the height is that of the room around, within limits", () => {
  expect([heightIn(680), heightIn(100), heightIn(5000)]).toEqual([668, 520, 900]);
});
