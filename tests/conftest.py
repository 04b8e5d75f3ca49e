"""What the tests share: a running playground, and the way a conversation is held."""

from __future__ import annotations

import weakref
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from playground import Log, Playground
from playground.client.async_client import AsyncClient
from playground.edit import hosts
from playground.edit.held import HeldMessage
from playground.record.spill import SpillFile
from playground.serve import uvicorn_tap as wire
from playground.serve.server import Server

PATIENCE = 60.0
"""Seconds that a test waits for what has to come; only a failing one waits that long."""

# How long an example takes says how busy the machine is.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

ECHO = """
class Echo(WebSocketEndpoint):
    encoding = "text"

    async def on_receive(self, websocket, data):
        await websocket.send_text(data)
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a browser as slow, so that `-m "not slow"` alone is the quick round."""
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker("slow")


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait longer than a person would like to, so that a loaded machine fails no test that names no time itself."""
    for waits in (
        Log.wait_for,
        Log.wait_for_async,
        AsyncClient.__init__,
        HeldMessage.run_again,
        Playground.stop,
        Playground.try_edit,
        Server.stop,
        SpillFile.flush,
    ):
        assert waits.__kwdefaults__
        monkeypatch.setitem(waits.__kwdefaults__, "timeout", PATIENCE)
    monkeypatch.setattr(hosts, "CENSUS_TIMEOUT", PATIENCE)
    monkeypatch.setattr(wire, "WITNESS_TIMEOUT", PATIENCE)


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


def in_finalizer(frame):
    """Return whether a frame runs in a finalizer, which may run anywhere, and where what is raised reaches nobody."""
    while frame is not None:
        if frame.f_code.co_filename == weakref.__file__:
            return True
        frame = frame.f_back
    return False
