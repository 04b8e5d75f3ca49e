/** What the kernel answers to `detail`: one row in full. */

import type { Witness } from "./generated/vocabulary";

export interface Account {
  witness: Witness;
  at: number | null;
  saw: string;
  /** What it tells, one thing after the other. */
  said: Said[];
  /** How it came to say so. */
  note: string | null;
}

/** One thing that a witness tells: the kind of event, where it is one, and the rest in words. */
export interface Said {
  kind: string | null;
  text: string;
}

/** One labelled part of a frame: header bits, a length, the payload. */
export interface FramePart {
  label: string;
  bits: string | null;
  hex: string | null;
  meaning: string;
  /** Where the meaning is defined, such as "RFC 7692"; empty where it needs no source. */
  source: string;
}

export interface WireFrame {
  direction: "in" | "out";
  at: number | null;
  name: string;
  complete: boolean;
  wire_size: number;
  payload_size: number;
  parts: FramePart[];
  hex: string;
  hidden: number;
}

export interface HttpHead {
  line: string;
  headers: [string, string][];
}

export interface Handshake {
  request: HttpHead;
  response: HttpHead | null;
}

export interface Leg {
  label: string;
  ms: number;
}

/** Why a connection ended. */
export interface Why {
  verdict: string;
  advice: string | null;
  last?: string | null;
  /** Where the handler's exception was raised. */
  raised?: { line: number; version: number | null } | null;
}

export interface Detail {
  text: string | null;
  hex: string | null;
  traceback: string | null;
  output: [string, string][] | null;
  fields: Record<string, string> | null;
  accounts?: Account[] | null;
  frames?: WireFrame[] | null;
  handshake?: Handshake | null;
  times?: Leg[] | null;
  why?: Why | null;
}
