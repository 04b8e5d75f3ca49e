/** The messages between the kernel and the panel; see PROTOCOL.md. */
import type { Witness } from "./generated/vocabulary";

export const PROTOCOL = 5;

/** What to do about a kernel with another protocol version, or null. A kernel that names no version is accepted. */
export function protocolMismatch(kernel: unknown): string | null {
  if (typeof kernel !== "number" || kernel === PROTOCOL) return null;
  return kernel > PROTOCOL
    ? "This page has an older version of the panel than the kernel. Reload the page."
    : "This page has a newer version of the panel than the kernel. Reload the page; if this stays, restart the kernel.";
}

export interface Server {
  running: boolean;
  ws_url: string;
  http_url: string;
  message: string | null;
  /** "opened": a log that was read from a file, without a server. "live" when left out. */
  mode?: "live" | "opened";
  /** Where the server's loop is blocked and for how long. */
  blocked?: string | null;
  on_error?: ErrorPolicy;
  held?: Held[];
}

export type ErrorPolicy = "starlette" | "hold";

/** An event whose handler failed, and whose connection was kept open. */
export interface Held {
  seq: number;
  connection: number;
  client: string | null;
  path: string;
  version: number;
  error: string;
}

/** What is worth knowing about an endpoint's code. It is no error. */
export interface Note {
  kind: string;
  text: string;
  line: number | null;
}

/** How many connections run one version of an endpoint. */
export interface Run {
  version: number;
  connections: number;
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
  /** How many connections run which version. */
  runs?: Run[];
  /** The version that going back leads to. */
  back?: number | null;
  /** How many connections stay in a function of an older version until they are moved. */
  movable?: number;
  /** What is worth knowing about the current version. */
  notes?: Note[];
}

export interface Client {
  name: string;
  path: string;
  /** Host and port of a server that is somebody else's; `path` then begins with it. */
  host?: string | null;
  url: string;
  state: "connecting" | "open" | "closed" | "failed";
  sent: number;
  received: number;
  rtt_ms: number | null;
  code: number | null;
  reason: string | null;
  connection: number | null;
  own: boolean;
  /** It reconnects automatically after it was dropped. */
  reconnect?: boolean;
  /** When it tries again, in epoch milliseconds. */
  retry?: { attempt: number; at: number } | null;
}

export interface Counts {
  /** Rows since the log began. */
  total: number;
  kept: number;
  /** Moved from memory to a file. */
  spilled?: number;
  dropped: number;
}

/** One happening, with what each witness saw of it. Rows of kind "gap" are made here: `skipped` rows were not sent. */
export interface Row {
  seq: number;
  at: number;
  kind: string;
  /** Client, wire, handler: "1" saw it, "0" did not, "-" cannot be asked; empty for a row without a connection. */
  saw?: string | null;
  /** False when the accounts of two witnesses differ. */
  agree?: boolean | null;
  connection?: number | null;
  client?: string | null;
  path?: string | null;
  /** Host and port of a server that is not the playground's. */
  host?: string | null;
  direction?: "in" | "out" | null;
  preview?: string | null;
  /** The preview is only the beginning. */
  cut?: boolean | null;
  size?: number | null;
  /** Bytes of its frames, headers included. */
  wire_size?: number | null;
  opcode?: string | null;
  /** Whether the playground sent this message in the place of the handler. */
  pushed?: boolean;
  /** The hook that handled the message; duration, version, error and output are the hook's. */
  hook?: string | null;
  /** The endpoint's `decode` raised, so that the hook was not called. */
  undecoded?: boolean;
  /** The received message whose handler sent this one. */
  cause?: number | null;
  duration_ms?: number | null;
  version?: number | null;
  line?: number | null;
  code?: number | null;
  /** The close codes of the witnesses, if they differ. */
  codes?: number[] | null;
  /** Of an end: what each witness reports, in a few words, without those that reported nothing. */
  told?: Partial<Record<Witness, string>> | null;
  reason?: string | null;
  error?: string | null;
  output?: string | null;
  running?: boolean | null;
  skipped?: number;
  /** Made here: this line stands for so many heartbeats of a client. Its duration is the last round trip. */
  folded?: number;
  /** They are shown below the line. */
  open?: boolean;
  /** The time of the last of them. */
  until?: number;
}

/** What an edit did to the connections that were open. */
export interface EditReport {
  /**
   * Live: every connection runs the new version. Moving: the others follow at their next event. Pinned: the others keep
   * their version until they close. Stuck: at least one could not move. Blocked: the server's loop did not answer.
   */
  outcome: "live" | "moving" | "pinned" | "stuck" | "blocked" | "stopped";
  version: number;
  /** The edit made the endpoint. */
  new: boolean;
  connections: number;
  live: number;
  busy: { connection: number | null; version: number; line: number | null }[];
  /** The reason for each connection that could not change. */
  stuck: string[];
  pinned: number;
  /** How many of these can be moved. */
  movable?: number;
  /** The report as a sentence. */
  text: string;
}

export interface Applied {
  version: number;
  report: EditReport;
  notes?: Note[];
  kept?: string[];
  reset?: string[];
  took_ms?: number | null;
}

/** One state of an endpoint's code. */
export interface Version {
  number: number;
  label: string;
  at: number;
  name: string;
  source: string;
}

/** A message received earlier: what was replied to it, and what the draft would reply. */
export interface Turn {
  received: string;
  before: string[];
  after: string[];
  error: string | null;
  /** What was raised when the message was received. */
  failed?: string | null;
  /** Whether the message is held, so that it can be run again. */
  held?: boolean;
  same: boolean;
}

export interface Tried {
  turns: Turn[];
  error: string | null;
  /** The line of the draft that the error is about. */
  line?: number | null;
  note: string;
}

export interface CallFailure {
  type: string;
  message: string;
  /** The message without the line that it names. */
  reason?: string | null;
  stage?: string | null;
  line?: number | null;
  column?: number | null;
  status?: number | null;
  headers?: Record<string, string> | [string, string][] | null;
  body?: string | null;
}

/** The answer to a call. */
export type Answer = { type: "reply"; id: number } & (
  | { ok: true; result: unknown }
  | { ok: false; error?: CallFailure }
);

/** What the kernel sends besides traits. Rows are in the buffer of the message. */
export type KernelMessage =
  | { type: "events"; epoch: string; skipped?: number }
  | { type: "cleared"; epoch: string }
  | { type: "beat" }
  | { type: "begun"; id: number }
  | Answer;

/** The part of anywidget's model that the panel uses. */
export interface Model {
  get(name: string): unknown;
  on(event: string, callback: (...args: never[]) => void): void;
  off(event: string, callback?: (...args: never[]) => void): void;
  send(content: unknown, callbacks?: unknown, buffers?: unknown): void;
  /** Left out by some notebook programs. */
  widget_manager?: { get_model?(id: string): Promise<unknown> };
}
