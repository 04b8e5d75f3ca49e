"""uvicorn's protocol, recorded, reads from the socket when uvicorn by itself would: a slow app slows its client down."""

import asyncio

import pytest
from uvicorn import Config
from uvicorn.server import ServerState

from playground.record.frames import Frame
from playground.record.log import Log
from playground.record.recorder.server import Recorder
from playground.serve.protocols import protocols
from playground.serve.uvicorn_tap import READ_SIZE

from .peers import CONT, PING, TEXT, frame, request


class Transport(asyncio.Transport):
    """Notes when reading is paused and resumed."""

    def __init__(self):
        super().__init__({"peername": ("127.0.0.1", 1), "sockname": ("127.0.0.1", 2)})
        self.reading = []
        self.protocol = None

    def set_protocol(self, protocol):
        """Take the protocol that the handshake changes to."""
        self.protocol = protocol

    def pause_reading(self):
        """Note it."""
        self.reading.append("pause")

    def resume_reading(self):
        """Note it, where it changes something: the loops' own transports ignore the rest."""
        if self.reading and self.reading[-1] == "pause":
            self.reading.append("resume")

    def write(self, data):
        """Take what nobody looks at."""

    def is_closing(self):
        """Return that it is open."""
        return False

    def close(self):
        """Do nothing."""


class App:
    """Takes a message whenever it is told to, and is busy in between."""

    def __init__(self):
        self.got = asyncio.Queue()
        self.go = asyncio.Semaphore(0)
        self.waits = asyncio.Semaphore(0)

    async def __call__(self, scope, receive, send):
        """Serve a connection."""
        await receive()
        await send({"type": "websocket.accept"})
        while True:
            await self.go.acquire()
            self.waits.release()
            message = await receive()
            self.got.put_nowait(message["text"])

    async def wait_for_message(self):
        """Let it wait for the next message; return once it does."""
        self.go.release()
        await self.waits.acquire()

    async def take(self):
        """Let it take the next message, and return that."""
        await self.wait_for_message()
        return await self.got.get()


@pytest.fixture
def run():
    """Run a conversation with a recorded connection: `run(conversation)` with (transport, app, deliver)."""

    def run(conversation):
        async def main():
            recorder = Recorder(Log())
            app = App()
            settings = protocols(recorder, {"http": "h11"})
            config = Config(app, lifespan="off", log_level="critical", ws_ping_interval=None, **settings)
            config.load()
            transport = Transport()
            http = config.http_protocol_class(config=config, server_state=ServerState(), app_state={})
            http.connection_made(transport)
            http.data_received(request("/ws", "127.0.0.1"))
            await asyncio.wait_for(conversation(transport, app, transport.protocol.data_received), 60)
            for task in asyncio.all_tasks() - {asyncio.current_task()}:
                task.cancel()

        asyncio.run(main())

    return run


def text(data):
    """Return a client's frame."""
    return frame(TEXT, data.encode())


def test_a_message_that_is_awaited_does_not_stop_reading(run):
    """The app has it before the loop reads again, so there is nothing to stop."""

    async def conversation(transport, app, deliver):
        for said in ("one", "two"):
            await app.wait_for_message()
            deliver(text(said))
            assert await app.got.get() == said
        assert transport.reading == []

    run(conversation)


def test_a_message_that_has_to_wait_stops_reading(run):
    """Until the app takes it, as under plain uvicorn."""

    async def conversation(transport, app, deliver):
        deliver(text("one"))
        assert transport.reading == ["pause"]
        assert await app.take() == "one"
        assert transport.reading == ["pause", "resume"]

    run(conversation)


def test_only_one_message_comes_before_the_app_has_its_turn(run):
    """A second one in the same turn stops reading."""

    async def conversation(transport, app, deliver):
        await app.wait_for_message()
        deliver(text("one"))
        deliver(text("two"))
        assert transport.reading == ["pause"]
        assert await app.got.get() == "one"
        assert transport.reading == ["pause"]
        assert await app.take() == "two"
        assert transport.reading == ["pause", "resume"]

    run(conversation)


def test_several_messages_in_one_chunk_stop_reading(run):
    """As long as one of them waits."""

    async def conversation(transport, app, deliver):
        await app.wait_for_message()
        deliver(text("one") + text("two"))
        assert transport.reading == ["pause"]
        assert await app.got.get() == "one"
        assert transport.reading == ["pause"]
        assert await app.take() == "two"
        assert transport.reading == ["pause", "resume"]

    run(conversation)


def test_a_chunk_after_which_the_loop_may_read_on_stops_reading(run):
    """Then the next one could come before the app has had its turn."""

    async def conversation(transport, app, deliver):
        await app.wait_for_message()
        deliver(text("x" * READ_SIZE))
        assert transport.reading == ["pause"]
        assert await app.got.get() == "x" * READ_SIZE
        assert transport.reading == ["pause", "resume"]

    run(conversation)


def test_an_app_that_gave_up_waiting_is_busy(run):
    """A receive that was cancelled awaits nothing."""

    async def conversation(transport, app, deliver):
        receive = asyncio.create_task(transport.protocol.receive())
        await asyncio.sleep(0)
        receive.cancel()
        with pytest.raises(asyncio.CancelledError):
            await receive
        deliver(text("one"))
        assert transport.reading == ["pause"]

    run(conversation)


@pytest.mark.parametrize("step", [1, 5, 14, 60, 500, 100_000])
def test_frames_are_the_same_however_the_bytes_are_cut(run, step):
    """One message in a chunk, several, or a part of one; with a fragmented one and a ping between them."""
    whole = [text("a"), text("b" * 200), text("c" * 70_000), text("")]
    parts = frame(TEXT, b"d", fin=False) + frame(PING, b"p") + frame(CONT, b"e")
    stream = b"".join([*whole[:2], parts, *whole[2:], text("f")])

    async def conversation(transport, app, deliver):
        for start in range(0, len(stream), step):
            deliver(stream[start : start + step])
        rows = transport.protocol._log.rows("kind:receive")
        assert [row.wire_size for row in rows] == [len(whole[0]), len(whole[1]), 14, len(whole[2]), len(whole[3]), 7]
        assert [len(row.record.frames) for row in rows] == [1, 1, 2, 1, 1, 1]
        assert all(one.complete for row in rows for one in map(Frame._make, row.record.frames))

    run(conversation)


def test_what_overtakes_a_message_that_waits_has_its_own_frame(run):
    """uvicorn writes at once what is sent when a slow client reads again, before those that waited have gone on."""

    async def conversation(transport, app, deliver):
        await app.wait_for_message()
        protocol = transport.protocol
        protocol.pause_writing()
        waiting = [
            asyncio.create_task(protocol.send({"type": "websocket.send", "text": text})) for text in ("one", "two")
        ]
        await asyncio.sleep(0)
        protocol.resume_writing()
        await protocol.send({"type": "websocket.send", "text": "three!"})
        await asyncio.gather(*waiting)
        sent = [record for record in protocol._log.records() if record.kind == "send"]

        assert [(record.data, record.wire[2:].decode()) for record in sent] == [
            (text, text) for text in ("one", "two", "three!")
        ]

    run(conversation)
