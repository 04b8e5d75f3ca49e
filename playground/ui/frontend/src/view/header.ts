import { GONE_MESSAGE } from "../kernel";
import { pathOf } from "../problems";
import { countsView } from "./counts";
import { copyText, h, labels, setAttribute, setDisabled, setText, show } from "./dom";
import type { View } from "./view";

type State = "running" | "stopped" | "busy" | "gone" | "opened";
const WORDS: Record<State, string> = {
  running: "Running",
  stopped: "Stopped",
  busy: "Busy",
  gone: "No kernel",
  opened: "Log",
};
const MEANINGS: Record<State, string> = {
  running: "The server answers at this address",
  stopped: "The server is stopped",
  busy: "The kernel is slow to answer; your actions are queued",
  gone: GONE_MESSAGE,
  opened: "A log that was read from a file; there is no server",
};

function build() {
  const word = h("b", { class: "wp-state-word" });
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
    { class: "wp-button", target: "_blank", rel: "noopener", "aria-label": "Open page", "data-testid": "open-page" },
    ...labels("Open page ↗", "↗"),
  );
  const power = h("button", { class: "wp-button", "data-testid": "power" });
  return { word, state, url, copy, open, power };
}

function buildBanners() {
  const banner = h("div", { class: "wp-banner", role: "alert", hidden: true, "data-testid": "banner" });
  const mismatch = h("div", {
    class: "wp-banner",
    "data-tone": "warn",
    role: "alert",
    hidden: true,
    "data-testid": "mismatch",
  });
  return { banner, mismatch };
}

/** The top line: is it running, where, how much happened; and the banner below it when something is wrong. */
export class Header {
  readonly element: HTMLElement;
  private parts = build();
  private banners = buildBanners();
  /** Why the server could not be started or stopped. */
  private failure = "";

  constructor(
    private view: View,
    /** What else can be opened. */
    more: HTMLElement[] = [],
  ) {
    const { state, url, copy, open, power } = this.parts;
    const { banner, mismatch } = this.banners;
    copy.addEventListener("click", () => void this.copyAddress());
    power.addEventListener("click", () => void this.startOrStop());
    view.redrawOnChange(() => this.update());
    const bar = h("div", { class: "wp-bar wp-top-bar" }, state, url, copy, open, ...more);
    bar.append(h("span", { class: "wp-grow" }), countsView(view), power);
    this.element = h("div", { class: "wp-header" }, bar, banner, mismatch);
  }

  private async copyAddress(): Promise<void> {
    const { url, copy } = this.parts;
    const done = await copyText(url.textContent ?? "");
    if (!done) getSelection()?.selectAllChildren(url);
    copy.textContent = done ? "Copied" : "Selected";
    setTimeout(() => (copy.textContent = "Copy"), 1_500);
  }

  private async startOrStop(): Promise<void> {
    const { session } = this.view;
    setDisabled(this.parts.power, true);
    try {
      await session.kernel.call(session.server.running ? "stop" : "start");
      this.failure = "";
    } catch (error) {
      this.failure = (error as Error).message;
    }
    this.update();
  }

  private update(): void {
    const { word, state, url, copy, open, power } = this.parts;
    const { server, kernel, opened } = this.view.session;
    const now = stateOf(this.view);
    state.dataset.state = now;
    setText(word, WORDS[now]);
    setAttribute(state, "title", MEANINGS[now]);
    setText(url, opened ? (server.message ?? "") : address(this.view));
    for (const each of [copy, open, power]) show(each, !opened);
    setText(power, server.running ? "Stop" : "Start");
    setAttribute(power, "title", server.running ? "pg.stop()" : "pg.start()");
    setDisabled(power, !kernel.alive);
    this.linkPage();
    this.warn(now);
  }

  private linkPage(): void {
    const { open } = this.parts;
    const { server, kernel } = this.view.session;
    const page = kernel.alive && server.running && /^https?:/.test(server.http_url) ? server.http_url : null;
    setAttribute(open, "href", page);
    setAttribute(open, "aria-disabled", page ? null : "true");
    setAttribute(open, "title", page ? `Open ${page} in a new tab` : "The server is not running");
  }

  private warn(now: State): void {
    const { banner, mismatch } = this.banners;
    const { session } = this.view;
    const { server, kernel, opened } = session;
    const known = opened || server.message?.toLowerCase() === WORDS[now].toLowerCase();
    const news = known ? null : server.message;
    const trouble = !kernel.alive ? GONE_MESSAGE : this.failure || news;
    setText(banner, trouble || "");
    banner.dataset.tone = kernel.alive && !this.failure ? "note" : "warn";
    show(banner, Boolean(trouble));
    setText(mismatch, session.mismatch ?? "");
    show(mismatch, session.mismatch !== null);
  }
}

function stateOf({ session }: View): State {
  const { kernel, server, opened } = session;
  if (!kernel.alive) return "gone";
  if (kernel.waiting > 0) return "busy";
  if (opened) return "opened";
  return server.running ? "running" : "stopped";
}

function address({ session, endpoint }: View): string {
  const { server } = session;
  return `${endpoint?.kind === "http" ? server.http_url : server.ws_url}${pathOf(endpoint?.path ?? "")}`;
}
