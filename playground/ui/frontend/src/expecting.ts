/** What endpoints expect of a message, as far as their `encoding` says, and what becomes of one that does not fit. */
import { plural } from "./format";
import { checkJson } from "./json";
import type { Client, Endpoint, ErrorPolicy } from "./kernel-protocol";
import { matchesPath } from "./problems";
import type { MessageKind } from "./python";

/** What the composer can send. */
export type Choice = MessageKind | "file";

/** A message as it travels. `text` is null for bytes that are not UTF-8, undefined when the content is not known yet. */
export interface Frame {
  binary: boolean;
  text: string | null | undefined;
}

/** A sender, and the endpoint its messages go to; none for a foreign server or a path that is gone. */
export interface Sender {
  name: string;
  endpoint: Endpoint | undefined;
}

const BINARY: readonly Choice[] = ["utf8", "hex", "base64", "file"];
const CALLED: Record<string, string> = { text: "text", bytes: "bytes", json: "JSON" };
const NAMES = 3;

/** The endpoint that serves a client: one that is called exactly like its path, else the first whose template fits. */
export function endpointOf(
  client: Pick<Client, "path"> | undefined,
  endpoints: readonly Endpoint[],
): Endpoint | undefined {
  if (!client?.path.startsWith("/")) return undefined;
  const live = endpoints.filter(({ kind, version }) => kind === "websocket" && version > 0);
  const path = client.path.split("?")[0];
  return live.find((endpoint) => endpoint.path === path) ?? live.find(({ path }) => matchesPath(path, client.path));
}

/** What one endpoint expects; null when it takes anything, or nobody can tell. */
function encodingOf(endpoint: Endpoint | undefined): string | null {
  if (!endpoint?.encoding || !(endpoint.encoding in CALLED)) return null;
  // A connection that stays on an older version is decoded by that one.
  const older = endpoint.runs?.some(({ version, connections }) => connections > 0 && version !== endpoint.version);
  return older ? null : endpoint.encoding;
}

/** The kind of message for these endpoints; `now` where it fits as well as another, or nothing is known. */
export function fittingKind(endpoints: readonly (Endpoint | undefined)[], now: Choice, lastBinary: Choice): Choice {
  const wanted = new Set(endpoints.map((endpoint) => endpoint?.encoding).filter(Boolean));
  const binary = BINARY.includes(now) ? now : lastBinary;
  if (wanted.size === 1) return wanted.has("text") ? "text" : wanted.has("json") ? "json" : binary;
  if (wanted.size === 2 && wanted.has("json")) return wanted.has("text") ? "json" : "utf8";
  return now;
}

export function isBinary(kind: Choice): boolean {
  return BINARY.includes(kind);
}

type Fate = "1003" | "raises";

/** What Starlette's `decode` does with a message it cannot take; null when it takes it. */
function fateOf(encoding: string, { binary, text }: Frame): Fate | null {
  if (encoding === "text") return binary ? "1003" : null;
  if (encoding === "bytes") return binary ? null : "1003";
  if (text === undefined) return null;
  // Bytes are decoded first, and what that raises is not caught.
  if (text === null) return "raises";
  return isPythonJson(text) ? null : "1003";
}

/** Whether Python's `json.loads` takes a text: it also knows NaN and Infinity. */
export function isPythonJson(text: string): boolean {
  if (!checkJson(text)) return true;
  const constants = /"(?:[^"\\]|\\.)*"|(?<![\w.-])(?:NaN|-?Infinity)(?![\w.])/g;
  return checkJson(text.replace(constants, (found) => (found.startsWith('"') ? found : "0"))) === null;
}

/** What will become of the message, as a sentence; empty when nothing speaks against it. */
export function objection(senders: readonly Sender[], frame: Frame, onError: ErrorPolicy | undefined): string {
  const refused = senders.flatMap(({ name, endpoint }) => {
    const encoding = encodingOf(endpoint);
    const fate = encoding && fateOf(encoding, frame);
    return fate ? [{ name, says: `${endpoint!.path} expects ${CALLED[encoding]}`, fate }] : [];
  });
  if (!refused.length) return "";
  const why = [...new Set(refused.map(({ says }) => says))].join(", ");
  const held = onError === "hold";
  const closes = refused.every(({ fate }) => fate === "1003");
  if (senders.length === 1) {
    if (held) return `${why}: the message will fail and be held`;
    if (closes) return `${why}: Starlette will close the connection with 1003`;
    return `${why}: these bytes are not UTF-8, so decoding them will raise and end the connection`;
  }
  const all = refused.length === senders.length;
  const who = all ? `all ${senders.length}` : `${refused.length} of ${senders.length} (${some(refused)})`;
  if (held) return `${who} will fail and be held: ${why}`;
  return `${who} will be closed${closes ? " with 1003" : ""}: ${why}`;
}

function some(refused: readonly { name: string }[]): string {
  const names = refused.slice(0, NAMES).map(({ name }) => name);
  const more = refused.length - names.length;
  return [...names, ...(more ? [plural(more, "other")] : [])].join(", ");
}
