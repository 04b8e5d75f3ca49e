"""The playground as plain values for the browser."""

import json

import pytest

from playground import Log, Playground
from playground.ui.rows import PREVIEW, preview, row_of, state_of


def test_a_row_says_what_an_event_says(echo):
    """Times are milliseconds; the payload is cut."""
    with echo.connect("/echo", name="alice") as alice:
        alice.send("x" * 1000)
        alice.receive()
    hook = echo.log.wait_for("on_receive")
    row = row_of(echo.log, echo.log.records(since=hook.seq - 1)[0])

    assert (row["seq"], row["kind"], row["client"], row["size"], row["version"]) == (
        hook.seq,
        "receive",
        "alice",
        1000,
        1,
    )
    assert (row["hook"], row["opcode"], row["saw"], row["cut"]) == (
        "on_receive",
        "text",
        "111",
        True,
    )
    assert row["at"] <= (echo.log.began + hook.at) * 1000
    assert row["duration_ms"] == round(hook.duration * 1000, 4)
    assert len(row["preview"]) == PREVIEW and row["preview"].endswith("…")
    assert not {"agree", "running", "error", "reason", "code"} & row.keys(), "what is usual is left out"
    json.dumps(row)


def test_previews_stand_for_what_has_no_text():
    """Bytes in hexadecimal, closing codes in words."""
    log = Log()

    assert preview(log.note("send", data=b"\x00\xff")) == ("00 ff", False)
    assert preview(log.note("send", data="a\nb")) == ("a␊b", False)
    assert preview(log.note("disconnect", code=1006)) == ("abnormal closure", False)
    assert preview(log.note("close", code=4000, reason="bye")) == ("private use (application-defined) · bye", False)
    assert preview(log.note("accept")) == ("", False)


def test_an_end_has_each_witness_word_in_a_field_of_its_own(echo):
    """Those that told nothing are left out; the preview has the same words in one line."""
    with echo.connect("/echo", name="alice"):
        pass
    end = echo.log.wait_for("end")
    row = row_of(echo.log, echo.log.records(since=end.seq - 1)[0])

    assert row["told"] == {
        "client": "client saw 1000",
        "wire": "Close 1000 on the wire",
        "handler": "handler was told 1000",
    }
    assert row["preview"] == " · ".join(row["told"].values())


def test_only_an_end_tells_what_witnesses_were_told(echo):
    """The field is left out of every other row."""
    with echo.connect("/echo") as client:
        client.send("hi")
        client.receive()
    echo.log.wait_for("end")
    rows = [row_of(echo.log, record) for record in echo.log.records()]

    assert {row["kind"] for row in rows if "told" in row} == {"end"}


def test_the_state_lists_endpoints_and_clients(pg):
    """Ours with their counts, and other programs' connections beside them."""
    from playground.client.async_client import AsyncClient
    from playground.client.client import Client

    stranger = Client(AsyncClient(f"{pg.url}/ws")).connect()
    with pg.connect("/ws", name="alice") as alice:
        alice.send("hi")
        alice.receive()
        pg.edit("/f", "async def f(websocket): pass")
        state = state_of(pg)
    stranger.close()
    endpoints = {one["key"]: one for one in state["endpoints"]}
    clients = {one["name"]: one for one in state["clients"]}

    assert state["server"]["ws_url"] == pg.url and state["server"]["running"]
    assert (endpoints["websocket /ws"]["connections"], endpoints["websocket /ws"]["encoding"]) == (2, "text")
    assert endpoints["websocket /ws"]["runs"] == [{"version": 1, "connections": 2}]
    assert endpoints["websocket /f"]["note"].startswith("a function: an edit reaches new connections")
    assert (clients["alice"]["own"], clients["alice"]["sent"], clients["alice"]["received"]) == (True, 1, 1)
    assert (clients["#1"]["own"], clients["#1"]["state"]) == (False, "open")
    json.dumps(state)


@pytest.mark.parametrize(
    ("functions", "source", "note"),
    [
        ("pinned", "async def at(websocket): ...", "a function"),
        ("reenter", "async def at(websocket): ...", None),
        ("reenter", "class At(WebSocketEndpoint):\n    async def dispatch(self): ...", "a `dispatch` of its own"),
        ("pinned", "class At(WebSocketEndpoint): ...", None),
        ("pinned", "async def at(request): ...", None),
    ],
)
def test_an_endpoint_has_a_note_where_open_connections_keep_their_version(functions, source, note):
    """Functions do so unless they are left and entered again."""
    with Playground(functions=functions) as pg:
        pg.edit("/at", source)
        [shown] = [one for one in state_of(pg)["endpoints"] if one["path"] == "/at"]

    assert (shown["note"] and shown["note"].partition(":")[0]) == note


def test_the_place_of_a_client_has_the_host_where_the_server_is_somebody_elses(pg):
    """Without the secrets of its address."""
    with Playground() as other, other.connect("/ws", name="ours"):
        theirs = f"{pg.url}/ws?token=hidden"
        with other.connect(theirs, name="theirs"):
            places = {one["name"]: one["path"] for one in state_of(other)["clients"]}

    assert places == {"ours": "/ws", "theirs": pg.url.removeprefix("ws://") + "/ws?token=(masked)"}


def test_a_failed_client_says_why(pg):
    """In the place of a close reason."""
    import contextlib

    from playground import HandshakeRefused

    with contextlib.suppress(HandshakeRefused):
        pg.connect("/nowhere", name="lost")
    shown = state_of(pg)["clients"][0]

    assert shown["state"] == "failed"
    assert "HTTP 403" in shown["reason"]
