import { expect, test } from "vitest";
import type { Row } from "../src/kernel-protocol";
import { ERROR_HEIGHT, HEIGHT, RowPlaces } from "../src/row-places";
import { ShownRows } from "../src/shown";
import { RowStore } from "../src/store";

const row = (seq: number, more: Partial<Row> = {}): Row => ({
  seq,
  at: seq,
  kind: "receive",
  preview: "hello there",
  size: 11,
  ...more,
});
const failed = (seq: number): Row => row(seq, { error: "KeyError: 'say'" });

function setUp(...rows: Row[]): { store: RowStore; shown: ShownRows; places: RowPlaces } {
  const store = new RowStore();
  store.add("e", rows);
  const shown = new ShownRows(store);
  store.changed.on((change) => void shown.apply(change));
  return { store, shown, places: new RowPlaces(shown) };
}

/** What `topOf` has to be, counted row by row. */
function tops({ shown, places }: { shown: ShownRows; places: RowPlaces }): number[] {
  let y = 0;
  return [...shown.rows, null].map((each) => {
    const top = y;
    if (each) y += HEIGHT + (places.isHigher(each) ? ERROR_HEIGHT : 0);
    return top;
  });
}

function agree(all: ReturnType<typeof setUp>): void {
  const { shown, places } = all;
  expect(Array.from({ length: shown.rows.length + 1 }, (_, i) => places.topOf(i))).toEqual(tops(all));
}

test("an error that does not fit beside the data has a line of its own", () => {
  const all = setUp(row(1), failed(2), row(3, { error: "an error without data", preview: null, size: null }), row(4));
  expect(all.places.height).toBe(4 * HEIGHT);
  expect([all.places.fit(40), all.places.fit(40)]).toEqual([true, false]);
  expect(all.places.height).toBe(4 * HEIGHT);
  expect(all.places.fit(15)).toBe(true);
  expect(all.places.height).toBe(4 * HEIGHT + ERROR_HEIGHT);
  agree(all);
});

test("rows keep their places when others come, change, are filtered and go", () => {
  const all = setUp(row(1), failed(2), row(4), failed(5));
  all.places.fit(10);
  agree(all);
  all.store.add("e", [row(3, { at: 2.5 }), failed(6), row(7)]);
  agree(all);
  all.store.add("e", [failed(7), row(6)]);
  agree(all);
  expect(all.places.height).toBe(7 * HEIGHT + 3 * ERROR_HEIGHT);
  all.store.add("e", [{ ...failed(1), at: 8 }]);
  agree(all);
  all.shown.filterBy({ test: ({ seq }) => seq !== 2 });
  agree(all);
  all.shown.pause(true);
  all.store.add("e", [failed(9)]);
  agree(all);
  all.shown.pause(false);
  agree(all);
  all.store.clear();
  agree(all);
});

test("rows that are dropped take their lines with them", () => {
  const store = new RowStore(10);
  const shown = new ShownRows(store);
  store.changed.on((change) => void shown.apply(change));
  const places = new RowPlaces(shown);
  places.fit(10);
  for (let seq = 1; seq < 40; seq++) store.add("e", [seq % 3 ? row(seq) : failed(seq)]);
  agree({ store, shown, places });
  expect(shown.rows.length).toBeLessThan(13);
});

test("what stands at a height is found", () => {
  const all = setUp(row(1), failed(2), row(3));
  all.places.fit(10);
  const at = (y: number): number => all.places.indexAt(y);
  expect([-5, 0, 24, 25, 60, 66, 67, 91, 5000].map(at)).toEqual([0, 0, 0, 1, 1, 1, 2, 2, 2]);
  expect(new RowPlaces(new ShownRows(new RowStore())).indexAt(100)).toBe(0);
});
