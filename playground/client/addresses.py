"""
Addresses of WebSockets, as people write them and as they travel.

What may not stand in a request is encoded as a browser encodes it, so `/room/a b?city=Köln` can be written as it is.
What a browser would leave out without a word, line breaks and what follows a `#`, is refused.
"""

from __future__ import annotations

import re
from urllib.parse import SplitResult, quote, urlsplit

PATH = "!$%&'()*+,-./:;=@[]_|~"
"""Characters besides letters and digits that stay as they are in a path (WHATWG URL, section 1.3)."""

QUERY = "!$%&()*+,-./:;=?@[\\]^_`{|}~"
"""The same for a query of a WebSocket's address."""

USER = "!$%&'()*+,-.:_~"
"""The same for a user's name and password; what is encoded in them already stays too."""

REMOVED = re.compile(r"[\t\n\r]")
"""What browsers remove from an address."""

NO_HOST = re.compile(r"[\x00-\x20\x7f<>\\^`{|}\"%]")
"""Characters that no host's name has."""


def encoded(address: str) -> str:
    """
    Return a whole address as it travels.

    What is percent-encoded already stays, and so does a `%` that encodes nothing.

    Raises:
        TypeError, ValueError: it is not a WebSocket's address (RFC 6455, section 3), and the message says why.
    """
    if not isinstance(address, str):
        raise TypeError(f"a client's address has to be text, such as 'ws://host/ws', not {address!r}")
    check_characters(address)
    parts = _split(address)
    host = _host(address, parts)
    scheme, _, rest = address.partition("://")
    before, _, query = rest.partition("?")
    path = before[before.find("/") :] if "/" in before else ""
    return f"{scheme}://{host}{quote(path, safe=PATH)}{'?' + quote(query, safe=QUERY) if query else ''}"


def check_characters(address: str) -> None:
    """Raise ValueError for a character that an address, or a path in one, cannot have."""
    found = REMOVED.search(address)
    if found:
        raise ValueError(
            f"{address!r} has {found[0]!r} at position {found.start()}, which an address cannot have; remove it, or "
            f"write it as {quote(found[0])}"
        )
    if "#" in address:
        _, _, fragment = address.partition("#")
        raise ValueError(
            f"{address!r} has a fragment, {'#' + fragment!r}, which a WebSocket's address cannot have "
            "(RFC 6455, section 3); leave it out, or write # as %23 where it is a part of a name"
        )
    try:
        address.encode()
    except UnicodeEncodeError as error:
        raise ValueError(
            f"{address!r} has a lone surrogate at position {error.start}, which cannot be encoded in UTF-8; remove it"
        ) from None


def _split(address: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as error:
        raise ValueError(f"{address!r} is not a WebSocket address: {error}") from None
    if parts.scheme not in ("ws", "wss") or not parts.hostname or not address[len(parts.scheme) :].startswith("://"):
        raise ValueError(f"{address!r} is not a WebSocket address; one starts with ws:// or wss://")
    if port == 0:
        raise ValueError(f"{address!r} is not a WebSocket address: nothing listens on port 0")
    return parts


def _host(address: str, parts: SplitResult) -> str:
    """Return the part of an address between its scheme and its path."""
    user, at, host = parts.netloc.rpartition("@")
    if at and parts.password is None:
        raise ValueError(f"{address!r} has a user's name without a password; write 'ws://name:password@…', or neither")
    if host.startswith("["):
        return f"{quote(user, safe=USER)}{at}{host}"
    name, colon, port = host.partition(":")
    found = NO_HOST.search(name)
    if found:
        raise ValueError(f"{address!r} is not a WebSocket address: a host's name cannot have {found[0]!r}")
    try:
        name = name.encode("idna").decode() if not name.isascii() else name
    except UnicodeError as error:
        raise ValueError(f"{address!r} is not a WebSocket address: {name!r} is not a host's name ({error})") from None
    return f"{quote(user, safe=USER)}{at}{name}{colon}{port}"
