/**
 * The values that were given for `{{names}}`: asked again for the same message, they are filled in.
 *
 * They are kept in the browser for each notebook and message; values of names that look like a secret's only until the
 * tab is closed.
 */
import { PageMemory } from "./memory";
import { browserStorage, PREFIX } from "./storage";

type Values = Record<string, string>;

interface Entry {
  notebook: string;
  /** The message as it was written, which is what it is known by. */
  text: string;
  values: Values;
}

const KEY = `${PREFIX}:values`;
const MOST = 100;
/** Characters of one entry; a longer one is remembered until the tab is closed only. */
const LONGEST = 2_000;
const SECRET = /auth|bearer|cookie|credential|jwt|key|otp|pass|pwd|secret|session|signature|token/i;

export class AskedValues {
  constructor(
    private notebook: () => string,
    private storage: Storage | null = browserStorage(),
    private page = new PageMemory(),
  ) {}

  /** For this message here, else in another notebook, else those of the same names given last. */
  recall(text: string, names: readonly string[]): Values {
    const here = this.notebook();
    const same = this.entries().filter((entry) => entry.text === text);
    const best = same.find(({ notebook }) => notebook === here) ?? same[0];
    const known = { ...this.ofPage(), ...best?.values };
    return Object.fromEntries(names.flatMap((name) => (Object.hasOwn(known, name) ? [[name, known[name]!]] : [])));
  }

  remember(text: string, given: Readonly<Values>): void {
    this.page.remember("values", JSON.stringify({ ...this.ofPage(), ...given }));
    const values = Object.fromEntries(Object.entries(given).filter(([name]) => !SECRET.test(name)));
    const entry = { notebook: this.notebook(), text, values };
    if (!Object.keys(values).length || JSON.stringify(entry).length > LONGEST) return;
    const others = this.entries().filter((each) => each.text !== text || each.notebook !== entry.notebook);
    this.write([entry, ...others].slice(0, MOST));
  }

  /** Drops what was given for a message that is gone. */
  forget(text: string): void {
    this.write(this.entries().filter((each) => each.text !== text));
  }

  private ofPage(): Values {
    const kept = parsed(this.page.recall("values"));
    return isValues(kept) ? kept : {};
  }

  private entries(): Entry[] {
    let kept: unknown;
    try {
      kept = parsed(this.storage?.getItem(KEY) ?? null);
    } catch {
      return [];
    }
    return Array.isArray(kept) ? kept.filter(isEntry) : [];
  }

  private write(entries: Entry[]): void {
    try {
      this.storage?.setItem(KEY, JSON.stringify(entries));
    } catch {
      // Without room in the storage they are only asked for again.
    }
  }
}

function parsed(text: string | null): unknown {
  try {
    return JSON.parse(text ?? "null");
  } catch {
    return null;
  }
}

function isEntry(value: unknown): value is Entry {
  const { notebook, text, values } = (value ?? {}) as Partial<Entry>;
  return typeof notebook === "string" && typeof text === "string" && isValues(values);
}

function isValues(value: unknown): value is Values {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((each) => typeof each === "string")
  );
}
