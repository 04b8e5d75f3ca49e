"""A filter that takes too long, on the thread that records: whoever waits hears of it, and the server goes on."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from playground import QueryError

LONG = "a" * 60 + "!"


def test_a_wait_with_a_slow_pattern_raises_for_whoever_waits(echo):
    """Clients are served meanwhile and afterwards, and no subscriber is said to have failed."""
    with (
        echo.connect("/echo", name="alice") as alice,
        echo.connect("/echo", name="bob") as bob,
        ThreadPoolExecutor() as pool,
    ):
        waiting = pool.submit(echo.log.wait_for, "on_receive", "/(a|aa)+$/", since=echo.log.total)
        while not echo.log.subscribers:
            bob.send("hello")
            bob.receive()
        alice.send(LONG)
        echoed = alice.receive()
        with pytest.raises(QueryError, match="took too long: it was stopped after") as caught:
            waiting.result(60)
        bob.send("still here")

        assert echoed == LONG
        assert bob.receive() == "still here"
        assert "row" in str(caught.value)
        assert echo.log.subscribers == ()
        assert not echo.log.rows("is:errors")


def test_a_wait_with_nested_repetitions_finds_what_comes(echo):
    """`re` would stop the server's loop for good at the first of these messages."""
    with echo.connect("/echo") as client, ThreadPoolExecutor() as pool:
        waiting = pool.submit(echo.log.wait_for, "on_receive", "/(a+)+b/")
        for text in ("a" * 40, "a" * 40 + "b"):
            client.send(text)
            client.receive()

        assert waiting.result(60).data == "a" * 40 + "b"
