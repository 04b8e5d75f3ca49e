"""Rows in other programs' formats."""

import csv
import io
import json
import re
import urllib.request
from datetime import datetime

import pytest

from playground import Log
from playground.record.export.table import COLUMNS
from playground.record.records import Connection, Record


@pytest.fixture
def log():
    """A message, its reply, a ping and an end, on one connection."""
    log = Log()
    alice = Connection(1, "/chat", "al:ice; #1", own=True, tapped=True)
    for kind, data, toward in (
        ("receive", "=1+1\nsecond", None),
        ("send", b"\x00\xff", None),
        ("ping", None, "in"),
        ("end", "client saw 1000", None),
    ):
        record = Record(kind, log.zero + log.total, alice)
        record.data, record.toward = data, toward
        record.client_at = record.wire_at = record.handler_at = record.at
        log.append(record)
    receive, _, ping, _ = log.records()
    receive.hook, receive.began, receive.ended, receive.error = (
        "on_receive",
        receive.at,
        receive.at + 0.5,
        "KeyError: 'x'",
    )
    ping.parts, ping.answer = ((ping.at, b"\x89\x80", 6),), (ping.at + 0.25, b"\x8a\x00", 2)
    log.note("edit", path="/chat", data="v2 live on 1 connection").at = log.zero + 10
    return log


def test_csv_has_a_line_for_each_row(log):
    """Line breaks stay in their cell; bytes are base64; times are seconds."""
    lines = list(csv.DictReader(io.StringIO(log.rows().to_csv())))

    assert tuple(lines[0]) == COLUMNS
    assert [line["kind"] for line in lines] == ["receive", "send", "ping", "end", "edit"]
    assert (lines[0]["data"], lines[0]["duration"], lines[0]["saw"]) == ("'=1+1\nsecond", "0.5", "111")
    assert (lines[1]["data"], lines[1]["data_base64"]) == ("", "AP8=")
    assert lines[2]["duration"] == "0.25"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\n", "＝", "＠"])
def test_a_spreadsheet_finds_no_formula(start):
    """Text from the wire is no program."""
    log = Log()
    log.note("receive", data=f"{start}cmd")
    [line] = csv.DictReader(io.StringIO(log.rows().to_csv(), newline=""))

    assert line["data"] == f"'{start}cmd"


def test_what_mermaid_would_read_as_its_own_is_escaped():
    """Ends of statements, comments, directives, formulas, HTML; and each statement stays on its line."""
    log = Log()
    hostile = 'a;b#c:d<br>"e`%%{init: x}%%$$f$$&lt;\nend\u2028\x1b[31m\u202e'
    record = Record("receive", log.zero, Connection(1, "/ws", hostile))
    record.data = record.error = hostile
    log.append(record)
    lines = log.rows().to_mermaid().splitlines()

    assert len(lines) == 4
    for line in lines[1:]:
        assert not set(re.sub(r"#\d+;", "", line.replace("c1->>server:", ""))) & set(';#:<>"`%{}$&\u2028\x1b\u202e')
    assert "␊end\\u2028\\x1b[31m\\u202e" in lines[1]


def test_json_lines_are_read_back(log):
    """One object a line, by the same names, after the log and the connection they belong to."""
    first, alice, row = map(json.loads, log.rows("kind:receive").to_jsonl().splitlines())

    assert (first["format"], first["version"], first["began"]) == ("websocket-playground log", 1, log.began)
    assert (alice["connection"], alice["client"], alice["path"]) == (1, "al:ice; #1", "/chat")
    assert (row["seq"], row["kind"], row["connection"], row["hook"]) == (1, "receive", 1, "on_receive")
    assert (row["data"], row["error"]) == ("=1+1\nsecond", "KeyError: 'x'")


def test_a_sequence_diagram_shows_who_said_what(log):
    """Clients and the server as life lines; a ping dashed; what Mermaid would read as its own is escaped."""
    assert log.rows().to_mermaid().splitlines() == [
        "sequenceDiagram",
        "    participant c1 as al#58;ice#59; #35;1",
        "    participant server",
        "    c1->>server: receive =1+1␊second KeyError#58; 'x'",
        "    Note right of server: on_receive 500 ms KeyError#58; 'x'",
        "    server->>c1: send 00 ff",
        "    c1-->>server: ping",
        "    server-->>c1: pong",
        "    Note over c1,server: end client saw 1000",
        "    Note over server: edit v2 live on 1 connection",
    ]


def test_a_sequence_diagram_crosses_out_what_never_left():
    """The wire did not see it, and will not any more; what the wire cannot be asked about is drawn as it was said."""
    log = Log()
    for tapped in (True, False):
        connection = Connection(1, "/chat", "alice", tapped=tapped, state="closed")
        record = Record("send", log.zero + log.total, connection)
        record.data, record.handler_at = "late", record.at
        log.append(record)

    assert log.rows().to_mermaid().splitlines()[-2:] == [
        "    server-xc1: send late",
        "    server->>c1: send late",
    ]


def test_a_client_that_came_back_stays_in_its_lane():
    """One for each name; who has none is told apart by the connection's number."""
    log = Log()
    for number, name in ((1, "alice"), (2, None), (3, "alice"), (4, None)):
        record = Record("receive", log.zero + number, Connection(number, "/chat", name))
        record.handler_at, record.data = record.at, f"from {number}"
        log.append(record)

    assert log.rows().to_mermaid().splitlines()[1:] == [
        "    participant c1 as alice",
        "    participant c2 as #35;2",
        "    participant c4 as #35;4",
        "    participant server",
        "    c1->>server: receive from 1",
        "    c2->>server: receive from 2",
        "    c1->>server: receive from 3",
        "    c4->>server: receive from 4",
    ]


def test_nothing_is_exported_as_nothing():
    """A header, an empty text, an empty diagram."""
    rows = Log().rows()

    assert rows.to_csv().splitlines() == [",".join(COLUMNS)]
    assert rows.to_jsonl() == ""
    assert rows.to_mermaid() == "sequenceDiagram\n    participant server\n"


ENTRY = {"startedDateTime": str, "time": float, "request": dict, "response": dict, "cache": dict, "timings": dict}
REQUEST = {"method": str, "url": str, "httpVersion": str, "cookies": list, "headers": list, "queryString": list}
REQUEST |= {"headersSize": int, "bodySize": int}
RESPONSE = {"status": int, "statusText": str, "httpVersion": str, "cookies": list, "headers": list, "content": dict}
RESPONSE |= {"redirectURL": str, "headersSize": int, "bodySize": int}


def check(thing, required):
    """Assert that an object has the fields that HAR 1.2 requires, with their types."""
    for name, kind in required.items():
        assert isinstance(thing[name], kind | int if kind is float else kind), name


def test_an_archive_has_what_the_format_requires(pg):
    """Connections and requests as entries (HAR 1.2), messages as Chrome has them, moments with their zone."""
    with pg.connect("/ws?token=hunter2&room=a%20b", name="alice", headers={"Cookie": "id=hunter2"}) as alice:
        alice.send("hello")
        alice.receive()
        alice.send(b"\x00\xff")
        pg.log.wait_for("receive", "client:alice dir:in size=2")
    pg.log.wait_for("end")
    with urllib.request.urlopen(pg.http_url) as page:
        page.read()
    pg.log.wait_for("response")
    text = pg.log.rows().to_har()
    log = json.loads(text)["log"]
    websocket, http = log["entries"]

    assert log["version"] == "1.2" and set(log["creator"]) == {"name", "version"}
    for entry in log["entries"]:
        check(entry, ENTRY)
        check(entry["request"], REQUEST)
        check(entry["response"], RESPONSE)
        check(entry["response"]["content"], {"size": int, "mimeType": str})
        check(entry["timings"], dict.fromkeys(("send", "wait", "receive"), float))
        assert entry["time"] == pytest.approx(sum(entry["timings"].values()))
        assert datetime.fromisoformat(entry["startedDateTime"]).utcoffset() is not None
        for part in (*entry["request"]["headers"], *entry["request"]["cookies"], *entry["request"]["queryString"]):
            check(part, {"name": str, "value": str})
    assert (websocket["_resourceType"], websocket["response"]["status"]) == ("websocket", 101)
    assert websocket["request"]["url"] == f"{pg.url}/ws?token=(masked)&room=a%20b"
    assert {"name": "room", "value": "a b"} in websocket["request"]["queryString"]
    assert websocket["request"]["cookies"] == [{"name": "id", "value": "(masked)"}]
    sent = [(one["type"], one["opcode"], one["data"]) for one in websocket["_webSocketMessages"]]
    assert sent[:3] == [("send", 1, "hello"), ("receive", 1, "you said: hello"), ("send", 2, "AP8=")]
    began = datetime.fromisoformat(websocket["startedDateTime"]).timestamp()
    assert all(one["time"] >= began - 1e-5 for one in websocket["_webSocketMessages"])
    assert (http["request"]["method"], http["response"]["status"]) == ("GET", 200)
    assert "hunter2" not in text and "masked" in log["comment"]
    assert "hunter2" in pg.log.rows().to_har(secrets=True)


def test_an_archive_of_nothing_is_one():
    """And a connection that never was answered has the status 0."""
    assert json.loads(Log().rows().to_har())["log"]["entries"] == []
