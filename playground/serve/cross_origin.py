"""
Which web pages may use the server.

A browser sends requests from any page to any server, cookies included. It keeps the answers from a page of another
Origin, but what the requests do is done, and a WebSocket it only opens for that page: whether a page may is left to the
server (RFC 6455, sections 4.2.2 and 10.2). Plain uvicorn takes them all; a server in a notebook's kernel must not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from playground.common.arguments import texts
from playground.common.text import shorten
from playground.record.refusal import Refusal
from playground.serve.hosts import split

SHOWN = 200
"""Characters of a header that are shown."""

Headers = Mapping[str, list[str]]
"""A request's headers: names in lower case, each with all its values."""

SAFE_METHODS = ("GET", "HEAD", "OPTIONS", "TRACE")
"""Methods that ask for nothing to be changed (RFC 9110, section 9.2.1)."""

OWN_SITES = ("same-origin", "none")
"""What a browser's Sec-Fetch-Site says of requests from the server's own page, and of the person's own."""

COMMON_METHODS = ("POST", "PUT", "PATCH", "DELETE")
"""Methods that a refusal names; another one is text that a peer has chosen."""

DEFAULT_PORTS = {"http": "80", "https": "443", "ws": "80", "wss": "443"}
"""Ports that browsers leave out."""

HOW = "to allow that page, also where the app's own CORS settings do"
"""What a refusal of a request says: the app's preflight may have allowed it just before."""

ORIGIN = re.compile(r"\*|null|[a-z][a-z0-9+.-]*://[^\s/?#@\\]+")
"""What can be allowed: an Origin as browsers send it (RFC 6454, section 7), or every one."""


class Origins:
    """
    The Origins that are allowed besides the server's own.

    Args:
        allowed: Origins such as "https://hub.example.org", or "*" for every one.

    Raises:
        TypeError, ValueError: what is allowed is no list of Origins.
    """

    def __init__(self, allowed: Iterable[str]) -> None:
        self._allowed = {checked(one) for one in texts("origins", allowed)}

    def host_names(self) -> list[str]:
        """Return the host names of those that are allowed."""
        found = [split(urlsplit(one).netloc) for one in self._allowed]
        return [parts[0] for parts in found if parts]

    def refused_handshake(self, headers: Headers) -> Refusal | None:
        """
        Return why a page must not open a WebSocket, or None if it may.

        Its Origin has to be the server's own, or allowed. What sends none is no browser (RFC 6455, section 4.1).
        """
        return self._foreign("a WebSocket", headers, "to allow that page")

    def refused_request(self, method: str, headers: Headers) -> Refusal | None:
        """
        Return why a page must not send an HTTP request, or None if it may.

        The rule is that of Go 1.25's `net/http.CrossOriginProtection`: safe methods may pass. Else the browser's own
        word decides, Sec-Fetch-Site (W3C Fetch Metadata), which no page can set; where it is missing, the Origin does.
        What sends neither is no browser. Referer says nothing, since a page can leave it out.
        """
        sites = headers.get("sec-fetch-site", [])
        if method in SAFE_METHODS or (sites and all(one in OWN_SITES for one in sites)):
            return None
        what = f"a {method} request" if method in COMMON_METHODS else "an HTTP request"
        if not sites:
            return self._foreign(what, headers, HOW)
        if "origin" in headers:
            # What the browser calls another site is one, also where Origin and Host are the same.
            return self._foreign(what, {"origin": headers["origin"]}, HOW)
        if self._every:
            return None
        advice = "it does not tell the Origin of its page; to allow every page: playground.start(origins=['*'])"
        return Refusal(f"{what} that the browser calls", shorten(", ".join(sites), SHOWN), advice)

    def _foreign(self, what: str, headers: Headers, how: str) -> Refusal | None:
        for origin in headers.get("origin", []):
            if not self.allows(origin, headers.get("host", [])):
                shown = shorten(origin, SHOWN)
                advice = f"{how}: playground.start(origins=[{shown!r}])"
                return Refusal(f"{what} from a page of Origin", shown, advice)
        return None

    def allows(self, origin: str, hosts: Iterable[str]) -> bool:
        """Return whether a page of this Origin may use the server that it calls by this Host, of which there is one."""
        own = list(hosts)
        return self.names(origin) or (len(own) == 1 and _is_same(origin.rstrip("/").lower(), own[0]))

    def names(self, origin: str) -> bool:
        """Return whether pages of this Origin are allowed whatever they call the server."""
        return self._every or origin.rstrip("/").lower() in self._allowed

    @property
    def _every(self) -> bool:
        return "*" in self._allowed


def _is_same(origin: str, host: str) -> bool:
    try:
        scheme, netloc, *_ = urlsplit(origin)
    except ValueError:
        # What is no address is no page of ours.
        return False
    page, server = split(netloc), split(host)
    if page is None or server is None:
        return False
    # Of the same host's http and https, the Host header tells the one no more than the other.
    default = DEFAULT_PORTS.get(scheme, "")
    return page[0] == server[0] and (page[1] or default) == (server[1] or default)


def checked(origin: str) -> str:
    """
    Return an Origin that was given for `origins`, as headers are compared with it.

    Raises:
        ValueError: it is none.
    """
    found = origin.rstrip("/").lower()
    if ORIGIN.fullmatch(found):
        return found
    scheme, _, rest = origin.lower().rpartition("://")
    better = f"{scheme or 'https'}://{rest.partition('/')[0]}"
    better = better if ORIGIN.fullmatch(better) else "https://hub.example.org"
    raise ValueError(f"origins has to be Origins as browsers send them, such as {better!r} or 'null', not {origin!r}")
