/** Calls as Python, for the titles of buttons: the panel does nothing that a cell could not do. */

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
  return `{${Object.entries(entries).map(([key, value]) => `${literal(key)}: ${literal(value)}`).join(", ")}}`;
}

/** The client's variable: its name, if Python allows it. */
export function variable(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? name : `pg.clients[${literal(name)}]`;
}

export interface ConnectCall {
  path: string;
  name?: string;
  headers?: Record<string, string>;
  subprotocols?: string[];
}

export function connectCall({ path, name, headers, subprotocols }: ConnectCall): string {
  const args = [literal(path)];
  if (name) args.push(`name=${literal(name)}`);
  if (headers && Object.keys(headers).length) args.push(`headers=${dict(headers)}`);
  if (subprotocols?.length) args.push(`subprotocols=[${subprotocols.map((item) => literal(item)).join(", ")}]`);
  return `pg.connect(${args.join(", ")})`;
}

export type MessageKind = "text" | "json" | "hex" | "base64";

export function sendCall(names: string[], kind: MessageKind, data: string): string {
  const text = literal(data);
  const value = kind === "hex" ? `bytes.fromhex(${text})` : kind === "base64" ? `base64.b64decode(${text})` : text;
  if (names.length === 1) return `${variable(names[0]!)}.send(${value})`;
  return `for client in (${names.map(variable).join(", ")}): client.send(${value})`;
}

export function revertCall(path: string, to: number): string {
  return `pg.revert(${literal(path)}, to=${to})`;
}
