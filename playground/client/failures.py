"""Why a dial failed: from what was raised and how far it had got, to a sentence with the value and what to do."""

from __future__ import annotations

import errno
import os
import socket
import ssl
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from websockets import exceptions as ws_errors

from playground.client.proxies import without_secrets
from playground.common.errors import ConnectFailed, HandshakeRefused
from playground.common.text import shorten

Stage = Literal["name", "tcp", "proxy", "tls", "handshake"]
"""How far a dial has got: what is being done."""

BODY = 200
"""Characters of an answer's body, or of what is no answer, that a message shows."""

TLS_ALERT = b"\x15\x03"
"""How a TLS record with an alert begins (RFC 8446, section 5.1), with which a TLS server answers plain text."""


@dataclass
class Try:
    """One dial: where it goes, and how far it has got."""

    url: str
    open_timeout: float
    proxy: str | None
    """The proxy that it goes through, without a password."""
    stage: Stage = "name"
    lost: Exception | None = None
    """What asyncio said of the end of TCP, if that came before the answer."""
    came: bytes = b""
    """The first bytes of what came from the server, where they were recorded."""

    def __post_init__(self) -> None:
        if self.proxy is not None:
            self.stage = "proxy"

    @property
    def shown(self) -> str:
        """The address without secrets."""
        return without_secrets(self.url)

    @property
    def place(self) -> str:
        """The host and the port."""
        parts = urlsplit(self.url)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        return f"{host}:{parts.port or (443 if self.secure else 80)}"

    @property
    def secure(self) -> bool:
        """Whether it speaks TLS."""
        return self.url.startswith("wss:")


class Refused(Exception):
    """An answer with another status than 101, by a name under which `websockets` follows no redirect."""

    def __init__(self, response: Any) -> None:
        super().__init__(response)
        self.response = response


def failure_of(error: BaseException, attempt: Try) -> Exception:
    """Return what to raise for what a dial raised: mostly a ConnectFailed."""
    if isinstance(error, Refused):
        return _refusal(error.response, attempt)
    if isinstance(error, ws_errors.InvalidStatus):
        return _refusal(error.response, attempt)
    if isinstance(error, ws_errors.InvalidURI | ws_errors.InvalidProxy):
        return ValueError(str(error))
    if isinstance(error, ConnectFailed):
        return error
    for known in (_too_late, _of_the_name, _of_the_proxy, _of_tls, _of_the_answer, _of_tcp):
        text = known(error, attempt)
        if text is not None:
            return ConnectFailed(text)
    if isinstance(error, OSError | EOFError | ws_errors.WebSocketException):
        return ConnectFailed(f"cannot connect to {attempt.shown}: {_text(error)}")
    # A header or a subprotocol that cannot be sent, for example.
    return error if isinstance(error, Exception) else ConnectFailed(_text(error))


def _too_late(error: BaseException, attempt: Try) -> str | None:
    # What the system says of a connection that got no answer is a TimeoutError with a number.
    if not isinstance(error, TimeoutError):
        return None
    within = f"within {attempt.open_timeout:g} s" if error.errno is None else f"in time ({_text(error)})"
    silent = "it may be down, or a firewall may drop what is sent there"
    return {
        "name": f"the name in {attempt.shown} was not looked up {within}",
        "tcp": f"{attempt.place} did not accept a TCP connection {within}; {silent}",
        "proxy": f"the proxy {attempt.proxy} did not connect to {attempt.place} {within}; {silent}",
        "tls": f"{attempt.place} did not complete the TLS handshake {within}; does it speak TLS on that port?",
        "handshake": f"{attempt.shown} did not answer the handshake {within}",
    }[attempt.stage]


def _of_the_name(error: BaseException, attempt: Try) -> str | None:
    if not isinstance(error, socket.gaierror | UnicodeError):
        return None
    if attempt.stage == "proxy":
        return f"no host named {urlsplit(attempt.proxy or '').hostname!r}, the proxy's, is known here ({_text(error)})"
    return f"no host named {urlsplit(attempt.url).hostname!r} is known here ({_text(error)})"


def _of_the_proxy(error: BaseException, attempt: Try) -> str | None:
    proxy, place = attempt.proxy, attempt.place
    if isinstance(error, ws_errors.InvalidProxyStatus):
        status = error.response.status_code
        body = _shown_body(bytes(error.response.body or b""))
        hint = {
            407: "; write its user and password into its address, as proxy='http://user:password@host:port'",
            403: f"; it does not allow connections to {place}",
        }.get(status, "")
        return f"the proxy {proxy} answered HTTP {status} to CONNECT {place}{body}{hint}"
    if isinstance(error, ws_errors.InvalidProxyMessage):
        return f"the proxy {proxy} did not answer CONNECT {place} with HTTP: {_cause(error)}; is it an HTTP proxy?"
    if isinstance(error, ws_errors.ProxyError):
        return f"the proxy {proxy} could not be used: {_cause(error)}"
    if attempt.stage != "proxy":
        return None
    if isinstance(error, ImportError):
        return f"the proxy {proxy} needs the package python-socks: pip install python-socks"
    if isinstance(error, ConnectionRefusedError) or _is_refused(error):
        return f"the proxy {proxy} refused the connection: no program listens on that port; correct proxy= or *_proxy"
    if isinstance(error, OSError):
        return f"the proxy {proxy} cannot be reached: {_text(error)}"
    return None


def _is_refused(error: BaseException) -> bool:
    """Return whether all of a host's addresses refused, which asyncio tells in one text."""
    return isinstance(error, OSError) and error.errno is None and f"[Errno {errno.ECONNREFUSED}]" in str(error)


def _of_tls(error: BaseException, attempt: Try) -> str | None:
    at = f"{attempt.place}"
    if isinstance(error, ssl.SSLCertVerificationError):
        why = error.verify_message or str(error)
        host = urlsplit(attempt.url).hostname
        hint = (
            f"the certificate is for another host than {host!r}; dial the name that it has"
            if error.verify_code in (62, 64)
            else "to trust a certificate of your own: ssl=ssl.create_default_context(cafile='rootCA.pem')"
        )
        return f"the certificate of {at} is not trusted: {why}; {hint}"
    if isinstance(error, ssl.SSLError) and attempt.stage in ("tls", "proxy"):
        reason = (error.reason or str(error)).replace("_", " ").lower()
        plain = error.reason in ("WRONG_VERSION_NUMBER", "UNEXPECTED_MESSAGE", "RECORD_LAYER_FAILURE", "HTTP_REQUEST")
        hint = f"; the server answers without TLS; did you mean {_swapped(attempt)}?" if plain else ""
        return f"TLS with {at} failed: {reason}{hint}"
    if isinstance(error, ssl.SSLError):
        return f"TLS with {at} failed after it had begun: {(error.reason or str(error)).replace('_', ' ').lower()}"
    if attempt.stage == "tls" and isinstance(error, OSError | EOFError):
        return f"{at} closed the connection during the TLS handshake ({_text(error)}); does it speak TLS on that port?"
    return None


def _swapped(attempt: Try) -> str:
    """Return the address with the other scheme."""
    scheme, _, rest = attempt.shown.partition("://")
    return f"{'ws' if scheme == 'wss' else 'wss'}://{rest}"


def _of_the_answer(error: BaseException, attempt: Try) -> str | None:
    came = attempt.came[:BODY]
    if isinstance(error, ws_errors.InvalidMessage | ws_errors.SecurityError):
        if came.startswith(TLS_ALERT):
            return f"{attempt.shown} was answered with TLS; did you mean {_swapped(attempt)}?"
        cause = error.__cause__ or error
        if isinstance(attempt.lost, OSError):
            return f"{attempt.shown}: the connection broke before the handshake was answered ({_text(attempt.lost)})"
        if isinstance(cause, EOFError) and not came:
            return f"{attempt.shown}: the server closed the connection before it answered the handshake"
        began = f", which began with {shorten(repr(came)[1:], BODY)}" if came else ""
        if isinstance(cause, EOFError) and b"HTTP/1.1 ".startswith(came[:9]):
            return f"{attempt.shown}: the server closed the connection in the middle of its answer{began}"
        return f"cannot connect to {attempt.shown}: the answer cannot be read as HTTP/1.1 ({_text(cause)}){began}"
    if isinstance(error, ws_errors.InvalidUpgrade | ws_errors.InvalidHeader):
        header, value = error.name, error.value
        has = "has no" if value is None else f"has {shorten(repr(value), BODY)} as"
        return (
            f"{attempt.shown} answered with HTTP 101, but the answer {has} {header} header"
            f"{_expected(header)}; it is no answer of a WebSocket server to this handshake"
        )
    if isinstance(error, ws_errors.NegotiationError):
        return f"{attempt.shown} answered with HTTP 101, but chose what was not offered: {_text(error)}"
    if isinstance(error, ws_errors.InvalidHandshake):
        return f"{attempt.shown} answered with HTTP 101, but not as RFC 6455 says: {_text(error)}"
    return None


def _expected(header: str) -> str:
    return {
        "sec-websocket-accept": ", where one is expected that is computed from the request's Sec-WebSocket-Key "
        "(RFC 6455, section 4.2.2)",
        "upgrade": ", where 'websocket' is expected",
        "connection": ", where 'Upgrade' is expected",
    }.get(header.lower(), "")


def _of_tcp(error: BaseException, attempt: Try) -> str | None:
    if not isinstance(error, OSError):
        return None
    place, shown = attempt.place, attempt.shown
    if attempt.stage == "handshake":
        return f"{shown}: the connection broke before the handshake was answered ({_text(error)})"
    if isinstance(error, ConnectionRefusedError) or _is_refused(error):
        return f"{place} refused the connection: no server listens at {shown}; is it running?"
    if error.errno in (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN):
        return f"{place} cannot be reached from here: {_text(error)}; check the network, and whether a proxy is needed"
    return f"cannot connect to {place}: {_text(error)}"


def _refusal(response: Any, attempt: Try) -> HandshakeRefused:
    status, body = response.status_code, bytes(response.body or b"")
    headers = list(response.headers.raw_items())
    values = {name.lower(): value for name, value in headers}
    hint = _hint(status, values)
    return HandshakeRefused(
        f"{attempt.shown} refused the handshake with HTTP {status}{_shown_body(body)}{hint}",
        status=status,
        headers=headers,
        body=body,
    )


def _hint(status: int, headers: dict[str, str]) -> str:
    if 300 <= status < 400 and "location" in headers:
        to = shorten(without_secrets(headers["location"]), BODY)
        return f"; it redirects to {to!r}, which is not followed: connect there if that is right"
    if status == 426 and "sec-websocket-version" in headers:
        return f"; it speaks version {headers['sec-websocket-version']} of the protocol, and this client 13"
    if status == 401 and "www-authenticate" in headers:
        return f"; it asks for {shorten(headers['www-authenticate'], BODY)!r}: give headers={{'Authorization': '…'}}"
    if "retry-after" in headers:
        return f"; it asks to try again after {headers['retry-after']!r}"
    if status == 426:
        return "; it asks for another protocol"
    return "; that is an ordinary answer: no WebSocket is served at that path" if 200 <= status < 300 else ""


def _shown_body(body: bytes) -> str:
    return f": {shorten(body.decode('utf-8', 'replace'), BODY)}" if body else ""


def _cause(error: BaseException) -> str:
    return _text(error.__cause__ or error)


def _text(error: BaseException) -> str:
    # "[Errno 111] Connect call failed ('127.0.0.1', 1)" has less to say than the number's own name.
    if isinstance(error, OSError) and not isinstance(error, ssl.SSLError | socket.gaierror) and error.errno:
        return os.strerror(error.errno)
    return str(error) or type(error).__name__
