/** Whether the two halves of the panel speak the same protocol; see PROTOCOL.md. */

export const PROTOCOL = 3;

/** What to do about a kernel that speaks another one, or null. A kernel that names none is taken as it is. */
export function protocolMismatch(kernel: unknown): string | null {
  if (typeof kernel !== "number" || kernel === PROTOCOL) return null;
  return kernel > PROTOCOL
    ? "This page has an older half of the panel than the kernel. Reload the page."
    : "This page has a newer half of the panel than the kernel. Reload the page; if this stays, restart the kernel.";
}
