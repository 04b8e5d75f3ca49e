import { setAttribute } from "./dom";

/**
 * Lets a live region announce what is written into it next, unless it differs from what is there only in its numbers: a counter
 * that follows the traffic would speak without end. To be called before the text is written.
 */
export function announce(region: HTMLElement, text: string): void {
  const same = withoutNumbers(text) === withoutNumbers(region.textContent ?? "");
  setAttribute(region, "aria-live", same ? "off" : "polite");
}

export function withoutNumbers(text: string): string {
  return text.replace(/\d[\d.,:]*/g, "0").replace(/\bconnections\b/g, "connection");
}
