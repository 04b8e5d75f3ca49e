import type { Client } from "./kernel-protocol";

/** "try 3 in 2 s", while a dropped client waits to reconnect; empty otherwise. */
export function retryText(retry: Client["retry"], now: number): string {
  if (!retry) return "";
  const seconds = Math.ceil((retry.at - now) / 1000);
  return seconds > 0 ? `try ${retry.attempt} in ${seconds} s` : `try ${retry.attempt} now…`;
}
