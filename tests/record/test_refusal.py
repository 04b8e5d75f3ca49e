"""A handshake that the playground refused."""

from playground.record.autopsy.autopsy import why
from playground.record.records import Connection
from playground.record.refusal import Refusal
from playground.record.state import connection_from, to_state

TRICKY = Refusal("a WebSocket from a page of Origin", "https://a; b.example", "to allow it; well: start(origins=['*'])")


def test_a_refusal_is_told_in_one_sentence():
    """What was refused, with which value, and how to allow it."""
    refusal = Refusal("a WebSocket from a page of Origin", "null", "to allow that page: start(origins=['null'])")

    assert str(refusal) == (
        "refused a WebSocket from a page of Origin 'null'; to allow that page: start(origins=['null'])"
    )


def test_the_explanation_takes_the_fields_and_not_the_sentence():
    """A semicolon in the value or in the advice divides nothing."""
    connection = Connection(1, "/ws", state="closed")
    connection.ending.refused, connection.ending.refusal = 403, TRICKY

    told = why(connection)

    assert told.verdict == (
        "the playground refused a WebSocket from a page of Origin 'https://a; b.example' with HTTP 403; "
        "the app was not asked"
    )
    assert told.advice == TRICKY.advice


def test_a_refusal_is_written_and_read_back_field_by_field():
    """So a log that is opened from a file explains it as the live one does."""
    connection = Connection(1, "/ws")
    connection.ending.refusal = TRICKY

    state = to_state(connection)

    assert state["ending"]["refusal"] == {"what": TRICKY.what, "value": TRICKY.value, "advice": TRICKY.advice}
    assert connection_from(state).ending.refusal == TRICKY
