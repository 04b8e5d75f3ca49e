"""What is saved of a log holds no secrets, unless somebody asks for them."""

import json

import pytest

from playground import ConnectFailed, HandshakeRefused, Log, Playground, open_log
from playground.record.masking import Masking
from playground.record.records import Connection, Record
from playground.record.spill import SpillFile

SECRET = "hunter2hunter2"
HEAD = f"GET /ws?token={SECRET} HTTP/1.1\r\nHost: a\r\nCookie: session={SECRET}\r\nX-API-Key: {SECRET}\r\n\r\n".encode()


@pytest.fixture
def log():
    """A handshake with secrets, a message whose handler prints and raises one of them, and an end that tells of it."""
    log = Log()
    alice = Connection(1, "/ws", "alice", own=True, tapped=True)
    handshake = alice.request = Record("connect", log.zero, alice)
    handshake.data, handshake.wire, handshake.head_size = f"GET /ws?token={SECRET}", HEAD, len(HEAD)
    handshake.wire_at = handshake.handler_at = handshake.at
    handshake.headers = ((b"cookie", f"session={SECRET}".encode()), (b"x-api-key", SECRET.encode()))
    message = Record("receive", log.zero + 1, alice)
    message.data, message.hook, message.began = "hello", "on_receive", message.at
    message.handler_at = message.at
    message.error, message.traceback = f"ValueError: {SECRET}", f"Traceback …\nValueError: {SECRET}"
    message.output = [("stdout", f"got {SECRET}\n")]
    end = alice.ending.end_record = Record("end", log.zero + 2, alice)
    end.data = f"handler raised ValueError: {SECRET}"
    alice.ending.raised, alice.reason, alice.state = message, f"sorry, {SECRET}", "closed"
    for record in (handshake, message, end):
        log.append(record)
    request = log.note("request", data="GET /page", headers=((b"authorization", b"Basic " + SECRET.encode()),))
    request.path = "/page"
    return log


def spilled(log, path, **options):
    """Return the text of a file to which the log's records were spilled."""
    file = SpillFile(path, log.zero, log.began, **options).start()
    for record in log.records():
        file.put(record)
    file.close()
    return path.read_text("utf-8")


@pytest.mark.parametrize("format", ["to_csv", "to_jsonl", "to_har", "to_mermaid"])
def test_exports_have_no_secrets(log, format):
    """Neither in the handshake, nor in what the app said of it; what was masked is named."""
    text = getattr(log.rows(), format)()

    assert SECRET not in text
    assert "masked" in text and "header cookie" in text


@pytest.mark.parametrize("format", ["to_csv", "to_jsonl", "to_har"])
def test_secrets_are_exported_when_asked_for(log, format):
    """`secrets=True` leaves everything as it was."""
    text = getattr(log.rows(), format)(secrets=True)

    assert SECRET in text and "(masked)" not in text


def test_a_spill_file_has_no_secrets(log, tmp_path):
    """Its first line says so, and each record names what was masked in it."""
    text = spilled(log, tmp_path / "log.jsonl")
    lines = [json.loads(line) for line in text.splitlines()]

    assert SECRET not in text
    assert lines[0]["secrets"] is False
    masked = next(line["masked"] for line in lines if line.get("kind") == "connect")
    assert masked == ["header cookie", "header x-api-key", "query token"]


def test_a_spill_file_has_them_when_asked(log, tmp_path):
    """As its first line says."""
    text = spilled(log, tmp_path / "log.jsonl", secrets=True)

    assert SECRET in text and "(masked)" not in text
    assert json.loads(text.splitlines()[0])["secrets"] is True


def test_a_masked_log_can_be_opened(log, tmp_path):
    """And explained, and exported once more, with nothing left to mask."""
    path = tmp_path / "log.jsonl"
    path.write_text(log.rows().to_jsonl(), "utf-8")
    opened = open_log(path)
    [handshake] = opened.rows("kind:connect")

    assert opened.problems == []
    assert handshake.data == "GET /ws?token=(masked)"
    assert b"Cookie: session=(masked)\r\n" in handshake.record.wire
    assert handshake.wire_size == len(HEAD)
    assert "ValueError: (masked)" in str(opened.why())
    assert opened.rows().to_jsonl().count("(masked)") == path.read_text("utf-8").count("(masked)")


def test_the_log_itself_is_not_changed(log):
    """A person in the kernel has everything."""
    for export in (log.rows().to_csv, log.rows().to_jsonl, log.rows().to_mermaid):
        export()
    [handshake, message] = log.rows("alice -kind:end")

    assert handshake.data == f"GET /ws?token={SECRET}" and handshake.record.wire == HEAD
    assert message.error == f"ValueError: {SECRET}" and message.masked == ()


def test_what_is_printed_of_a_row_has_no_secrets(log):
    """The output of a cell is saved with its notebook; the values are in the attributes."""
    shown = repr(log.rows("-kind:receive")) + repr(log.filter("-kind:receive -kind:on_receive"))

    assert f"token={SECRET}" not in shown
    assert "GET /ws?token=(masked)" in shown


def test_payloads_stay_as_they_travelled():
    """What an app sends is what the log is for; a message without anything else is not even copied."""
    log = Log()
    record = log.note("receive", data=f'{{"token": "{SECRET}", "url": "/?token={SECRET}"}}')
    [row] = log.rows()

    assert Masking().row(row) is row
    assert Masking().record(record) == (record, [])
    assert SECRET in log.rows().to_csv()


def test_the_query_of_a_connections_path_is_masked(tmp_path):
    """Also in the rows of its messages, and in its own line."""
    log = Log()
    far = Connection(1, f"wss://bob:{SECRET}@example.org/ws?key={SECRET}", "bob", own=True, elsewhere=True)
    record = Record("receive", log.zero, far)
    record.data, record.client_at = "hello", record.at
    log.append(record)
    rows = log.rows()

    for text in (
        rows.to_csv(),
        rows.to_jsonl(),
        rows.to_mermaid(),
        spilled(log, tmp_path / "x"),
        repr(far),
        repr(rows),
    ):
        assert SECRET not in text
    assert "wss://bob:(masked)@example.org/ws?key=(masked)" in rows.to_csv()


def test_the_handshakes_of_our_clients_elsewhere_are_masked_too(pg, tmp_path):
    """Of a dial to another server, whether it answers or not: in the files, the errors, and what is printed."""
    with Playground() as other:
        address = other.url.replace("ws://", f"ws://bob:{SECRET}@")
        with pg.connect(f"{address}/ws?token={SECRET}", name="bob", headers={"X-API-Key": SECRET}) as bob:
            bob.send("hello")
            bob.receive()
            shown = repr(bob)
        with pytest.raises(HandshakeRefused) as refused:
            pg.connect(f"{address}/nowhere?token={SECRET}", name="carol", headers={"Cookie": f"id={SECRET}"})
    with pytest.raises(ConnectFailed) as failed:
        pg.connect(f"{address}/ws?token={SECRET}", name="dave")
    pg.log.wait_for("end", "bob")
    rows = pg.log.rows()
    texts = [
        rows.to_csv(),
        rows.to_jsonl(),
        rows.to_har(),
        rows.to_mermaid(),
        spilled(pg.log, tmp_path / "log.jsonl"),
        repr(rows),
    ]

    assert any(row.record.wire and SECRET.encode() in row.record.wire for row in rows)
    for text in [*texts, shown, str(refused.value), str(failed.value)]:
        assert SECRET not in text
