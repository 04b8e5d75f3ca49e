"""A new function in an app of FastAPI's gets a route of FastAPI's, or is refused with the reason."""

from typing import Annotated

import pytest
from fastapi import APIRouter, Depends, FastAPI, Query, Request, WebSocket
from fastapi.routing import APIRoute, APIWebSocketRoute
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import WebSocketRoute
from starlette.testclient import TestClient

from playground import EditRejected, Playground

from .guarded_apps import GUARD, heard


async def user(token: str = "nobody"):
    return f"user {token}"


async def new(websocket: WebSocket, u: Annotated[str, Depends(user)], word: str = "word"):
    await websocket.accept()
    await websocket.send_text(f"{u} {word}")
    await websocket.close()


async def page(request: Request, u: Annotated[str, Depends(user)]):
    return PlainTextResponse(u)


NAMES = {"Annotated": Annotated, "Depends": Depends, "user": user, "Query": Query}
REST = """
    await websocket.accept()
    await websocket.send_text(f"{u} {word}")
    await websocket.close()
"""
TEXTS = [
    "async def new(websocket: WebSocket, u=Depends(user), word: str = 'word'):" + REST,
    "async def new(websocket: WebSocket, u: Annotated[str, Depends(user)], word: str = 'word'):" + REST,
    "async def new(u: Annotated[str, Depends(user)], websocket: WebSocket, word: str = Query('word')):" + REST,
    new,
]


@pytest.mark.parametrize("code", TEXTS)
@pytest.mark.parametrize("dependencies", [[], GUARD])
def test_fastapi_fills_the_parameters_of_a_new_function(code, dependencies):
    """Given as text or as a function; and the app's own dependencies hold."""
    app = FastAPI(dependencies=dependencies)
    pg = Playground(app, names=NAMES)
    report = pg.edit("/new", code)

    assert heard(app, "/new?token=good") == "user good word"
    assert heard(app, "/new?word=x") == (1008 if dependencies else "user nobody x")
    assert report.new
    assert [type(one) for one in app.routes if getattr(one, "path", "") == "/new"] == [APIWebSocketRoute]
    if isinstance(code, str):
        pg.edit("/new", code.replace('f"', 'f"again '))
        assert heard(app, "/new?token=good") == "again user good word"


@pytest.mark.parametrize(
    "code", [page, "async def page(request: Request, u=Depends(user)): return PlainTextResponse(u)"]
)
def test_a_new_page_is_fastapis_too(code):
    """With its dependency."""
    app = FastAPI()
    Playground(app, names=NAMES).edit("/page", code)

    assert TestClient(app).get("/page?token=t").text == "user t"
    assert isinstance(next(one for one in app.routes if getattr(one, "path", "") == "/page"), APIRoute)


def test_a_function_without_annotations_stays_starlettes():
    """FastAPI would take its parameter from the query; where the app has dependencies, it is refused."""
    text = "async def new(websocket):\n    await websocket.accept()\n    await websocket.send_text('new')\n"
    app = FastAPI()
    Playground(app).edit("/new", text)

    assert heard(app, "/new") == "new"
    with pytest.raises(
        EditRejected, match="asks for its dependencies at every path, and new has no parameter that Fast"
    ):
        Playground(FastAPI(dependencies=GUARD)).edit("/new", text)


PLAIN = "async def new(websocket, u=Depends(user)): ..."


@pytest.mark.parametrize(
    ("app", "code", "said"),
    [
        (Starlette(), TEXTS[0], "u is for FastAPI to fill, and the new route at '/new' would be a plain one"),
        (Starlette(), new, "u is for FastAPI to fill"),
        (FastAPI(), PLAIN, "u is for FastAPI to fill.*write websocket: WebSocket"),
        (FastAPI(), "async def new(websocket: WebSocket, app: Starlette): ...", "FastAPI does not take this function"),
        (FastAPI(), TEXTS[0] + TEXTS[1].replace("new", "other"), "new and other are both endpoints"),
        (FastAPI(), "def new(websocket: WebSocket): ...", "new has to be `async def`"),
    ],
)
def test_a_function_that_would_not_get_its_parameters_is_refused(app, code, said):
    """And nothing is added."""
    routes = list(app.routes)
    with pytest.raises(EditRejected, match=said):
        Playground(app, names={**NAMES, "Starlette": Starlette}).edit("/new", code)

    assert list(app.routes) == routes


@pytest.mark.parametrize(
    "head",
    ["from fastapi import APIRouter\nother = APIRouter()\n", "from fastapi import FastAPI\nother = FastAPI()\n", ""],
)
@pytest.mark.parametrize("app", [FastAPI(), Starlette()])
def test_a_new_route_of_a_router_that_is_not_served_is_refused(app, head):
    """Whether the source makes that router, or it is one of the names."""
    text = f"{head}@other.websocket('/new')\nasync def new(websocket: WebSocket): ..."
    pg = Playground(app, names={"other": APIRouter()})

    with pytest.raises(EditRejected, match="new is registered at '/new' on an app or router that is not a part of the"):
        pg.edit("/new", text)
    assert "/new" not in pg.endpoints


def test_a_class_stays_a_plain_endpoint():
    """FastAPI has no route for classes."""
    app = FastAPI()
    Playground(app).edit("/new", "class New(WebSocketEndpoint): ...")

    assert isinstance(next(one for one in app.routes if getattr(one, "path", "") == "/new"), WebSocketRoute)
