/** Checks of bytes as typed, before they are sent. The kernel decodes them. */
import { count } from "./format";

/** Why the text is not hex, or null when it is. Spaces between bytes are fine. */
export function checkHex(text: string): string | null {
  const stray = /[^0-9a-fA-F\s]/.exec(text);
  if (stray) return `${stray[0]} at position ${stray.index + 1} is not a hex digit`;
  const odd = text.split(/\s+/).find((group) => group.length % 2);
  if (odd) return `${odd} has an odd number of hex digits; a byte has two`;
  return null;
}

/** Why the text is not base64, or null when it is. */
export function checkBase64(text: string): string | null {
  const packed = text.replace(/\s/g, "");
  const stray = /[^A-Za-z0-9+/=]/.exec(packed);
  if (stray) return `${stray[0]} is not a base64 character`;
  if (packed.length % 4 || /=[^=]/.test(packed) || /={3}/.test(packed))
    return "base64 comes in groups of four, padded with = at the end";
  return null;
}

/** The bytes of hex digits, which have to be such. */
export function bytesOfHex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/[0-9a-fA-F]{2}/g) ?? [], (byte) => Number.parseInt(byte, 16));
}

/** The bytes of base64, which has to be such. */
export function bytesOfBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text.replace(/\s/g, "")), (character) => character.charCodeAt(0));
}

/** Bytes as offset, hex and characters, sixteen a line. Takes hex digits with or without spaces; shows at most `limit` bytes. */
export function hexDump(hex: string, limit = 64 * 1024): string {
  const digits = hex.replace(/\s/g, "");
  const total = digits.length / 2;
  const lines: string[] = [];
  for (let at = 0; at < Math.min(total, limit); at += 16) {
    const bytes = digits.slice(at * 2, at * 2 + 32).match(/../g) ?? [];
    const characters = bytes.map((byte) =>
      /[2-6].|7[0-9a-e]/i.test(byte) ? String.fromCharCode(parseInt(byte, 16)) : "·",
    );
    lines.push(`${at.toString(16).padStart(6, "0")}  ${bytes.join(" ").padEnd(47)}  ${characters.join("")}`);
  }
  if (total > limit) lines.push(`… ${count(total - limit)} more bytes`);
  return lines.join("\n");
}
