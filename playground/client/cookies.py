"""The cookies of one client: those it was given, and those that answers have set (RFC 6265)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from email.message import Message
from http.cookiejar import Cookie, CookieJar
from typing import Any
from urllib.parse import urlsplit
from urllib.request import Request

from playground.common.arguments import TOKEN

VALUE = re.compile(r'"[!#-+\--:<-\[\]-~]*"|[!#-+\--:<-\[\]-~]*')
"""A cookie's value (RFC 6265, section 4.1.1)."""

MOST = 180
"""Cookies that a client keeps, the newest ones, as Chromium does for one site: a server may set others at each dial."""


def cookie_texts(given: object) -> dict[str, str]:
    """Return cookies by name; raise TypeError or ValueError if they cannot be sent."""
    if given is not None and not isinstance(given, Mapping):
        raise TypeError(f"cookies have to be names with their values, as in {{'session': 'abc'}}, not {given!r}")
    for name, value in (given or {}).items():
        if not isinstance(name, str) or not isinstance(value, str):
            raise TypeError(f"a cookie's name and value have to be text, not {name!r} and {value!r}")
        if not TOKEN.fullmatch(name):
            raise ValueError(f"{name!r} cannot be a cookie's name; use letters, digits and hyphens")
        if not VALUE.fullmatch(value):
            raise ValueError(
                f"cookie {name!r} cannot be sent: {value!r} has a space, a comma, a semicolon, a backslash, a control "
                f"character or one outside ASCII; encode it, for example with urllib.parse.quote"
            )
    return dict(given or {})


class Cookies:
    """
    What a client sends as Cookie to one address, and keeps of Set-Cookie.

    Path, domain, Secure and expiry are those of `http.cookiejar`.

    Args:
        url: the address that the client dials.
        given: cookies that it begins with.
    """

    def __init__(self, url: str, given: Mapping[str, str]) -> None:
        scheme, _, rest = url.partition("://")
        self._url = f"{'https' if scheme == 'wss' else 'http'}://{rest}"
        self._jar = CookieJar()
        for name, value in given.items():
            self._jar.set_cookie(_session_cookie(self._domain, name, value))

    @property
    def _domain(self) -> str:
        host = urlsplit(self._url).hostname or ""
        # As `http.cookiejar` calls a name without a dot.
        return host if "." in host or ":" in host else f"{host}.local"

    @property
    def header(self) -> str | None:
        """The Cookie header's value; None when there is nothing to send."""
        request = Request(self._url)
        self._jar.add_cookie_header(request)
        return request.get_header("Cookie")

    @property
    def all(self) -> dict[str, str]:
        """The cookies by name."""
        return {cookie.name: cookie.value or "" for cookie in self._jar}

    def keep(self, headers: Iterable[tuple[str, str]]) -> None:
        """Keep what the headers of an answer set, and forget what they delete, and the oldest of more than `MOST`."""
        message = Message()
        for name, value in headers:
            if name.lower() in ("set-cookie", "set-cookie2"):
                message[name] = value
        if message:
            self._jar.extract_cookies(_Answer(message), Request(self._url))  # type: ignore[arg-type]  # has what is asked
            for one in list(self._jar)[:-MOST]:
                self._jar.clear(one.domain, one.path, one.name)


class _Answer:
    """What `http.cookiejar` asks of a response."""

    def __init__(self, headers: Message) -> None:
        self._headers = headers

    def info(self) -> Message:
        """Return its headers."""
        return self._headers


def _session_cookie(domain: str, name: str, value: str) -> Cookie:
    settings: dict[str, Any] = {
        "version": 0,
        "port": None,
        "port_specified": False,
        "domain": domain,
        "domain_specified": False,
        "domain_initial_dot": False,
        "path": "/",
        "path_specified": True,
        "secure": False,
        "expires": None,
        "discard": True,
        "comment": None,
        "comment_url": None,
        "rest": {},
    }
    return Cookie(name=name, value=value, **settings)
