/** Who can send a message, and who does: our clients, and the server. If the chosen one is gone, no other takes its place. */
import type { Client, Endpoint } from "./kernel-protocol";
import { matchesPath } from "./problems";

export const ALL = "*";
/** What the values begin with that stand for the server; the name of who gets the message follows, or ALL. */
const SERVER = "server ";
const AS_SERVER = "as the server";

const SAID = {
  open: "is open",
  connecting: "is connecting",
  closed: "is closed",
  failed: "is not connected",
  removed: "was removed",
};

type Known = Pick<Client, "name" | "own" | "state" | "path" | "connection">;

export interface Senders {
  choices: { value: string; text: string; group?: string }[];
  chosen: string;
  /** Why nothing can be sent by the chosen one; empty when it can. */
  refusal: string;
}

/** `wanted`: the sender that was chosen, ALL, or "" when there was no choice yet. */
export function sendersOf(clients: readonly Known[], wanted: string): Senders {
  const own = clients.filter((client) => client.own);
  const open = own.filter(({ state }) => state === "open");
  const choices: Senders["choices"] = open.map(({ name }) => ({ value: name, text: name }));
  if (open.length > 1 || (open.length && wanted === ALL)) choices.push({ value: ALL, text: `all (${open.length})` });
  const pushes = reached(clients).map(({ name }) => ({
    value: SERVER + name,
    text: `server → ${name}`,
    group: AS_SERVER,
  }));
  if (pushes.length > 1 || (pushes.length && wanted === SERVER + ALL))
    pushes.push({ value: SERVER + ALL, text: `server → all (${pushes.length})`, group: AS_SERVER });
  const found = (chosen: string, refusal: string, ...more: Senders["choices"]): Senders => ({
    choices: [...choices, ...more, ...pushes],
    chosen,
    refusal,
  });
  if (wanted && [...choices, ...pushes].some(({ value }) => value === wanted)) return found(wanted, "");
  const first = open[0]?.name;
  if (wanted.startsWith(SERVER)) {
    const name = wanted.slice(SERVER.length);
    if (name !== ALL) return gone(found, clients, wanted, name, true);
  } else if (wanted && wanted !== ALL && (first !== undefined || own.some(({ name }) => name === wanted)))
    return gone(found, own, wanted, wanted, first !== undefined);
  if (first !== undefined) return found(first, "");
  return found("", "Connect a client first", { value: "", text: "nobody" });
}

/** The chosen one is there no more: it stays chosen, and says so. */
function gone(
  found: (chosen: string, refusal: string, ...more: Senders["choices"]) => Senders,
  clients: readonly Known[],
  wanted: string,
  name: string,
  others: boolean,
): Senders {
  const now = clients.find((client) => client.name === name)?.state ?? "removed";
  const pushes = wanted !== name;
  const refusal = `${name} ${SAID[now]}${others ? ": choose another client" : ""}`;
  return found(wanted, refusal, {
    value: wanted,
    text: `${pushes ? "server → " : ""}${name} (${now})`,
    ...(pushes && { group: AS_SERVER }),
  });
}

/** Those whom our server can send something: everybody who is connected to it. */
function reached<C extends Known>(clients: readonly C[]): C[] {
  return clients.filter(({ state, own, path }) => state === "open" && (!own || path.startsWith("/")));
}

/** How a message leaves: from clients, or from the server to whom it names. */
export interface Way {
  op: "send" | "push";
  /** Our clients that take part. */
  names: string[];
  /** How many send it, or get it. */
  count: number;
  /** Whom the kernel is to send it to. */
  args: { names?: string[]; connections?: number[]; all?: boolean };
}

/** The way of a chosen sender; nobody takes part when it cannot send. */
export function wayOf(chosen: string, clients: readonly Known[]): Way {
  const pushes = chosen.startsWith(SERVER);
  const name = pushes ? chosen.slice(SERVER.length) : chosen;
  const able = pushes ? reached(clients) : clients.filter(({ own, state }) => own && state === "open");
  const taking = name === ALL ? able : able.filter((client) => client.name === name);
  const names = taking.filter(({ own }) => own).map((client) => client.name);
  const way: Way = { op: pushes ? "push" : "send", names, count: taking.length, args: { names } };
  if (!pushes) return way;
  if (name === ALL) return { ...way, args: { all: true } };
  const [foreign] = taking.filter(({ own }) => !own);
  return foreign?.connection != null ? { ...way, args: { connections: [foreign.connection] } } : way;
}

/** The way from one client, also before the kernel's list has its new connection. */
export function wayFrom(name: string): Way {
  return { op: "send", names: [name], count: 1, args: { names: [name] } };
}

/** The connections at an endpoint that have sent a message, newest first, each by its number. */
export function speakers(
  { path, kind }: Pick<Endpoint, "path" | "kind">,
  clients: readonly Pick<Client, "name" | "path" | "sent" | "connection">[],
): { value: string; text: string }[] {
  if (kind !== "websocket") return [];
  return clients
    .filter((client) => client.sent > 0 && client.connection !== null && matchesPath(path, client.path))
    .sort((a, b) => b.connection! - a.connection!)
    .map(({ name, connection }) => ({ value: String(connection), text: `of ${name}` }));
}
