"""What a peer, an app or a file says never acts on a terminal, or on a diagram, that shows it."""

import re
from pathlib import Path

import pytest

import playground
from playground import ConnectFailed, EditRejected, PlaygroundError, UnknownEndpoint, open_log
from playground.common.close_codes import Close
from playground.common.errors import HandshakeRefused
from playground.edit.handover import Handover
from playground.edit.notes import Note
from playground.record.opened import Problem
from playground.record.refusal import Refusal
from playground.serve.serving import Place
from playground.ui import cli
from playground.ui.doctor import Check
from playground.ui.frozen import frozen_html
from playground.ui.smoke import Fault, Result

HOSTILE = "\x1b[2J\x07\x9b31m\u202eevil\u2066\u200f\u200b\u2028\r\x00end"
"""An escape sequence, a bell, C1, bidirectional and invisible characters, a line separator, a carriage return, NUL."""

UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|\r(?!\n)"
)

ENDPOINT = f"""
class Hostile(WebSocketEndpoint):
    encoding = "text"

    async def on_receive(self, websocket, data):
        print({HOSTILE!a})
        await websocket.send_text(data)
        raise ValueError({HOSTILE!a})
"""


@pytest.fixture
def tried(pg):
    """A playground after a conversation in which everything is hostile: name, header, message, output, error."""
    pg.edit("/bad", ENDPOINT)
    pg.on_error = "hold"
    alice = pg.connect("/bad?room=%1b", name=HOSTILE, headers={"X-Text": "a\x9b31m"})
    alice.send(HOSTILE)
    alice.receive()
    pg.log.wait_for("on_receive")
    pg.log.note("edit", path=HOSTILE, data=HOSTILE, error=HOSTILE)
    return pg


def shown_while_open(pg):
    """Yield each text that a person gets of a playground."""
    rows = pg.log.rows()
    yield repr(pg)
    yield repr(pg.log)
    yield repr(rows)
    yield repr(pg.log[:])
    yield from map(repr, pg.connections)
    yield from map(repr, pg.clients.values())
    yield from (repr(client.async_client) for client in pg.clients.values())
    yield repr(pg.clients)
    yield repr(pg.held)
    yield from map(repr, pg.held.values())
    yield repr(pg.endpoints)
    yield repr(pg.try_edit("/bad", ENDPOINT))
    yield frozen_html(pg)
    yield rows.to_csv()
    yield rows.to_mermaid()
    yield rows.to_jsonl()


def test_nothing_that_is_shown_of_a_playground_acts_on_a_terminal(tried):
    """While a connection is open, and how it ended, with a hostile reason."""
    texts = list(shown_while_open(tried))
    [alice] = tried.clients.values()
    alice.close(4000, HOSTILE[:20])
    tried.log.wait_for("end")
    texts += [*shown_while_open(tried), str(tried.why()), repr(tried.why()), tried.why().verdict, tried.why().short]
    with pytest.raises(PlaygroundError) as ended:
        alice.receive()
    texts.append(str(ended.value))

    assert [text for text in texts if UNSEEN.search(text)] == []
    assert any("\\u202eevil" in text for text in texts)


def test_nothing_that_is_shown_of_a_file_acts_on_a_terminal(tried, tmp_path):
    """Nor a damaged line, nor the name of the file."""
    tried.stop()
    path = tmp_path / "log\x1b[2J.jsonl"
    path.write_text(tried.log.rows().to_jsonl() + '{"kind": "\u202e\u009b"}\n', "utf-8")
    with pytest.warns(UserWarning, match="could not be") as warned:
        log = open_log(path)
    texts = [repr(log), repr(log.rows()), repr(log.problems), *map(str, log.problems), repr(log.why())]
    texts += [str(one.message) for one in warned]

    assert [text for text in texts if UNSEEN.search(text)] == []


def errors(pg):
    """Yield the errors of calls with hostile values."""
    calls = [
        lambda: pg.endpoints[HOSTILE],
        lambda: pg.edit("/x", f"raise ValueError({HOSTILE!a})"),
        lambda: pg.edit("/x", f"x = '{HOSTILE}"),
        lambda: pg.log.rows(f"size:{HOSTILE}"),
        lambda: pg.log.rows(f"/({HOSTILE}/"),
        lambda: pg.log.wait_for(HOSTILE),
        lambda: pg.log.wait_for("send", HOSTILE, timeout=0.01),
        lambda: pg.why(HOSTILE),
        lambda: pg.connect(HOSTILE),
        lambda: pg.connect("ws://\x1b[2J.example/"),
        lambda: pg.connect("/nowhere/\u202e%1b"),
        lambda: pg.watch("/x\x1b", "/ws"),
        lambda: playground.start(**{HOSTILE: 1}),
        lambda: open_log("no\x1bfile"),
    ]
    for call in calls:
        with pytest.raises(Exception) as raised:  # each its own; the text is what counts
            call()
        yield raised.value


def test_no_error_acts_on_a_terminal(pg):
    """Its text, and the traceback that IPython shows."""
    found = list(errors(pg))
    with pg.connect("/ws", name="bob\x1b") as bob:
        bob.send(HOSTILE)
        for receive in (bob.receive_bytes, bob.receive_json):
            with pytest.raises(Exception) as raised:  # TypeError, NotJSON
                receive()
            found.append(raised.value)
            bob.send(HOSTILE)
    texts = [str(error) for error in found]
    for error in found:
        if isinstance(error, PlaygroundError):
            texts += error._render_traceback_()

    assert [text for text in texts if UNSEEN.search(text)] == []
    assert sum("evil" in text for text in texts) > 5


@pytest.mark.parametrize(
    "thing",
    [
        ConnectFailed(HOSTILE),
        HandshakeRefused(HOSTILE, status=403, headers=[], body=b""),
        EditRejected(HOSTILE, stage="run", line=1),
        UnknownEndpoint(HOSTILE),
        Close(4000, HOSTILE),
        Note("late", HOSTILE, 3),
        Handover(kept=[HOSTILE], left=[HOSTILE]),
        Problem(HOSTILE, 1, HOSTILE),
        Refusal(HOSTILE, HOSTILE, HOSTILE),
        Place(HOSTILE, 1, HOSTILE, HOSTILE),
        Check("bad", HOSTILE, HOSTILE),
        Fault(HOSTILE, HOSTILE, HOSTILE),
        Result(Path(HOSTILE.replace("\x00", "")), 1.0, (Fault(HOSTILE),)),
    ],
    ids=lambda thing: type(thing).__name__,
)
def test_no_text_of_a_thing_acts_on_a_terminal(thing):
    """Whatever is in it."""
    assert not UNSEEN.search(str(thing))
    assert "evil" in str(thing)


@pytest.mark.parametrize(
    "argv", [["smoke", "no\x1b[2J.ipynb"], ["smoke", "--timeout", "\x1b[2J"], ["\x1b[2J"], ["doctor", "--", "\x1b"]]
)
def test_the_command_line_shows_no_argument_as_it_is(argv, capsys):
    """A path may come from a download."""
    try:
        cli.main(argv)
    except SystemExit as exit:
        assert exit.code
    said = capsys.readouterr()

    assert "\\x1b" in said.err
    assert not UNSEEN.search(said.err + said.out)
