"""What the tests share: a running playground, and the way a conversation is held."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from playground import Playground

ECHO = """
class Echo(WebSocketEndpoint):
    encoding = "text"

    async def on_receive(self, websocket, data):
        await websocket.send_text(data)
"""


@pytest.fixture
def pg() -> Iterator[Playground]:
    """A playground on a free port with its starter endpoints."""
    with Playground() as running:
        yield running


@pytest.fixture
def echo(pg: Playground) -> Playground:
    """A playground with a plain echo at /echo."""
    pg.edit("/echo", ECHO)
    return pg
