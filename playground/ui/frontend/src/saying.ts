/** The statements of witnesses as text. */
import type { Statement } from "./row-detail";

/** Words for kinds whose names are otherwise seen only in the filter. */
const WORDS: Record<string, string> = {
  client_connect: "asked to connect",
  client_open: "was accepted",
  client_refused: "was refused",
  client_send: "sent",
  client_receive: "received",
  client_ping: "pinged",
  client_close: "closed",
  client_closed: "was told",
  wire_request: "request",
  wire_response: "response",
};

/** One statement of a witness, with a word for its kind. */
export function statementText({ kind, text }: Statement): string {
  return [kind && (WORDS[kind] ?? kind), text].filter(Boolean).join(" ");
}

/** The text with a capital letter and a full stop; a text that begins with code keeps its first letter. */
export function sentence(text: string): string {
  const code = /^[\w.]*[_.(\d]/.test(text.split(" ")[0]!);
  const begun = code ? text : text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?…]$/.test(begun) ? begun : `${begun}.`;
}
