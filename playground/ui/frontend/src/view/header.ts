import { count, plural } from "../format";
import { GONE_MESSAGE } from "../kernel";
import { copyText, h, setAttribute, setText, show } from "./dom";
import type { View } from "./view";

type State = "running" | "stopped" | "busy" | "gone";
const WORDS: Record<State, string> = { running: "Running", stopped: "Stopped", busy: "Busy", gone: "No kernel" };
const MEANINGS: Record<State, string> = {
  running: "The server answers at this address",
  stopped: "The server is stopped",
  busy: "The kernel takes its time to answer; what you do is queued",
  gone: GONE_MESSAGE,
};

/** The top line: is it running, where, how much happened; and the banner below it when something is wrong. */
export function header(view: View): HTMLElement {
  const { session } = view;
  const word = h("b");
  const state = h(
    "span",
    { class: "wp-state", "data-testid": "state", role: "status" },
    h("i", { class: "wp-dot", "aria-hidden": "true" }),
    word,
  );
  const url = h("code", { class: "wp-url", "data-testid": "url" });
  const copy = h("button", { class: "wp-button", title: "Copy the address", "data-testid": "copy-url" }, "Copy");
  const open = h(
    "a",
    { class: "wp-button", target: "_blank", rel: "noopener", "data-testid": "open-page" },
    "Open page ↗",
  );
  const counts = h("span", { class: "wp-dim wp-counts", "data-testid": "counts" });
  const power = h("button", { class: "wp-button", "data-testid": "power" });
  const banner = h("div", { class: "wp-banner", role: "alert", hidden: true, "data-testid": "banner" });
  const mismatch = h("div", {
    class: "wp-banner",
    "data-tone": "warn",
    role: "alert",
    hidden: true,
    "data-testid": "mismatch",
  });

  copy.addEventListener("click", async () => {
    const done = await copyText(url.textContent ?? "");
    if (!done) getSelection()?.selectAllChildren(url);
    copy.textContent = done ? "Copied" : "Selected";
    setTimeout(() => (copy.textContent = "Copy"), 1_500);
  });
  power.addEventListener("click", async () => {
    power.disabled = true;
    try {
      await session.kernel.call(session.server.running ? "stop" : "start");
      failure = "";
    } catch (error) {
      failure = (error as Error).message;
    }
    update();
  });
  let failure = "";

  const update = (): void => {
    const { server, counts: numbers, kernel } = session;
    const now: State = !kernel.alive ? "gone" : kernel.waiting > 0 ? "busy" : server.running ? "running" : "stopped";
    state.dataset.state = now;
    setText(word, WORDS[now]);
    setAttribute(state, "title", MEANINGS[now]);
    setText(url, address(view));
    const page = kernel.alive && server.running && /^https?:/.test(server.http_url) ? server.http_url : null;
    setAttribute(open, "href", page);
    setAttribute(open, "aria-disabled", page ? null : "true");
    setAttribute(open, "title", page ? `Open ${page} in a new tab` : "The server is not running");
    const connections = session.endpoints.reduce((sum, endpoint) => sum + endpoint.connections, 0);
    setText(
      counts,
      `${plural(connections, "connection")} · ${plural(numbers.events, "event")} · ${count(numbers.dropped)} dropped`,
    );
    setAttribute(counts, "title", `${count(numbers.kept)} events are kept in the kernel`);
    setText(power, server.running ? "Stop" : "Start");
    setAttribute(power, "title", server.running ? "pg.stop()" : "pg.start()");
    power.disabled = !kernel.alive;
    const news = server.message?.toLowerCase() === WORDS[now].toLowerCase() ? null : server.message;
    const trouble = !kernel.alive ? GONE_MESSAGE : failure || news;
    setText(banner, trouble || "");
    banner.dataset.tone = kernel.alive && !failure ? "note" : "warn";
    show(banner, Boolean(trouble));
    setText(mismatch, session.mismatch ?? "");
    show(mismatch, session.mismatch !== null);
  };
  view.redrawOnChange(update);

  const bar = h(
    "div",
    { class: "wp-bar wp-top-bar" },
    state,
    url,
    copy,
    open,
    h("span", { class: "wp-grow" }),
    counts,
    power,
  );
  return h("div", { class: "wp-header" }, bar, banner, mismatch);
}

function address({ session, endpoint }: View): string {
  const { server } = session;
  return `${endpoint?.kind === "http" ? server.http_url : server.ws_url}${endpoint?.path ?? ""}`;
}
