// Written by `python -m playground.ui.vocabulary` from what Python knows. Change it there.

/** What `kind:` may be in the filter: every kind of event. */
export const KINDS = [
  "start",
  "stop",
  "edit",
  "log",
  "end",
  "connect",
  "accept",
  "refuse",
  "receive",
  "send",
  "close",
  "disconnect",
  "on_connect",
  "on_receive",
  "on_disconnect",
  "request",
  "response",
  "error",
  "wire_request",
  "wire_response",
  "frame",
  "ping",
  "pong",
  "close_frame",
  "tcp_end",
  "client_connect",
  "client_open",
  "client_refused",
  "client_send",
  "client_receive",
  "client_ping",
  "client_close",
  "client_closed",
] as const;

/** Who may have seen a row, in the order of its three marks. */
export const WITNESSES = ["client", "wire", "handler"] as const;
export type Witness = (typeof WITNESSES)[number];

/** Kinds of rows that are messages. */
export const MESSAGE_KINDS = ["receive", "send"] as const;

/** What the client calls each kind of row that it takes part in. */
export const CLIENT_KINDS: Readonly<Record<string, string>> = {
  connect: "client_connect",
  accept: "client_open",
  refuse: "client_refused",
  receive: "client_send",
  send: "client_receive",
  ping: "client_ping",
  disconnect: "client_close",
  end: "client_closed",
};

/** What the wire calls each kind of row that travels. */
export const WIRE_KINDS: Readonly<Record<string, string>> = {
  connect: "wire_request",
  accept: "wire_response",
  refuse: "wire_response",
  receive: "frame",
  send: "frame",
  ping: "ping",
  pong: "pong",
  frame: "frame",
  close: "close_frame",
  disconnect: "close_frame",
  end: "tcp_end",
};

/** The registered close codes, and whether a Close frame may carry them. */
export const CLOSE_CODES = [
  { code: 1000, name: "normal closure", sendable: true },
  { code: 1001, name: "going away", sendable: true },
  { code: 1002, name: "protocol error", sendable: true },
  { code: 1003, name: "unsupported data", sendable: true },
  { code: 1004, name: "reserved", sendable: false },
  { code: 1005, name: "no status received", sendable: false },
  { code: 1006, name: "abnormal closure", sendable: false },
  { code: 1007, name: "invalid frame payload data", sendable: true },
  { code: 1008, name: "policy violation", sendable: true },
  { code: 1009, name: "message too big", sendable: true },
  { code: 1010, name: "mandatory extension", sendable: true },
  { code: 1011, name: "internal error", sendable: true },
  { code: 1012, name: "service restart", sendable: true },
  { code: 1013, name: "try again later", sendable: true },
  { code: 1014, name: "bad gateway", sendable: true },
  { code: 1015, name: "TLS handshake", sendable: false },
] as const;

/** Ranges of close codes that others define; all of them may be sent. */
export const CLOSE_CODE_RANGES = [
  { first: 3000, last: 3999, name: "registered for libraries" },
  { first: 4000, last: 4999, name: "private use (application-defined)" },
] as const;

/** What `is:` may be in the filter. */
export const CATEGORIES = ["messages", "hooks", "handled", "errors", "differ", "pushed"] as const;
export type Category = (typeof CATEGORIES)[number];

/** Close codes of an end that both sides meant. */
export const ORDINARY_CODES: readonly number[] = [1000, 1001, 1005];

/** Keys of the filter that are compared as text. */
export const TEXT_KEYS = ["client", "kind", "dir", "witness", "path"] as const;
export type TextKey = (typeof TEXT_KEYS)[number];

/** Keys of the filter that are whole numbers. */
export const NUMBER_KEYS = ["v", "code", "connection"] as const;
export type NumberKey = (typeof NUMBER_KEYS)[number];

/** Keys of the filter that are amounts. */
export const MEASURES = ["size", "duration"] as const;
export type Measure = (typeof MEASURES)[number];

/** All keys of the filter. */
export const KEYS = [
  "client",
  "kind",
  "dir",
  "witness",
  "path",
  "v",
  "code",
  "connection",
  "is",
  "size",
  "duration",
  "json",
] as const;

/** What `dir:` may be in the filter. */
export const DIRECTIONS = ["in", "out"] as const;

/** How numbers are compared. */
export const COMPARISONS = [">", "<", ">=", "<=", "="] as const;
export type Comparison = (typeof COMPARISONS)[number];

/** Other names of keys, with the ones that the filter has. */
export const ALIASES: Readonly<Record<string, string>> = {
  version: "v",
  direction: "dir",
  took: "duration",
};

/** Earlier words of `is:`, with the ones they stand for. */
export const CATEGORY_ALIASES: Readonly<Record<string, string>> = {
  disagree: "differ",
};

/** Words that people use for kinds, with the kinds to write instead. */
export const WRITTEN_AS: Readonly<Record<string, string>> = {
  handshake: "connect",
  text: "receive,send",
  binary: "receive,send",
  ended: "end",
};

/** Units of sizes in lower case, in bytes. */
export const BYTES: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  kb: 1000,
  kib: 1024,
  mb: 1000000,
  mib: 1048576,
  gb: 1000000000,
  gib: 1073741824,
};

/** Units of times in lower case, in milliseconds. */
export const MILLISECONDS: Readonly<Record<string, number>> = {
  "": 1,
  us: 0.001,
  µs: 0.001,
  μs: 0.001,
  ms: 1,
  s: 1000,
  min: 60000,
};

/** How a kind of row looks: a colour, and always a sign too. Its word is the kind. */
export interface KindLook {
  glyph: string;
  tone: "in" | "out" | "bad" | "plain" | "edit" | "hook";
}

export const LOOKS: Readonly<Record<string, KindLook>> = {
  connect: { glyph: "→", tone: "in" },
  accept: { glyph: "←", tone: "out" },
  refuse: { glyph: "⊘", tone: "bad" },
  receive: { glyph: "→", tone: "in" },
  send: { glyph: "←", tone: "out" },
  close: { glyph: "⇤", tone: "out" },
  disconnect: { glyph: "⇥", tone: "in" },
  request: { glyph: "→", tone: "in" },
  response: { glyph: "←", tone: "out" },
  end: { glyph: "✕", tone: "plain" },
  edit: { glyph: "✎", tone: "edit" },
  error: { glyph: "✕", tone: "bad" },
  log: { glyph: "≡", tone: "plain" },
  start: { glyph: "▶", tone: "plain" },
  stop: { glyph: "■", tone: "plain" },
  gap: { glyph: "⋯", tone: "plain" },
};

/** The word for a gap, in place of rows that came too fast for the panel. */
export const SKIPPED = "skipped";

/** What the signs of a direction mean. */
export const DIRECTION_WORDS: Readonly<Record<string, string>> = {
  in: "from the client",
  out: "to the client",
};

/** The most digits that a whole number of the filter may have. */
export const DIGITS = 15;

/** The most characters of a filter. */
export const LONGEST_FILTER = 20000;

/** The most terms of a filter. */
export const MOST_TERMS = 200;

/** The most regular expressions of a filter. */
export const MOST_PATTERNS = 20;

/** How deep the brackets of a filter may be nested. */
export const DEEPEST = 20;

/** The most characters of a word that is compared with known ones. */
export const LONGEST_NEAR = 40;

/** The most characters of a regular expression. */
export const LONGEST_PATTERN = 10000;

/** Seconds that one match may take. */
export const MATCH_SECONDS = 1;

/** Seconds that all matches of a filter may take together. */
export const TOTAL_SECONDS = 10;
