/** Filters kept under a name, in the browser, for all panels of this page's origin. */
import { Signal } from "./signal";
import { browserStorage, PREFIX } from "./storage";

export interface SavedFilter {
  name: string;
  query: string;
}

const PLACE = `${PREFIX}:filters`;

export class SavedFilters {
  readonly changed = new Signal();

  constructor(private storage: Storage | null = browserStorage()) {}

  /** By name. Read each time: another panel may have saved one. */
  list(): SavedFilter[] {
    try {
      const kept: unknown = JSON.parse(this.storage?.getItem(PLACE) ?? "[]");
      return Array.isArray(kept) ? kept.filter(isFilter).sort((a, b) => a.name.localeCompare(b.name)) : [];
    } catch {
      return [];
    }
  }

  /** Keeps the filter in place of one with the same name. Returns why it could not, or null. */
  save({ name, query }: SavedFilter): string | null {
    const trimmed = name.trim();
    if (!query.trim()) return "The box is empty; write the filter first.";
    if (!trimmed) return "Give it a name.";
    return this.write([...this.list().filter((each) => each.name !== trimmed), { name: trimmed, query: query.trim() }]);
  }

  /** Gives a filter another name. Returns why it could not, or null. */
  rename(name: string, other: string): string | null {
    const trimmed = other.trim();
    const filters = this.list();
    if (!trimmed) return "Give it a name.";
    if (trimmed !== name && filters.some((each) => each.name === trimmed))
      return `There is a filter ${trimmed} already.`;
    return this.write(filters.map((each) => (each.name === name ? { ...each, name: trimmed } : each)));
  }

  remove(name: string): void {
    this.write(this.list().filter((each) => each.name !== name));
  }

  private write(filters: SavedFilter[]): string | null {
    if (!this.storage) return "This page has no storage; nothing can be saved here.";
    try {
      this.storage.setItem(PLACE, JSON.stringify(filters));
    } catch {
      return "The browser's storage is full; delete a saved filter first.";
    }
    this.changed.emit();
    return null;
  }
}

function isFilter(value: unknown): value is SavedFilter {
  const { name, query } = (value ?? {}) as Partial<SavedFilter>;
  return typeof name === "string" && typeof query === "string";
}
