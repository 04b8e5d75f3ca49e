"""What the panel can do, with plain values in and out."""

import json

import pytest
from fastapi import FastAPI, WebSocket
from starlette.applications import Starlette
from starlette.routing import Mount

from playground import ConnectionEnded, EditRejected, HandshakeRefused, Playground, QueryError
from playground.edit.versions import BusyConnection, Report, Version
from playground.ui.calls import Calls, as_error, decode_payload, reported
from playground.ui.rows import state_of


async def told_by_fastapi(websocket: WebSocket, room: str):
    await websocket.accept()
    while True:
        await websocket.send_text(f"old {room} {await websocket.receive_text()}")


@pytest.fixture
def calls(pg):
    return Calls(pg)


def test_a_conversation_from_the_panel(pg, calls):
    """Connect, send, ping, close, take off the list: each is a method of the playground."""
    name = calls.run("connect", {"path": "/ws", "name": "alice"})["name"]
    sent = calls.run("send", {"names": [name], "kind": "text", "data": "hi"})
    pg.log.wait_for("send", "client:alice")
    trip = calls.run("ping", {"name": name})
    with pytest.raises(ValueError, match="alice is connected; close it first"):
        calls.run("forget", {"name": name})
    calls.run("close", {"name": name, "code": 4000, "reason": "bye"})
    calls.run("forget", {"name": name})

    assert (name, sent) == ("alice", {"sent": 1, "failed": {}})
    assert trip["rtt_ms"] > 0
    assert pg.log.wait_for("disconnect").code == 4000
    assert pg.clients == {}


def test_headers_subprotocols_and_origin_are_passed_on(pg, calls):
    """An Origin among the headers is the browser's, so it replaces ours."""
    with pytest.raises(HandshakeRefused):
        calls.run("connect", {"path": "/ws", "headers": {"origin": "https://evil.example"}})
    calls.run("connect", {"path": "/ws", "headers": {"X-Room": "1"}, "subprotocols": ["v1"]})
    sent = dict(pg.log.filter("kind:connect")[-1].headers)

    assert (sent["x-room"], sent["sec-websocket-protocol"]) == ("1", "v1")


def test_applying_code_reports_or_says_where_it_is_wrong(pg, calls):
    """The report for the status line; the line for the editor."""
    done = calls.run("apply", {"path": "/new", "source": "class A(WebSocketEndpoint): pass", "kind": "websocket"})
    with pytest.raises(EditRejected) as caught:
        calls.run("apply", {"path": "/new", "source": "class A(", "kind": "websocket"})

    assert done.pop("took_ms") > 0
    assert done == {
        "version": 1,
        "report": {
            "outcome": "live",
            "version": 1,
            "new": True,
            "connections": 0,
            "live": 0,
            "busy": [],
            "stuck": [],
            "pinned": 0,
            "movable": 0,
            "text": "new endpoint /new, v1 live",
        },
        "notes": [],
        "kept": [],
        "reset": [],
    }
    assert as_error(caught.value) == {
        "type": "EditRejected",
        "message": "line 1: '(' was never closed",
        "reason": "'(' was never closed",
        "stage": "parse",
        "line": 1,
        "column": 8,
    }


def test_a_fastapi_function_is_edited_from_the_panel():
    """What the panel shows is edited, tried, and taken back; the path's second method is an endpoint, too."""
    app = FastAPI()
    app.add_api_websocket_route("/chat/{room}", told_by_fastapi)
    app.add_api_route("/items", lambda: "old", methods=["GET"])
    app.add_api_route("/items", lambda: "old", methods=["POST"])
    with Playground(app) as pg, pg.connect("/chat/hall") as client:
        calls = Calls(pg)
        shown = {one["key"]: one for one in state_of(pg)["endpoints"]}
        client.send("a")
        client.receive()
        source = calls.run("versions", {"path": "/chat/{room}"})["versions"][0]["source"].replace("old", "new")
        draft = {"path": "/chat/{room}", "source": source, "kind": "websocket"}
        tried = calls.run("try", draft)["turns"][0]["after"]
        report = calls.run("apply", draft)["report"]
        calls.run("apply", {"path": "POST /items", "source": "def made(): return 'new'", "kind": "http"})

    assert {"websocket /chat/{room}", "http /items", "http POST /items"} <= shown.keys()
    assert "a function: an edit reaches new connections" in shown["websocket /chat/{room}"]["note"]
    assert (tried, report["outcome"]) == (["new hall a"], "pinned")
    assert pg.endpoints["POST /items"].name == "made"


@pytest.mark.parametrize("op", ["apply", "try"])
def test_a_route_that_cannot_be_edited_is_refused_with_the_reason(op):
    """As pg.edit does, with no line to point at."""

    async def served(scope, receive, send): ...

    calls = Calls(Playground(Starlette(routes=[Mount("/chat", served)])))
    with pytest.raises(EditRejected) as caught:
        calls.run(op, {"path": "/chat/1", "source": FRAGILE, "kind": "websocket"})
    error = as_error(caught.value)

    assert error["message"].startswith("'/chat/1' is taken by '/chat/{path:path}', which is a mount of")
    assert " and cannot be edited here" in error["message"]
    assert (error["stage"], error["line"]) == ("check", None)
    assert list(calls.pg.endpoints) == []


def test_an_edit_on_a_stopped_server_is_no_success_whatever_the_path_is_called(pg, calls):
    """The outcome is a field, and not a word of the sentence."""
    pg.stop()
    report = calls.run("apply", {"path": "/live", "source": FRAGILE, "kind": "websocket"})["report"]

    assert (report["outcome"], report["new"]) == ("stopped", True)
    assert report["text"] == "new endpoint /live, v1 is ready; the server is stopped"


def test_connections_that_are_behind_are_told_one_by_one():
    """Busy ones with their version and line, stuck ones with the reason, pinned ones as a number."""
    version = Version(3, "", object, "", "")
    busy = (BusyConnection(7, 2, 12), BusyConnection(8, 1, None))
    report = Report("/live", version, connections=5, live=1, busy=busy, stuck=("TypeError: no arguments",), pinned=1)
    told = reported(report)["report"]

    assert told["busy"] == [
        {"connection": 7, "version": 2, "line": 12, "entering": False},
        {"connection": 8, "version": 1, "line": None, "entering": False},
    ]
    assert (told["outcome"], told["connections"], told["live"], told["pinned"]) == ("stuck", 5, 1, 1)
    assert told["stuck"] == ["TypeError: no arguments"]


def test_a_refused_handshake_is_shown_whole(pg, calls):
    """Status, headers and body."""
    with pytest.raises(HandshakeRefused) as caught:
        calls.run("connect", {"path": "/nowhere"})
    error = as_error(caught.value)

    assert error["status"] == 403
    assert "no endpoint at '/nowhere'" in error["message"]
    assert isinstance(error["headers"], list) and error["body"] == ""


def test_an_event_can_be_opened(pg, calls):
    """The whole payload as it travelled; bytes as hexadecimal; what a hook raised and printed."""
    calls.run("connect", {"path": "/ws", "name": "alice"})
    calls.run("send", {"names": ["alice"], "kind": "json", "data": '{"n": 9007199254740993.0}'})
    calls.run("send", {"names": ["alice"], "kind": "hex", "data": "00 ff"})
    failed = pg.log.wait_for("on_receive", "connection:1 RuntimeError")
    opened = [calls.run("detail", {"seq": event.seq}) for event in pg.log.filter("kind:receive")]
    error = calls.run("detail", {"seq": failed.seq})

    assert opened[0]["text"] == '{"n": 9007199254740993.0}'
    assert (opened[1]["text"], opened[1]["hex"]) == (None, "00ff")
    assert opened[0]["fields"]["client"] == "alice"
    assert error["traceback"].startswith("Traceback (most recent call last):")
    with pytest.raises(LookupError, match="row 9999 is no longer kept"):
        calls.run("detail", {"seq": 9999})


def test_text_can_travel_as_bytes(pg, calls):
    """The composer's text as UTF-8 in a binary message; half a character has none."""
    calls.run("connect", {"path": "/ws", "name": "alice"})
    calls.run("send", {"names": ["alice"], "kind": "utf8", "data": "hé"})
    received = pg.log.wait_for("receive")

    assert received.data == "hé".encode()
    with pytest.raises(ValueError, match="this is not utf8"):
        calls.run("send", {"names": ["alice"], "kind": "utf8", "data": "\ud800"})


def test_a_client_that_is_closed_does_not_keep_the_others_from_sending(pg, calls):
    """The reply says for how many and why not for the others; only when nobody could send, it is an error."""
    for name in ("alice", "bob"):
        calls.run("connect", {"path": "/ws", "name": name})
    calls.run("close", {"name": "alice"})
    sent = calls.run("send", {"names": ["alice", "bob", "zoe"], "kind": "text", "data": "hi"})

    assert sent["sent"] == 1
    assert set(sent["failed"]) == {"alice", "zoe"}
    assert "the connection is closed" in sent["failed"]["alice"]
    with pytest.raises(ConnectionEnded, match="alice: the connection is closed"):
        calls.run("send", {"names": ["alice"], "kind": "text", "data": "hi"})


def test_the_panel_sends_as_the_server(pg, calls):
    """To clients by name, to other programs by number, or to all, also at one path."""
    clients = [pg.connect("/ws", name=name) for name in ("alice", "bob")]
    number = clients[1].connection.id
    told = [
        calls.run("push", {"names": ["alice"], "connections": [number], "kind": "text", "data": "hi"}),
        calls.run("push", {"all": True, "kind": "hex", "data": "00 ff"}),
        calls.run("push", {"all": True, "path": "/", "kind": "text", "data": "nobody"}),
    ]

    assert told[:2] == [{"sent": 2, "names": ["alice", "bob"], "failed": {}}] * 2
    assert told[2] == {"sent": 0, "names": [], "failed": {}}
    assert [[client.receive(), client.receive()] for client in clients] == [["hi", b"\0\xff"]] * 2
    for to in ({}, {"all": True, "names": ["alice"]}):
        with pytest.raises(ValueError, match="either for clients that are named, or for all"):
            calls.run("push", {"kind": "text", "data": "hi", **to})


def test_a_note_travels_as_data(pg, calls):
    """With the reply, and in the endpoint's state, where it stays for a page that is opened later."""
    source = FRAGILE.replace("on_receive", "on_recieve")
    [replied] = calls.run("apply", {"path": "/f", "source": source, "kind": "websocket"})["notes"]
    [shown] = [one["notes"] for one in state_of(pg)["endpoints"] if one["path"] == "/f"]
    pg.edit("/f", FRAGILE)
    [after] = [one["notes"] for one in state_of(pg)["endpoints"] if one["path"] == "/f"]

    assert replied == {
        "kind": "misspelt-hook",
        "line": 6,
        "text": "on_recieve is never called; did you mean on_receive?",
    }
    assert (shown, after) == ([replied], [])


def test_people_in_a_function_are_moved_from_the_panel(pg, calls):
    """Its state says how many can be."""
    function = "async def at(websocket):\n    await websocket.accept()\n    await websocket.receive_text()\n"
    pg.edit("/at", function)
    with pg.connect("/at"):
        edited = calls.run("apply", {"path": "/at", "source": function + "    pass\n", "kind": "websocket"})
        [movable] = [one["movable"] for one in state_of(pg)["endpoints"] if one["path"] == "/at"]
        moved = calls.run("reenter", {"path": "/at", "kind": "websocket"})

    assert (edited["report"]["outcome"], edited["report"]["movable"], movable) == ("pinned", 1, 1)
    assert (moved["report"]["outcome"], moved["report"]["text"]) == ("live", "v2 live on 1 connection")
    assert [event.data for event in pg.log.filter("kind:log")] == ["/at v2 live on 1 connection"]


def test_a_draft_is_tried_on_the_connection_that_was_chosen(pg, calls):
    """Or on the newest that has sent something."""
    pg.edit("/f", FRAGILE)
    with pg.connect("/f", name="one") as one, pg.connect("/f", name="other") as other:
        one.send("a")
        one.receive()
        other.send("a")
        other.send("a")
        other.receive(), other.receive()
        numbers = {client["name"]: client["connection"] for client in state_of(pg)["clients"]}
        draft = {"path": "/f", "source": FRAGILE, "kind": "websocket"}
        newest = calls.run("try", draft)
        chosen = calls.run("try", {**draft, "connection": numbers["one"]})

    assert (len(newest["turns"]), len(chosen["turns"])) == (2, 1)


FRAGILE = """
class Fragile(WebSocketEndpoint):
    encoding = "text"
    seen = []

    async def on_receive(self, websocket, data):
        self.seen.append(data)
        await websocket.send_text({"a": "A"}[data])
"""


def test_versions_are_tried_listed_reset_and_gone_back_to(pg, calls):
    """Each is a method of the playground."""
    pg.edit("/f", FRAGILE)
    with pg.connect("/f") as client:
        client.send("a")
        client.receive()
        tried = calls.run("try", {"path": "/f", "source": FRAGILE.replace('"A"', '"B"'), "kind": "websocket"})
        applied = calls.run("apply", {"path": "/f", "source": FRAGILE.replace('"A"', '"B"'), "kind": "websocket"})
        reset = calls.run("reset", {"path": "/f", "kind": "websocket"})
        back = calls.run("revert", {"path": "/f", "to": 1, "kind": "websocket"})
        listed = calls.run("versions", {"path": "/f", "kind": "websocket"})["versions"]

    assert tried["turns"] == [
        {
            "received": "a",
            "before": ["A"],
            "after": ["B"],
            "error": None,
            "failed": None,
            "held": False,
            "same": False,
        }
    ]
    assert applied["kept"] == ["Fragile.seen"] and reset["kept"] == []
    assert back["report"]["text"] == "v4 (= v1) live on 1 connection"
    assert [one["label"] for one in listed] == ["v1", "v2", "v3", "v4 (= v1)"]
    with pytest.raises(ValueError, match="no kind of endpoint 'x'"):
        calls.run("reset", {"path": "/f", "kind": "x"})


def test_a_held_event_can_be_sent_to_the_browser(pg, calls):
    """As plain values, its connection by number."""
    calls.run("on_error", {"value": "hold"})
    pg.edit("/f", FRAGILE)
    with pg.connect("/f", name="alice") as client:
        client.send("b")
        failed = pg.log.wait_for("on_receive")
        [held] = json.loads(json.dumps(state_of(pg)["server"]["held"]))
        pg.held[failed.seq].close()

    assert (held["seq"], held["client"], held["connection"]) == (failed.seq, "alice", 1)


def test_a_trial_says_which_message_is_held_and_what_was_raised(pg, calls):
    """The draft corrects it."""
    calls.run("on_error", {"value": "hold"})
    pg.edit("/f", FRAGILE)
    with pg.connect("/f") as client:
        client.send("a")
        client.send("b")
        pg.log.wait_for("on_receive", "is:errors")
        corrected = FRAGILE.replace('{"a": "A"}[data]', "data.upper()")
        turns = calls.run("try", {"path": "/f", "source": corrected, "kind": "websocket"})["turns"]

    shown = [(turn["received"], turn["held"], turn["failed"], turn["error"], turn["after"]) for turn in turns]
    assert shown == [("b", True, "KeyError: 'b'", None, ["B"]), ("a", False, None, None, ["A"])]


def test_errors_are_held_run_again_and_closed(pg, calls):
    """From the switch to the end."""
    calls.run("on_error", {"value": "hold"})
    pg.edit("/f", FRAGILE)
    with pg.connect("/f") as client:
        client.send("b")
        failed = pg.log.wait_for("on_receive").seq
        again = calls.run("run_again", {"seq": failed})
        held = list(pg.held)
        calls.run("close_held", {"seq": held[0]})
        code = pg.log.wait_for("on_disconnect").code

    assert again == {"error": "KeyError: 'b'", "version": 1}
    assert code == 1011
    with pytest.raises(LookupError, match=f"event {failed} is not held any more"):
        calls.run("run_again", {"seq": failed})


def test_the_server_is_stopped_and_started(pg, calls):
    """And the log cleared."""
    calls.run("stop", {})
    stopped = pg.running
    calls.run("start", {})
    calls.run("clear", {})

    assert (stopped, pg.running, len(pg.log)) == (False, True, 0)


@pytest.mark.parametrize(
    ("op", "args", "message"),
    [
        ("fly", {}, "the panel asks for 'fly', which this playground does not have; reload the page"),
        ("ping", {"name": "nobody"}, "no client named 'nobody'; there are no clients yet"),
    ],
)
def test_an_impossible_call_is_named(calls, op, args, message):
    """With what there is instead."""
    with pytest.raises(LookupError, match=message):
        calls.run(op, args)


@pytest.mark.parametrize(
    ("kind", "data", "payload"),
    [
        ("text", "hi", "hi"),
        ("json", "1.0", "1.0"),
        ("hex", "00 fF\n10", b"\x00\xff\x10"),
        ("base64", "AP\n8=", b"\x00\xff"),
    ],
)
def test_the_composer_speaks_four_kinds(kind, data, payload):
    """JSON travels as it was typed."""
    assert decode_payload(kind, data) == payload


@pytest.mark.parametrize(("kind", "data"), [("hex", "0g"), ("base64", "a"), ("base64", "****"), ("xml", "")])
def test_what_cannot_be_decoded_is_refused(kind, data):
    """Before anything is sent."""
    with pytest.raises(ValueError, match=f"this is not {kind}|no kind of message 'xml'"):
        decode_payload(kind, data)


def test_a_search_that_takes_too_long_is_answered_with_an_error(echo):
    """The panel shows it as any other mistake in a filter."""
    with echo.connect("/echo") as client:
        client.send("a" * 60 + "!")
        client.receive()
        with pytest.raises(QueryError) as caught:
            Calls(echo).run("search", {"query": "/(a|aa)+$/"})

    shown = as_error(caught.value)
    assert shown["type"] == "QueryError"
    assert shown["message"].startswith("column 1: /(a|aa)+$/ took too long")
    assert Calls(echo).run("search", {"query": "/(a+)+b/"})["total"] == 0


def test_what_the_panel_saves_has_no_secrets_unless_they_are_asked_for(pg, calls):
    """Every format; the answer says what was masked."""
    with pg.connect("/ws?token=hunter2", headers={"Authorization": "Bearer hunter2"}):
        pass
    pg.log.wait_for("end")

    for format in ("csv", "jsonl", "har", "mermaid"):
        masked = calls.run("export", {"format": format})
        assert "hunter2" not in masked["text"]
        assert masked["masked"] == "2 secrets are masked (header authorization, query token)"
        assert "hunter2" in calls.run("export", {"format": format, "secrets": True})["text"]


def test_what_is_done_with_all_clients_says_what_became_of_them(pg, calls):
    """Connected again, closed, taken off the list; and another one like one there is."""
    calls.run("connect", {"path": "/ws", "name": "alice", "subprotocols": ["v1"]})
    second = calls.run("duplicate", {"name": "alice"})
    closed = calls.run("close_all", {"code": 4001, "reason": "bye"})
    again = calls.run("reconnect_all", {})
    calls.run("close_all", {})
    removed = calls.run("forget_closed", {})

    assert second == {"name": "alice-2"}
    assert closed == {"text": "2 closed", "done": ["alice", "alice-2"], "failed": {}}
    assert again == {"text": "2 reconnected", "done": ["alice", "alice-2"], "failed": {}}
    assert removed["text"] == "2 removed"
    assert pg.clients == {}


def test_a_row_is_copied_as_what_does_the_same_again(pg, calls):
    """With the formats that can say it in its details; secrets only when they are asked for."""
    pg.connect("/ws?token=s3cret1", name="alice")
    seq = pg.log.rows("kind:connect")[-1].seq
    detail = calls.run("detail", {"seq": seq})
    masked = calls.run("copy_as", {"format": "curl", "seq": seq})["text"]
    whole = calls.run("copy_as", {"format": "curl", "seq": seq, "secrets": True})["text"]

    assert set(detail["copies"].values()) == {""}
    assert masked == pg.copy_as("curl", seq)
    assert ("s3cret1" in masked, "s3cret1" in whole) == (False, True)
