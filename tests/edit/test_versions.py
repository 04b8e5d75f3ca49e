"""What an edit did, as fields and in words."""

import pytest
from starlette.endpoints import HTTPEndpoint, WebSocketEndpoint

from playground.edit.notes import Note
from playground.edit.versions import BusyConnection, Report, Version, known_encoding


def report(number=2, connections=2, live=0, **more):
    return Report("/live", Version(number, "", object, "", ""), connections=connections, live=live, **more)


@pytest.mark.parametrize(
    ("report", "outcome", "said"),
    [
        (report(live=2), "live", "v2 live on all 2 connections"),
        (report(connections=0), "live", "v2 live, nobody connected"),
        (report(number=1, connections=0), "live", "new endpoint /live, v1 live"),
        (report(live=1, busy=(BusyConnection(7, 1, 12),)), "moving", "1 on v2, 1 busy on v1 line 12"),
        (report(live=1, pinned=1), "pinned", "1 on v2, 1 keeps its version until it closes"),
        (
            report(live=1, pinned=1, movable=1),
            "pinned",
            "1 on v2, 1 keeps its version until it closes (pg.reenter('/live') moves it)",
        ),
        (report(live=1, busy=(BusyConnection(7, 2, None, True),)), "moving", "1 on v2, 1 on its way into v2"),
        (
            report(live=1, connections=3, pinned=2, movable=2),
            "pinned",
            "1 on v2, 2 keep their version until they close (pg.reenter('/live') moves them)",
        ),
        (
            report(connections=2, pinned=2, movable=1),
            "pinned",
            "0 on v2, 2 keep their version until they close (pg.reenter('/live') moves 1 of them)",
        ),
        (report(number=1, live=2, again=True), "live", "v1 live on all 2 connections"),
        (report(live=1, stuck=("TypeError: x",)), "stuck", "1 on v2, 1 stuck: TypeError: x"),
        (report(busy=(BusyConnection(7, 1, None),), stuck=("x",)), "stuck", "0 on v2, 1 busy on v1, 1 stuck: x"),
        (
            report(blocked=True),
            "blocked",
            "v2 published; the server's loop is busy, connections follow when it is free",
        ),
        (report(connections=0, stopped=True), "stopped", "v2 is ready; the server is stopped"),
        (
            report(number=1, connections=0, stopped=True),
            "stopped",
            "new endpoint /live, v1 is ready; the server is stopped",
        ),
    ],
)
def test_a_report_has_one_outcome_and_a_sentence(report, outcome, said):
    """Neither is made from the other, and the path's name is no part of the outcome."""
    assert (report.outcome, str(report)) == (outcome, said)


NOTES = (Note("misspelt-hook", "on_recieve is never called; did you mean on_receive?", 3), Note("x", "1 < 2 & <b>"))


def test_a_report_says_its_notes_wherever_it_is_shown():
    """In a cell's output; the sentence itself stays one line."""
    noted = report(live=2, notes=NOTES)

    assert str(noted) == "v2 live on all 2 connections"
    assert repr(noted).splitlines() == [
        "<Report /live v2 live on all 2 connections>",
        "  ⚠ line 3: on_recieve is never called; did you mean on_receive?",
        "  ⚠ 1 < 2 & <b>",
    ]


def test_a_report_without_notes_is_one_line():
    """Its sentence."""
    assert repr(report(live=2)) == "<Report /live v2 live on all 2 connections>"


LIMIT = """
class Slow(WebSocketEndpoint):
    encoding = "text"
    async def on_connect(self, websocket):
        await websocket.accept()
        self.limit = 3
    async def on_receive(self, websocket, data):
        await websocket.send_text(f"limit {self.limit}")
"""


def test_what_open_connections_do_not_get_is_noted_only_while_there_are_some(pg):
    """A value that `on_connect` sets is theirs until they close."""
    pg.edit("/slow", LIMIT)
    without = pg.edit("/slow", LIMIT.replace("= 3", "= 10"))
    with pg.connect("/slow"):
        with_people = pg.edit("/slow", LIMIT.replace("= 3", "= 100"))

    assert without.notes == ()
    assert [(note.kind, note.line) for note in with_people.notes] == [("changed-value", 6)]


class Plain(WebSocketEndpoint):
    encoding = "json"


class Inherits(Plain):
    pass


class Decodes(Plain):
    async def decode(self, websocket, message):
        return message


class Dispatches(Plain):
    async def dispatch(self):
        pass


class Computes(WebSocketEndpoint):
    @property
    def encoding(self):
        return "text"


async def function(websocket):
    pass


@pytest.mark.parametrize(
    ("target", "source", "encoding"),
    [
        (Plain, "", "json"),
        (Plain, 'if self.encoding == "json":', "json"),
        (Inherits, "", "json"),
        (WebSocketEndpoint, "", None),
        (Plain, "self.encoding = 'text'", None),
        (Plain, "self.encoding: str = 'text'", None),
        (Plain, "setattr(self, 'encoding', 'text')", None),
        (Decodes, "", None),
        (Dispatches, "", None),
        (Computes, "", None),
        (HTTPEndpoint, "", None),
        (function, "", None),
    ],
)
def test_an_encoding_is_told_only_where_starlette_goes_by_it(target, source, encoding):
    """A class with Starlette's own decode; what one object may change, or the class computes, is unknown."""
    assert known_encoding(Version(1, source, target, "", "")) == encoding
