/** Messages kept under a name, in the browser, for all panels of this page's origin. */
import type { MessageKind } from "./python";
import { Signal } from "./signal";
import { browserStorage, PREFIX } from "./storage";

export interface SavedMessage {
  name: string;
  kind: MessageKind;
  data: string;
}

const PLACE = `${PREFIX}:messages`;
const KINDS = new Set(["text", "json", "utf8", "hex", "base64"]);

export class SavedMessages {
  readonly changed = new Signal();

  constructor(private storage: Storage | null = browserStorage()) {}

  /** By name. Read each time: another panel may have saved one. */
  list(): SavedMessage[] {
    try {
      const kept: unknown = JSON.parse(this.storage?.getItem(PLACE) ?? "[]");
      return Array.isArray(kept) ? kept.filter(isMessage).sort((a, b) => a.name.localeCompare(b.name)) : [];
    } catch {
      return [];
    }
  }

  /** Keeps the message in place of one with the same name. Returns why it could not, or null. */
  save(message: SavedMessage): string | null {
    return this.write([...this.list().filter(({ name }) => name !== message.name), message]);
  }

  remove(name: string): void {
    this.write(this.list().filter((message) => message.name !== name));
  }

  private write(messages: SavedMessage[]): string | null {
    if (!this.storage) return "This page has no storage; nothing can be saved here.";
    try {
      this.storage.setItem(PLACE, JSON.stringify(messages));
    } catch {
      return "The browser's storage is full; delete a saved message first.";
    }
    this.changed.emit();
    return null;
  }
}

function isMessage(value: unknown): value is SavedMessage {
  const { name, kind, data } = (value ?? {}) as Partial<SavedMessage>;
  return typeof name === "string" && typeof data === "string" && KINDS.has(kind as string);
}
