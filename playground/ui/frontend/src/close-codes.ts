/** Close codes that a client may send, and what is wrong with the others. */
import { CLOSE_CODE_RANGES, CLOSE_CODES } from "./generated/vocabulary";

/** Registered codes that may be sent. */
export const SENDABLE = CLOSE_CODES.filter(({ sendable }) => sendable);

/** The ranges of codes that applications and libraries define, in words. */
const OWN_CODES = `${CLOSE_CODE_RANGES[0].first} to ${CLOSE_CODE_RANGES.at(-1)!.last}`;

/** Why some registered codes may not be sent. */
const REPORTED: Record<number, string> = {
  1004: "1004 is reserved and has no meaning yet",
  1005: "1005 is what a side is told when the Close frame has no code; it is never sent",
  1006: "1006 is what a side is told when no Close frame came; it is never sent",
  1015: "1015 is what a side is told when TLS fails; it is never sent",
};

const LONGEST_REASON = 123;

/** Whether the code is of a range that others define. */
export function isOwnCode(code: number): boolean {
  return CLOSE_CODE_RANGES.some(({ first, last }) => first <= code && code <= last);
}

/** Whether a Close frame may carry the code. */
export function isSendable(code: number): boolean {
  return isOwnCode(code) || SENDABLE.some((each) => each.code === code);
}

/** Why this code and reason cannot be sent, as a sentence; null when they can. */
export function checkClose(code: string, reason: string): string | null {
  const number = Number(code);
  if (!/^\s*\d+\s*$/.test(code)) return "A close code is a whole number, such as 1000 or 4001.";
  if (REPORTED[number]) return `${REPORTED[number]}. Send 1000 or ${OWN_CODES}.`;
  if (!isSendable(number))
    return `${number} cannot be sent. Codes that can be sent are ${registered()} and ${OWN_CODES}.`;
  const bytes = new TextEncoder().encode(reason).length;
  if (bytes > LONGEST_REASON) return `The reason has ${bytes} bytes; a Close frame has room for ${LONGEST_REASON}.`;
  return null;
}

/** The registered codes that may be sent, as "1000 to 1003, 1007 to 1014". */
function registered(): string {
  const runs: [number, number][] = [];
  for (const { code } of SENDABLE) {
    const last = runs.at(-1);
    if (last?.[1] === code - 1) last[1] = code;
    else runs.push([code, code]);
  }
  return runs.map(([first, last]) => (first === last ? String(first) : `${first} to ${last}`)).join(", ");
}
