"""What the composer says about a message before it is sent is what Starlette does with it."""

import asyncio
import json
from pathlib import Path

import pytest
from starlette.endpoints import WebSocketEndpoint

from playground.ui.calls import decode_payload

CASES = json.loads((Path(__file__).parents[1] / "cases" / "decoding.json").read_text("utf-8"))


class Socket:
    """Notes the code it is closed with."""

    code = None

    async def close(self, code):
        self.code = code


def fate_of(encoding, kind, data):
    payload = decode_payload(kind, data)
    message = {"type": "websocket.receive"} | ({"text": payload} if isinstance(payload, str) else {"bytes": payload})
    endpoint, socket = WebSocketEndpoint({"type": "websocket"}, None, None), Socket()
    endpoint.encoding = encoding
    try:
        asyncio.run(endpoint.decode(socket, message))
    except Exception:
        return "raises" if socket.code is None else str(socket.code)
    return None


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['encoding']}-{case['kind']}-{case['data']!a}")
def test_starlette_decodes_a_message_as_the_panel_says(case):
    """The browser has the same cases, in `frontend/test/expecting.test.ts`."""
    assert fate_of(case["encoding"], case["kind"], case["data"]) == case["fate"]
