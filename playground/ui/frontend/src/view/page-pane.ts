import { here, pageAddress, pagePath } from "../page-address";
import { h, setAttribute, setText, show } from "./dom";
import { ownTheme } from "./theme";
import type { View } from "./view";

function build() {
  const address = h("a", {
    class: "wp-url wp-mono",
    target: "_blank",
    rel: "noopener",
    "data-testid": "page-address",
  });
  const reload = h("button", { class: "wp-button", "data-testid": "page-reload" }, "Reload");
  const other = h("button", { class: "wp-button", "data-testid": "page-way" });
  const note = h("p", { class: "wp-hint", role: "status", "data-testid": "page-note" });
  // Its own Origin: the page can reach the notebook only through the proxy, where both have the same one.
  const frame = h("iframe", { class: "wp-page-frame", title: "The page", "data-testid": "page-frame" });
  frame.referrerPolicy = "no-referrer";
  return { address, reload, other, note, frame };
}

/** What the server answers at a path, in a frame; the page at / talks to the endpoint that is chosen. */
export class PagePane {
  readonly element: HTMLElement;
  private parts = build();
  private at = here();
  /** That of the beginning: another one is no reason to load the page again. */
  private theme = ownTheme();
  private wantsProxy: boolean | null = null;
  private isOn = true;
  private shown: string | null = null;

  constructor(
    private view: View,
    /** A path; the page of whatever endpoint is chosen when it is empty. */
    private wanted: string,
  ) {
    const { address, reload, other, note, frame } = this.parts;
    reload.addEventListener("click", () => this.load(this.shown));
    other.addEventListener("click", () => {
      this.wantsProxy = !this.address().proxied;
      this.update();
    });
    const bar = h(
      "div",
      { class: "wp-bar" },
      h("h3", {}, "Page"),
      address,
      h("span", { class: "wp-grow" }),
      other,
      reload,
    );
    this.element = h("section", { class: "wp-page", "aria-label": "Page" }, bar, note, frame);
    view.redrawOnChange(() => this.update());
  }

  private address() {
    const { session, endpoint } = this.view;
    const path = pagePath(this.wanted, endpoint, this.theme);
    return pageAddress(session.server.http_url, path, this.at, this.wantsProxy);
  }

  /** Leaves the page, which closes its connection, or comes back to it. */
  turn(on: boolean): void {
    this.isOn = on;
    if (on) this.update();
    else this.load(null);
  }

  private update(): void {
    if (!this.isOn) return;
    const { address, other, note, frame, reload } = this.parts;
    const { server, kernel } = this.view.session;
    const runs = server.running && /^https?:/.test(server.http_url);
    const {
      url,
      proxied,
      note: says,
    } = runs ? this.address() : { url: null, proxied: false, note: "The server is not running." };
    setText(address, url ?? "");
    setAttribute(address, "href", url);
    setAttribute(
      address,
      "title",
      `Open in a new tab${says && url ? `; ${says}` : ""}. A page that forbids frames stays empty here.`,
    );
    setText(note, url ? "" : says);
    show(note, url === null);
    show(frame, url !== null);
    show(other, runs && this.at.base !== null);
    setText(other, proxied ? "Directly" : "Through Jupyter");
    setAttribute(
      other,
      "title",
      proxied
        ? "Ask the server itself, where it is on this machine"
        : "Ask through the notebook's server, where the kernel is on another machine; needs jupyter-server-proxy",
    );
    reload.disabled = url === null || !kernel.alive;
    if (url !== this.shown) this.load(url);
  }

  private load(url: string | null): void {
    this.shown = url;
    this.parts.frame.src = url ?? "about:blank";
  }
}
