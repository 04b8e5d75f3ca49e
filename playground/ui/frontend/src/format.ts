/** Numbers, times and sizes as text for people. */

export function count(value: number): string {
  return value.toLocaleString("en-US");
}

export function plural(value: number, word: string): string {
  return `${count(value)} ${word}${value === 1 ? "" : "s"}`;
}

export function size(bytes: number | null | undefined): string {
  if (bytes == null) return "";
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} kB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

export function duration(ms: number | null | undefined): string {
  if (ms == null) return "";
  if (ms < 0.1) return `${Math.round(ms * 1000)} µs`;
  if (ms < 9.95) return `${ms.toFixed(1)} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  return `${(ms / 1000).toFixed(ms < 9950 ? 2 : 1)} s`;
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

/** A duration with at most two decimals. */
export function fineDuration(ms: number): string {
  return ms >= 0.1 && ms < 9.995 ? `${ms.toFixed(2)} ms` : duration(ms);
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
