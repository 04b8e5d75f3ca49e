"""What a client keeps of the cookies that answers set; what it sends is tested with servers, in `test_wire.py`."""

from playground.client.cookies import MOST, Cookies


def test_a_server_that_sets_others_at_each_dial_fills_no_memory():
    """The newest are kept."""
    cookies = Cookies("ws://localhost/", {"given": "1"})
    for number in range(2 * MOST):
        cookies.keep([("Set-Cookie", f"c{number}=x"), ("Set-Cookie", f"d{number}=x")])

    assert len(cookies.all) == MOST
    assert list(cookies.all)[-1] == f"d{2 * MOST - 1}"


def test_a_cookie_that_is_given_stays_while_there_is_room():
    """Beside those of the server, which it may also delete."""
    cookies = Cookies("ws://localhost/", {"given": "1"})
    cookies.keep([("Set-Cookie", "own=2")])
    cookies.keep([("Set-Cookie", "own=; Max-Age=0")])

    assert cookies.all == {"given": "1"}
