"""A file that defines a whole app: each load serves what its text makes, and keeps what connections built."""

import sys

import pytest
from starlette.routing import Router

from playground import EditRejected
from playground.edit.files.app_file import AppFile
from playground.edit.files.siblings import Siblings

IMPORTS = """
from starlette.applications import Starlette
from starlette.endpoints import WebSocketEndpoint
from starlette.routing import Mount, Router, WebSocketRoute
"""
CLASS = """
class Echo(WebSocketEndpoint):
    word = "{word}"
"""

WAYS = {
    "routes in the constructor": IMPORTS + CLASS + "app = Starlette(routes=[WebSocketRoute('/ws', Echo)])\n",
    "a route added afterwards": IMPORTS
    + CLASS
    + "app = Starlette()\napp.router.routes.append(WebSocketRoute('/ws', Echo))\n",
    "an app before its class": IMPORTS
    + "app = Starlette()\n"
    + CLASS
    + "app.routes.append(WebSocketRoute('/ws', Echo))\n",
    "a decorator on the app": IMPORTS
    + """
app = Starlette()
def at(path):
    def add(cls):
        app.routes.append(WebSocketRoute(path, cls))
        return cls
    return add
@at("/ws")
"""
    + CLASS.strip(),
    "a list that a helper fills": IMPORTS
    + CLASS
    + """
routes = []
def add(path, cls):
    routes.append(WebSocketRoute(path, cls))
add("/ws", Echo)
app = Starlette(routes=routes)
""",
    "a router of its own": IMPORTS
    + "router = Router()\n"
    + CLASS
    + "router.routes.append(WebSocketRoute('/ws', Echo))\napp = Starlette(routes=router.routes)\n",
    "a dictionary of routes": IMPORTS
    + CLASS
    + "pages = {}\npages['/ws'] = WebSocketRoute('/ws', Echo)\napp = Starlette(routes=list(pages.values()))\n",
    "a factory": IMPORTS
    + CLASS
    + "def create():\n    return Starlette(routes=[WebSocketRoute('/ws', Echo)])\napp = create()\n",
    "a factory that remembers": IMPORTS
    + CLASS
    + """
from functools import lru_cache
@lru_cache
def create():
    return Starlette(routes=[WebSocketRoute('/ws', Echo)])
app = create()
""",
    "an app around another": IMPORTS
    + CLASS
    + "inner = Starlette(routes=[WebSocketRoute('/ws', Echo)])\napp = Starlette()\napp.mount('', inner)\n",
}


def write(folder, **texts):
    """Write modules into a folder, and return it."""
    for name, text in texts.items():
        file = folder.joinpath(*name.split("__")).with_suffix(".py")
        file.parent.mkdir(exist_ok=True, parents=True)
        file.write_text(text)
    return folder


def serve(app_file, text):
    """Load a text, and take its app as the current one."""
    app = app_file.load(text)
    app_file.commit()
    return app


def load(app_file):
    return serve(app_file, app_file.file.read_text())


def words(app):
    """Return what the app's routes lead to."""
    routes = [one for route in app.routes for one in getattr(route, "routes", None) or [route]]
    return [route.endpoint.word for route in routes]


@pytest.mark.parametrize("text", WAYS.values(), ids=list(WAYS))
def test_each_load_serves_what_the_text_makes(tmp_path, text):
    """However the app comes to its routes, there is one of each, and it leads to the new class."""
    app_file = AppFile(Siblings(tmp_path / "main.py"))

    served = [words(serve(app_file, text.replace("{word}", word))) for word in ("one", "two", "three")]

    assert served == [["one"], ["two"], ["three"]]


def test_fastapis_routes_are_those_of_the_text(tmp_path):
    """Decorated functions too."""
    pytest.importorskip("fastapi")
    text = """
from fastapi import APIRouter, FastAPI, WebSocket
app = FastAPI(openapi_url=None)
router = APIRouter()
@app.websocket("/ws")
async def ws(websocket: WebSocket):
    "{word}"
@router.get("/more")
async def more():
    "{word}"
app.include_router(router)
"""
    app_file = AppFile(Siblings(tmp_path / "main.py"))
    one, two = (serve(app_file, text.format(word=word)) for word in ("one", "two"))

    assert one is not two
    assert len(one.routes) == len(two.routes) == 2
    assert two.routes[0].endpoint.__doc__ == "two"


def test_what_connections_filled_stays(tmp_path):
    """State is kept beside an app that is made anew."""
    text = IMPORTS + CLASS + "members = set()\napp = Starlette(routes=[WebSocketRoute('/ws', Echo)])\n"
    app_file = AppFile(Siblings(tmp_path / "main.py"))
    first = serve(app_file, text.format(word="one"))
    app_file._built.names["members"].add("ada")
    second = serve(app_file, text.format(word="two"))

    assert first is not second
    assert app_file._built.names["members"] == {"ada"}


def test_an_app_that_nothing_here_makes_is_refused(tmp_path):
    """Saving would change nothing, so that is said."""
    import types

    import starlette

    shared = types.ModuleType("made_elsewhere")
    shared.app = Router()
    text = "from starlette import made_elsewhere\napp = made_elsewhere.app\n"
    starlette.made_elsewhere = shared
    try:
        app_file = AppFile(Siblings(tmp_path / "main.py"))
        serve(app_file, text)
        with pytest.raises(EditRejected, match="is the object that is served already, which neither main.py nor"):
            serve(app_file, text + "# saved\n")
    finally:
        del starlette.made_elsewhere


@pytest.mark.parametrize("text", ["", "app = 1", "def create_app(): ...", "raise SystemExit", "raise MemoryError"])
def test_a_text_without_an_app_is_rejected(tmp_path, text):
    """Whatever it does instead; the next one is loaded all the same."""
    app_file = AppFile(Siblings(tmp_path / "main.py"))
    with pytest.raises(EditRejected):
        serve(app_file, text)

    assert words(serve(app_file, WAYS["a factory"].format(word="then"))) == ["then"]


def test_an_app_beside_the_file_is_made_anew_with_it(tmp_path):
    """A module that holds the app to which others add routes is loaded again; one that holds state is not."""
    views = (
        "from core import app\nimport rooms\n" + IMPORTS + CLASS + "app.routes.append(WebSocketRoute('/ws', Echo))\n"
    )
    write(
        tmp_path,
        core="from starlette.applications import Starlette\napp = Starlette()\n",
        rooms="members = set()\n",
        views=views.format(word="one"),
        main="import views\nfrom core import app\nfrom rooms import members\n",
    )
    app_file = AppFile(Siblings(tmp_path / "main.py"))
    first = load(app_file)
    app_file._built.names["members"].add("ada")
    write(tmp_path, views=views.format(word="two"))
    second = load(app_file)
    write(tmp_path, main="import views\nfrom core import app\nfrom rooms import members\n# saved\n")
    third = load(app_file)

    assert [words(one) for one in (first, second, third)] == [["one"], ["two"], ["two"]]
    assert app_file._built.names["members"] == {"ada"}


def test_routes_of_a_rejected_file_are_taken_back(tmp_path):
    """Those that it had added to a list of another module."""
    write(tmp_path, table="routes = []\n")
    text = IMPORTS + CLASS + "from table import routes\nroutes.append(WebSocketRoute('/ws', Echo))\n"
    app_file = AppFile(Siblings(tmp_path / "main.py"))
    app = serve(app_file, text.format(word="one") + "app = Starlette(routes=routes)\n")
    with pytest.raises(EditRejected):
        serve(app_file, text.format(word="two") + "app = Starlette(routes=routes)\n1 / 0\n")

    assert words(app) == ["one"]
    assert words(serve(app_file, text.format(word="three") + "app = Starlette(routes=routes)\n")) == ["three"]


def test_an_app_that_could_not_be_served_leaves_everything(tmp_path):
    """The one before goes on, with its modules; what was loaded is loaded again at the next save."""
    rooms = "seen = ['{0}']\nWORD = '{0}'\n"
    text = IMPORTS + CLASS + "import rooms\napp = Starlette(routes=[WebSocketRoute('/ws', Echo)])\n"
    write(tmp_path, rooms=rooms.format("one"))
    app_file = AppFile(Siblings(tmp_path / "main.py"))
    serve(app_file, text.format(word="one"))
    old = app_file._built.names["rooms"]
    old.seen.append("ada")
    write(tmp_path, rooms=rooms.format("two"))
    app_file.load(text.format(word="two"))
    app_file.undo()
    state = old.seen[:], sys.modules["rooms"]
    app = serve(app_file, text.format(word="three"))
    new = app_file._built.names["rooms"]

    assert state == (["one", "ada"], old)
    assert words(app) == ["three"]
    assert (new.WORD, new.seen) == ("two", ["two", "ada"])
