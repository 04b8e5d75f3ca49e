"""A blocking call that is interrupted leaves a state from which the next call goes on, and loses no message."""

import _thread
import asyncio
import itertools
import json
import linecache
import random
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

import playground
from playground import ConnectFailed, MessagesLost, NotJSON
from playground.client import loops
from playground.client.client import Client
from tests.conftest import in_finalizer

from .servers import serving, until_gone

PACKAGE = str(Path(playground.__file__).parent)

COUNT = """
class Count(WebSocketEndpoint):
    encoding = "text"

    async def on_receive(self, websocket, data):
        for number in range(int(data)):
            await websocket.send_text(str(number))
"""

ECHO = """
class Echo(WebSocketEndpoint):
    encoding = "text"

    async def on_receive(self, websocket, data):
        await websocket.send_text(data)
"""


class Interrupt:
    """Interrupt a call at its n-th line or function of the package, on this thread, as Ctrl+C may."""

    def __init__(self, at):
        self.left = at
        self.came = False

    def __enter__(self):
        # Whatever counts coverage goes on afterwards.
        self.before = sys.gettrace()
        sys.settrace(self.trace)
        return self

    def __exit__(self, *error):
        sys.settrace(self.before)

    def trace(self, frame, event, argument):
        # A trace that raises in the `except` of this one leaves its RuntimeError behind as the context of later errors.
        if not frame.f_code.co_filename.startswith(PACKAGE) or frame.f_code.co_name == "running_loop":
            return None
        if event == "call" and in_finalizer(frame):
            return None
        # Entering and leaving a `with` of a lock is one step for a signal, and several for a trace.
        locks = linecache.getline(frame.f_code.co_filename, frame.f_lineno).lstrip().startswith("with ")
        if event in ("call", "line") and not locks and not self.came:
            self.left -= 1
            if self.left < 0:
                self.came = True
                signal.raise_signal(signal.SIGINT)
        return self.trace


def settled(client):
    """Wait until the clients' loop has done what was left to do."""
    for _ in range(3):
        loops.wait(asyncio.sleep(0))


def until(holds):
    """Wait on the clients' loop until something is so."""

    async def wait():
        async with asyncio.timeout(60):
            while not holds():
                await asyncio.sleep(0)

    loops.wait(wait())


READS = {
    "receive": (lambda client: client.receive(), str),
    "receive_text": (lambda client: client.receive_text(), str),
    "receive_json": (lambda client: client.receive_json(), int),
}


@pytest.mark.parametrize("name", READS)
def test_no_message_is_lost_wherever_receiving_is_interrupted(pg, name):
    """At every line of every function that runs on this thread; the messages are there already."""
    receive, make = READS[name]
    pg.edit("/count", COUNT)
    got, interrupts = [], 0
    with pg.connect("/count") as client:
        client.send("200")
        until(lambda: client.received == 200)
        for at in itertools.count():
            with Interrupt(at) as interrupt:
                try:
                    got.append(receive(client))
                except KeyboardInterrupt:
                    interrupts += 1
            settled(client)
            if not interrupt.came:
                break
        while client.waiting:
            got.append(receive(client))

    assert got == [make(number) for number in range(200)]
    assert interrupts > 15


@pytest.mark.parametrize("what", ["bytes", "text"])
def test_no_message_is_lost_where_it_is_of_the_wrong_kind(pg, what):
    """The error, or the message, reaches the person once."""
    pg.edit("/count", COUNT)
    told = 0
    with pg.connect("/count") as client:
        client.send("200")
        until(lambda: client.received == 200)
        for at in itertools.count():
            with Interrupt(at) as interrupt:
                try:
                    client.receive_bytes()
                except KeyboardInterrupt as interrupted:
                    # "During handling of the above exception …" tells it too.
                    told += isinstance(interrupted.__context__, TypeError)
                except TypeError:
                    told += 1
            settled(client)
            if not interrupt.came:
                break

        assert client.waiting == 200 - told


def test_a_loss_is_told_although_the_call_that_told_it_was_interrupted(pg, monkeypatch):
    """The next one tells it."""
    pg.edit("/count", COUNT)
    monkeypatch.setattr("playground.client.inbox.INBOX", 5)
    for at in itertools.count():
        with pg.connect("/count") as client:
            client.send("9")
            until(lambda client=client: client.received == 9)
            with Interrupt(at) as interrupt, pytest.raises((KeyboardInterrupt, MessagesLost)) as told:
                client.receive()
            settled(client)
            got = []
            while len(got) < 5:
                try:
                    got.append(client.receive())
                except MessagesLost as lost:
                    told = lost
                    assert lost.messages == 4
            assert got == ["4", "5", "6", "7", "8"]
        assert (
            isinstance(told, MessagesLost)
            or isinstance(told.value, MessagesLost)
            or isinstance(told.value.__context__, MessagesLost)
        )
        if not interrupt.came:
            break


def test_an_interrupt_just_when_the_message_was_taken(pg, monkeypatch):
    """On the clients' loop, while this thread waits: the message stays the next."""
    pg.edit("/echo", ECHO)
    with pg.connect("/echo") as client:
        inbox = client.async_client._inbox
        take, taken = inbox.take, []

        def take_and_interrupt():
            message = take()
            taken.append(message)
            _thread.interrupt_main()
            return message

        client.send("one")
        monkeypatch.setattr(inbox, "take", take_and_interrupt)
        with pytest.raises(KeyboardInterrupt):
            client.receive()
        monkeypatch.setattr(inbox, "take", take)
        client.send("two")

        assert taken == ["one"]
        assert [client.receive(), client.receive()] == ["one", "two"]


@pytest.mark.parametrize("name", ["connect", "reconnect"])
def test_a_dial_that_is_interrupted_leaves_nothing_open(pg, name):
    """Wherever that is; the next one works, and each try has its end in the log."""
    pg.edit("/echo", ECHO)
    for at in itertools.count():
        if name == "connect":
            client = pg.clients.add(pg.connect_async("/echo", name="alice"))
        else:
            client = pg.connect("/echo", name="alice")
            client.close()
        with Interrupt(at) as interrupt:
            try:
                getattr(client, name)()
            except KeyboardInterrupt:
                pass
        settled(client)
        if not interrupt.came:
            break
        dial = client.async_client
        until(lambda dial=dial: dial.state != "open" and not dial._dialling)
        client.reconnect()
        client.send("hi")
        assert client.receive() == "hi"
        client.close()
    client.close()
    # The end of a dial that was given up is written when its witnesses have told of it.
    until(lambda: len(pg.log.rows("alice kind:connect")) == len(pg.log.rows("alice kind:end")))

    assert at > 15
    assert {one.state for one in pg.connections} == {"closed"}


def test_the_whole_call_that_connects_may_be_interrupted(pg):
    """`pg.connect` among it: no client stays connecting, and its name can be had again."""
    for at in itertools.count():
        with Interrupt(at) as interrupt:
            try:
                pg.connect("/ws", name="alice").close()
            except KeyboardInterrupt:
                pass
        if not interrupt.came:
            break
        settled(None)
        assert {one.state for one in pg.clients.values()} <= {"open", "closed", "failed"}
        for one in pg.clients.values():
            one.close()
    assert at > 40
    with pg.connect("/ws", name="alice") as alice:
        assert alice.name == "alice"


@pytest.mark.parametrize("fragments", [1, 3])
def test_a_message_is_sent_whole_or_not_at_all(pg, fragments):
    """And those after it are whose they are for every witness."""
    pg.edit("/echo", ECHO)
    with pg.connect("/echo", name="alice") as client:
        for at in itertools.count():
            with Interrupt(at) as interrupt:
                try:
                    client.send(f"message {at}", fragments=fragments)
                except KeyboardInterrupt:
                    pass
            settled(client)
            if not interrupt.came:
                break
        client.send("last")
        got = []
        while "last" not in got:
            got.append(client.receive())

        assert client.state == "open" and client.sent == len(got)
    pg.log.wait_for("end", "alice")
    sent = [row for row in pg.log.rows("alice") if row.kind == "receive"]

    assert [row.data for row in sent] == got
    assert all(row.saw == "111" and row.agree for row in sent)


def test_a_close_that_is_interrupted_can_be_made_again(pg):
    """It may have happened already."""
    for at in itertools.count():
        client = pg.connect("/ws", name="alice")
        with Interrupt(at) as interrupt:
            try:
                client.close(4000, "bye")
            except KeyboardInterrupt:
                pass
        client.close(4000, "bye")

        assert (client.state, client.close_code) == ("closed", 4000)
        if not interrupt.came:
            break


def test_a_ping_that_is_interrupted_can_be_made_again(pg):
    """Its pong is not taken for the next one's."""
    with pg.connect("/ws", name="alice") as client:
        for at in itertools.count():
            with Interrupt(at) as interrupt:
                try:
                    client.ping()
                except KeyboardInterrupt:
                    pass
            if not interrupt.came:
                break
        assert client.ping() > 0


def test_an_asynchronous_send_that_is_cancelled_is_whole(pg):
    """Its frames go out although nobody waits for them; half a message would end the connection."""
    pg.edit("/echo", ECHO)

    async def main():
        async with pg.connect_async("/echo") as client:
            for fragments in (1, 2, 5):
                task = asyncio.create_task(client.send(f"in {fragments}", fragments=fragments))
                await asyncio.sleep(0)
                task.cancel()
                await asyncio.wait([task])
            await client.send("last")
            got = []
            while "last" not in got:
                got.append(await client.receive())
            return got

    assert asyncio.run(main()) == ["in 1", "in 2", "in 5", "last"]


def test_receiving_that_is_cancelled_or_times_out_loses_nothing(pg):
    """However often, with several who wait."""
    pg.edit("/count", COUNT)
    chance = random.Random(7)

    async def main():
        got = []
        async with pg.connect_async("/count") as client:
            await client.send("500")

            async def receive():
                got.append(int(await client.receive(timeout=60)))

            while len(got) < 500:
                tasks = [asyncio.create_task(receive()) for _ in range(3)]
                for _ in range(chance.randrange(4)):
                    await asyncio.sleep(0)
                for task in tasks:
                    task.cancel()
                await asyncio.wait(tasks)
                try:
                    async with asyncio.timeout(0):
                        await receive()
                except TimeoutError:
                    await asyncio.sleep(0)
            return got

    assert asyncio.run(main()) == list(range(500))


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="no signal can be sent to a thread on Windows")
def test_a_storm_of_interrupts_loses_no_message(pg):
    """Of 1500, at moments that are not chosen."""
    pg.edit("/count", COUNT)
    got, stormy, main = [], threading.Event(), threading.main_thread().ident
    chance = random.Random(11)

    def storm():
        while not stormy.wait(chance.random() * 0.004):
            signal.pthread_kill(main, signal.SIGINT)

    client = pg.connect("/count", name="alice")
    client.send("1500")
    thread = threading.Thread(target=storm)
    interrupts = 0
    previous = signal.signal(signal.SIGINT, interrupt_within(Client.receive))
    end = time.monotonic() + 120
    try:
        thread.start()
        while len(got) < 1500 and time.monotonic() < end:
            try:
                got.append(client.receive(timeout=0.5))
            except KeyboardInterrupt:
                interrupts += 1
    finally:
        stormy.set()
        thread.join()
        signal.signal(signal.SIGINT, previous)
    client.close()

    assert got == [str(number) for number in range(1500)]
    assert interrupts > 10


def interrupt_within(function):
    """Return a handler that raises only where the signal comes within a call of the function, and never in the test."""

    def handle(number, frame):
        while frame is not None:
            if frame.f_code is function.__code__:
                raise KeyboardInterrupt
            frame = frame.f_back

    return handle


def test_what_cannot_be_read_as_json_is_told_as_before(pg):
    """And the next message is the next."""
    pg.edit("/echo", ECHO)
    with pg.connect("/echo") as client:
        for text in ("{", "[1]"):
            client.send(text)
        with pytest.raises(NotJSON):
            client.receive_json()

        assert client.receive_json() == json.loads("[1]")


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="no signal can be sent to a thread on Windows")
def test_a_dial_elsewhere_that_is_interrupted_has_an_end(pg):
    """While the server says nothing."""
    with serving(until_gone) as port:
        client = pg.clients.add(pg.connect_async(f"ws://127.0.0.1:{port}/", name="alice"))
        main = threading.main_thread().ident
        interrupts = iter([signal.SIGINT])

        def interrupt(record):
            if record.kind == "connect":
                for number in interrupts:
                    signal.pthread_kill(main, number)

        pg.log.subscribe(interrupt)
        with pytest.raises(KeyboardInterrupt):
            client.connect()
        end = pg.log.wait_for("end", "alice")

    assert "was cancelled before it was answered" in end.data
    assert isinstance(client.failure, ConnectFailed) and client.state == "failed"
