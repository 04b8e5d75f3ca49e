"""An endpoint's code changes while people are connected. The connections are in memory: only data goes in and out."""

import asyncio

import pytest
from starlette.endpoints import WebSocketEndpoint

from playground import EditRejected, Log, UnknownEndpoint
from playground.edit.endpoints import Endpoint, Endpoints
from playground.edit.live_code import HISTORY
from playground.edit.source.running import remembers
from playground.record.lines import suspended_line


class Peer:
    """The other end of an ASGI WebSocket: puts messages in and takes replies out."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.inbox = asyncio.Queue()
        self.outbox = asyncio.Queue()
        scope = {"type": "websocket", "path": endpoint.path, "headers": [], "subprotocols": []}
        self.task = asyncio.create_task(endpoint.serve(scope, self.inbox.get, self.outbox.put))
        self.inbox.put_nowait({"type": "websocket.connect"})

    async def opened(self) -> "Peer":
        assert (await self.outbox.get())["type"] == "websocket.accept"
        return self

    def put(self, text: str) -> None:
        self.inbox.put_nowait({"type": "websocket.receive", "text": text})

    async def ask(self, text: str) -> str:
        self.put(text)
        return (await asyncio.wait_for(self.outbox.get(), 60))["text"]

    async def leave(self, code: int = 1000) -> None:
        self.inbox.put_nowait({"type": "websocket.disconnect", "code": code})
        await asyncio.wait([self.task])


def endpoint_from(source: str, path: str = "/t") -> Endpoint:
    endpoint = Endpoint(path, "websocket", Log())
    edit(endpoint, source)
    return endpoint


def edit(endpoint: Endpoint, source: str):
    endpoint.publish(endpoint.load(source))
    return endpoint.adopt(0.0)


def answer(text: str, extra: str = "") -> str:
    return f"""
class T(WebSocketEndpoint):
    encoding = "text"
    {extra}
    async def on_receive(self, websocket, data):
        self.count = getattr(self, "count", 0) + 1
        await websocket.send_text(f"{text} {{data}} {{self.count}}")
"""


def test_an_open_connection_gets_the_new_code():
    """The same object answers, with what it kept on `self`."""

    async def main():
        endpoint = endpoint_from(answer("one"))
        peer = await Peer(endpoint).opened()
        first = await peer.ask("a")
        report = edit(endpoint, answer("two"))
        second = await peer.ask("b")
        await peer.leave()
        return first, second, report, endpoint.connections

    first, second, report, left = asyncio.run(main())

    assert (first, second) == ("one a 1", "two b 2")
    assert str(report) == "v2 live on 1 connection"
    assert left == 0


SLOW = """
import asyncio
LABEL = "{0}"

def helper():
    return "{0}"

class T(WebSocketEndpoint):
    encoding = "text"
    label = "{0}"

    async def on_receive(self, websocket, data):
        before = LABEL + self.label + helper()
        await GATE.wait()
        await websocket.send_text(before + LABEL + self.label + helper())
"""


def test_an_event_is_handled_by_one_version():
    """What began on v1 ends on v1, helpers and module names included; the next event is v2's."""

    async def main():
        gate = asyncio.Event()
        endpoint = Endpoint("/t", "websocket", Log(), names={"GATE": gate})
        edit(endpoint, SLOW.format("1"))
        peer = await Peer(endpoint).opened()
        peer.put("a")
        await asyncio.sleep(0)
        while not any(record.kind == "on_receive" for record in endpoint.log.records()):
            await asyncio.sleep(0)
        report = edit(endpoint, SLOW.format("2"))
        gate.set()
        torn_or_not = (await peer.outbox.get())["text"]
        after = await peer.ask("b")
        await peer.leave()
        return report, torn_or_not, after

    report, torn_or_not, after = asyncio.run(main())

    assert (torn_or_not, after) == ("111111", "222222")
    assert str(report) == "0 on v2, 1 busy on v1 line 14"
    assert report.busy[0].version == 1


def test_on_disconnect_added_later_runs_for_old_connections():
    """It is the current version that says goodbye."""

    async def main():
        endpoint = endpoint_from(answer("one"))
        peer = await Peer(endpoint).opened()
        extra = "async def on_disconnect(self, websocket, close_code): said.append(close_code)"
        said = []
        endpoint.names = {"said": said}
        edit(endpoint, answer("two", extra))
        await peer.leave(4001)
        return said

    assert asyncio.run(main()) == [4001]


def test_a_failing_migration_leaves_the_connection_as_it_was():
    """It is named as stuck, and the others move."""
    swap = """def on_swap(self, old, new):
        self.moved = (old, new)
        if getattr(self, "count", 0) > 1: raise ValueError("too many")
"""

    async def main():
        endpoint = endpoint_from(answer("one"))
        fine, stuck = await Peer(endpoint).opened(), await Peer(endpoint).opened()
        await stuck.ask("x"), await stuck.ask("x")
        report = edit(endpoint, answer("two", swap))
        answers = await fine.ask("a"), await stuck.ask("b")
        after = edit(endpoint, answer("three"))
        unstuck = await stuck.ask("c")
        await fine.leave(), await stuck.leave()
        return report, answers, after, unstuck

    report, answers, after, unstuck = asyncio.run(main())

    assert answers == ("two a 1", "one b 3")
    assert str(report) == "1 on v2, 1 stuck: on_swap raised ValueError: too many"
    assert str(after) == "v3 live on all 2 connections"
    assert unstuck == "three c 4"


@pytest.mark.parametrize(
    "raised",
    ["SystemExit(1)", "asyncio.CancelledError()", "KeyboardInterrupt()", "GeneratorExit()", "ValueError('no')"],
)
def test_whatever_on_swap_raises_leaves_that_connection_stuck(raised):
    """Also what would end the loop or the task it runs on; what it has set on a bare object is gone again."""
    swap = f"""def on_swap(self, old, new):
        import asyncio
        self.half = True
        raise {raised}
"""
    first = "class T(WebSocketEndpoint):\n    encoding = 'text'\n" + (
        "    async def on_receive(self, websocket, data): await websocket.send_text(str('half' in vars(self)))\n    "
    )

    async def main():
        endpoint = endpoint_from(first)
        idle, busy = await Peer(endpoint).opened(), await Peer(endpoint).opened()
        report = edit(endpoint, first + swap)
        answers = await idle.ask("a"), await busy.ask("b")
        await idle.leave(), await busy.leave()
        return report, answers

    report, answers = asyncio.run(main())

    assert report.outcome == "stuck" and len(report.stuck) == 2
    assert report.stuck[0].startswith(f"on_swap raised {raised.partition('(')[0].rpartition('.')[2]}")
    assert answers == ("False", "False")


def test_a_class_that_cannot_be_changed_to_is_named(caplog):
    """`on_swap` is not to blame for it."""

    async def main():
        endpoint = endpoint_from(answer("one"))
        peer = await Peer(endpoint).opened()
        other = answer("two").replace("class T(WebSocketEndpoint):", "class T(WebSocketEndpoint, dict):")
        report = edit(endpoint, other)
        reply = await peer.ask("a")
        await peer.leave()
        return report, reply

    report, reply = asyncio.run(main())

    assert report.stuck[0].startswith("changing its class raised TypeError")
    assert reply == "one a 1"


def test_other_slots_mean_a_copy_with_the_same_state():
    """Python refuses to change the class of such an object, so its state moves to a new one."""
    slots = 'class T(WebSocketEndpoint):\n    __slots__ = ("extra",)'

    async def main():
        endpoint = endpoint_from(answer("one"))
        peer = await Peer(endpoint).opened()
        await peer.ask("a")
        report = edit(endpoint, answer("two").replace("class T(WebSocketEndpoint):", slots))
        reply = await peer.ask("b")
        await peer.leave()
        return report, reply

    report, reply = asyncio.run(main())

    assert reply == "two b 2"
    assert report.live == 1


@pytest.mark.parametrize(
    "source",
    [
        "async def chat(websocket):\n    await websocket.accept()\n    while True:\n"
        "        await websocket.send_text('{0} ' + await websocket.receive_text())",
        "class T(WebSocketEndpoint):\n    async def dispatch(self):\n"
        "        ws = WebSocket(self.scope, self.receive, self.send)\n        await ws.accept()\n"
        "        while True:\n            await ws.send_text('{0} ' + await ws.receive_text())",
    ],
    ids=["function", "own dispatch"],
)
def test_what_has_its_own_loop_keeps_its_version(source):
    """An edit reaches new connections; the report counts the old ones, which go on unharmed."""

    async def main():
        endpoint = endpoint_from(source.format("one"))
        old = await Peer(endpoint).opened()
        report = edit(endpoint, source.format("two"))
        new = await Peer(endpoint).opened()
        answers = await old.ask("a"), await new.ask("b")
        old.task.cancel(), new.task.cancel()
        await asyncio.wait([old.task, new.task])
        return report, answers, endpoint.connections

    report, answers, left = asyncio.run(main())

    assert answers == ("one a", "two b")
    assert str(report).startswith("0 on v2, 1 keeps its version until it closes")
    assert (report.pinned, report.movable) == (1, int(source.startswith("async def")))
    assert left == 0


def test_a_class_that_becomes_a_function_leaves_open_connections_behind():
    """They cannot move, and the report says why."""

    async def main():
        endpoint = endpoint_from(answer("one"))
        peer = await Peer(endpoint).opened()
        report = edit(endpoint, "async def chat(websocket): await websocket.accept()")
        reply = await peer.ask("a")
        await peer.leave()
        return report, reply

    report, reply = asyncio.run(main())

    assert str(report) == "0 on v2, 1 stuck: v2 is not a class with Starlette's dispatch"
    assert reply == "one a 1"


def test_an_exception_is_recorded_with_the_users_line_and_goes_on_its_way():
    """Starlette's behaviour is unchanged: the exception leaves dispatch, after on_disconnect(1011)."""

    async def main():
        endpoint = endpoint_from(answer("one", "pass").replace("self.count = ", "print('here'); {}['say']\n        "))
        peer = await Peer(endpoint).opened()
        peer.put("a")
        await asyncio.wait([peer.task])
        return endpoint, peer.task.exception()

    endpoint, error = asyncio.run(main())
    failed = endpoint.log.wait_for("on_receive", timeout=0)
    last = endpoint.log.wait_for("on_disconnect", timeout=0)

    assert isinstance(error, KeyError)
    assert (failed.error, failed.line, failed.version) == ("KeyError: 'say'", 6, 1)
    assert "{}['say']" in failed.traceback and "playground/edit" not in failed.traceback
    assert last.code == 1011


def test_versions_count_up_and_old_ones_go():
    """The history is bounded, and what goes takes its module and its remembered source along."""
    endpoint = endpoint_from(answer("0"))
    first = endpoint.current.filename
    for number in range(HISTORY + 10):
        edit(endpoint, answer(str(number + 1)))

    assert endpoint.current.number == HISTORY + 11
    assert len(endpoint.versions) == HISTORY
    assert not remembers(first)
    assert len(endpoint.files) == HISTORY
    with pytest.raises(LookupError, match=r"/t has no v1; it keeps v12 to v61"):
        endpoint.version(1)


def test_a_version_a_connection_runs_is_kept():
    """However many edits there are in the middle of an event, its source stays to be shown."""

    async def main():
        gate = asyncio.Event()
        endpoint = Endpoint("/t", "websocket", Log(), names={"GATE": gate})
        edit(endpoint, SLOW.format("1"))
        peer = await Peer(endpoint).opened()
        peer.put("a")
        while not any(record.kind == "on_receive" for record in endpoint.log.records()):
            await asyncio.sleep(0)
        for number in range(HISTORY + 5):
            edit(endpoint, SLOW.format(str(number % 10)))
        kept = endpoint.version(1)
        gate.set()
        await peer.outbox.get()
        await peer.leave()
        return kept

    assert asyncio.run(main()).number == 1


def test_a_rejected_edit_changes_nothing_and_takes_no_number():
    """The next good one is v2."""
    endpoint = endpoint_from(answer("one"))
    with pytest.raises(EditRejected):
        edit(endpoint, "class T(")

    assert endpoint.current.number == 1
    assert edit(endpoint, answer("two")).version.number == 2


def test_two_versions_are_compared():
    """As a unified diff with the versions' names."""
    endpoint = endpoint_from(answer("one"))
    edit(endpoint, answer("two"))
    diff = endpoint.diff(1, 2)

    assert diff.startswith("--- v1\n+++ v2")
    assert '-        await websocket.send_text(f"one {data} {self.count}")' in diff.splitlines()


def test_any_two_versions_are_compared_at_first_the_last_two():
    """In either direction; with one version there is no difference."""
    endpoint = endpoint_from(answer("one"))
    alone = endpoint.diff()
    edit(endpoint, answer("two"))
    edit(endpoint, answer("three"))

    assert alone == ""
    assert endpoint.diff().startswith("--- v2\n+++ v3")
    assert endpoint.diff(1).startswith("--- v1\n+++ v3")
    assert endpoint.diff(3, 1).startswith("--- v3\n+++ v1")
    with pytest.raises(LookupError, match="has no v4"):
        endpoint.diff(1, 4)


def test_an_edit_reaches_connections_on_every_loop():
    """From a third thread, each loop moves its own connections."""

    async def hold(endpoint, ready, go):
        peer = await Peer(endpoint).opened()
        ready.set_result(None)
        await asyncio.wrap_future(go)
        reply = await peer.ask("x")
        await peer.leave()
        return reply

    from concurrent.futures import Future, ThreadPoolExecutor

    endpoint = endpoint_from(answer("one"))
    readies, go = [Future(), Future()], Future()
    with ThreadPoolExecutor() as pool:
        replies = [pool.submit(asyncio.run, hold(endpoint, ready, go)) for ready in readies]
        [ready.result(60) for ready in readies]
        report = edit(endpoint, answer("two"))
        go.set_result(None)

    assert [reply.result() for reply in replies] == ["two x 1", "two x 1"]
    assert str(report) == "v2 live on all 2 connections"


def test_a_path_is_looked_up_with_help():
    """An unknown path names the nearest ones."""
    endpoints = Endpoints()
    endpoints.add(endpoint_from(answer("one"), "/echo"))
    endpoints.add(endpoint_from(answer("one"), "/chat/{room}"))

    assert list(endpoints) == ["/echo", "/chat/{room}"]
    assert "/echo" in endpoints and "/ehco" not in endpoints
    with pytest.raises(UnknownEndpoint, match="no endpoint at '/ehco'; did you mean '/echo'?"):
        endpoints["/ehco"]
    with pytest.raises(UnknownEndpoint, match="no endpoint at '/zzzzzz'; there are /echo, /chat/{room}"):
        endpoints["/zzzzzz"]
    assert repr(endpoints).startswith("<Endpoint /echo websocket T v1 connections=0>")


def test_a_waiting_task_tells_its_line():
    """None for a task that does not wait in the source."""

    async def main():
        task = asyncio.create_task(asyncio.Event().wait())
        await asyncio.sleep(0)
        line = suspended_line(task, {})
        task.cancel()
        return line

    assert asyncio.run(main()) is None
    assert suspended_line(None, {}) is None


class Plain(WebSocketEndpoint):
    encoding = "text"


def test_an_object_can_be_published_as_it_is():
    """Its source is that of its file."""
    from playground.edit.source.source import from_object

    endpoint = Endpoint("/t", "websocket", Log())
    endpoint.publish(from_object(Plain))

    assert endpoint.name == "Plain"
    assert endpoint.current.source == 'class Plain(WebSocketEndpoint):\n    encoding = "text"\n'
