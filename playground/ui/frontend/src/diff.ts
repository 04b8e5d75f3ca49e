/** What differs between two texts, line by line. */

export interface DiffLine {
  sign: " " | "-" | "+";
  text: string;
}

/** Consecutive equal lines that are not shown. */
export interface Fold {
  sign: "…";
  count: number;
}

/** With more differing lines than this, one block replaces the other: the table below grows with the square. */
const LARGEST = 2_000;

export function diffLines(before: readonly string[], after: readonly string[]): DiffLine[] {
  const limit = Math.min(before.length, after.length);
  let head = 0;
  while (head < limit && before[head] === after[head]) head++;
  let tail = 0;
  while (tail < limit - head && before.at(-1 - tail) === after.at(-1 - tail)) tail++;
  return [
    ...signed(" ", before.slice(0, head)),
    ...middle(before.slice(head, before.length - tail), after.slice(head, after.length - tail)),
    ...signed(" ", tail ? before.slice(-tail) : []),
  ];
}

/** Keeps `around` lines on both sides of each difference and folds the rest. */
export function fold(lines: readonly DiffLine[], around = 3): (DiffLine | Fold)[] {
  const near = new Uint8Array(lines.length);
  lines.forEach(({ sign }, i) => {
    if (sign !== " ") near.fill(1, Math.max(0, i - around), i + around + 1);
  });
  const shown: (DiffLine | Fold)[] = [];
  for (let i = 0; i < lines.length; i++) {
    if (near[i]) {
      shown.push(lines[i]!);
      continue;
    }
    const start = i;
    while (i + 1 < lines.length && !near[i + 1]) i++;
    // Folding a single line would save no space.
    shown.push(i === start ? lines[i]! : { sign: "…", count: i - start + 1 });
  }
  return shown;
}

/** How many lines are removed and how many are added. */
export function tally(lines: readonly DiffLine[]): { out: number; in: number } {
  return { out: lines.filter(({ sign }) => sign === "-").length, in: lines.filter(({ sign }) => sign === "+").length };
}

/** The number in `after` of a line of `before`, counted from 1; for a changed or removed line, the place where it was. */
export function lineAfter(before: readonly string[], after: readonly string[], line: number): number {
  let [old, now] = [0, 0];
  /** The lines removed and added since the last common line, and which of the removed ones is searched. */
  let [out, come, wanted] = [0, 0, 0];
  for (const { sign } of diffLines(before, after)) {
    if (sign === "-") {
      out++;
      if (++old === line) wanted = out;
    } else if (sign === "+") {
      come++;
      now++;
    } else {
      if (wanted) break;
      [out, come] = [0, 0];
      now++;
      if (++old === line) return now;
    }
  }
  // If several lines changed together, the first removed one corresponds to the first added one, and so on.
  const place = come ? now - come + Math.min(wanted, come) : now + 1;
  return Math.min(Math.max(1, place), Math.max(1, after.length));
}

export function splitLines(text: string): string[] {
  return text.replace(/\r?\n$/, "").split(/\r?\n/);
}

function signed(sign: DiffLine["sign"], texts: readonly string[]): DiffLine[] {
  return texts.map((text) => ({ sign, text }));
}

/** By the longest common subsequence. */
function middle(before: readonly string[], after: readonly string[]): DiffLine[] {
  const [rows, columns] = [before.length, after.length];
  if (!rows || !columns || rows > LARGEST || columns > LARGEST) return [...signed("-", before), ...signed("+", after)];
  const width = columns + 1;
  const common = new Uint16Array((rows + 1) * width);
  for (let i = rows - 1; i >= 0; i--) {
    for (let j = columns - 1; j >= 0; j--) {
      const here = i * width + j;
      common[here] =
        before[i] === after[j] ? common[here + width + 1]! + 1 : Math.max(common[here + width]!, common[here + 1]!);
    }
  }
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < rows || j < columns) {
    if (i < rows && j < columns && before[i] === after[j]) {
      lines.push({ sign: " ", text: before[i++]! });
      j++;
    } else if (j === columns || (i < rows && common[(i + 1) * width + j]! >= common[i * width + j + 1]!)) {
      lines.push({ sign: "-", text: before[i++]! });
    } else lines.push({ sign: "+", text: after[j++]! });
  }
  return lines;
}
