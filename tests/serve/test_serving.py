"""What serves an app, and how a client dials, are given to a playground."""

from playground import Playground
from playground.client.dial import open_websocket
from playground.serve.server import Server
from playground.serve.serving import Serving


class Elsewhere:
    """A server that serves nobody, and remembers what it was asked."""

    host, port = "nowhere", 7
    url, http_url = "ws://nowhere", "http://nowhere"
    loop = None

    def __init__(self, app, **settings):
        self.running = False
        self.asked = []

    def check(self):
        self.asked.append("check")

    def check_free(self, replaced):
        self.asked.append("check_free")

    def start(self, *, timeout):
        self.asked.append("start")
        self.running = True

    def stop(self, *, timeout):
        self.asked.append("stop")
        self.running = False

    async def swap(self, app, switch, *, limit):
        self.asked.append("swap")

    def blocked_at(self):
        return None


def test_a_playground_is_served_by_what_it_is_given():
    """It starts and stops it, and tells its addresses."""
    made = []

    def make(app, **settings):
        made.append(Elsewhere(app, **settings))
        return made[-1]

    with Playground(server=make) as pg:
        running, urls = pg.running, (pg.url, pg.http_url, pg.port)

    assert running and not pg.running
    assert urls == ("ws://nowhere", "http://nowhere", 7)
    assert made[0].asked == ["check", "start", "stop"]


def test_other_settings_make_another_server():
    """Of the same kind, once it is known that it can listen."""
    made = []

    def make(app, **settings):
        made.append(Elsewhere(app, **settings))
        return made[-1]

    with Playground(server=make) as pg:
        pg.restart(log_limit=10)

    assert [one.asked for one in made] == [["check", "start", "stop"], ["check", "check_free", "start", "stop"]]


def test_clients_dial_as_the_playground_says():
    """Our own endpoints and addresses elsewhere alike."""
    dialled = []

    async def dial(url, **settings):
        dialled.append(url.rpartition("/")[2])
        return await open_websocket(url, **settings)

    with Playground(dial=dial) as pg, pg.connect("/ws") as ours, pg.connect(f"{pg.url}/ws?there") as there:
        ours.send("hi")
        there.send("ho")
        answers = [ours.receive(), there.receive()]

    assert dialled == ["ws", "ws?there"]
    assert answers == ["you said: hi", "you said: ho"]


def test_the_server_on_a_thread_is_one_way_to_serve():
    """It has what a playground asks for."""
    asked = {name for name in vars(Serving) if not name.startswith("_")}

    assert asked <= set(dir(Server(None)))
