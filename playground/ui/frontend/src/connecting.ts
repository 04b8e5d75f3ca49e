/** What is asked for to connect, from text fields to a call, and what has to be done before. */
import type { Client, Endpoint } from "./kernel-protocol";
import { matchesPath } from "./problems";
import type { ConnectCall } from "./python";
import { pathFrom } from "./templates";

/** The fields of the form as typed. */
export interface Typed {
  path: string;
  name: string;
  query: string;
  headers: string;
  subprotocols: string;
  origin: string;
  reconnect: boolean;
}

/** What is wrong with a field, as a sentence. */
export interface FieldMistake {
  field: keyof Typed;
  message: string;
}

/** What headers and subprotocols are called: a token of RFC 9110, section 5.6.2, as RFC 6455, section 4.1, wants it. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** The call as the fields have it, or the first mistake in them. The kernel checks what only it can know. */
export function readConnect(typed: Typed, endpoints: readonly Pick<Endpoint, "path">[]): ConnectCall | FieldMistake {
  const target = pathFrom(typed.path);
  if (!target) return { field: "path", message: "Which path? For example /chat." };
  // A path may have brackets of its own; here somebody still has to put in a value.
  const open = endpoints.some(({ path }) => path === target) ? /\{([^{}:]*)(?::[^{}]*)?\}/.exec(target) : null;
  if (open) return { field: "path", message: `Put a value in place of ${open[0]}.` };
  const call: ConnectCall = { path: withQuery(target, typed.query.trim()) };
  if (typed.name.trim()) call.name = typed.name.trim();
  const headers = readHeaders(typed.headers);
  if (typeof headers === "string") return { field: "headers", message: headers };
  if (Object.keys(headers).length) call.headers = headers;
  const wanted = typed.subprotocols
    .split(",")
    .map((item) => item.trim())
    .filter(Boolean);
  const odd = wanted.find((item) => !TOKEN.test(item));
  if (odd !== undefined)
    return { field: "subprotocols", message: `"${odd}" cannot be a subprotocol; names are separated by commas.` };
  if (wanted.length) call.subprotocols = wanted;
  if (typed.origin.trim()) call.origin = typed.origin.trim();
  if (typed.reconnect) call.reconnect = true;
  return call;
}

export function isFieldMistake(value: ConnectCall | FieldMistake): value is FieldMistake {
  return "field" in value;
}

function withQuery(path: string, query: string): string {
  if (!query) return path;
  return `${path}${path.includes("?") ? "&" : "?"}${query.replace(/^\?/, "")}`;
}

function readHeaders(text: string): Record<string, string> | string {
  const headers: Record<string, string> = {};
  for (const line of text.split("\n")) {
    if (!line.trim()) continue;
    const colon = line.indexOf(":");
    if (colon <= 0) return `A header is "Name: value", not "${line.trim()}".`;
    const name = line.slice(0, colon).trim();
    if (!TOKEN.test(name)) return `"${name}" cannot be a header's name; use letters, digits and hyphens.`;
    if (Object.keys(headers).some((known) => known.toLowerCase() === name.toLowerCase()))
      return `${name} is there twice; put its values into one line.`;
    headers[name] = line.slice(colon + 1).trim();
  }
  return headers;
}

/** The name that a client without one gets. */
export function nextName(clients: readonly Pick<Client, "name">[]): string {
  const names = new Set(clients.map(({ name }) => name));
  let number = 1;
  while (names.has(`c${number}`)) number++;
  return `c${number}`;
}

/** The endpoint that exists only as a draft and would serve this path; it has to be applied before one can connect. */
export function draftAt(path: string, endpoints: readonly Endpoint[]): Endpoint | undefined {
  const serving = endpoints.filter((each) => each.kind === "websocket" && matchesPath(each.path, path));
  return serving.some(({ version }) => version > 0) ? undefined : serving[0];
}
