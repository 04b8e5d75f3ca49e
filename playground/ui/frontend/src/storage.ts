/** The browser's storages, which a page may be forbidden to touch. */

export const PREFIX = "websocket-playground";

/** Until the tab is closed. */
export function pageStorage(): Storage | null {
  try {
    return globalThis.sessionStorage ?? null;
  } catch {
    return null;
  }
}

/** For all tabs, until somebody clears it. */
export function browserStorage(): Storage | null {
  try {
    return globalThis.localStorage ?? null;
  } catch {
    return null;
  }
}
