"""Whether uvicorn's protocol classes can be tapped."""

import sys

import pytest
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from playground import Log, Playground
from playground.record.recorder.server import Recorder
from playground.serve.protocols import find_problem, protocols


def test_the_uvicorn_that_is_installed_can_be_tapped():
    """So nothing is said."""
    log = Log()
    options = protocols(Recorder(log), {})

    assert find_problem() is None
    assert options.keys() == {"ws", "http"}
    assert len(log) == 0


@pytest.mark.parametrize("ws", ["none", object])
def test_another_implementation_is_left_alone(ws):
    """It was asked for."""
    assert protocols(Recorder(Log()), {"ws": ws}) == {"ws": ws}


def test_wsproto_is_left_alone_and_what_it_refuses_is_seen_where_its_request_is_read():
    """The class that speaks WebSocket is uvicorn's own."""
    options = protocols(Recorder(Log()), {"ws": "wsproto", "http": "h11"})

    assert options.keys() == {"ws", "http"}
    assert options["ws"] == "wsproto"
    assert issubclass(options["http"], H11Protocol)


def test_without_the_class_there_are_two_witnesses(monkeypatch):
    """And one sentence that says why; people connect and talk as ever."""
    monkeypatch.setitem(sys.modules, "uvicorn.protocols.websockets.websockets_sansio_impl", None)
    with Playground(ws="wsproto") as pg, pg.connect("/ws") as alice:
        told = protocols(pg._recorder, {"ws": "auto"})
        alice.send("hi")
        answer = alice.receive()
        [warning] = pg.log.rows('"the wire is not recorded"')

    assert told == {"ws": "auto"}
    assert answer == "you said: hi"
    assert "import of uvicorn.protocols.websockets.websockets_sansio_impl halted" in warning.data
    assert warning.error == "WARNING"


def test_a_method_that_is_gone_is_named(monkeypatch):
    """The tap would never be called."""
    monkeypatch.delattr(WebSocketsSansIOProtocol, "handle_connect")

    assert "WebSocketsSansIOProtocol has no method 'handle_connect'" in find_problem()


def test_a_method_that_takes_something_else_is_named(monkeypatch):
    """It would be called in another way than it expects."""
    monkeypatch.setattr(WebSocketsSansIOProtocol, "send", lambda self, message, more: None)

    assert "WebSocketsSansIOProtocol.send takes ('self', 'message', 'more'), not ('self', 'message')" in find_problem()


def test_an_attribute_that_is_gone_is_named(monkeypatch):
    """The tap reads it."""

    def other(self, config):
        self.transport = config

    monkeypatch.setattr(WebSocketsSansIOProtocol, "__init__", other)

    assert "WebSocketsSansIOProtocol does not set client, close_sent, conn" in find_problem()


def test_a_playground_serves_without_the_wire(monkeypatch):
    """Where the class is not the one that was tested."""
    monkeypatch.setattr("playground.serve.protocols.METHODS", {"read_the_mind": ("self",)})
    with Playground() as pg, pg.connect("/ws", name="alice") as alice:
        alice.send("hi")
        answer = alice.receive()
        row = pg.log.rows("client:alice kind:receive")[0]

    assert answer == "you said: hi"
    assert row.saw == "1-1"
    assert len(pg.log.rows('"the wire is not recorded"')) == 1
