"""A file in somebody's own editor is applied whenever it is saved."""

import os
import sys
import threading

import pytest

from playground import EditRejected, Playground
from playground.edit.files import watch as module

ECHO = """
class Echo(WebSocketEndpoint):
    encoding = "text"
    members = set()

    async def on_receive(self, websocket, data):
        self.members.add(data)
        await websocket.send_text(f"{0} {{data}} {{len(self.members)}}")
"""
APP = """
from starlette.applications import Starlette
from starlette.endpoints import WebSocketEndpoint
from starlette.routing import WebSocketRoute

{0}

app = Starlette(routes=[WebSocketRoute("/echo", Echo)])
"""


def ask(client, text):
    client.send(text)
    return client.receive()


def test_a_saved_file_reaches_open_connections(pg, tmp_path):
    """Written in place, or renamed over it as many editors do; state is kept."""
    file = tmp_path / "echo.py"
    file.write_text(ECHO.format("one"))
    watch = pg.watch(file, "/echo")
    with pg.connect("/echo") as client:
        answers = [ask(client, "a")]
        file.write_text(ECHO.format("two"))
        pg.log.wait_for("edit", "v:2")
        answers.append(ask(client, "b"))
        (tmp_path / "new").write_text(ECHO.format("three"))
        os.replace(tmp_path / "new", file)
        pg.log.wait_for("edit", "v:3")
        answers.append(ask(client, "c"))

    assert answers == ["one a 1", "two b 2", "three c 3"]
    assert repr(watch) == "<Watch echo.py watching>"
    watch.stop()
    assert repr(watch) == "<Watch echo.py stopped>"


def test_a_mistake_is_told_and_the_next_save_helps(pg, tmp_path):
    """At the first call it is raised; later it is in the log, and the old code goes on."""
    file = tmp_path / "echo.py"
    file.write_text("class Echo(")
    with pytest.raises(EditRejected, match="line 1"):
        pg.watch(file, "/echo")
    file.write_text(ECHO.format("one"))
    pg.watch(file, "/echo")
    since = pg.log.total
    file.write_text("class Echo(")
    pg.log.wait_for("edit", "rejected", since=since)
    file.write_text(ECHO.format("two"))
    pg.log.wait_for("edit", "v:2")
    with pg.connect("/echo") as client:
        assert ask(client, "a") == "two a 1"


def test_a_file_can_be_a_whole_app(pg, tmp_path):
    """As for `uvicorn main:app`; open connections follow, state is kept, tracebacks name the file."""
    file = tmp_path / "main.py"
    file.write_text(APP.format(ECHO.format("one")))
    pg.watch(file)
    with pg.connect("/echo") as client:
        first = ask(client, "a")
        file.write_text(APP.format(ECHO.format("two")))
        pg.log.wait_for("edit", '"another app is served"', since=pg.log.wait_for("send").seq)
        second = ask(client, "b")
        since = pg.log.total
        file.write_text("app = 1")
        refused = pg.log.wait_for("edit", since=since)
        third = ask(client, "c")

    assert (first, second, third) == ("one a 1", "two b 2", "two c 3")
    assert refused.error.startswith("main.py rejected: main.py defines no `app`; give it one, as app = Starlette")


def test_a_file_saved_while_it_is_applied_is_not_missed(pg, tmp_path):
    """However long the app takes to start."""
    file = tmp_path / "echo.py"
    save = f"from pathlib import Path\nPath({str(file)!r}).write_text({ECHO.format('two')!r})\n"
    file.write_text(save + ECHO.format("one"))
    pg.watch(file, "/echo")
    pg.log.wait_for("edit", "v:2")
    with pg.connect("/echo") as client:
        assert ask(client, "a") == "two a 1"


def test_a_file_saved_before_its_folder_is_watched_is_not_missed(pg, tmp_path, monkeypatch):
    """Watching takes a moment to begin."""
    file = tmp_path / "echo.py"
    file.write_text(ECHO.format("one"))
    watch = module.watch

    def begin(*args, **options):
        file.write_text(ECHO.format("two"))
        yield from watch(*args, **options)

    monkeypatch.setattr(module, "watch", begin)
    pg.watch(file, "/echo")
    pg.log.wait_for("edit", "v:2")


def test_a_file_that_is_not_there_is_an_error(pg, tmp_path):
    """At once."""
    with pytest.raises(FileNotFoundError):
        pg.watch(tmp_path / "nothing.py", "/echo")


def served(pg, text="a", path="/echo"):
    """Return what a new connection is told: the version's word, the text, and how many texts there were."""
    with pg.connect(path) as client:
        return ask(client, text)


def threads():
    return [one for one in threading.enumerate() if one.name == "playground-watch"]


def test_stopping_the_playground_stops_watching(pg, tmp_path):
    """No thread is left; started again, it applies what was saved meanwhile, and watches."""
    file = tmp_path / "echo.py"
    file.write_text(ECHO.format("one"))
    watch = pg.watch(file, "/echo")
    pg.stop()
    stopped = repr(watch), threads()
    file.write_text(ECHO.format("two"))
    pg.start()
    meanwhile = served(pg)
    file.write_text(ECHO.format("three"))
    pg.log.wait_for("edit", "v:3")

    assert stopped == ("<Watch echo.py stopped>", [])
    assert meanwhile == "two a 1"
    assert served(pg, "b") == "three b 2"


def test_a_whole_app_is_watched_again_too(tmp_path):
    """What was saved while the playground was stopped is what it starts with, unless it has a mistake."""
    file = tmp_path / "main.py"
    file.write_text(APP.format(ECHO.format("one")))
    with Playground() as pg:
        pg.watch(file)
        for text, said in (("two", "two a 1"), ("class (", "two a 1")):
            pg.stop()
            file.write_text(APP.format(ECHO.format(text)) if text == "two" else text)
            pg.start()
            assert served(pg) == said


def test_a_watch_that_was_stopped_stays_so(pg, tmp_path):
    """Until it is started, or the cell is run again, which makes no second one."""
    file = tmp_path / "echo.py"
    file.write_text(ECHO.format("one"))
    watch = pg.watch(file, "/echo")
    watch.stop()
    file.write_text(ECHO.format("two"))
    pg.stop()
    pg.start()
    before = served(pg)
    again = pg.watch(file, "/echo")

    assert before == "one a 1"
    assert served(pg, "b") == "two b 2"
    assert [repr(one) for one in (watch, again)] == ["<Watch echo.py stopped>", "<Watch echo.py watching>"]
    assert len(threads()) == 1


def test_a_cell_that_fails_leaves_what_is_watched(pg, tmp_path):
    """The next save is applied, once."""
    file = tmp_path / "echo.py"
    file.write_text(ECHO.format("one"))
    watch = pg.watch(file, "/echo")
    watch.stop()
    file.write_text("class (")
    watch.start()
    pg.log.wait_for("edit", "rejected")
    with pytest.raises(EditRejected):
        pg.watch(file, "/echo")
    file.write_text(ECHO.format("two"))
    pg.log.wait_for("edit", "v:2")

    assert served(pg) == "two a 1"
    assert repr(watch) == "<Watch echo.py watching>"


SEVERAL = """
from starlette.applications import Starlette
from starlette.routing import Mount, Route, WebSocketRoute

class A(WebSocketEndpoint):
    encoding = "text"

    async def on_receive(self, websocket, data):
        await websocket.send_text(f"{0} {{type(self).__name__}}")

class B(A): ...

class C(A): ...

async def d(websocket):
    await websocket.accept()
    await websocket.send_text(f"{0} d {{await websocket.receive_text()}}")

async def page(request):
    return PlainTextResponse("page")

{1}
"""


@pytest.mark.parametrize(
    "routes",
    [
        "app = Starlette(routes=[WebSocketRoute('/b', B), WebSocketRoute('/c', C), WebSocketRoute('/d', d)])",
        "routes = [WebSocketRoute('/b', B), WebSocketRoute('/c', C), WebSocketRoute('/d', d)]",
        "app = Starlette(routes=[WebSocketRoute('/b', B), Mount('', routes=[WebSocketRoute('/c', C), WebSocketRoute('/d', d)])])",
    ],
)
def test_of_several_endpoints_the_path_says_which(pg, tmp_path, routes):
    """The file's own routes lead to it; each path may be watched."""
    file = tmp_path / "several.py"
    file.write_text(SEVERAL.format("one", routes))
    for path in ("/b", "/c", "/d"):
        pg.watch(file, path)
    first = [served(pg, "x", path) for path in ("/b", "/c", "/d")]
    file.write_text(SEVERAL.format("two", routes))
    for path in ("/b", "/c", "/d"):
        pg.log.wait_for("edit", f"path:{path} v:2")

    assert first == ["one B", "one C", "one d x"]
    assert [served(pg, "x", path) for path in ("/b", "/c", "/d")] == ["two B", "two C", "two d x"]


def test_where_the_path_says_nothing_it_is_told_what_would(pg, tmp_path):
    """And nothing is served."""
    file = tmp_path / "several.py"
    file.write_text(SEVERAL.format("one", "app = Starlette()"))
    with pytest.raises(EditRejected, match="B and C are both endpoints.*or say which one is at '/other' with an `app`"):
        pg.watch(file, "/other")

    assert "/other" not in pg.endpoints


@pytest.mark.parametrize(
    "wrong",
    [
        "def f():\n    return f()\nf()",
        "raise MemoryError",
        "raise SystemExit",
        "class Odd(BaseException): ...\nraise Odd",
        "x = " + "(" * 5000 + ")" * 5000,
        "raise KeyboardInterrupt",
        "b'\\xe9'.decode()",
        "class A(WebSocketEndpoint): ...\nclass B(WebSocketEndpoint): ...",
    ],
)
def test_whatever_a_save_raises_watching_goes_on(pg, tmp_path, wrong):
    """It is a row, and the next save is applied."""
    file = tmp_path / "echo.py"
    file.write_text(ECHO.format("one"))
    pg.watch(file, "/echo")
    since = pg.log.total
    file.write_text(wrong)
    rejected = pg.log.wait_for("edit", "rejected", since=since)
    file.write_text(ECHO.format("two"))
    pg.log.wait_for("edit", "v:2")

    assert rejected.path == "/echo"
    assert served(pg) == "two a 1"


def test_an_error_that_nobody_thought_of_is_a_row(pg, tmp_path, monkeypatch):
    """And watching goes on."""
    file = tmp_path / "echo.py"
    file.write_text(ECHO.format("one"))
    pg.watch(file, "/echo")
    publish = pg._site.publish

    def broken(*args, **options):
        monkeypatch.setattr(pg._site, "publish", publish)
        raise GeneratorExit("odd")

    monkeypatch.setattr(pg._site, "publish", broken)
    file.write_text(ECHO.format("two"))
    row = pg.log.wait_for("error", "not applied")
    file.write_text(ECHO.format("three"))
    pg.log.wait_for("edit", "v:2")

    assert row.error == "echo.py was not applied: GeneratorExit: odd"
    assert served(pg) == "three a 1"


def test_a_save_in_two_steps_is_one_save(pg, tmp_path, monkeypatch):
    """The file is empty, or gone, for a moment; nothing is rejected, and nothing said."""
    file = tmp_path / "echo.py"
    file.write_text(ECHO.format("one"))
    watch = pg.watch(file, "/echo")
    watch.stop()
    settled = module.waiting.until
    steps = [
        lambda: file.write_text(""),
        lambda: file.write_text(ECHO.format("two")[:60]),
        lambda: file.write_text(ECHO.format("two")),
    ]

    def write_meanwhile(event, timeout=None):
        if steps and timeout == module.SETTLES:
            steps.pop(0)()
        return settled(event, timeout)

    file.unlink()
    since = pg.log.total
    monkeypatch.setattr(module, "PIECES", 60.0)
    monkeypatch.setattr(module.waiting, "until", write_meanwhile)
    watch.look()

    assert [(row.kind, row.version, row.error) for row in pg.log.rows()[-1:]] == [("edit", 2, None)]
    assert pg.log.total == since + 1


def test_a_file_that_is_gone_is_told_once_and_applied_when_it_is_back(pg, tmp_path):
    """The old code goes on meanwhile; its folder may come and go, too."""
    folder = tmp_path / "code"
    folder.mkdir()
    file = folder / "echo.py"
    file.write_text(ECHO.format("one"))
    pg.watch(file, "/echo")
    since = pg.log.total
    folder.rename(tmp_path / "away")
    gone = pg.log.wait_for("log", since=since)
    meanwhile = served(pg)
    folder.mkdir()
    file.write_text(ECHO.format("two"))
    pg.log.wait_for("edit", "v:2")

    assert gone.data.startswith("echo.py cannot be read: ")
    assert meanwhile == "one a 1"
    assert served(pg, "b") == "two b 2"
    assert len(pg.log.rows('"cannot be read"')) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there that few accounts have")
def test_a_link_that_leads_elsewhere_is_a_save(pg, tmp_path):
    """The file's own link, and one of a folder above it, as where a cluster mounts configuration."""
    for one in ("one", "two", "three"):
        (tmp_path / one).mkdir()
        (tmp_path / one / "echo.py").write_text(ECHO.format(one))
    data, file = tmp_path / "..data", tmp_path / "echo.py"
    data.symlink_to("one")
    file.symlink_to("..data/echo.py")
    pg.watch(file, "/echo")
    answers = [served(pg)]
    (tmp_path / "new").symlink_to("two")
    os.replace(tmp_path / "new", data)
    pg.log.wait_for("edit", "v:2")
    answers.append(served(pg, "b"))
    (tmp_path / "new").symlink_to("three/echo.py")
    os.replace(tmp_path / "new", file)
    pg.log.wait_for("edit", "v:3")
    (tmp_path / "three" / "echo.py").write_text(ECHO.format("four"))
    pg.log.wait_for("edit", "v:4")

    assert [*answers, served(pg, "c")] == ["one a 1", "two b 2", "four c 3"]


def test_a_file_is_found_again_when_the_folder_changes(pg, tmp_path, monkeypatch):
    """A relative name means the folder at the time of the call."""
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path)
    (tmp_path / "echo.py").write_text(ECHO.format("one"))
    pg.watch("echo.py", "/echo")
    monkeypatch.chdir(tmp_path / "other")
    (tmp_path / "echo.py").write_text(ECHO.format("two"))
    pg.log.wait_for("edit", "v:2")

    assert served(pg) == "two a 1"


def test_a_file_with_another_encoding_is_applied(pg, tmp_path):
    """With a byte-order mark, with a coding line, with line ends of Windows; what cannot be read is rejected."""
    file = tmp_path / "echo.py"
    file.write_bytes(ECHO.format("gr\xfc\xdfe").encode("utf-8-sig").replace(b"\n", b"\r\n"))
    pg.watch(file, "/echo")
    answers = [served(pg)]
    file.write_bytes(b"# coding: latin-1" + ECHO.format("\xe4").encode("latin-1"))
    pg.log.wait_for("edit", "v:2")
    answers.append(served(pg, "b"))
    since = pg.log.total
    file.write_bytes(ECHO.format("\xe4").encode("latin-1"))
    rejected = pg.log.wait_for("edit", since=since)

    assert answers == ["gr\xfc\xdfe a 1", "\xe4 b 2"]
    assert (rejected.path, rejected.line) == ("/echo", 8)
    assert "byte 0xe4 is not utf-8" in rejected.error


def test_saving_a_module_beside_the_file_counts(pg, tmp_path):
    """It is loaded again, which is said; a mistake in it is rejected with its own file and line."""
    (tmp_path / "words.py").write_text("WORD = 'one'")
    (tmp_path / "rooms.py").write_text("members = set()")
    text = "import rooms\nfrom words import WORD\n" + ECHO.format("{WORD}").replace("self.members", "rooms.members")
    (tmp_path / "main.py").write_text(APP.format(text))
    pg.watch(tmp_path / "main.py")
    with pg.connect("/echo") as client:
        answers = [ask(client, "a")]
        (tmp_path / "words.py").write_text("WORD = 'two'")
        said = pg.log.wait_for("log", '"loaded again"')
        answers.append(ask(client, "b"))
        since = pg.log.total
        (tmp_path / "words.py").write_text("WORD = 'two'\nWORD = wrong")
        rejected = pg.log.wait_for("edit", since=since)
        answers.append(ask(client, "c"))

    assert answers == ["one a 1", "two b 2", "two c 3"]
    assert said.data == "main.py is applied; loaded again, as they were saved or use what was: words"
    assert rejected.error.startswith("main.py rejected: words.py line 2: NameError: name 'wrong' is not defined")


def test_a_file_in_a_package_may_be_an_endpoint(pg, tmp_path):
    """Relative imports work in later versions, in edits of the panel and after going back."""
    (tmp_path / "chat").mkdir()
    (tmp_path / "chat" / "__init__.py").write_text("")
    (tmp_path / "chat" / "words.py").write_text("WORD = 'one'")
    text = "from .words import WORD\n" + ECHO.format("{WORD}")
    (tmp_path / "chat" / "views.py").write_text(text)
    pg.watch(tmp_path / "chat" / "views.py", "/echo")
    answers = [served(pg)]
    (tmp_path / "chat" / "words.py").write_text("WORD = 'two'")
    pg.log.wait_for("edit", "v:2")
    answers.append(served(pg, "b"))
    report = pg.edit("/echo", text.replace("members", "people"))
    answers.append(served(pg))
    pg.revert("/echo", to=2)

    assert [*answers, served(pg)] == ["one a 1", "two b 2", "two a 1", "two a 1"]
    assert [note.kind for note in report.notes] == ["gone"]


def test_what_was_loaded_again_is_a_note_of_the_report(pg, tmp_path):
    """As data."""
    (tmp_path / "words.py").write_text("WORD = 'one'")
    file = tmp_path / "echo.py"
    file.write_text("from words import WORD\n" + ECHO.format("{WORD}"))
    pg.watch(file, "/echo").stop()
    (tmp_path / "words.py").write_text("WORD = 'two'")
    report = pg.edit("/echo", file.read_text())

    assert [(note.kind, note.text) for note in report.notes] == [
        ("reloaded", "loaded again, as they were saved or use what was: words")
    ]


def test_a_module_that_was_missing_is_enough(pg, tmp_path):
    """The file that needs it was rejected, and is tried again when the module is there."""
    file = tmp_path / "echo.py"
    file.write_text(ECHO.format("one"))
    pg.watch(file, "/echo")
    file.write_text("from words import WORD\n" + ECHO.format("{WORD}"))
    rejected = pg.log.wait_for("edit", "rejected")
    (tmp_path / "words.py").write_text("WORD = 'two'")
    pg.log.wait_for("edit", "v:2")

    assert "No module named 'words'" in rejected.error
    assert served(pg) == "two a 1"


def test_what_is_no_file_is_named_with_the_way_out(pg, tmp_path):
    """A path that does not exist, and a folder; with the errors that opening them raises."""
    with pytest.raises(
        FileNotFoundError, match=r"^there is no file .*missing\.py; check the path; save the file first"
    ):
        pg.watch(tmp_path / "missing.py", "/echo")
    with pytest.raises(FileNotFoundError, match=r"no file missing\.py; the current folder is .*; save the file first"):
        pg.watch("missing.py")
    with pytest.raises(
        IsADirectoryError, match=r"is a folder, but a file can be watched; name one in it, as .*main\.py"
    ):
        pg.watch(tmp_path)
