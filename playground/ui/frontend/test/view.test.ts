import { expect, test } from "vitest";
import type { Session } from "../src/session";
import { View } from "../src/view/view";

const http = { key: "http /health", kind: "http" };
const socket = { key: "websocket /ws", kind: "websocket" };

/** A view of a session with endpoints that can be changed, and what it shows. */
function shownOf(
  endpoints: object[],
  chosen: string | null = null,
): { endpoints: object[]; key(): string | undefined } {
  const session = { endpoints, drafts: { recall: () => chosen } };
  const view = new View(session as unknown as Session);
  return {
    get endpoints() {
      return session.endpoints;
    },
    set endpoints(now) {
      session.endpoints = now;
    },
    key: () => view.endpoint?.key,
  };
}

test("a WebSocket endpoint is shown at first, if there is one", () => {
  expect(shownOf([http, socket]).key()).toBe(socket.key);
  expect(shownOf([http]).key()).toBe(http.key);
  expect(shownOf([]).key()).toBeUndefined();
});

test("what was chosen in this page is shown", () => {
  expect(shownOf([http, socket], http.key).key()).toBe(http.key);
});

test("what is shown stays when another comes, until it is gone", () => {
  const shown = shownOf([http]);
  shown.key();
  shown.endpoints = [socket, http];
  expect(shown.key()).toBe(http.key);
  shown.endpoints = [socket];
  expect(shown.key()).toBe(socket.key);
});
