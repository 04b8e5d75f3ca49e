/** Close codes that a client may put into a Close frame, and what is wrong with the others. */

export interface CloseCode {
  code: number;
  name: string;
}

/** Registered codes that may travel; 1004, 1005, 1006 and 1015 are only ever reported. */
export const SENDABLE: readonly CloseCode[] = [
  { code: 1000, name: "normal closure" },
  { code: 1001, name: "going away" },
  { code: 1002, name: "protocol error" },
  { code: 1003, name: "unsupported data" },
  { code: 1007, name: "invalid frame payload data" },
  { code: 1008, name: "policy violation" },
  { code: 1009, name: "message too big" },
  { code: 1010, name: "mandatory extension" },
  { code: 1011, name: "internal error" },
  { code: 1012, name: "service restart" },
  { code: 1013, name: "try again later" },
  { code: 1014, name: "bad gateway" },
];

const REPORTED: Record<number, string> = {
  1004: "1004 is reserved and has no meaning yet",
  1005: "1005 is what a side is told when the Close frame has no code; it never travels",
  1006: "1006 is what a side is told when no Close frame came; it never travels",
  1015: "1015 is what a side is told when TLS fails; it never travels",
};

const LONGEST_REASON = 123;

/** What a code is called: its registered name, or whom its range belongs to. */
export function nameOfCode(code: number): string {
  const known = SENDABLE.find((each) => each.code === code);
  if (known) return known.name;
  if (code >= 3000 && code <= 3999) return "registered for libraries";
  if (code >= 4000 && code <= 4999) return "yours to define";
  return "";
}

/** Why this code and reason cannot be sent, as a sentence; null when they can. */
export function checkClose(code: string, reason: string): string | null {
  const number = Number(code);
  if (!/^\s*\d+\s*$/.test(code)) return "A close code is a whole number, such as 1000 or 4001.";
  if (REPORTED[number]) return `${REPORTED[number]}. Send 1000 or 3000 to 4999.`;
  const sendable = SENDABLE.some((each) => each.code === number) || (number >= 3000 && number <= 4999);
  if (!sendable) return `${number} cannot be sent. Sendable are 1000 to 1003, 1007 to 1014 and 3000 to 4999.`;
  const bytes = new TextEncoder().encode(reason).length;
  if (bytes > LONGEST_REASON) return `The reason has ${bytes} bytes; a Close frame has room for ${LONGEST_REASON}.`;
  return null;
}
