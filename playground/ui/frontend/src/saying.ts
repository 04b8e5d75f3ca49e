/** What witnesses say, as a person reads it. */

const WORDS: Record<string, string> = {
  client_connect: "asked to connect",
  client_open: "was let in",
  client_refused: "was refused",
  client_send: "sent",
  client_receive: "received",
  client_ping: "pinged",
  client_close: "closed",
  client_closed: "was told",
  wire_request: "request",
  wire_response: "response",
};

/** Kinds that only the filter needs by name, as words. */
export function plainly(text: string): string {
  return text.replace(/\b(?:client|wire)_[a-z]+\b/g, (kind) => WORDS[kind] ?? kind);
}

/** The first thing said, then the rest: "1006 abnormal closure" and what it means. */
export function splitSaying(text: string): [string, string] {
  const [, head, rest] =
    /^(\d{4} [^:;.]+): (.+)$/s.exec(text) ?? /^(.+?)(?:;|\.(?=\s+\p{Lu}))\s+(.+)$/su.exec(text) ?? [];
  return head && rest ? [head, rest] : [text, ""];
}

/** With a capital and a full stop; what begins with code keeps its letters. */
export function sentence(text: string): string {
  const code = /^[\w.]*[_.(\d]/.test(text.split(" ")[0]!);
  const begun = code ? text : text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?…]$/.test(begun) ? begun : `${begun}.`;
}
