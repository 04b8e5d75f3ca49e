"""
The names that this server goes by, which a request's Host header has to be one of.

A foreign page can give its own host name this machine's address and is then of the same Origin as the server (DNS
rebinding). It cannot choose the Host header, which browsers set to the name in the page's address. An address in
place of a name is nothing that can be rebound.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address

from playground.common.arguments import texts

HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\s\[\]:/?#@\\%*,]+?)\.?(?::([0-9]{0,5}))?", re.ASCII)
"""A Host header: a name or an address, with or without a trailing dot and a port (RFC 9110, section 7.2)."""

PATTERN = re.compile(r"\*|(?:\*\.)?[^\s\[\]:/?#@\\%*,]+", re.ASCII)
"""What stands for several hosts: every name below one, as in Starlette's `TrustedHostMiddleware`, or every host."""


class Hosts:
    """
    The names that a server goes by.

    Loopback names and the host it is bound to always are. One that is not bound to loopback is also reached by the
    machine's own names, and by any address: containers and routers forward ports from addresses it does not know.

    Args:
        bound: the host the server is bound to.
        allowed: other names, such as "my.example" or "*.example.org"; "*" stands for every name.

    Raises:
        TypeError, ValueError: what is allowed is no list of such names.
    """

    def __init__(self, bound: str, allowed: Iterable[str] = ()) -> None:
        names = [checked(one) for one in texts("hosts", allowed)]
        self.every = "*" in names
        self._suffixes = tuple(one[1:] for one in names if one.startswith("*."))
        own = _one_spelling(str(bound).lower())
        self._names = {own, *names}
        self._addresses = not is_loopback(own)
        if self._addresses:
            self._names |= set(machine_names())

    def add(self, name: str) -> None:
        """Go by another name too."""
        self._names.add(name)

    def knows(self, host: str) -> bool:
        """Return whether a Host header names this server, on whichever port: ports are forwarded."""
        if self.every:
            return True
        parts = split(host)
        if parts is None:
            return False
        name = parts[0]
        known = name in self._names or is_loopback(name) or name.endswith(self._suffixes)
        return known or (self._addresses and _address(name) is not None)


def split(host: str) -> tuple[str, str] | None:
    """Return the name, in lower case, and the port of a Host header, "" if it has none; None for what is no host."""
    match = HOST.fullmatch(host)
    if match is None:
        return None
    name, port = match[1].lower(), match[2] or ""
    if not name.startswith("["):
        return name, port
    address = _address(name[1:-1])
    return (str(address), port) if isinstance(address, IPv6Address) else None


def is_loopback(name: str) -> bool:
    """Return whether a name stands for this machine only (RFC 6761, section 6.3, and RFC 1122, section 3.2.1.3)."""
    address = _address(name)
    if address is None:
        return name == "localhost" or name.endswith(".localhost")
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback


def machine_names() -> list[str]:
    """Return what this machine calls itself, on its own and in the local network (RFC 6762); nobody is asked."""
    name = socket.gethostname().lower()
    short = name.partition(".")[0]
    return [name, short, f"{short}.local"] if short else []


def checked(name: str) -> str:
    """
    Return a name that was given for `hosts`, as headers are compared with it.

    Raises:
        ValueError: it is no host.
    """
    parts = split(name if _address(name) is None or ":" not in name else f"[{name}]")
    if parts and not parts[1] and not name.endswith(":"):
        return _as_sent(parts[0])
    if PATTERN.fullmatch(name):
        return _as_sent(name.lower())
    better = re.split("[/:]", name.rpartition("//")[2])[0]
    better = better if PATTERN.fullmatch(better) else "my.example"
    raise ValueError(
        f"hosts has to be names without scheme, port and path, such as {better!r}, '*.example.org' or '*', not {name!r}"
    )


def _as_sent(name: str) -> str:
    """Return a name as browsers send it: what is not ASCII in Punycode."""
    try:
        return name if name.isascii() else name.encode("idna").decode()
    except UnicodeError:
        raise ValueError(f"hosts has a name that cannot be one of a host: {name!r}") from None


def _one_spelling(name: str) -> str:
    address = _address(name)
    return name if address is None else str(address)


def _address(name: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(name)
    except ValueError:
        return None
