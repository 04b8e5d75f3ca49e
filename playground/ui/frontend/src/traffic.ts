/** Traffic and handler times at a glance. */
import type { Row } from "./kernel-protocol";

const SECONDS = 60;
const KEPT_TIMES = 1_000;
/** Upper edges of the buckets in milliseconds; the last bucket has none. */
export const EDGES = [0.1, 0.3, 1, 3, 10, 30, 100, 300, 1_000] as const;

/** Messages per second over the last minute. */
export class Rate {
  private bySecond = new Map<number, number>();

  count({ at, kind }: Row): void {
    if (kind !== "receive" && kind !== "send") return;
    const second = Math.floor(at / 1_000);
    this.bySecond.set(second, (this.bySecond.get(second) ?? 0) + 1);
    if (this.bySecond.size > 4 * SECONDS) this.prune(Math.max(...this.bySecond.keys()) - SECONDS);
  }

  /** Sixty numbers, the last for the second that has just passed. */
  lastMinute(now: number): number[] {
    const last = Math.floor(now / 1_000) - 1;
    return Array.from({ length: SECONDS }, (_, i) => this.bySecond.get(last - SECONDS + 1 + i) ?? 0);
  }

  clear(): void {
    this.bySecond.clear();
  }

  private prune(before: number): void {
    for (const second of this.bySecond.keys()) if (second < before) this.bySecond.delete(second);
  }
}

export interface Spread {
  buckets: number[];
  count: number;
  p50: number;
  p99: number;
}

/** How long handlers took, of the latest thousand messages of each group. */
export class Times {
  private groups = new Map<string, number[]>();

  count(group: string, ms: number): void {
    let times = this.groups.get(group);
    if (!times) {
      times = [];
      this.groups.set(group, times);
    }
    times.push(ms);
    // In blocks, as a shift for each message would move the whole array.
    if (times.length > 2 * KEPT_TIMES) times.splice(0, times.length - KEPT_TIMES);
  }

  /** The groups, busiest first. */
  names(): string[] {
    return [...this.groups].sort(([, a], [, b]) => b.length - a.length).map(([name]) => name);
  }

  spread(group: string): Spread | null {
    const times = this.groups
      .get(group)
      ?.slice(-KEPT_TIMES)
      .sort((a, b) => a - b);
    if (!times?.length) return null;
    const buckets = new Array<number>(EDGES.length + 1).fill(0);
    for (const ms of times) buckets[bucketOf(ms)]!++;
    return { buckets, count: times.length, p50: quantile(times, 0.5), p99: quantile(times, 0.99) };
  }

  clear(): void {
    this.groups.clear();
  }
}

export function bucketOf(ms: number): number {
  const i = EDGES.findIndex((edge) => ms < edge);
  return i < 0 ? EDGES.length : i;
}

/** The nearest rank in sorted numbers. */
export function quantile(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(part * sorted.length) - 1))]!;
}
