/**
 * Text of a peer as a person may read it: characters that act, turn the direction of writing (UTR 36, section 2.5) or
 * end a line where none is seen are written out, as `common/text.py` does. What a script or an emoji needs to join stays.
 */

const UNSEEN =
  /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\ufffb]|\r(?!\n)/g;

export function visible(text: string): string {
  return text.search(UNSEEN) < 0 ? text : text.replace(UNSEEN, written);
}

function written(character: string): string {
  if (character === "\r") return "\\r";
  const code = character.charCodeAt(0);
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
}
