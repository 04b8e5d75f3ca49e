/** What the kernel answers to `detail`: one row in full. */

import type { Witness } from "./generated/vocabulary";

export interface Account {
  witness: Witness;
  at: number | null;
  saw: string;
  /** Its statements, in order. */
  said: Statement[];
  /** An explanation of the statements. */
  note: string | null;
}

/** One statement of a witness: the kind of event, if it is one, and the rest in words. */
export interface Statement {
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

export interface TimePart {
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
  times?: TimePart[] | null;
  why?: Why | null;
  /** What is masked, such as "header cookie"; empty when nothing is, or the secrets were asked for. */
  masked?: string[];
  /** For each format of `pg.copy_as` why it cannot say what the row's client did, "" where it can; empty without a client. */
  copies?: Record<string, string>;
}
