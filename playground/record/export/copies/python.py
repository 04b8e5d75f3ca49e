"""A client's action as Python: calls of this playground, a script of `websockets`, and a test for pytest."""

from __future__ import annotations

import keyword
import re
from urllib.parse import urlsplit

from playground.record.export.copies.repeated import Repeated

PIECES = 100
"""The most pieces of a message that are written one by one."""

TIMEOUT = 5
"""Seconds that a copied script waits for a reply that was seen."""

QUIET = 1
"""Seconds in which a copied test expects nothing, where no reply was seen."""


def to_pg(done: Repeated, here: bool) -> str:
    """
    Return the calls of this playground.

    Args:
        here: `pg.clients` has the client that did it, connected.
    """
    client = f"pg.clients[{literal(done.client or '')}]"
    lines = [f"# {note}" for note in (() if here and done.kind != "connect" else done.notes)]
    if done.kind == "connect" or not here:
        client = _variable(done.client)
        lines.append(f"{client} = pg.connect({', '.join(_connect_arguments(done))})")
    if done.kind == "receive":
        more = f", fragments={done.fragments}" if done.fragments > 1 else ""
        lines.append(f"{client}.send({value(done.data)}{more})")
    elif done.kind == "ping":
        lines.append(f"{client}.ping()")
    elif done.kind == "disconnect":
        lines.append(f"{client}.close({_close_arguments(done)})")
    return "\n".join(lines)


def to_script(done: Repeated) -> str:
    """Return a script that needs `websockets` alone, and prints what comes."""
    lines = [*_notes(done), "from websockets.sync.client import connect", "", f"with {_opened(done)} as ws:"]
    if done.kind == "connect":
        return "\n".join([*lines, "    print(ws.response.status_code, ws.subprotocol)"]) + "\n"
    lines += _receiving(done.greetings, "print({})")
    if done.kind == "receive":
        lines += [f"    {line}" for line in _sending(done)]
        lines += _receiving(done.replies, "print({})")
    elif done.kind == "ping":
        lines.append(f"    print(ws.ping().wait({TIMEOUT}))")
    else:
        lines.append(f"    ws.close({_close_arguments(done)})")
    return "\n".join(lines) + "\n"


def to_pytest(done: Repeated) -> str:
    """Return a file for pytest that fails where the server does not answer as it did."""
    imports: set[str] = set()
    body = _refused(done, imports) if done.status not in (None, 101) else _conversation(done, imports)
    path = urlsplit(done.url).path
    what = {"receive": "replies"}.get(done.kind, "accepts" if done.status == 101 else "refuses")
    name = re.sub(r"\W+", "_", path, flags=re.ASCII).strip("_") or "root"
    head = [*_notes(done)]
    if "ConnectionClosed" in imports or "InvalidStatus" in imports:
        head += ["import pytest", f"from websockets.exceptions import {', '.join(sorted(imports - {'pytest'}))}"]
    elif "pytest" in imports:
        head.append("import pytest")
    head.append("from websockets.sync.client import connect")
    return "\n".join([*head, "", "", f"def test_{name}_{what}():", *body]) + "\n"


def _refused(done: Repeated, imports: set[str]) -> list[str]:
    imports |= {"pytest", "InvalidStatus"}
    return [
        "    with pytest.raises(InvalidStatus) as refused:",
        f"        {_opened(done)}.close()",
        "",
        f"    assert refused.value.response.status_code == {done.status}",
    ]


def _conversation(done: Repeated, imports: set[str]) -> list[str]:
    lines = [f"    with {_opened(done)} as ws:"]
    if done.kind == "connect":
        return [*lines, f"        assert ws.subprotocol == {literal_or_none(done.subprotocol)}"]
    for _ in done.greetings:
        lines.append(f"        ws.recv(timeout={TIMEOUT})  # what it sends by itself")
    lines += [f"        {line}" for line in _sending(done)]
    for reply in done.replies:
        lines.append(f"        assert ws.recv(timeout={TIMEOUT}) == {value(reply)}")
    if done.closed is not None:
        imports |= {"pytest", "ConnectionClosed"}
        lines += ["        with pytest.raises(ConnectionClosed) as closed:", f"            ws.recv(timeout={TIMEOUT})"]
        lines += ["", f"    assert closed.value.rcvd.code == {done.closed}"]
    elif done.dropped:
        imports |= {"pytest", "ConnectionClosed"}
        lines += [
            "        with pytest.raises(ConnectionClosed) as closed:",
            f"            ws.recv(timeout={TIMEOUT})  # the handler raised: no Close frame",
            "",
            "    assert closed.value.rcvd is None",
        ]
    elif not done.replies:
        imports.add("pytest")
        lines += [
            "        with pytest.raises(TimeoutError):",
            f"            ws.recv(timeout={QUIET})  # no reply was seen",
        ]
    return lines


def _notes(done: Repeated) -> list[str]:
    return [f"# {note}" for note in done.notes]


def _receiving(messages: tuple[str | bytes, ...], use: str) -> list[str]:
    received = f"    {use.format(f'ws.recv(timeout={TIMEOUT})')}"
    if len(messages) <= 3:
        return [received] * len(messages)
    return [f"    for _ in range({len(messages)}):", f"    {received}"]


def _opened(done: Repeated) -> str:
    """Return the call of `connect`, with what the handshake had."""
    return f"connect({', '.join([literal(done.url), *_handshake_arguments(done, 'additional_headers')])})"


def _handshake_arguments(done: Repeated, headers: str) -> list[str]:
    """Return the arguments for what the handshake had; `headers` is the name of the argument for its headers."""
    arguments = [f"{headers}={_dict(done)}"] if done.headers else []
    if done.subprotocols:
        arguments.append(f"subprotocols={_list(done.subprotocols)}")
    if done.origin:
        arguments.append(f"origin={literal(done.origin)}")
    return arguments


def _sending(done: Repeated) -> list[str]:
    """Return the lines that send the message, in as many frames as it travelled in."""
    if done.fragments == 1:
        return [f"ws.send({value(done.data)})"]
    if done.fragments > PIECES:
        return [f"# it travelled in {done.fragments} frames", f"ws.send({value(done.data)})"]
    count = done.fragments - 1
    size = max(1, -(-len(done.data) // count))
    pieces = [done.data[start : start + size] for start in range(0, len(done.data), size)]
    pieces += [done.data[:0]] * (count - len(pieces))
    # websockets ends such a message with an empty frame.
    return [f"ws.send([{', '.join(map(value, pieces))}])"]


def _connect_arguments(done: Repeated) -> list[str]:
    name = [f"name={literal(done.client)}"] if done.client else []
    return [literal(done.target), *name, *_handshake_arguments(done, "headers")]


def _close_arguments(done: Repeated) -> str:
    return f"{done.code}, {literal(done.reason)}" if done.reason else str(done.code)


def _variable(name: str | None) -> str:
    plain = re.sub(r"\W+", "_", name or "", flags=re.ASCII)
    usable = plain.isidentifier() and not keyword.iskeyword(plain) and plain not in ("_", "pg", "playground")
    return plain if usable else "client"


def _dict(done: Repeated) -> str:
    return "{" + ", ".join(f"{literal(name)}: {literal(text)}" for name, text in done.headers) + "}"


def _list(items: tuple[str, ...]) -> str:
    return f"[{', '.join(map(literal, items))}]"


def value(data: str | bytes) -> str:
    """Return a message as Python."""
    return literal(data) if isinstance(data, str) else f'bytes.fromhex("{data.hex()}")'


def literal_or_none(text: str | None) -> str:
    """Return a text as Python, or None."""
    return "None" if text is None else literal(text)


def literal(text: str) -> str:
    """Return a text as Python, in double quotes unless it has some itself."""
    shown = repr(text)
    return f'"{shown[1:-1]}"' if shown[0] == "'" and '"' not in text else shown
