"""A lone surrogate is half a character: Python's text may have one, and a message, a page or a file cannot."""

import json

import pytest

from playground.ui.frozen import frozen_html
from playground.ui.rows import row_of

HALF = "a\ud800"

BAD = f"""
class Bad(WebSocketEndpoint):
    encoding = "text"

    async def on_receive(self, websocket, data):
        await websocket.send_text({HALF!a})
"""


@pytest.fixture
def tried(pg):
    """A playground whose endpoint tried to send one."""
    pg.edit("/bad", BAD)
    with pg.connect("/bad", name="bob") as bob:
        bob.send("x")
        pg.log.wait_for("end", "bob", timeout=10)
    return pg


def test_a_client_does_not_send_it(pg):
    """And its connection goes on."""
    with pg.connect("/ws") as alice:
        with pytest.raises(ValueError, match=r"a lone surrogate, '\\ud800' at position 1, cannot be sent"):
            alice.send(HALF)
        alice.send("whole")

        assert alice.receive() == "you said: whole"


def test_what_a_handler_could_not_send_was_not_said(tried):
    """The verdict names the exception, and quotes the message before as the last."""
    why = tried.why()

    assert "on_receive raised UnicodeEncodeError" in why.verdict
    assert why.last == "the client spoke last: “x”"


def test_it_can_be_printed_shown_and_saved(tried):
    """Written out as an escape, everywhere."""
    [row] = tried.log.rows("kind:send bob")
    shown = row_of(tried.log, row.record)

    for text in (repr(row), repr(row.events[0]), frozen_html(tried), tried.log.rows().to_csv(), json.dumps(shown)):
        assert "a\\ud800" in text.encode("utf-8").decode().replace("\\\\", "\\")
    assert json.loads(tried.log.rows("kind:send bob").to_jsonl().splitlines()[2])["data"] == HALF
    assert "ud800" in tried.log.rows().to_mermaid().encode("utf-8").decode()
