/** Where the browser reaches the playground's pages: directly, or through the notebook's own server. */
import type { Endpoint } from "./kernel-protocol";

export interface PageAddress {
  /** Null when the browser would show nothing at it. */
  url: string | null;
  proxied: boolean;
  /** What to do when `url` is null; else what the address is. */
  note: string;
}

export interface Here {
  /** The notebook's page, such as "https://hub.example.org/user/me/lab". */
  href: string;
  /** JupyterLab's base URL, such as "/user/me/"; null in other notebook programs. */
  base: string | null;
}

const LOOPBACK = /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/;
const BLOCKED =
  "This notebook is at an https address and the server at http, which browsers do not show inside. Use jupyter-server-proxy, or a tunnel (ssh -L) and “Open page”.";

/** Where the notebook says that it is; JupyterLab and Notebook 7 write their base URL into the page. */
export function here(): Here {
  const config = document.getElementById("jupyter-config-data")?.textContent;
  try {
    const { baseUrl } = JSON.parse(config ?? "{}") as { baseUrl?: unknown };
    return { href: location.href, base: typeof baseUrl === "string" ? baseUrl : null };
  } catch {
    return { href: location.href, base: null };
  }
}

/**
 * The address of a path of the server. A page that is on this machine asks the server itself; any other page asks the
 * notebook's server, where jupyter-server-proxy passes it on, because 127.0.0.1 would be the reader's own machine.
 */
export function pageAddress(server: string, path: string, at: Here, wantsProxy: boolean | null): PageAddress {
  const target = new URL(server);
  const notebook = new URL(at.href);
  const near = LOOPBACK.test(notebook.hostname) || notebook.hostname === target.hostname;
  const proxied = at.base !== null && (wantsProxy ?? !near);
  if (proxied) {
    // A URL does not name the usual port of its scheme.
    const port = target.port || (target.protocol === "https:" ? "443" : "80");
    const url = new URL(`${at.base}proxy/${port}${path}`, notebook.origin).href;
    return { url, proxied, note: "through the notebook's server (jupyter-server-proxy)" };
  }
  if (notebook.protocol === "https:" && target.protocol === "http:" && !LOOPBACK.test(target.hostname))
    return { url: null, proxied, note: BLOCKED };
  if (notebook.protocol === "https:" && !near) return { url: null, proxied, note: BLOCKED };
  return { url: server + path, proxied, note: "" };
}

/**
 * What is shown for an endpoint: itself, or the page at / that talks to it. `theme` is the notebook's, where that is not the
 * one of the reader's system, which a page in a frame would take.
 */
export function pagePath(
  wanted: string,
  endpoint: Endpoint | undefined,
  theme: "light" | "dark" | null = null,
): string {
  if (wanted && wanted !== "/") return wanted;
  // Another method's endpoint is called "POST /items", one of a Host route "api.example.org/items".
  if (!wanted && endpoint?.kind === "http" && endpoint.path !== "/" && /^\/[^{ ]*$/.test(endpoint.path))
    return endpoint.path;
  const talks = endpoint?.kind === "websocket" && endpoint.version > 0;
  const query = { path: talks ? endpoint.path : null, encoding: talks ? endpoint.encoding : null, theme };
  const said = Object.entries(query).filter(([, value]) => value);
  return said.length ? `/?${said.map(([name, value]) => `${name}=${readable(String(value))}`).join("&")}` : "/";
}

/** A slash needs no code in a query (RFC 3986, section 3.4). */
function readable(value: string): string {
  return encodeURIComponent(value).replaceAll("%2F", "/");
}
