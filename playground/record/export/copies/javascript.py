"""A client's action as JavaScript, for the console of a browser."""

from __future__ import annotations

import json

from playground.record.export.copies.repeated import Repeated


def to_javascript(done: Repeated) -> str:
    """Return statements with a WebSocket, which print what comes."""
    lines = [f"// {note}" for note in done.notes]
    left_out = [name for name, _ in done.headers] + (["Origin"] if done.origin else [])
    if left_out:
        lines.append(f"// A page cannot set headers; left out: {', '.join(left_out)}")
    if done.kind == "receive" and done.fragments > 1:
        lines.append(f"// A page cannot divide a message; it travelled in {done.fragments} frames.")
    protocols = f", {json.dumps(list(done.subprotocols))}" if done.subprotocols else ""
    lines.append(f"const ws = new WebSocket({json.dumps(done.url)}{protocols});")
    lines.append('ws.binaryType = "arraybuffer";')
    if done.kind == "receive":
        lines.append(f"ws.onopen = () => ws.send({_value(done.data)});")
    elif done.kind == "disconnect":
        arguments = "" if done.code == 1005 else f"{done.code}, {json.dumps(done.reason)}"
        lines.append(f"ws.onopen = () => ws.close({arguments});")
    else:
        lines.append('ws.onopen = () => console.log("open", ws.protocol);')
    lines.append("ws.onmessage = ({ data }) => console.log(data);")
    lines.append('ws.onclose = ({ code, reason }) => console.log("closed", code, reason);')
    return "\n".join(lines) + "\n"


def _value(data: str | bytes) -> str:
    if isinstance(data, str):
        return json.dumps(data)
    return f"new Uint8Array([{', '.join(map(str, data))}])"
