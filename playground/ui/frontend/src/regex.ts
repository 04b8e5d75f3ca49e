/** Python's regular expressions as JavaScript's, as far as that has them. Throws an error for the others. */

export interface JavaScript {
  source: string;
  flags: string;
}

const UNKNOWN_ESCAPE = /\\[ceghijklmopqyzCEFGHIJKLMOPQRTVXY]/;

const SHOWN = 200;

/** A pattern as a message shows it, as Python does. */
export function shownPattern(pattern: string): string {
  const letters = [...pattern];
  return `/${letters.length > SHOWN ? `${letters.slice(0, SHOWN - 1).join("")}…` : pattern}/`;
}

export function toRegExp(pattern: string): JavaScript {
  const unescaped = pattern.replace(/\\\\/g, "  ");
  const odd = UNKNOWN_ESCAPE.exec(unescaped);
  if (odd) throw new Error(`bad escape ${odd[0]} at position ${odd.index}`);
  const [, letters = "", rest] = /^(?:\(\?([aimsux]+)\))?([\s\S]*)$/.exec(pattern)!;
  const source = rest!
    .replace(/(\\\\)|\\A/g, (_, slashes) => slashes ?? "(?<![\\s\\S])")
    .replace(/(\\\\)|\\Z/g, (_, slashes) => slashes ?? "(?![\\s\\S])")
    .replace(/\(\?P</g, "(?<")
    .replace(/\(\?P=(\w+)\)/g, "\\k<$1>");
  const flags = letters.replace(/[^ims]/g, "");
  // Without Unicode, JavaScript takes `a{` and `\-` as they stand, and so does Python.
  return valid(source, `u${flags}`) ?? withReason(source, flags);
}

/** Making an expression only reads it; it is compiled when it first runs, which is not here. */
function valid(source: string, flags: string): JavaScript | null {
  try {
    new RegExp(source, flags);
    return { source, flags };
  } catch {
    return null;
  }
}

function withReason(source: string, flags: string): JavaScript {
  try {
    new RegExp(source, flags);
    return { source, flags };
  } catch (error) {
    const said = (error as Error).message.split(": ").at(-1)!;
    throw new Error(said.charAt(0).toLowerCase() + said.slice(1));
  }
}
