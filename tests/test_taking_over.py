"""Another app takes over while people are connected: whose state they have, and when each lifespan ends."""

import asyncio
import contextlib
import threading

import pytest
from starlette.applications import Starlette
from starlette.endpoints import WebSocketEndpoint
from starlette.routing import WebSocketRoute

from playground import Playground, StartFailed
from playground import taking_over as module


class Pool:
    def __init__(self):
        self.closed = False


def with_pool(said, word, *, keeps=False, path="/pool", functions=False):
    """Return an app whose lifespan has a pool, and whose handlers say whether they see it open."""

    @contextlib.asynccontextmanager
    async def lifespan(app):
        pool = app.state.pool = Pool()
        app.state.members = set()
        said.append(f"{word} up")
        yield {"pool": pool}
        pool.closed = True
        said.append(f"{word} down")

    class Ask(WebSocketEndpoint):
        encoding = "text"

        async def on_connect(self, websocket):
            await websocket.accept()
            self.pool = websocket.app.state.pool if keeps else None

        async def on_receive(self, websocket, data):
            if data == "wait":
                await websocket.send_text("waiting")
                data = await websocket.receive_text()
            websocket.app.state.members.add(data)
            pools = {websocket.state.pool, websocket.app.state.pool, self.pool or websocket.state.pool}
            await websocket.send_text(
                f"{word} {sorted(pool.closed for pool in pools)} {len(websocket.app.state.members)}"
            )

    async def ask(websocket):
        await websocket.accept()
        while True:
            await websocket.receive_text()
            await websocket.send_text(f"{word} {websocket.app.state.pool.closed}")

    return Starlette(routes=[WebSocketRoute(path, ask if functions else Ask)], lifespan=lifespan)


def say(client, text):
    client.send(text)
    return client.receive()


def test_connections_have_the_state_of_the_app_that_took_over():
    """Its lifespan's, and its `app`; the old lifespan ends, and what connections put into `app.state` stays."""
    said = []
    with Playground(with_pool(said, "one")) as pg, pg.connect("/pool") as a, pg.connect("/pool") as b:
        first = say(a, "a")
        pg.swap(with_pool(said, "two"))
        answers = [say(b, "b"), say(a, "c")]
        ended = list(said)
        row = pg.log.wait_for("edit", '"another app"')

    assert first == "one [False] 1"
    assert answers == ["two [False] 2", "two [False] 3"]
    assert ended == ["one up", "two up", "one down"]
    assert row.data.endswith("; kept from the app before: app.state.members")


def test_a_hook_that_runs_keeps_its_app_until_it_ends():
    """The old lifespan ends after it, though no message follows."""
    said = []
    with Playground(with_pool(said, "one")) as pg, pg.connect("/pool") as client:
        waiting = say(client, "wait")
        pg.swap(with_pool(said, "two"))
        while_waiting = list(said)
        answer = say(client, "a")
        pg.log.wait_for("log", '"has left the app before; its lifespan ends"')
        after = say(client, "b")

    assert (waiting, answer, after) == ("waiting", "one [False] 1", "two [False] 2")
    assert while_waiting == ["one up", "two up"]
    assert said == ["one up", "two up", "one down", "two down"]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ({"keeps": True}, {}, "1 is still in it, and handlers keep self.pool of it"),
        ({}, {"path": "/other"}, "1 is still in it"),
        ({"functions": True}, {"functions": True}, "1 is still in it"),
    ],
    ids=["kept on self", "the path is gone", "a function"],
)
def test_the_old_lifespan_ends_after_its_last_connection(old, new, told):
    """Whoever cannot leave the old app finds it open, and it is said that it is waited for."""
    said = []
    with Playground(with_pool(said, "one", **old)) as pg:
        with pg.connect("/pool") as client:
            pg.swap(with_pool(said, "two", **new))
            row = pg.log.wait_for("log", '"the app before ends after"')
            answer = say(client, "a")
            meanwhile = list(said)
        pg.log.wait_for("log", '"has left the app before; its lifespan ends"')

    assert row.data.endswith(f": {told}")
    assert "True" not in answer
    assert meanwhile == ["one up", "two up"]
    assert said[2] == "one down"


def test_a_stop_ends_every_lifespan():
    """Those of apps that connections are still in, too; each once."""
    said = []
    pg = Playground(with_pool(said, "one", keeps=True)).start()
    client = pg.connect("/pool")
    for word in ("two", "three"):
        pg.swap(with_pool(said, word))
    pg.stop()
    client.close()

    assert sorted(said) == sorted(f"{word} {way}" for word in ("one", "two", "three") for way in ("up", "down"))


def test_a_function_that_is_reentered_changes_its_app():
    """Its code may be the same."""
    said = []
    with Playground(with_pool(said, "one", functions=True), functions="reenter") as pg, pg.connect("/pool") as client:
        first = say(client, "a")
        pg.swap(with_pool(said, "two", functions=True))
        second = say(client, "b")
        ended = list(said)
        same = Starlette(routes=[WebSocketRoute("/pool", pg.endpoints["/pool"].current.target)])
        same.state.pool = Pool()
        pg.swap(same)
        third = say(client, "c")
        pg.log.wait_for("log", '"has left the app before"', since=pg.log.wait_for("edit", '"another app"').seq)

    assert (first, second, third) == ("one False", "two False", "two False")
    assert ended[:2] == ["one up", "two up"]
    assert said[-1] == "two down"


def test_people_in_a_function_are_moved_to_the_app_when_asked():
    """Until then they are in the old one, and its lifespan waits for them."""
    said = []
    with Playground(with_pool(said, "one", functions=True)) as pg, pg.connect("/pool") as client:
        pg.swap(with_pool(said, "two", functions=True))
        before = say(client, "a")
        report = pg.reenter("/pool")
        after = say(client, "b")
        pg.log.wait_for("log", '"has left the app before; its lifespan ends"')

    assert (before, after) == ("one False", "two False")
    assert report.outcome == "live"
    assert said[2] == "one down"


def test_a_hook_cannot_wait_for_an_app_on_its_own_loop():
    """It is told what to do, which works."""
    said = []

    class Swap(WebSocketEndpoint):
        encoding = "text"

        async def on_receive(self, websocket, data):
            try:
                pg.swap(with_pool(said, "two"))
            except StartFailed as error:
                await asyncio.to_thread(pg.swap, with_pool(said, "three"))
                await websocket.send_text(str(error))

    with Playground(Starlette(routes=[WebSocketRoute("/swap", Swap)])) as pg, pg.connect("/swap") as client:
        refused = say(client, "now")
        with pg.connect("/pool") as other:
            answer = say(other, "a")

    assert refused.startswith("the server's own loop has to run while an app starts, so a hook cannot wait for that")
    assert answer == "three [False] 1"
    assert said == ["three up", "three down"]


def test_a_blocked_loop_does_not_keep_the_cell(monkeypatch):
    """The app is given up, and the line that blocks is named."""
    monkeypatch.setattr(module, "LATE", 0.1)
    free = threading.Event()
    blocked = threading.Event()

    class Block(WebSocketEndpoint):
        async def on_receive(self, websocket, data):
            blocked.set()
            free.wait()

    app = Starlette(routes=[WebSocketRoute("/block", Block)])
    with Playground(app) as pg, pg.connect("/block") as client:
        client.send("now")
        blocked.wait()
        try:
            with pytest.raises(StartFailed, match="did not start the app within 0.1 s: .*free.wait"):
                pg.swap(Starlette(), timeout=0.1)
        finally:
            free.set()
        assert pg.app is app


def test_apps_that_take_over_at_once_each_end_once():
    """From several threads; one of them is served in the end."""
    said = []
    apps = [with_pool(said, str(number)) for number in range(4)]
    with Playground(Starlette()) as pg:
        threads = [threading.Thread(target=pg.swap, args=(app,)) for app in apps]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        served = pg.app

    assert served in apps
    assert sorted(said) == sorted(f"{number} {way}" for number in range(4) for way in ("up", "down"))


def test_an_app_that_starts_while_the_playground_stops_is_told():
    """The cell that waits gets a sentence, and the app's start-up is cancelled."""
    began, ended = threading.Event(), []

    @contextlib.asynccontextmanager
    async def hangs(app):
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("cancelled")
        yield

    pg = Playground().start()
    raised = []

    def swap():
        try:
            pg.swap(Starlette(lifespan=hangs), timeout=60)
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=swap)
    thread.start()
    began.wait()
    pg.stop()
    thread.join()

    assert [str(one) for one in raised] == ["the playground was stopped before the app had started"]
    assert isinstance(raised[0], StartFailed)
    assert ended == ["cancelled"]


def test_endpoints_that_were_added_stay_when_the_apps_file_is_saved(tmp_path):
    """With their versions and their connections; the app's own come first."""
    text = "from starlette.applications import Starlette\nfrom starlette.routing import Route\napp = Starlette({0})\n"
    added = "class {0}(WebSocketEndpoint):\n    encoding = 'text'\n    async def on_receive(self, websocket, data):\n"
    added += "        await websocket.send_text(f'{{data}} {{websocket.app is pg.app}}')\n"
    file = tmp_path / "main.py"
    file.write_text(text.format(""))
    names = {"pg": None}
    with Playground(names=names) as pg:
        names["pg"] = pg
        pg.watch(file)
        first = list(pg.endpoints)
        pg.edit("/extra", added.format("Extra"))
        pg.edit("/extra", added.format("Other"))
        with pg.connect("/extra") as client:
            since = pg.log.total
            file.write_text(text.format("routes=[Route('/', lambda request: None)]"))
            pg.log.wait_for("edit", '"another app"', since=since)
            answer = say(client, "a")
        with pg.connect("/extra") as client:
            again = say(client, "b")

        assert (first, sorted(pg.endpoints)) == ([], ["/", "/extra"])
        assert pg.endpoints["/extra"].current.number == 2
    assert (answer, again) == ("a True", "b True")
