"""Which pages may open a WebSocket."""

import pytest

from playground import HandshakeRefused, Playground
from playground.serve.origins import OriginCheck


@pytest.mark.parametrize(
    ("origin", "host", "allowed"),
    [
        ("http://127.0.0.1:5000", "127.0.0.1:5000", True),
        ("http://localhost:5000", "localhost:5000", True),
        ("http://[::1]:5000", "[::1]:5000", True),
        ("http://LOCALHOST:5000", "localhost:5000", True),
        ("http://localhost:3000", "localhost:5000", False),
        ("http://localhost:5000", "127.0.0.1:5000", False),
        ("https://evil.example", "127.0.0.1:5000", False),
        # DNS rebinding: the page's own name was given this machine's address.
        ("http://evil.example:5000", "evil.example:5000", False),
        ("null", "127.0.0.1:5000", False),
        ("", "", False),
        ("http://", "", False),
        ("http://[", "[", False),
        ("https://hub.example.org", "hub.example.org", True),
        ("https://hub.example.org/", "127.0.0.1:5000", True),
    ],
)
def test_a_page_may_connect_to_its_own_server_or_when_it_is_named(origin, host, allowed):
    """Same Origin under a loopback name, or listed."""
    check = OriginCheck(lambda: None, "127.0.0.1", ["https://hub.example.org"], print)

    assert check.allows(origin, host) is allowed


def test_a_star_allows_every_page():
    """For those who know what they do."""
    assert OriginCheck(lambda: None, "127.0.0.1", ["*"], print).allows("https://any.example", "x")


def test_a_foreign_page_is_refused_and_the_log_says_how_to_allow_it(pg):
    """403 for the page, one line for the person; programs send no Origin and may connect."""
    with pytest.raises(HandshakeRefused, match="HTTP 403"):
        pg.connect("/ws", origin="https://evil.example")
    event = pg.log.wait_for("log")

    assert event.data == (
        "refused a WebSocket from a page of Origin 'https://evil.example'; "
        "to allow that page: playground.start(origins=['https://evil.example'])"
    )
    assert len(pg.log.filter("kind:on_connect")) == 0
    with pg.connect("/ws", origin=pg.http_url) as own:
        assert own.state == "open"


def test_an_allowed_page_may_connect():
    """By the name given to start."""
    with Playground(origins=["https://friend.example"]) as pg, pg.connect("/ws", origin="https://friend.example") as it:
        assert it.state == "open"
