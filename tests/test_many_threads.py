"""Several threads use one playground at once: nothing is walked while it changes, and nobody waits for ever."""

import contextlib
import threading
import time

import pytest

import playground
from playground import Playground, StartFailed, starting
from playground.serve.server import bind
from tests.conftest import ECHO, PATIENCE


def together(*functions):
    """Run functions at the same time, each on a thread of its own; return what they returned, or raise what one did."""
    gate = threading.Barrier(len(functions))
    results, errors = [None] * len(functions), []

    def run(place):
        gate.wait(PATIENCE)
        try:
            results[place] = functions[place]()
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(place,), daemon=True) for place in range(len(functions))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert not any(thread.is_alive() for thread in threads), "one waits for ever"
    for error in errors:
        raise error
    return results


def servers():
    """Return how many servers run in this process."""
    return sum(thread.name == "playground-server" for thread in threading.enumerate())


def test_eight_starts_of_one_name_make_one_server():
    """Each returns the same playground."""
    before = servers()
    found = together(*[lambda: playground.start(name="one of eight")] * 8)

    assert len(set(map(id, found))) == 1
    assert (servers() - before, found[0].running) == (1, True)
    found[0].stop()
    starting._running.pop("one of eight")


def test_starts_of_several_names_make_one_server_each():
    """They do not wait for each other."""
    before = servers()
    names = [f"several {number}" for number in range(4)] * 2
    found = together(*[lambda name=name: playground.start(name=name) for name in names])

    assert [found[place] is found[place + 4] for place in range(4)] == [True] * 4
    assert servers() - before == 4
    for pg in found[:4]:
        pg.stop()
    for name in set(names):
        starting._running.pop(name)


def test_start_and_stop_at_once_leave_one_of_both():
    """Whoever comes last; a start that was given up is told so, and what is left can be used."""
    pg, before = Playground(), servers()

    def start():
        with contextlib.suppress(StartFailed):
            pg.start()

    for _ in range(10):
        together(start, pg.stop, start, pg.stop)
        pg.start()
        with pg.connect("/ws") as client:
            client.send("x")
            assert client.receive()
    pg.stop()

    assert servers() == before
    assert len(pg.log.rows("kind:start")) == len(pg.log.rows("kind:stop"))
    bind("127.0.0.1", pg.port).close()


def test_an_edit_while_stopping_is_there_afterwards():
    """Neither waits for the other for ever."""
    pg = Playground()
    for number in range(5):
        pg.start()
        with pg.connect("/ws"):
            together(pg.stop, lambda source=ECHO + f"# {number}": pg.edit("/echo", source))
        pg.start()
        with pg.connect("/echo") as client:
            client.send("x")
            assert client.receive() == "x"
        pg.stop()

    assert pg.endpoints["/echo"].current.number == 5


def test_a_subscriber_can_come_and_go_while_others_are_told(pg):
    """On any thread; one that stays hears of all."""
    heard = []
    pg.log.subscribe(heard.append)

    def comes_and_goes():
        for _ in range(200):
            undo, forget = pg.log.subscribe(lambda record: None), pg.watch_changes(lambda: None)
            undo()
            forget()
            forget()

    def happens():
        return [pg.log.note("log", data="x") for _ in range(200)]

    *_, first, second = together(comes_and_goes, comes_and_goes, happens, happens)

    assert {record.seq for record in (*first, *second)} <= {record.seq for record in heard}
    assert len(pg._watchers) == 0


@pytest.mark.slow
def test_everything_can_be_walked_while_it_changes(echo):
    """Clients, connections, endpoints, versions, hosts and the log, all the time."""
    until = time.monotonic() + 5

    def again(function):
        def run():
            count = 0
            while time.monotonic() < until:
                function(count)
                count += 1
            return count

        return run

    def connects(count):
        with echo.connect("/echo", name=f"guest {count % 3}") as client:
            client.send("x")
            client.receive()

    def edits(count):
        echo.edit("/echo", ECHO + f"# {count}")
        echo.edit(f"/new/{count % 20}", ECHO + f"# {count}")

    def walks(count):
        for endpoint in echo.endpoints.values():
            list(endpoint.hosts), list(endpoint.versions), endpoint.runs, repr(endpoint), dict(endpoint.files)
        for name, client in echo.clients.items():
            assert name and client.state
        for connection in echo.connections:
            echo.why(connection)
        repr(echo), echo.held, list(echo.endpoints), len(echo.clients), list(echo.clients)

    def reads(count):
        echo.log.rows("is:errors"), echo.log[-20:], echo.log.counts, echo._files()
        for row in echo.log.rows("client:guest")[-10:]:
            repr(row), row.events

    counts = together(again(connects), again(connects), again(edits), again(walks), again(walks), again(reads))

    assert all(counts)
