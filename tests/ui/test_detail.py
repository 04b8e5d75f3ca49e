"""What an opened row shows."""

import csv
import io
import json
import re
from datetime import datetime

import pytest

from playground import Playground
from playground.common.numbers import duration_text
from playground.ui.detail import detail_of
from playground.ui.frozen import frozen_html
from playground.ui.rows import row_of, shown_row, state_of


def opened(pg, query):
    [row] = pg.log.rows(query)
    shown = detail_of(pg.log, row)
    json.dumps(shown)
    return shown


def test_each_witness_has_its_account(echo):
    """In the order client, wire, handler, with when it saw it."""
    with echo.connect("/echo", name="alice") as alice:
        alice.send("hello")
        alice.receive()
    echo.log.wait_for("end")
    shown = opened(echo, "kind:receive")

    assert [(one["witness"], one["saw"]) for one in shown["accounts"]] == [
        ("client", "1"),
        ("wire", "1"),
        ("handler", "1"),
    ]
    assert shown["accounts"][0]["said"] == [{"kind": "client_send", "text": "5 B"}]
    assert "TEXT" in shown["accounts"][1]["said"][0]["text"]
    received, hook = shown["accounts"][2]["said"]
    assert received == {"kind": "receive", "text": "5 B"}
    assert hook["kind"] == "on_receive" and hook["text"].startswith("5 B took ")
    assert [one["label"] for one in shown["times"]] == ["client → server", "until the reply", "server → client"]
    assert all(one["ms"] >= 0 for one in shown["times"])


def test_frames_are_shown_bit_by_bit(echo):
    """One entry a frame, its header's fields labelled."""
    with echo.connect("/echo") as client:
        client.send("hello, hello", fragments=3)
        client.receive()
    frames = opened(echo, "kind:receive")["frames"]

    assert [frame["name"] for frame in frames] == ["TEXT", "CONT", "CONT"]
    assert [part["label"] for part in frames[0]["parts"]][:5] == ["FIN", "RSV1", "RSV2", "RSV3", "opcode"]
    assert all(frame["complete"] for frame in frames)


def test_a_handshake_shows_both_heads(echo):
    """As they travelled, in the sender's own case."""
    with echo.connect("/echo", headers={"X-Odd-Case": "yes"}):
        shown = opened(echo, "kind:connect")["handshake"]

    assert shown["request"]["line"] == "GET /echo HTTP/1.1"
    assert ["X-Odd-Case", "yes"] in shown["request"]["headers"]
    assert shown["response"]["line"].startswith("HTTP/1.1 101")


def test_an_end_is_explained(echo):
    """With the verdict, and who spoke last."""
    with echo.connect("/echo", name="alice") as alice:
        alice.send("bye")
        alice.receive()
    echo.log.wait_for("end")
    shown = opened(echo, "kind:end")

    assert shown["why"]["verdict"] == "the client closed it with 1000 normal closure"
    assert shown["why"]["last"] == "the server spoke last: “bye”"
    assert [part["text"] for part in shown["accounts"][2]["said"]] == [
        "was told 1000 normal closure",
        "on_disconnect(1000)",
    ]


def test_a_code_that_the_client_made_up_has_a_note(pg):
    """Beside what it says, so that nobody has to find it in a sentence."""
    source = "class Cut(WebSocketEndpoint):\n    async def on_receive(self, websocket, data):\n        raise KeyError(data)\n"
    pg.edit("/cut", source)
    with pg.connect("/cut", name="alice") as alice:
        alice.send("bye")
        pg.log.wait_for("end")
    client, _, handler = opened(pg, "kind:end")["accounts"]

    assert (client["said"], client["note"]) == (
        [{"kind": None, "text": "1006 abnormal closure"}],
        "inferred by the client, because no Close frame arrived",
    )
    assert handler["said"][0]["text"].startswith("on_receive raised KeyError: 'bye' at line 3")


def test_an_end_by_an_exception_names_its_line(pg):
    """And the version whose line it is; an end without an exception names none."""
    source = "class Fails(WebSocketEndpoint):\n    async def on_receive(self, websocket, data):\n        raise KeyError(data)\n"
    pg.edit("/fails", source)
    with pg.connect("/fails", name="alice") as alice:
        alice.send("bye")
        pg.log.wait_for("end")

    assert opened(pg, "kind:end")["why"]["raised"] == {"line": 3, "version": 1}
    with pg.connect("/ws", name="bob"):
        pass
    pg.log.wait_for("end", "client:bob")
    assert opened(pg, "kind:end client:bob")["why"]["raised"] is None


def test_a_foreign_client_is_not_quoted(echo):
    """It tells nothing here."""
    from websockets.sync.client import connect

    with connect(f"{echo.url}/echo") as stranger:
        stranger.send("hi")
        stranger.recv()
    echo.log.wait_for("end")
    shown = opened(echo, "kind:receive")

    assert shown["accounts"][0] == {
        "witness": "client",
        "at": None,
        "saw": "-",
        "said": [{"kind": None, "text": "a browser tab or another program; what it sees is not recorded"}],
        "note": None,
    }


def test_the_handler_of_another_server_is_not_said_to_take_no_part(echo):
    """What it does cannot be seen from here."""
    with Playground() as here:
        with here.connect(f"{echo.url}/echo") as client:
            client.send("hi")
            client.receive()
        said = [opened(here, f"kind:{kind}")["accounts"][2]["said"] for kind in ("receive", "send")]

    hidden = "the server is not this playground's: what its handler does cannot be seen from here"
    assert said == [[{"kind": None, "text": hidden}]] * 2


def test_secrets_are_shown_only_when_asked_for(echo):
    """The handshake's cookie and token are masked and named; the row of the list has them masked always."""
    with echo.connect("/echo?token=hunter2", name="alice", headers={"Cookie": "session=hunter2"}):
        pass
    echo.log.wait_for("end")
    [row] = echo.log.rows("kind:connect")
    masked, shown = detail_of(echo.log, row), detail_of(echo.log, row, secrets=True)

    assert "hunter2" not in json.dumps([masked, row_of(echo.log, row.record), state_of(echo)])
    assert masked["masked"] == ["header cookie", "query token"]
    assert masked["handshake"]["request"]["line"] == "GET /echo?token=(masked) HTTP/1.1"
    assert shown["masked"] == []
    assert shown["handshake"]["request"]["line"] == "GET /echo?token=hunter2 HTTP/1.1"
    assert ["Cookie", "session=hunter2"] in shown["handshake"]["request"]["headers"]


def test_a_handlers_time_is_one_number(echo):
    """In the list, the details, the picture, the diagram, what is printed, and the table."""
    with echo.connect("/echo", name="alice") as alice:
        alice.send("hello")
        alice.receive()
    echo.log.wait_for("on_receive")
    [row] = echo.log.rows("kind:receive")
    assert row.duration is not None
    text = duration_text(row.duration)
    shown = detail_of(echo.log, row)
    [line] = csv.DictReader(io.StringIO(echo.log.rows("kind:receive").to_csv()))

    assert duration_text(row_of(echo.log, row.record)["duration_ms"] / 1000) == text
    assert shown["fields"]["duration"] == text
    assert shown["accounts"][2]["said"][1]["text"].endswith(f"took {text}")
    assert f"<td>{text}</td>" in re.sub(r" style='[^']*'", "", frozen_html(echo))
    assert f"on_receive {text}" in echo.log.rows().to_mermaid()
    assert text in repr(row)
    assert duration_text(float(line["duration"])) == text
    assert all(one["label"] != "handler" for one in shown["times"])


def test_the_wall_clock_is_the_same_everywhere(echo):
    """With its time zone; it agrees with the monotonic time of the same file."""
    with echo.connect("/echo"):
        pass
    echo.log.wait_for("end")
    rows = echo.log.rows()
    head, *lines = map(json.loads, rows.to_jsonl().splitlines())
    written = {line["seq"]: line for line in lines if "kind" in line}
    table = list(csv.DictReader(io.StringIO(rows.to_csv())))

    for row, line in zip(rows, table, strict=True):
        when = datetime.fromisoformat(line["when"])
        assert when.utcoffset() is not None
        assert when == row.when == datetime.fromisoformat(written[row.seq]["when"])
        assert when.timestamp() == pytest.approx(head["began"] + written[row.seq]["at"], abs=2e-6)


def test_a_message_that_cannot_be_decoded_never_reached_the_hook(pg):
    source = 'class Chat(WebSocketEndpoint):\n    encoding = "json"\n'
    pg.edit("/chat", source)
    with pg.connect("/chat", name="alice") as alice:
        alice.send("no JSON")
        pg.log.wait_for("end")
    told = opened(pg, "kind:receive client:alice")["accounts"][2]["said"]
    rows = pg.log.rows("kind:receive client:alice")
    [shown] = map(shown_row, rows)

    assert [(part["kind"], "RuntimeError" in part["text"]) for part in told] == [("receive", False), ("decode", True)]
    assert shown["undecoded"] is True
    assert "on_receive" not in rows.to_mermaid()
    assert "server: decode " in rows.to_mermaid()
