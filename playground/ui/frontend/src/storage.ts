/** The browser's storages, which a page may be forbidden to touch. */

export const PREFIX = "websocket-playground";

/** Storage until the tab is closed. */
export function pageStorage(): Storage | null {
  try {
    return globalThis.sessionStorage ?? null;
  } catch {
    return null;
  }
}

/** Storage for all tabs, until it is cleared. */
export function browserStorage(): Storage | null {
  try {
    return globalThis.localStorage ?? null;
  } catch {
    return null;
  }
}
