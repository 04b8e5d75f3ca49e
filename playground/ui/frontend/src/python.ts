/** Calls as Python, for the titles of buttons: a cell can do everything that the panel does. */

/** A string literal, shortened when long. */
export function literal(text: string, limit = 60): string {
  const short = text.length > limit ? `${text.slice(0, limit - 1)}…` : text;
  const escaped = short
    .replace(/\\/g, "\\\\")
    .replace(/\n/g, "\\n")
    .replace(/\r/g, "\\r")
    .replace(/\t/g, "\\t")
    .replace(/[\x00-\x1f\x7f]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`);
  if (!escaped.includes('"')) return `"${escaped}"`;
  if (!escaped.includes("'")) return `'${escaped}'`;
  return `"${escaped.replace(/"/g, '\\"')}"`;
}

function dict(entries: Record<string, string>): string {
  return `{${Object.entries(entries)
    .map(([key, value]) => `${literal(key)}: ${literal(value)}`)
    .join(", ")}}`;
}

/** The expression for a client, which works in any cell. */
export function clientOf(name: string): string {
  return `pg.clients[${literal(name)}]`;
}

export interface ConnectCall {
  path: string;
  name?: string;
  headers?: Record<string, string>;
  subprotocols?: string[];
  origin?: string;
  reconnect?: boolean;
}

export function connectCall({ path, name, headers, subprotocols, origin, reconnect }: ConnectCall): string {
  const args = [literal(path)];
  if (name) args.push(`name=${literal(name)}`);
  if (headers && Object.keys(headers).length) args.push(`headers=${dict(headers)}`);
  if (subprotocols?.length) args.push(`subprotocols=[${subprotocols.map((item) => literal(item)).join(", ")}]`);
  if (origin) args.push(`origin=${literal(origin)}`);
  if (reconnect) args.push("reconnect=True");
  return `pg.connect(${args.join(", ")})`;
}

export function closeCall(name: string, code: string, reason: string): string {
  const args = reason ? [code || "1000", literal(reason)] : code === "1000" || !code ? [] : [code];
  return `${clientOf(name)}.close(${args.join(", ")})`;
}

/** What a message is written as. "utf8": text that travels as bytes, in a binary message. */
export const MESSAGE_KINDS = ["text", "json", "utf8", "hex", "base64"] as const;
export type MessageKind = (typeof MESSAGE_KINDS)[number];

/** `data` is Python for the message's value. */
export function sendCall(names: readonly string[], data: string, fragments = 1): string {
  const args = fragments > 1 ? `${data}, fragments=${fragments}` : data;
  if (names.length === 1) return `${clientOf(names[0]!)}.send(${args})`;
  return `for name in [${names.map((name) => literal(name)).join(", ")}]: pg.clients[name].send(${args})`;
}

/** The server sends it to one client, to a connection by its number, or to all. */
export function pushCall({ names, connections }: { names?: string[]; connections?: number[] }, data: string): string {
  const [to] = [...(names ?? []).map((name) => literal(name)), ...(connections ?? []).map(String)];
  return to === undefined ? `pg.push(${data})` : `pg.push(${data}, to=${to})`;
}

/** The same for a client that is connected again before. */
export function returnCall(name: string, data: string): string {
  return `${clientOf(name)}.reconnect().send(${data})`;
}

/** The message's value as Python. */
export function messageValue(kind: MessageKind, text: string): string {
  if (kind === "utf8") return `${literal(text)}.encode()`;
  if (kind === "hex") return `bytes.fromhex(${literal(text)})`;
  return kind === "base64" ? `base64.b64decode(${literal(text)})` : literal(text);
}

/** A file's content as Python. */
export function fileValue(name: string, asText: boolean): string {
  return asText ? `open(${literal(name)}).read()` : `open(${literal(name)}, "rb").read()`;
}

/** The call that gives the rows of the filter in a cell. */
export function rowsCall(log: string, query: string): string {
  return `${log}.rows(${query ? literal(query, 200) : ""})`;
}

/** The difference of two versions; null when one of them is only in the editor. */
export function diffCall(path: string, before: number | "draft", after: number | "draft"): string | null {
  if (before === "draft" || after === "draft") return null;
  return `pg.endpoints[${literal(path)}].diff(${before}, ${after})`;
}

export function tryCall(path: string, connection: number | null): string {
  return `pg.try_edit(${literal(path)}, source${connection === null ? "" : `, connection=${connection}`})`;
}

export function resetCall(path: string): string {
  return `pg.reset(${literal(path)})`;
}

export function reenterCall(path: string): string {
  return `pg.reenter(${literal(path)})`;
}

export function revertCall(path: string, to: number): string {
  return `pg.revert(${literal(path)}, to=${to})`;
}
