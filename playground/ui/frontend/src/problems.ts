import type { Endpoint, Row } from "./kernel-protocol";

/** An exception at a line of a version that is live. */
export interface Problem {
  line: number;
  message: string;
  version: number;
  who: string | null;
  at: number;
}

/** The latest exception of each endpoint, until its next version. */
export class Problems {
  private byKey = new Map<string, Problem>();

  get(key: string): Problem | undefined {
    return this.byKey.get(key);
  }

  /** Drops the exceptions of earlier versions. */
  forget(key: string, version: number): void {
    if ((this.byKey.get(key)?.version ?? version) < version) this.byKey.delete(key);
  }

  /** Looks through new rows; true when something was found. */
  look(rows: readonly Row[], endpoints: readonly Endpoint[]): boolean {
    let found = false;
    for (const row of rows) {
      if (!row.error || row.line == null || row.kind === "edit") continue;
      // A row may have a version that the endpoint's state does not have yet, because rows arrive first.
      const current = endpoints.filter(({ version }) => row.version == null || row.version >= version);
      const endpoint = ownerOf(row, current);
      if (!endpoint) continue;
      this.byKey.set(endpoint.key, {
        line: row.line,
        message: row.error,
        version: row.version ?? endpoint.version,
        who: row.client ?? null,
        at: row.at,
      });
      found = true;
    }
    return found;
  }

  keepOnly(endpoints: readonly Endpoint[]): void {
    for (const { key, version } of endpoints) this.forget(key, version);
  }
}

/** Whether a row is of that endpoint, whichever version it had then. */
export function belongsTo(row: Pick<Row, "kind" | "path">, endpoint: Pick<Endpoint, "kind" | "path">): boolean {
  const either = row.kind === "error" || row.kind === "edit";
  if ((endpoint.kind === "http") !== (row.kind === "request" || row.kind === "response") && !either) return false;
  return row.path != null && matchesPath(endpoint.path, row.path);
}

/** The endpoint that a row is of: one that is called exactly like the row's path, else one whose template fits. */
export function ownerOf<E extends Pick<Endpoint, "kind" | "path">>(
  row: Pick<Row, "kind" | "path">,
  endpoints: readonly E[],
): E | undefined {
  const fitting = endpoints.filter((endpoint) => belongsTo(row, endpoint));
  const path = plainPath(row.path ?? "");
  return fitting.find((endpoint) => endpoint.path === path) ?? fitting[0];
}

/** The path in an endpoint's name, which may have a method or a host in front: `POST /items`, `api.example.org/items`. */
export function pathOf(name: string): string {
  return name.replace(/^[A-Z]+ (?=\S)/, "").replace(/^[^/]+(?=\/)/, "");
}

function plainPath(path: string): string {
  return path.split("?")[0]!;
}

/** Whether a concrete path, or the name itself, belongs to an endpoint with a name such as `/chat/{name}`. */
export function matchesPath(name: string, path: string): boolean {
  const plain = plainPath(path);
  const template = pathOf(name);
  if (plain === name || plain === template) return true;
  if (!template.includes("{")) return false;
  const pattern = template
    .replace(/[.*+?^$()|[\]\\]/g, "\\$&")
    .replace(/\{[^{}:]*(:path)?[^{}]*\}/g, (_, rest) => (rest ? ".*" : "[^/]+"));
  return new RegExp(`^${pattern}$`).test(plain);
}
