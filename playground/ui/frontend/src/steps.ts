/** The index that a key leads to in a list, null when it is not a key that moves. Without a selection arrows go to the last. */
export function stepTo(key: string, now: number | null, length: number, page: number): number | null {
  const jump = Math.max(1, page);
  const steps: Record<string, number> = { ArrowUp: -1, ArrowDown: 1, PageUp: -jump, PageDown: jump };
  let next: number;
  if (key === "Home") next = 0;
  else if (key === "End") next = length - 1;
  else if (Object.hasOwn(steps, key)) next = now === null ? length - 1 : now + steps[key]!;
  else return null;
  return Math.min(length - 1, Math.max(0, next));
}
