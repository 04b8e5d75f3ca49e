/** What travels between the kernel and the panel. */

export interface Server {
  running: boolean;
  ws_url: string;
  http_url: string;
  message: string | null;
  blocked?: string | null;
}

export interface Endpoint {
  key: string;
  path: string;
  kind: "websocket" | "http";
  version: number;
  name: string;
  encoding: string | null;
  source: string;
  editable: boolean;
  note: string | null;
  connections: number;
  report: string | null;
}

export interface Client {
  name: string;
  path: string;
  url: string;
  state: "connecting" | "open" | "closed" | "failed";
  sent: number;
  received: number;
  rtt_ms: number | null;
  code: number | null;
  reason: string | null;
  connection: number | null;
  own: boolean;
}

export interface Counts {
  events: number;
  kept: number;
  dropped: number;
}

/** One happening. Rows of kind "gap" are made here: `skipped` events were not sent. */
export interface Row {
  seq: number;
  at: number;
  kind: string;
  witness?: string | null;
  connection?: number | null;
  client?: string | null;
  path?: string | null;
  direction?: "in" | "out" | null;
  preview?: string | null;
  size?: number | null;
  duration_ms?: number | null;
  version?: number | null;
  line?: number | null;
  code?: number | null;
  reason?: string | null;
  error?: string | null;
  output?: string | null;
  running?: boolean | null;
  skipped?: number;
}

export interface Detail {
  text: string | null;
  hex: string | null;
  traceback: string | null;
  output: [string, string][] | null;
  fields: Record<string, string> | null;
}

export interface Applied {
  version: number;
  report: string;
  notes?: string[];
}

export interface CallFailure {
  type: string;
  message: string;
  stage?: string | null;
  line?: number | null;
  column?: number | null;
  status?: number | null;
  headers?: Record<string, string> | [string, string][] | null;
  body?: string | null;
}

/** The part of anywidget's model that the panel uses. */
export interface Model {
  get(name: string): unknown;
  on(event: string, callback: (...args: any[]) => void): void;
  off(event: string, callback?: (...args: any[]) => void): void;
  send(content: unknown, callbacks?: unknown, buffers?: unknown): void;
}
