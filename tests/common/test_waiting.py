"""Waiting of one thread for another."""

import asyncio
import threading
from concurrent.futures import Future

import pytest

from playground.common import waiting


@pytest.fixture
def loop():
    """A loop that runs on a thread of its own."""
    running = asyncio.new_event_loop()
    thread = threading.Thread(target=running.run_forever)
    thread.start()
    yield running
    running.call_soon_threadsafe(running.stop)
    thread.join()
    running.close()


def test_an_event_that_is_set_ends_the_wait():
    """And one that is not set is told so when the time is over."""
    event = threading.Event()
    missed = waiting.until(event, 0)
    event.set()

    assert (missed, waiting.until(event, 0)) == (False, True)


def test_a_condition_is_waited_for_until_it_holds():
    """With its lock held by the caller."""
    condition = threading.Condition()
    with condition:
        assert not waiting.until_holds(condition, lambda: False, 0)
        assert waiting.until_holds(condition, lambda: True)


def test_a_thread_that_runs_on_is_told_from_one_that_ended():
    """After the time given for it."""
    gate = threading.Event()
    thread = threading.Thread(target=gate.wait)
    thread.start()
    running = waiting.until_ended(thread, 0)
    gate.set()

    assert not running
    assert waiting.until_ended(thread)


def test_a_future_without_a_result_is_a_timeout():
    """And its exception is raised once it has one."""
    future: Future[int] = Future()
    with pytest.raises(TimeoutError):
        waiting.result(future, 0)
    future.set_exception(KeyError("say"))

    with pytest.raises(KeyError):
        waiting.result(future)


def test_a_coroutine_runs_on_the_other_threads_loop(loop):
    """What it returns is returned here."""

    async def where():
        return asyncio.get_running_loop()

    assert waiting.run_on(loop, where()) is loop


def test_no_loop_waits_for_itself(loop):
    """That would never end, so it is an error."""

    async def outer():
        waiting.run_on(loop, asyncio.sleep(0))

    with pytest.raises(RuntimeError, match="would block the event loop that it waits for"):
        waiting.run_on(loop, outer())


def test_an_interrupt_cancels_what_runs_there(loop, monkeypatch):
    """Nobody is left who would take its result."""
    cancelled = threading.Event()

    async def forever():
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    def interrupt(future, timeout=None):
        begun = asyncio.run_coroutine_threadsafe(asyncio.sleep(0), loop)
        begun.result()
        raise KeyboardInterrupt

    monkeypatch.setattr(waiting, "result", interrupt)
    with pytest.raises(KeyboardInterrupt):
        waiting.run_on(loop, forever())

    assert cancelled.wait(60)
