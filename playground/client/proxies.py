"""Proxies between a client and a server: which one is used, and how its address is shown."""

from __future__ import annotations

from urllib.parse import urlsplit

from websockets.exceptions import InvalidProxy, InvalidURI
from websockets.uri import parse_uri

try:
    from websockets.proxy import get_proxy, parse_proxy
except ImportError:  # until websockets 15.0
    from websockets.uri import get_proxy, parse_proxy  # type: ignore[attr-defined,no-redef]

from playground.record.secrets import mask_target


def proxy_of(url: str) -> str | None:
    """
    Return the proxy that the environment or the system names for an address; None to go straight there.

    Raises:
        ValueError: the address is none.
    """
    try:
        return get_proxy(parse_uri(url))
    except InvalidURI as error:
        raise ValueError(str(error)) from None


def check_proxy(proxy: object) -> None:
    """Raise TypeError or ValueError for what is no proxy's address."""
    if proxy is None:
        return
    if not isinstance(proxy, str):
        raise TypeError(f"proxy has to be an address, such as 'http://127.0.0.1:3128', not {proxy!r}")
    try:
        parse_proxy(proxy)
    except (InvalidProxy, ValueError) as error:
        why = error.msg if isinstance(error, InvalidProxy) else str(error)
        raise ValueError(
            f"{without_secrets(proxy)!r} is not a proxy's address: {why}; write one as 'http://127.0.0.1:3128', "
            f"'https://…' or 'socks5h://…'"
        ) from None


def without_secrets(address: str) -> str:
    """Return an address as it is shown: with `(masked)` in place of a password, or of a token in its query."""
    return mask_target(address, [])


def host_of(address: str) -> str:
    """Return the host and port of an address, as they stand in it."""
    return urlsplit(address).netloc.rpartition("@")[2]
