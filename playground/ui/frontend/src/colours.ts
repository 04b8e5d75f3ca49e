/** A colour for each name, the same in every session of this browser. */
import { Signal } from "./signal";
import { browserStorage, PREFIX } from "./storage";

export const COLOURS = 8;
const PLACE = `${PREFIX}:colours`;

export class Colours {
  /** Emits the name whose colour was chosen by hand. */
  readonly changed = new Signal<string>();
  private given = new Map<string, number>();

  constructor(private storage: Storage | null = browserStorage()) {}

  /** The number of the name's colour: the chosen one, else one computed from the name and not used by another name. */
  of(name: string): number {
    const known = this.given.get(name);
    if (known !== undefined) return known;
    const colour = this.chosen()[name] ?? this.free(hash(name) % COLOURS);
    this.given.set(name, colour);
    return colour;
  }

  choose(name: string, colour: number): void {
    this.given.set(name, colour);
    try {
      this.storage?.setItem(PLACE, JSON.stringify({ ...this.chosen(), [name]: colour }));
    } catch {
      // Without storage the choice is only lost at a reload.
    }
    this.changed.emit(name);
  }

  private free(wanted: number): number {
    const taken = new Set(this.given.values());
    for (let step = 0; step < COLOURS; step++) {
      const colour = (wanted + step) % COLOURS;
      if (!taken.has(colour)) return colour;
    }
    return wanted;
  }

  private chosen(): Record<string, number> {
    try {
      const kept: unknown = JSON.parse(this.storage?.getItem(PLACE) ?? "{}");
      if (typeof kept !== "object" || kept === null) return {};
      const valid = Object.entries(kept).filter(
        ([, colour]) => Number.isInteger(colour) && colour >= 0 && colour < COLOURS,
      );
      // Without a prototype: a client may be called "constructor".
      return Object.assign(Object.create(null), Object.fromEntries(valid));
    } catch {
      return {};
    }
  }
}

/** FNV-1a from a start that gives alice, bob, carol, dave and erin the first five colours. */
function hash(text: string): number {
  let value = 229_168;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return (value ^ (value >>> 15)) >>> 0;
}
