/** Python's regular expressions, as far as JavaScript supports them. Throws an error for the others. */

const UNKNOWN_ESCAPE = /\\[ceghijklmopqyzCEFGHIJKLMOPQRTVXY]/;

export function toRegExp(pattern: string): RegExp {
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
  try {
    return new RegExp(source, `u${flags}`);
  } catch {
    // Python takes `a{` and `\-` as they stand, and so does JavaScript without Unicode.
    return withReason(source, flags);
  }
}

function withReason(source: string, flags: string): RegExp {
  try {
    return new RegExp(source, flags);
  } catch (error) {
    const said = (error as Error).message.split(": ").at(-1)!;
    throw new Error(said.charAt(0).toLowerCase() + said.slice(1));
  }
}
