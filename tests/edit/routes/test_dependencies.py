"""What guards a route of FastAPI stays, also where a source makes an app or router of its own."""

from typing import Annotated

import pytest
from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException, Security, WebSocket
from starlette.applications import Starlette
from starlette.authentication import requires
from starlette.routing import Mount
from starlette.testclient import TestClient

from playground import EditRejected, Playground

from . import guarded_apps
from .guarded_apps import APPS, GUARD, chat, heard, only_with_token, with_route_dependencies

NAMES = {"Depends": Depends, "only_with_token": only_with_token}
OWN = """
from fastapi import APIRouter, FastAPI, WebSocket
app = {0}()

@app.websocket("/chat"{1})
async def chat(websocket: WebSocket):
    await websocket.accept()
    await websocket.send_text("edited")
    await websocket.close()
"""


async def only_with_header(x_token: Annotated[str, Header()] = ""):
    if x_token != "good":
        raise HTTPException(401)


@pytest.mark.parametrize("owner", ["APIRouter", "FastAPI"])
@pytest.mark.parametrize("make", [make for make in APPS if make is not with_route_dependencies])
def test_an_app_of_the_sources_own_opens_nothing(make, owner, tmp_path):
    """As text and as a file; and what the app, its routers and their inclusion ask for is asked for once more."""
    app = make()
    pg = Playground(app)
    file = tmp_path / "chat.py"
    file.write_text(OWN.format(owner, ""))
    pg.edit("/chat", OWN.format(owner, ""))
    edited = heard(app, "/chat"), heard(app, "/chat?token=good")
    pg.watch(file, "/chat").stop()

    assert [edited, (heard(app, "/chat"), heard(app, "/chat?token=good"))] == [(1008, "edited")] * 2


@pytest.mark.parametrize("owner", ["APIRouter", "FastAPI"])
def test_a_dependency_of_the_route_itself_is_needed_in_a_whole_file_too(owner):
    """Without it, the source is refused; with it, it serves."""
    app = with_route_dependencies()
    pg = Playground(app, names=NAMES)
    with pytest.raises(EditRejected, match="only_with_token guards '/chat' as one of its dependencies"):
        pg.edit("/chat", OWN.format(owner, ""))
    refused = heard(app, "/chat")
    pg.edit("/chat", OWN.format(owner, ", dependencies=[Depends(only_with_token)]"))

    assert (refused, heard(app, "/chat"), heard(app, "/chat?token=good")) == (1008, 1008, "edited")


HTTP = """
from fastapi import APIRouter, FastAPI
router = APIRouter({0})

@router.get("/b/{{name}}", status_code=202)
async def b(name: str):
    return f"edited {{name}}"

app = FastAPI()
app.include_router(router)
"""


def guarded_http():
    app, router = FastAPI(), APIRouter()

    @router.get("/b/{word}")
    async def b(word: str):
        return word

    app.include_router(router, dependencies=[Depends(only_with_header)])
    return app


def test_what_the_decorator_says_is_the_sources():
    """Its status and its parameter's name, within the dependencies of the served app; edit after edit."""
    app = guarded_http()
    pg = Playground(app)
    http = TestClient(app)
    answers = []
    for _ in range(2):
        pg.edit("/b/{word}", HTTP.format(""))
        answer = http.get("/b/x", headers={"x-token": "good"})
        answers.append((http.get("/b/x").status_code, answer.status_code, answer.json()))

    assert answers == [(401, 202, "edited x")] * 2


def test_a_guard_that_the_sources_own_router_adds_is_added():
    """A fresh start would ask for it."""
    app = guarded_http()
    pg = Playground(app)
    http = TestClient(app)
    codes = []
    for _ in range(2):
        pg.edit("/b/{word}", HTTP.format("dependencies=[Depends(only_with_query)]"))
        codes.append([http.get(path, headers={"x-token": "good"}).status_code for path in ("/b/x", "/b/x?key=good")])

    assert (codes, http.get("/b/x?key=good").status_code) == ([[403, 202]] * 2, 401)


async def only_with_query(key: str = ""):
    if key != "good":
        raise HTTPException(403)


def test_overrides_of_the_served_app_hold():
    """Those of an app that the source makes are another app's."""
    app = guarded_http()
    pg = Playground(app)
    pg.edit("/b/{word}", HTTP.format("dependencies=[Depends(only_with_query)]"))
    app.dependency_overrides = {only_with_header: lambda: None, only_with_query: lambda: None}

    assert TestClient(app).get("/b/x").json() == "edited x"


def test_permissions_are_needed_in_a_whole_file_too():
    """As in an edit of the function."""
    app = FastAPI()

    @app.websocket("/chat")
    @requires("admin")
    async def guarded(websocket: WebSocket):
        await websocket.accept()

    with pytest.raises(EditRejected, match=r"@requires\('admin'\) guards '/chat'"):
        Playground(app).edit("/chat", OWN.format("FastAPI", ""))


def test_a_route_made_by_hand_is_within_its_routers_dependencies(monkeypatch):
    """It would be without them after a fresh start, but no edit opens a path."""
    app = FastAPI(dependencies=GUARD)
    app.add_api_websocket_route("/chat", chat)
    text = (
        "from fastapi.routing import APIWebSocketRoute\nasync def chat(websocket: WebSocket):\n"
        "    await websocket.accept()\n    await websocket.send_text('edited')\n    await websocket.close()\n"
        "app.router.routes.append(APIWebSocketRoute('/chat', chat))"
    )
    monkeypatch.setattr(guarded_apps, "app", app, raising=False)
    Playground(app).edit("/chat", text)

    assert (heard(app, "/chat"), heard(app, "/chat?token=good")) == (1008, "edited")


async def user(token: str = ""):
    return token


async def scoped():
    return None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("@app.get('/secret')\ndef secret(who: str = Depends(user)): ...", ["the dependency scoped", "the scope 'a'"]),
        ("@app.get('/secret', dependencies=[Security(scoped, scopes=['a'])])\ndef secret(): ...", ["dependency user"]),
        ("def secret(): ...", ["the dependency user"]),
        ("@app.get('/secret', dependencies=[Security(scoped)])\ndef s(u=Depends(user)): ...", ["the scope 'a' of the"]),
        ("def secret(word='', who=Depends(user)): ...", []),
    ],
)
def test_a_dependency_that_an_edit_takes_away_is_noted(text, said):
    """A fresh start would do it, too, so it is not refused."""
    app = FastAPI()

    @app.get("/secret", dependencies=[Security(scoped, scopes=["a"])])
    def secret(who: Annotated[str, Depends(user)]):
        return who

    pg = Playground(app, names={"app": app, "Depends": Depends, "Security": Security, "user": user, "scoped": scoped})
    notes = [note for note in pg.edit("/secret", text).notes if note.kind == "lost-dependency"]

    assert len(notes) == len(said)
    assert all(any(part in note.text for note in notes) for part in said)
    assert all(note.text.startswith("this edit takes the ") for note in notes)
    assert all(note.text.endswith(" away from '/secret'") for note in notes)


def test_a_function_without_a_dependency_is_noted_likewise():
    """Given as an object."""
    app = FastAPI()

    @app.get("/secret")
    def secret(who: Annotated[str, Depends(user)]):
        return who

    report = Playground(app).edit("/secret", lambda: "open")

    assert [str(note) for note in report.notes] == ["this edit takes the dependency user away from '/secret'"]


PREFIXED = """
from fastapi import APIRouter, WebSocket
router = APIRouter(prefix="/pre")

@router.websocket("/chat")
async def chat(websocket: WebSocket):
    await websocket.accept()
    await websocket.send_text("edited")
    await websocket.close()
"""


def prefixed():
    app, router = FastAPI(), APIRouter(prefix="/pre")
    router.add_api_websocket_route("/chat", chat)
    app.include_router(router, prefix="/v1", dependencies=GUARD)
    return app


def test_a_file_with_a_prefixed_router_is_watched_at_its_whole_path(tmp_path):
    """The app's inclusion adds the rest of the path, and its dependencies."""
    app = prefixed()
    file = tmp_path / "pre.py"
    file.write_text(PREFIXED)
    with Playground(app) as pg:
        pg.watch(file, "/v1/pre/chat")
        first = heard(app, "/v1/pre/chat?token=good")
        file.write_text(PREFIXED.replace("edited", "again"))
        pg.log.wait_for("edit", "v:3")

        assert (first, heard(app, "/v1/pre/chat?token=good"), heard(app, "/v1/pre/chat")) == ("edited", "again", 1008)


def test_a_router_that_the_source_includes_in_another_is_one_route():
    """It is there with each prefix."""
    app, outer, inner = FastAPI(), APIRouter(prefix="/o", dependencies=GUARD), APIRouter()
    inner.add_api_websocket_route("/pre/chat", chat)
    outer.include_router(inner, prefix="/i")
    app.include_router(outer, prefix="/v1")
    text = PREFIXED + "outer = APIRouter(prefix='/o')\nouter.include_router(router, prefix='/i')\n"
    Playground(app).edit("/v1/o/i/pre/chat", text)

    assert [heard(app, f"/v1/o/i/pre/chat{query}") for query in ("", "?token=good")] == [1008, "edited"]


def test_a_file_of_a_mounted_app_is_edited_at_its_whole_path():
    """The mount adds the rest of the path."""
    app = Starlette(routes=[Mount("/v1", prefixed())])
    Playground(app).edit("/v1/v1/pre/chat", PREFIXED)

    assert (heard(app, "/v1/v1/pre/chat"), heard(app, "/v1/v1/pre/chat?token=good")) == (1008, "edited")


@pytest.mark.parametrize(
    "text",
    [
        PREFIXED.replace('prefix="/pre"', ""),
        PREFIXED.replace('"/chat"', '"/other"'),
        PREFIXED + "\nother = APIRouter()\nother.websocket('/pre/chat')(chat)\n",
    ],
)
def test_a_path_that_is_not_certainly_the_same_is_refused(text):
    """A part of the route's own path is missing, or changed; or two routes are there."""
    with pytest.raises(EditRejected, match="the path in the decorator changed from '/v1/pre/chat'"):
        Playground(prefixed()).edit("/v1/pre/chat", text)
