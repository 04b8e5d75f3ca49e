"""Waiting of one thread for another."""

import _thread
import asyncio
import contextvars
import gc
import os
import signal
import sys
import threading
import weakref
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


def test_the_error_can_say_what_to_do_instead(loop):
    """The caller may know better."""

    async def outer():
        waiting.run_on(loop, asyncio.sleep(0), refusal="not here; call it there")

    with pytest.raises(RuntimeError, match="^not here; call it there$"):
        waiting.run_on(loop, outer())


def test_the_loop_that_runs_here_is_known(loop):
    """None where there is none."""

    async def here():
        return waiting.running_loop()

    assert (waiting.running_loop(), waiting.run_on(loop, here())) == (None, loop)


def _interrupt_main():
    """Send SIGINT as Ctrl+C does; of a process, a system may give it to a thread that does not wait."""
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
    else:
        os.kill(os.getpid(), signal.SIGINT)


def until_ended(timeout):
    """Wait for a thread that runs as long as somebody waits for it."""
    gate = threading.Event()
    thread = threading.Thread(target=gate.wait)
    thread.start()
    try:
        return waiting.until_ended(thread, timeout)
    finally:
        gate.set()
        thread.join()


def until_holds(timeout):
    """Wait for what never holds."""
    condition = threading.Condition()
    with condition:
        return waiting.until_holds(condition, lambda: False, timeout)


WAITS = {
    "an event": lambda timeout: waiting.until(threading.Event(), timeout),
    "a condition": until_holds,
    "a thread": until_ended,
    "a future": lambda timeout: waiting.result(Future(), timeout),
}


@pytest.mark.parametrize("wait", WAITS.values(), ids=WAITS)
def test_an_interrupt_is_noticed_between_two_pieces(wait, monkeypatch):
    """On Windows a wait for a lock cannot be interrupted; elsewhere not by what comes just before it begins."""
    main, over = threading.get_ident(), threading.Event()

    def interrupt():
        names = []
        while "_in_pieces" not in names and not over.is_set():
            frame, names = sys._current_frames()[main], []
            while frame:
                names.append(frame.f_code.co_name)
                frame = frame.f_back
        # Unlike a signal from outside, this does not end a wait for a lock on any system.
        _thread.interrupt_main()

    monkeypatch.setattr(waiting, "PIECE", 0.001)
    thread = threading.Thread(target=interrupt)
    with pytest.raises(KeyboardInterrupt):
        thread.start()
        wait(60)
    over.set()
    thread.join()


@pytest.mark.parametrize("timeout", [0, 0.005])
def test_pieces_end_with_the_time_given(timeout, monkeypatch):
    """As does a wait in one go, with the same answer."""
    monkeypatch.setattr(waiting, "PIECE", 0.001)
    done: Future[str] = Future()
    done.set_result("here")

    assert (WAITS["an event"](timeout), WAITS["a condition"](timeout), WAITS["a thread"](timeout)) == (False,) * 3
    with pytest.raises(TimeoutError):
        WAITS["a future"](timeout)
    assert waiting.result(done, timeout) == waiting.result(done) == "here"


def test_an_interrupt_cancels_what_runs_there(loop, monkeypatch):
    """Nobody is left who would take its result."""
    cancelled = threading.Event()

    async def forever():
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    def interrupt(call, timeout=None):
        begun = asyncio.run_coroutine_threadsafe(asyncio.sleep(0), loop)
        begun.result()
        raise KeyboardInterrupt

    monkeypatch.setattr(waiting._Call, "wait", interrupt)
    with pytest.raises(KeyboardInterrupt):
        waiting.run_on(loop, forever())

    assert cancelled.wait(60)


def test_a_second_interrupt_does_not_keep_the_first_from_being_handled():
    """What has to be done is done."""
    interrupts = iter([KeyboardInterrupt, KeyboardInterrupt])
    made = []

    def call():
        made.append("call")
        for interrupt in interrupts:
            raise interrupt

    waiting.undisturbed(call)

    assert made == ["call"] * 3


def test_a_closed_loop_runs_nothing():
    """The coroutine is closed, so that nothing is left that was never awaited."""
    closed = asyncio.new_event_loop()
    closed.close()

    with pytest.raises(RuntimeError, match="closed"):
        waiting.run_on(closed, asyncio.sleep(0))


def test_what_must_not_stop_halfway_runs_to_its_end():
    """The interrupt is raised here at once; what was called goes on."""
    begun, go_on, ended = threading.Event(), threading.Event(), threading.Event()

    def call():
        begun.set()
        go_on.wait()
        ended.set()

    def interrupt():
        begun.wait()
        _interrupt_main()

    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        waiting.to_the_end(call)
    before = ended.is_set()
    go_on.set()

    assert not before
    assert ended.wait(60)


def test_what_must_not_stop_halfway_can_be_given_up():
    """By what the caller says, after the interrupt."""
    begun, gave_up = threading.Event(), threading.Event()

    def call():
        begun.set()
        return gave_up.wait()

    def interrupt():
        begun.wait()
        _interrupt_main()

    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        waiting.to_the_end(call, give_up=gave_up.set)

    assert gave_up.is_set()


def test_what_runs_to_its_end_returns_and_raises_as_usual():
    """In the context of the caller; on another thread, which is never interrupted, it runs there."""
    seen = contextvars.ContextVar("seen", default="nothing")
    seen.set("the caller's")
    ran_on = []

    def elsewhere():
        waiting.to_the_end(lambda: ran_on.append(threading.current_thread()))

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()

    assert waiting.to_the_end(seen.get) == "the caller's"
    assert ran_on == [thread]
    with pytest.raises(KeyError, match="say"):
        waiting.to_the_end(lambda: {}["say"])


def test_an_exception_of_what_runs_to_its_end_is_freed_without_the_garbage_collector():
    """It holds what its frames refer to, such as a playground."""

    class Mistake(Exception):
        pass

    def call():
        raise Mistake

    gc.disable()
    try:
        with pytest.raises(Mistake) as raised:
            waiting.to_the_end(call)
        freed = weakref.ref(raised.value)
        del raised

        assert freed() is None
    finally:
        gc.enable()


def test_a_call_on_a_loop_that_is_closed_before_it_began_does_not_wait_for_ever(monkeypatch):
    """Nobody would ever tell that it has ended."""
    monkeypatch.setattr(waiting, "LOOK", 0.01)
    loop = asyncio.new_event_loop()
    asked, told = threading.Event(), []

    class Asked:
        def __call__(self):
            raise AssertionError("the loop never runs")

    def call():
        try:
            waiting.run_on(loop, Asked())
        except RuntimeError as error:
            told.append(str(error))

    def call_soon_threadsafe(*given):
        handle = schedule(*given)
        asked.set()
        return handle

    schedule, loop.call_soon_threadsafe = loop.call_soon_threadsafe, call_soon_threadsafe
    thread = threading.Thread(target=call)
    thread.start()
    assert asked.wait(60)
    loop.close()
    thread.join(60)

    assert told == ["the event loop was closed before this had ended"]
