/** What is read from a file of messages, whoever wrote it. */
import type { SavedMessage } from "./saved";
import { BUILT_IN } from "./variables";

export interface Collection {
  /** Who wrote it, such as `Postman's collection “Chat”`. */
  from: string;
  messages: SavedMessage[];
  left: Left[];
  /** What is different here in messages that were read, a sentence each. */
  notes: string[];
  /** Values for `{{names}}`. */
  values: Record<string, string>;
}

/** Something in the file that is not read as a message, and why: `a form`. */
export interface Left {
  name: string;
  why: string;
}

export const NO_MESSAGE = "without a body";
export const FORM = "with a form as body";
export const FILE = "with a file as body";
export const GRAPHQL = "with a GraphQL query";
export const TOO_DEEP = "in more than 50 folders in each other";
export const DEEPEST = 50;
const LONGEST_NAME = 200;
/** What other programs fill in by themselves, and the name that it has here. */
const GENERATED: Readonly<Record<string, string>> = { $guid: "uuid", $randomUUID: "uuid", $isoTimestamp: "now" };

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function nameOf(value: unknown, otherwise: string): string {
  const name = isObject(value) ? value.name : null;
  return (typeof name === "string" && shortened(name.trim())) || otherwise;
}

export function shortened(name: string): string {
  return name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME - 1)}…` : name;
}

/** The folder's name in the path of its parents. A slash in a name is no folder. */
export function within(folder: string, name: string): string {
  const own = name.replace(/\s*\/\s*/g, "∕");
  return folder ? `${folder} / ${own}` : own;
}

/** JSON when the file says so or, where it says nothing, when it reads as an object or a list. */
export function kindOf(data: string, type: unknown): "json" | "text" {
  if (typeof type === "string" && type) return /json/i.test(type) ? "json" : "text";
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === "object" && value !== null ? "json" : "text";
  } catch {
    return "text";
  }
}

/** Renames variables of another program to names that are filled in here; `open` and `close` are what stands around them. */
export class Variables {
  private unknown = new Map<string, string>();
  private place: RegExp;

  constructor(open: "{{" | "<<", close: "}}" | ">>") {
    this.place = new RegExp(`${open}\\s*([^{}<>\\s"']+)\\s*${close}`, "g");
  }

  translate(data: string, message: string): string {
    return data.replace(this.place, (written, name: string) => {
      if (!name.startsWith("$")) return `{{${ownName(name)}}}`;
      const here = Object.hasOwn(GENERATED, name) ? GENERATED[name] : undefined;
      if (!here && !this.unknown.has(written)) this.unknown.set(written, message);
      return here ? `{{${here}}}` : written;
    });
  }

  notes(): string[] {
    return [...this.unknown].map(([written, message]) => `${written} in “${message}” is sent as it is written.`);
  }
}

/** The name that a variable of another program has here. */
export function ownName(name: string): string {
  const word = name.replace(/\W/g, "_").replace(/^(?=\d)/, "_");
  // Here these three are filled in by themselves.
  return (BUILT_IN as readonly string[]).includes(word) ? `${word}_` : word;
}
