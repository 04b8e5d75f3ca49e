/** Numbers, times and sizes as text for people. */

export function count(value: number): string {
  return value.toLocaleString("en-US");
}

export function plural(value: number, word: string): string {
  return `${count(value)} ${word}${value === 1 ? "" : "s"}`;
}

/** Bytes in B, kB, MB, GB or TB; 1 kB is 1000 bytes. `common/numbers.py` writes the same, and so for durations. */
export function size(bytes: number | null | undefined): string {
  if (bytes == null) return "";
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 999_950) return `${tenths(bytes / 1e3)} kB`;
  if (bytes < 999_950_000) return `${tenths(bytes / 1e6)} MB`;
  if (bytes < 999_950_000_000) return `${tenths(bytes / 1e9)} GB`;
  return `${tenths(bytes / 1e12)} TB`;
}

export function duration(ms: number | null | undefined): string {
  if (ms == null) return "";
  if (ms < 0.1) return `${Math.floor(ms * 1000 + 0.5)} µs`;
  if (ms < 9.95) return `${tenths(ms)} ms`;
  if (ms < 999.5) return `${Math.floor(ms + 0.5)} ms`;
  return ms < 9950 ? `${(Math.floor(ms / 10 + 0.5) / 100).toFixed(2)} s` : `${tenths(ms / 1000)} s`;
}

function tenths(value: number): string {
  return (Math.floor(value * 10 + 0.5) / 10).toFixed(1);
}

function pad(value: number, digits = 2): string {
  return String(value).padStart(digits, "0");
}

/** Local wall clock, `04:05:06.789`. */
export function clock(at: number): string {
  const date = new Date(at);
  return `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}.${pad(date.getMilliseconds(), 3)}`;
}

/** The time of a row: how long after the previous one, or the clock in a new second. */
export function timeOf(at: number, previous: number | null): string {
  if (previous == null) return clock(at);
  const delta = at - previous;
  if (delta < 0 || delta >= 100 || Math.floor(at / 1000) !== Math.floor(previous / 1000)) return clock(at);
  return `+${duration(delta)}`;
}

/** How long before or after the moment `origin`. */
export function sinceText(at: number, origin: number): string {
  const delta = Math.abs(at - origin);
  const sign = at < origin ? "−" : "+";
  if (delta < 100_000) return sign + duration(delta);
  const seconds = Math.round(delta / 1_000);
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60)];
  const hoursAndMinutes = hours ? `${hours}:${pad(minutes % 60)}` : minutes;
  return `${sign}${hoursAndMinutes}:${pad(seconds % 60)}`;
}

/** The message with its line in front. */
export function atLine(line: number | null, message: string): string {
  return line === null ? message : `line ${line}: ${message}`;
}
