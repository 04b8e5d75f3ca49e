"""Code that was replaced in place becomes a version of its own."""

import functools
import linecache
import re
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint, WebSocketEndpoint
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient

from playground import EditRejected, Log, Playground
from playground.edit.endpoints import Endpoint
from playground.edit.patches import does_the_same, functions_of, unchanged
from playground.edit.source.source import from_object

FILE = """
from starlette.applications import Starlette
from starlette.endpoints import WebSocketEndpoint
from starlette.routing import WebSocketRoute

class Chat(WebSocketEndpoint):
    encoding = "text"
    mark = "!"

    async def on_receive(self, websocket, data):
        await websocket.send_text(self.text(data))

    def text(self, data):
        return "one " + data + self.mark

async def chat(websocket):
    await websocket.accept()
    await websocket.send_text("one")
"""


async def other(self, websocket, data):
    await websocket.send_text("other")


def swapped(target, namesake):
    """Give living functions the code of a file that was run again, as `%autoreload` does."""
    if not isinstance(target, type):
        target.__code__ = namesake.__code__
        return
    for name, value in vars(namesake).items():
        if hasattr(value, "__code__") and name in vars(target):
            vars(target)[name].__code__ = value.__code__
        elif not name.startswith("__"):
            setattr(target, name, value)


@pytest.fixture
def run(tmp_path):
    """Writes a file, runs it, and returns its names."""

    def run(text=FILE):
        file = tmp_path / "app.py"
        file.write_text(text)
        linecache.checkcache(str(file))
        names = {"__name__": "app"}
        exec(compile(text, str(file), "exec", dont_inherit=True), names)
        return names

    return run


@pytest.fixture
def chat(run):
    """A playground with the file's class, and an open client."""
    cls = run()["Chat"]
    with Playground(Starlette(routes=[WebSocketRoute("/chat", cls)])) as pg, pg.connect("/chat") as client:
        yield pg, cls, client


def ask(client):
    client.send("x")
    return client.receive()


def versions(pg):
    return [row.version for row in pg.log.rows("kind:receive")]


def test_the_next_message_after_a_method_was_replaced_has_another_version(chat):
    """What is shown is not the source of the code that is gone; an edit and going back bring source again."""
    pg, cls, client = chat
    told = [ask(client)]
    cls.on_receive = other
    told.append(ask(client))
    patched = pg.endpoints["/chat"].current
    report = pg.revert("/chat", to=1)
    told.append(ask(client))

    assert told == ["one x!", "other", "one x!"]
    assert versions(pg) == [1, 2, 3]
    assert (patched.label, patched.source, patched.patched) == ("v2 (patched)", "", True)
    assert (report.version.label, report.live) == ("v3 (= v1)", 1)
    assert report.version.source == pg.endpoints["/chat"].version(1).source != ""
    cls.on_receive = lambda self, websocket, data: None
    with pytest.raises(EditRejected, match=r"v2 \(patched\) cannot come back: .*source is not known"):
        pg.revert("/chat", to=2)


def test_what_has_no_known_source_cannot_be_run_again(chat):
    """Its state can be reset by giving the source."""
    pg, cls, _ = chat
    cls.on_receive = other

    with pytest.raises(
        EditRejected, match=r"the source of '/chat' v2 \(patched\) is not known, .* edit\('/chat', …, reset=True"
    ):
        pg.reset("/chat")


def test_what_was_replaced_is_said_in_the_log(chat):
    """Once, with the version."""
    pg, cls, client = chat
    cls.on_receive = other
    ask(client)
    ask(client)
    [row] = pg.log.rows("kind:edit")

    assert row.version == 2
    assert row.data.startswith("v2 (patched): its code was replaced in place, past the playground; its source is not")


def test_a_file_loaded_again_is_the_source_of_the_next_version(chat, run):
    """With its text and its lines; the connection stays, and its object."""
    pg, cls, client = chat
    before = ask(client)
    swapped(cls, run("# moved\n" + FILE.replace("one", "two").replace('"!"', '"?"'))["Chat"])
    after = ask(client)
    endpoint = pg.endpoints["/chat"]
    sent = next(one for one in reversed(pg.log.records()) if one.kind == "send")

    assert (before, after) == ("one x!", "two x?")
    assert (endpoint.current.label, endpoint.runs) == ("v2 (patched)", {2: 1})
    assert endpoint.current.source.count("two") == 1 and '"?"' in endpoint.current.source
    assert (sent.version, sent.line) == (2, 6)


def test_a_helper_that_was_replaced_is_noticed_when_somebody_looks(chat):
    """At the next look at the endpoint, the next edit, or the next connection; not at each message."""
    pg, cls, _ = chat
    numbers = []
    for text in ("a", "b", "c"):
        cls.text = lambda self, data, text=text: text
        if text == "a":
            pg.endpoints["/chat"]
        elif text == "b":
            pg.endpoints.notice()
        else:
            pg.connect("/chat").close()
        numbers.append(pg.endpoints.all()[0].current.number)

    assert numbers == [2, 3, 4]


def test_a_file_loaded_again_without_a_change_stays_the_version(chat, run):
    """Equal code is no other version, wherever its lines are now."""
    pg, cls, client = chat
    swapped(cls, run("\n\n\n" + FILE)["Chat"])
    ask(client)
    sent = next(one for one in reversed(pg.log.records()) if one.kind == "send")

    assert pg.endpoints["/chat"].current.label == "v1"
    assert (sent.version, sent.line) == (1, 6)


def test_another_attribute_in_a_file_loaded_again_is_another_version(chat, run):
    """Its code is equal, and its source is not."""
    pg, cls, client = chat
    swapped(cls, run(FILE.replace('"!"', '"?"'))["Chat"])

    assert ask(client) == "one x?"
    assert 'mark = "?"' in pg.endpoints["/chat"].current.source


def test_state_in_a_class_is_no_other_version(chat):
    """Only what a class does makes a version."""
    pg, cls, client = chat
    cls.mark = "…"
    cls.members = {client}
    cls.callback = staticmethod(len)
    cls.later = lambda self: None

    assert ask(client) == "one x…"
    assert pg.endpoints["/chat"].current.number == 1


def test_what_connections_built_stays_at_the_edit_after_it(run):
    """And the replaced code does not: it is the edit's to say what the class does."""
    cls = run(FILE.replace('    mark = "!"', '    mark = "!"\n    members = set()'))["Chat"]
    with Playground(Starlette(routes=[WebSocketRoute("/chat", cls)])) as pg, pg.connect("/chat") as client:
        source = pg.endpoints["/chat"].current.source
        cls.members.add("alice")
        cls.on_receive = other
        told = [ask(client)]
        report = pg.edit("/chat", source)
        told.append(ask(client))

        assert told == ["other", "one x!"]
        assert report.version.target.members == {"alice"}


@pytest.mark.parametrize("name", ["on_disconnect", "on_swap", "__init__"])
def test_a_hook_that_was_added_is_noticed(run, name):
    """It is called, unlike a function of another name."""
    endpoint = Endpoint("/t", "websocket", Log())
    endpoint.publish(from_object(run()["Chat"]))
    setattr(endpoint.current.target, name, other)

    assert endpoint.notice().number == 2


def test_a_replaced_base_is_noticed(run):
    """The endpoint's own source stays what it is."""
    base = run()["Chat"]

    class Derived(base):
        pass

    endpoint = Endpoint("/t", "websocket", Log())
    endpoint.publish(from_object(Derived))
    base.on_receive = other

    assert endpoint.notice().number == 2
    assert endpoint.notice() is None


def test_a_version_from_text_can_be_replaced_too(chat):
    """Its text is no longer the source, and it comes back from it."""
    pg, _, client = chat
    pg.edit("/chat", pg.endpoints["/chat"].current.source.replace("one", "two"))
    pg.endpoints["/chat"].current.target.on_receive = other
    told = [ask(client)]
    shown = pg.endpoints["/chat"].current
    pg.revert("/chat", to=2)
    told.append(ask(client))

    assert told == ["other", "two x!"]
    assert (shown.number, shown.source) == (3, "")


def test_functions_and_http_endpoints_are_noticed_when_they_are_called(run):
    """The connection that found it has the new version."""
    names = run()

    class Home(HTTPEndpoint):
        def get(self, request):
            return PlainTextResponse("one")

    with Playground(Starlette(routes=[WebSocketRoute("/f", names["chat"]), Route("/", Home)])) as pg:
        swapped(names["chat"], run(FILE.replace("one", "two"))["chat"])
        Home.get = lambda self, request: PlainTextResponse("two")
        with pg.connect("/f") as client:
            told = [client.receive(), TestClient(pg.app).get("/").text]

        assert told == ["two", "two"]
        assert [one.current.label for one in pg.endpoints.all()] == ["v2 (patched)"] * 2
        assert "two" in pg.endpoints["/f"].current.source
        assert pg.log.rows("kind:send")[-1].version == 2


def test_code_without_its_lines_is_the_files_if_it_does_the_same(run):
    """As some reloaders compile each function alone: the text is known, and the lines are not."""
    names = run()
    cls, text = names["Chat"], Path(run.__closure__ and names["Chat"].on_receive.__code__.co_filename).read_text()
    alone = {"WebSocketEndpoint": WebSocketEndpoint}
    method = re.search(r"    async def on_receive.*\n.*\n", text)[0].replace("self.text(data)", "'three'")
    exec(compile(f"class Alone:\n{method}", cls.on_receive.__code__.co_filename, "exec", dont_inherit=True), alone)
    endpoint = Endpoint("/t", "websocket", Log())
    endpoint.publish(from_object(cls))
    Path(cls.on_receive.__code__.co_filename).write_text(text.replace("self.text(data)", "'three'"))
    cls.on_receive.__code__ = alone["Alone"].on_receive.__code__
    version = endpoint.notice()

    assert "'three'" in version.source
    assert endpoint.files == {}


def test_whatever_a_class_holds_can_be_looked_at(run):
    """Properties, static and class methods, wrappers, and things that are no functions."""

    class All:
        a = property(lambda self: 1)
        b = property()
        c = staticmethod(len)
        d = classmethod(lambda cls: 2)
        e = functools.partial(len)
        f = functools.partialmethod(other)

    before = functions_of(All)
    All.a = property(lambda self: 3)

    assert unchanged(before, before) and does_the_same(before, before)
    assert not unchanged(before, functions_of(All)) and not does_the_same(before, functions_of(All))
    assert unchanged(functions_of(len), functions_of(len)) and functions_of(functools.partial(len))
