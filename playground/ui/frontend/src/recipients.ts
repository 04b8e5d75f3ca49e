/** Which clients can send a message, and which one does. If the chosen one is gone, no other takes its place. */
import type { Client, Endpoint } from "./kernel-protocol";
import { matchesPath } from "./problems";

export const ALL = "*";

const SAID = {
  open: "is open",
  connecting: "is connecting",
  closed: "is closed",
  failed: "is not connected",
  removed: "was removed",
};

export interface Recipients {
  choices: { value: string; text: string }[];
  chosen: string;
  /** Why nothing can be sent to the chosen one; empty when it can. */
  refusal: string;
}

/** `wanted`: the client that was chosen, ALL, or "" when there was no choice yet. */
export function recipients(clients: readonly Pick<Client, "name" | "own" | "state">[], wanted: string): Recipients {
  const own = clients.filter((client) => client.own);
  const open = own.filter(({ state }) => state === "open");
  const choices = open.map(({ name }) => ({ value: name, text: name }));
  if (open.length > 1 || (open.length && wanted === ALL)) choices.push({ value: ALL, text: `all (${open.length})` });
  if (wanted && choices.some(({ value }) => value === wanted)) return { choices, chosen: wanted, refusal: "" };
  const state = own.find(({ name }) => name === wanted)?.state;
  const first = open[0]?.name;
  if (wanted && wanted !== ALL && (state || first !== undefined)) {
    const now = state ?? "removed";
    choices.push({ value: wanted, text: `${wanted} (${now})` });
    return {
      choices,
      chosen: wanted,
      refusal: `${wanted} ${SAID[now]}${first === undefined ? "" : ": choose another client"}`,
    };
  }
  if (first !== undefined) return { choices, chosen: first, refusal: "" };
  return { choices: [{ value: "", text: "nobody" }], chosen: "", refusal: "Connect a client first" };
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
