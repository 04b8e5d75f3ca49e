import { PREFIX, pageStorage } from "./storage";

/** The contents of the composer, kept over a reload of the page and a restart of the kernel. */
export class PageMemory {
  constructor(private storage: Storage | null = pageStorage()) {}

  recall(what: string): string | null {
    try {
      return this.storage?.getItem(`${PREFIX}:page:${what}`) ?? null;
    } catch {
      return null;
    }
  }

  remember(what: string, text: string): void {
    try {
      this.storage?.setItem(`${PREFIX}:page:${what}`, text);
    } catch {
      // Without storage the contents are only lost at a reload.
    }
  }
}
