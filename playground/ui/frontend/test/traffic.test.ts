import { expect, test } from "vitest";
import { bucketOf, EDGES, quantile, Rate, Times } from "../src/traffic";

const message = (at: number, kind = "receive") => ({ seq: at, at, kind });

test("messages are counted by the second over the last minute", () => {
  const rate = new Rate();
  for (const at of [100_000, 100_999, 101_000, 40_000]) rate.count(message(at));
  rate.count(message(101_000, "edit"));

  expect(rate.lastMinute(102_500).slice(-3)).toEqual([0, 2, 1]);
  expect(rate.lastMinute(102_500).length).toBe(60);
});

test("a long log does not pile up", () => {
  const rate = new Rate();
  for (let i = 0; i < 10_000; i++) rate.count(message(i * 1_000));

  expect((rate as unknown as { bySecond: Map<number, number> }).bySecond.size).toBeLessThan(300);
  expect(rate.lastMinute(10_000_000).every((count) => count === 1)).toBe(true);
});

test("times fall into buckets on a logarithmic scale", () => {
  expect([0.05, 0.1, 0.29, 5, 999, 60_000].map(bucketOf)).toEqual([0, 1, 1, 4, EDGES.length - 1, EDGES.length]);
});

test("quantiles are nearest ranks", () => {
  const hundred = Array.from({ length: 100 }, (_, i) => i + 1);

  expect([quantile(hundred, 0.5), quantile(hundred, 0.99), quantile([7], 0.99)]).toEqual([50, 99, 7]);
});

test("a group tells of its latest thousand times; the busiest comes first", () => {
  const times = new Times();
  times.count("/quiet", 2);
  for (let i = 0; i < 5_000; i++) times.count("/busy", i < 4_000 ? 500 : 0.2);

  expect(times.names()).toEqual(["/busy", "/quiet"]);
  expect(times.spread("/busy")).toMatchObject({ count: 1_000, p50: 0.2, p99: 0.2 });
  expect(times.spread("/none")).toBeNull();
});
