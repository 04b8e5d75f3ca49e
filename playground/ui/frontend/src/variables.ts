/** `{{name}}` in a message: what is filled in when it is sent. */

const PLACE = /\{\{\s*([A-Za-z_]\w*)\s*\}\}/g;

/** Sources of the values that are filled in automatically. */
export interface Source {
  /** How many messages with a counter were sent before, plus one. */
  n: number;
  now: Date;
  uuid(): string;
}

export const BUILT_IN = ["n", "now", "uuid"] as const;

/** Names in the order in which they appear, once each. */
export function variablesOf(text: string): string[] {
  return [...new Set([...text.matchAll(PLACE)].map((match) => match[1]!))];
}

/** The names that a person has to give a value. */
export function questionsOf(text: string): string[] {
  return variablesOf(text).filter((name) => !(BUILT_IN as readonly string[]).includes(name));
}

/** The message as it is sent. A name without a value is not replaced. */
export function fill(text: string, values: Readonly<Record<string, string>>, source: Source): string {
  return text.replace(PLACE, (written, name: string) => {
    // Each place has an identifier of its own; the rest is the same all over the message.
    if (name === "uuid") return source.uuid();
    if (name === "n") return String(source.n);
    if (name === "now") return source.now.toISOString();
    return Object.hasOwn(values, name) ? values[name]! : written;
  });
}

/** A random identifier, also on pages without a secure context, where `crypto.randomUUID` is missing. */
export function uuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
