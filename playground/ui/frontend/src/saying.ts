/** What witnesses say, as a person reads it. */
import type { Said } from "./row-detail";

/** Words for kinds of which a person otherwise reads only in the filter. */
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

/** One thing that a witness tells, with a word for its kind. */
export function saidText({ kind, text }: Said): string {
  return [kind && (WORDS[kind] ?? kind), text].filter(Boolean).join(" ");
}

/** With a capital and a full stop; what begins with code keeps its letters. */
export function sentence(text: string): string {
  const code = /^[\w.]*[_.(\d]/.test(text.split(" ")[0]!);
  const begun = code ? text : text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?…]$/.test(begun) ? begun : `${begun}.`;
}
