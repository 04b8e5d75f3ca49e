"""A client's action as a command for a shell (POSIX sh): curl, websocat, and the command line of `websockets`."""

from __future__ import annotations

import base64
import re
import shlex

from playground.record.export.copies.repeated import Repeated

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
"""A Sec-WebSocket-Key; the example of RFC 6455, section 1.3."""

OCTAL_BYTES = 256
"""The longest binary message that is written byte by byte; a longer one is written in base64."""

_NOT_PLAIN = re.compile(r"[^\w ,.:%-]", re.ASCII)
"""What a shell may give a meaning."""

BUFFER = 65000
"""Bytes that websocat surely reads at once; of a longer line it makes more messages than one, which base64 avoids."""


def to_curl(done: Repeated) -> str:
    """Return the handshake, or an HTTP request, for curl, which prints the answer and then what comes."""
    if done.kind == "request":
        method = {"GET": [], "HEAD": ["--head"]}.get(done.method, ["-X", _word(done.method)])
        words = ["curl", "-i", *method]
        headers = done.headers
    else:
        words = ["curl", "-i", "-N", "--http1.1"]
        handshake = (("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"))
        headers = (*handshake, ("Sec-WebSocket-Key", KEY), *done.all_headers)
    if any(character in done.url for character in "[]{}"):
        words.append("--globoff")
    for name, text in headers:
        # With a colon and nothing behind it, curl sends no such header.
        words += ["-H", _word(f"{name}: {text}" if text else f"{name};")]
    scheme, colon, rest = done.url.partition(":")
    address = {"ws": "http", "wss": "https"}.get(scheme, scheme) + colon + rest
    return _command(done, " ".join([*words, _word(address)]))


def to_websocat(done: Repeated) -> str:
    """Return a command of websocat, which goes on to print what comes until it is ended with Ctrl+C."""
    # -H takes several values, so the address comes first.
    target = [_word(done.url)]
    if done.subprotocols:
        target.append("--protocol=" + _word(", ".join(done.subprotocols)))
    if done.origin:
        target.append("--origin=" + _word(done.origin))
    target += [f"-H={_word(f'{name}: {text}')}" for name, text in done.headers]
    if done.kind == "connect":
        return _command(done, " ".join(["websocat", *target]))
    if done.kind == "disconnect":
        words = ["websocat", f"--close-status-code={done.code}", f"--close-reason={_word(done.reason)}", *target]
        return _command(done, " ".join(words) + " < /dev/null")
    if isinstance(done.data, str):
        # Ended with a zero byte, because websocat leaves a line's end in the message.
        return _command(done, " ".join([printf(done.data, "\0"), "| websocat -n -0", *target]))
    if len(done.data) <= OCTAL_BYTES:
        return _command(done, " ".join([f"printf '{_octal(done.data)}'", "| websocat -n -b", *target]))
    text = "b" + base64.b64encode(done.data).decode("ascii")
    buffer = ["-B", str(2 * len(text))] if len(text) >= BUFFER else []
    words = [printf(text, "\n"), "| websocat -n --base64 --binary-prefix=b", *buffer, *target]
    return _command(done, " ".join(words))


def to_websockets(done: Repeated) -> str:
    """Return a command of `python -m websockets`, which sends each line that it reads."""
    client = f"python -m websockets {_word(done.url)}"
    if done.kind == "connect":
        return _command(done, client)
    assert isinstance(done.data, str)
    # At the end of its input it closes, without waiting for a reply.
    return _command(done, f"{{ {printf(done.data, chr(10))}; sleep 1; }} | {client}")


def printf(text: str, end: str) -> str:
    """Return a command that prints a text with "\\n" or "\\0" at its end."""
    ending = "\\0" if end == "\0" else "\\n"
    if all(character.isprintable() or character == "\n" for character in text):
        return f"printf '%s{ending}' {_word(text)}"
    # What cannot be seen would act on the terminal that it is pasted into.
    return "printf '" + "".join(map(_escaped, text)).replace("-", "\\055", 1) + f"{_escaped(end)}'"


def _escaped(character: str) -> str:
    """Return a character for the format of printf, in single quotes."""
    if character in "\\%":
        return character * 2
    if character == "'":
        return "'\\''"
    return character if character.isprintable() else _octal(character.encode("utf-8", "surrogatepass"))


def _octal(data: bytes) -> str:
    return "".join(f"\\{byte:03o}" for byte in data)


def _word(text: str) -> str:
    """Return a text as one word; what cannot be seen in it is made by printf."""
    if text.isascii() and text.isprintable():
        return shlex.quote(text)
    if text.isprintable() or text.replace("\n", "").isprintable():
        return shlex.quote(text)
    return f"\"$(printf '{''.join(map(_escaped, text))}')\""


def _command(done: Repeated, command: str) -> str:
    return "".join(f"# {_comment(note)}\n" for note in done.notes) + command + "\n"


def _comment(note: str) -> str:
    """
    Return a note without what a shell that takes no comments would act on, such as zsh where one types.

    A note names headers and parameters, which a peer may have called `$(reboot)`.
    """
    return _NOT_PLAIN.sub("", note)
