/** Messages kept under a name, in folders, in the browser, for all panels of this page's origin. */
import { MESSAGE_KINDS, type MessageKind } from "./python";
import { Signal } from "./signal";
import { browserStorage, PREFIX } from "./storage";

export interface SavedMessage {
  name: string;
  kind: MessageKind;
  data: string;
  /** Folders in each other are written with ` / ` between them. Left out: in none. */
  folder?: string | undefined;
}

/** Under which a message is kept; there is one of each. */
export type Place = Pick<SavedMessage, "name" | "folder">;

/** What became of messages from a file. */
export interface Added {
  added: number;
  /** The same message was there already. */
  known: number;
  /** Another message had the name: the name that the new one got. */
  renamed: string[];
}

const KEY = `${PREFIX}:messages`;
const KINDS: ReadonlySet<unknown> = new Set(MESSAGE_KINDS);
const FULL = "The browser's storage is full; delete a saved message first.";

export class SavedMessages {
  readonly changed = new Signal();

  constructor(private storage: Storage | null = browserStorage()) {}

  /** By folder, those without one first, then by name. Read each time: another panel may have saved one. */
  list(): SavedMessage[] {
    try {
      const kept: unknown = JSON.parse(this.storage?.getItem(KEY) ?? "[]");
      return Array.isArray(kept) ? kept.filter(isMessage).sort(byPlace) : [];
    } catch {
      return [];
    }
  }

  folders(): string[] {
    return [...new Set(this.list().map(({ folder }) => folder ?? ""))].filter(Boolean);
  }

  /** Keeps the message in place of one with the same name and folder. Returns why it could not, or null. */
  save(message: SavedMessage): string | null {
    return this.write([...this.list().filter((each) => !isAt(each, message)), message]);
  }

  remove(place: Place): string | null {
    return this.write(this.list().filter((each) => !isAt(each, place)));
  }

  /** Gives the message another name or folder, or returns why not: no other message is overwritten. */
  move(from: Place, to: Place): string | null {
    const all = this.list();
    const message = all.find((each) => isAt(each, from));
    if (!message) return `“${from.name}” was deleted meanwhile.`;
    const others = all.filter((each) => each !== message);
    if (others.some((each) => isAt(each, to)))
      return `There is a message “${to.name}” ${to.folder ? `in ${to.folder}` : "without a folder"}; give it another name.`;
    return this.write([...others, placed(message, to)]);
  }

  /** Adds all of them or, when there is no room, none: then it returns why. Nothing that is there is overwritten. */
  add(messages: readonly SavedMessage[]): Added | string {
    const all = this.list();
    const result: Added = { added: 0, known: 0, renamed: [] };
    const taken = new Map(all.map((each) => [idOf(each), each]));
    for (const message of messages) {
      const there = sameOrFree(message, taken);
      if (there === null) {
        result.known++;
        continue;
      }
      if (there.name !== message.name) result.renamed.push(there.name);
      taken.set(idOf(there), there);
      result.added++;
    }
    return (result.added ? this.write([...taken.values()]) : null) ?? result;
  }

  private write(messages: SavedMessage[]): string | null {
    if (!this.storage) return "This page has no storage; nothing can be saved here.";
    try {
      this.storage.setItem(KEY, JSON.stringify(messages));
    } catch {
      return FULL;
    }
    this.changed.emit();
    return null;
  }
}

export function isAt(message: Place, place: Place): boolean {
  return idOf(message) === idOf(place);
}

export function isMessage(value: unknown): value is SavedMessage {
  const { name, kind, data, folder } = (value ?? {}) as Partial<SavedMessage>;
  const placed = folder === undefined || typeof folder === "string";
  return typeof name === "string" && typeof data === "string" && KINDS.has(kind) && placed;
}

/** A folder as typed: without spaces around it and its parts; undefined for none. */
export function readFolder(text: string): string | undefined {
  const parts = text.split("/").map((part) => part.trim());
  return parts.filter(Boolean).join(" / ") || undefined;
}

function idOf({ name, folder }: Place): string {
  return JSON.stringify([folder ?? "", name]);
}

function placed({ kind, data }: SavedMessage, { name, folder }: Place): SavedMessage {
  return { name, kind, data, ...(folder && { folder }) };
}

function byPlace(a: SavedMessage, b: SavedMessage): number {
  return (a.folder ?? "").localeCompare(b.folder ?? "") || a.name.localeCompare(b.name);
}

/** The message under its own name or the next that is free; null when the very message is there. */
function sameOrFree(message: SavedMessage, taken: ReadonlyMap<string, SavedMessage>): SavedMessage | null {
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? message : { ...message, name: `${message.name} (${number})` };
    const there = taken.get(idOf(candidate));
    if (!there) return placed(candidate, candidate);
    if (there.kind === message.kind && there.data === message.data) return null;
  }
}
