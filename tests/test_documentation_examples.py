"""What the documentation of Starlette and FastAPI teaches, each in an app of its own, is edited while it is served."""

import importlib.util
import itertools
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass

import httpx2 as httpx
import pytest

from playground import HandshakeRefused, Playground

STARLETTE = """
from contextlib import asynccontextmanager
from starlette.applications import Starlette
from starlette.authentication import requires
from starlette.endpoints import HTTPEndpoint, WebSocketEndpoint
from starlette.middleware import Middleware
from starlette.responses import JSONResponse, PlainTextResponse, StreamingResponse
from starlette.routing import Host, Mount, Route, Router, WebSocketRoute
"""
FASTAPI = """
from typing import Annotated
from fastapi import APIRouter, Body, Depends, FastAPI, Header, HTTPException, Path, Query, Security, WebSocket
from fastapi import WebSocketDisconnect, WebSocketException, status
from fastapi.responses import PlainTextResponse
from fastapi.security import APIKeyHeader
from pydantic import BaseModel, Field
"""


@dataclass
class Example:
    """An app as text, the endpoint that is edited, and how it is asked; every answer contains the word "tea"."""

    name: str
    text: str
    path: str
    ask: Callable[[Playground], object]
    refused: Callable[[Playground], object] = lambda pg: None
    """What stays refused, before and after the edit."""


def http(method, path, **options):
    def ask(pg):
        answer = httpx.request(method, pg.http_url + path, **options)
        return answer.status_code, answer.text

    return ask


class socket:
    """Connects, sends, and returns what comes."""

    def __init__(self, path, *messages):
        self.path, self.messages = path, messages

    def __call__(self, pg):
        with pg.connect(self.path) as client:
            return [answer_of(client, one) for one in self.messages]


def answer_of(client, message):
    client.send(message)
    return client.receive()


def closed(path):
    def ask(pg):
        with pytest.raises(HandshakeRefused) as refused:
            pg.connect(path)
        return refused.value.status

    return ask


EXAMPLES = [
    Example(
        "a WebSocket endpoint of texts",
        STARLETTE
        + """
class Waiter(WebSocketEndpoint):
    encoding = "text"

    async def on_connect(self, websocket):
        await websocket.accept()
        self.served = 0

    async def on_receive(self, websocket, data):
        self.served += 1
        await websocket.send_text(f"tea number {self.served} for {data}")

    async def on_disconnect(self, websocket, close_code):
        print("left with", close_code)

app = Starlette(routes=[WebSocketRoute("/ws", Waiter)])
""",
        "/ws",
        socket("/ws", "ann", "bob"),
    ),
    Example(
        "a WebSocket endpoint of JSON",
        STARLETTE
        + """
class Waiter(WebSocketEndpoint):
    encoding = "json"

    async def on_receive(self, websocket, data):
        await websocket.send_json({"drink": "tea", "for": data["name"]})

app = Starlette(routes=[WebSocketRoute("/ws", Waiter)])
""",
        "/ws",
        socket("/ws", json.dumps({"name": "ann"})),
    ),
    Example(
        "a WebSocket endpoint of bytes",
        STARLETTE
        + """
class Waiter(WebSocketEndpoint):
    encoding = "bytes"

    async def on_receive(self, websocket, data):
        await websocket.send_bytes(b"tea " + data[::-1])

app = Starlette(routes=[WebSocketRoute("/ws", Waiter)])
""",
        "/ws",
        socket("/ws", b"nna"),
    ),
    Example(
        "a WebSocket function",
        STARLETTE
        + """
async def serve(websocket):
    await websocket.accept()
    async for name in websocket.iter_text():
        await websocket.send_text(f"tea for {name} at {websocket.path_params['table']}")

app = Starlette(routes=[WebSocketRoute("/tables/{table:int}", serve)])
""",
        "/tables/{table:int}",
        socket("/tables/3", "ann", "bob"),
        closed("/tables/three"),
    ),
    Example(
        "an HTTP endpoint with a path parameter",
        STARLETTE
        + """
class Order(HTTPEndpoint):
    async def get(self, request):
        return PlainTextResponse(f"tea for {request.path_params['name']}")

app = Starlette(routes=[Route("/orders/{name}", Order)])
""",
        "/orders/{name}",
        http("GET", "/orders/ann"),
        http("DELETE", "/orders/ann"),
    ),
    Example(
        "a streamed response",
        STARLETTE
        + """
async def cups(count):
    for number in range(count):
        yield f"{number} "

async def pour(request):
    async def poured():
        async for cup in cups(3):
            yield f"tea {cup}"
    return StreamingResponse(poured(), media_type="text/plain")

app = Starlette(routes=[Route("/pour", pour)])
""",
        "/pour",
        http("GET", "/pour"),
        http("POST", "/pour"),
    ),
    Example(
        "middleware of a route",
        STARLETTE
        + """
class Adults:
    def __init__(self, app, age):
        self.app, self.age = app, age

    async def __call__(self, scope, receive, send):
        if int(dict(scope["headers"]).get(b"age", b"0")) < self.age:
            await PlainTextResponse("too young", 403)(scope, receive, send)
        else:
            await self.app(scope, receive, send)

def bar(request):
    return PlainTextResponse("iced tea")

app = Starlette(routes=[Route("/bar", bar, middleware=[Middleware(Adults, age=18)])])
""",
        "/bar",
        http("GET", "/bar", headers={"age": "20"}),
        http("GET", "/bar", headers={"age": "10"}),
    ),
    Example(
        "a mount with routes",
        STARLETTE
        + """
async def drinks(request):
    return JSONResponse({"drinks": ["tea"], "url": str(request.url_for("menu:drinks"))})

app = Starlette(routes=[Mount("/menu", name="menu", routes=[Route("/drinks", drinks, name="drinks")])])
""",
        "/menu/drinks",
        http("GET", "/menu/drinks"),
        http("GET", "/drinks"),
    ),
    Example(
        "a host",
        STARLETTE
        + """
async def home(request):
    return PlainTextResponse(f"tea at {request.path_params['shop']}")

shops = Router(routes=[Route("/", home)])
app = Starlette(routes=[Host("{shop}.example.org", shops)])
""",
        "{shop}.example.org/",
        http("GET", "/", headers={"host": "corner.example.org"}),
        http("GET", "/"),
    ),
    Example(
        "what a lifespan makes",
        STARLETTE
        + """
@asynccontextmanager
async def lifespan(app):
    yield {"kettle": "hot"}

class Waiter(WebSocketEndpoint):
    encoding = "text"

    async def on_receive(self, websocket, data):
        await websocket.send_text(f"{websocket.state.kettle} tea for {data}")

app = Starlette(routes=[WebSocketRoute("/ws", Waiter)], lifespan=lifespan)
""",
        "/ws",
        socket("/ws", "ann"),
    ),
    Example(
        "path and query parameters",
        FASTAPI
        + """
app = FastAPI()

@app.get("/cups/{number}")
async def cup(number: Annotated[int, Path(ge=1)], sugar: Annotated[int, Query(le=5)] = 0, hot: bool = True):
    return {"drink": "tea", "number": number, "sugar": sugar, "hot": hot}
""",
        "/cups/{number}",
        http("GET", "/cups/2?sugar=3&hot=no"),
        http("GET", "/cups/0?sugar=9"),
    ),
    Example(
        "dependencies with a class and with yield",
        FASTAPI
        + """
app = FastAPI()

class Page:
    def __init__(self, skip: int = 0, limit: int = 2):
        self.skip, self.limit = skip, limit

async def shelf():
    cups = ["green", "black", "white"]
    try:
        yield cups
    finally:
        cups.clear()

@app.get("/drinks")
async def drinks(page: Annotated[Page, Depends()], cups: Annotated[list[str], Depends(shelf)]):
    return [f"{one} tea" for one in cups[page.skip:page.skip + page.limit]]
""",
        "/drinks",
        http("GET", "/drinks?skip=1"),
        http("GET", "/drinks?skip=some"),
    ),
    Example(
        "a key in a header",
        FASTAPI
        + """
app = FastAPI()
header = APIKeyHeader(name="x-key")

async def guest(key: Annotated[str, Security(header)]):
    if key != "sesame":
        raise HTTPException(status.HTTP_403_FORBIDDEN)
    return "ann"

@app.get("/secret")
async def secret(name: Annotated[str, Security(guest)]):
    return PlainTextResponse(f"tea for {name}")
""",
        "/secret",
        http("GET", "/secret", headers={"x-key": "sesame"}),
        http("GET", "/secret", headers={"x-key": "please"}),
    ),
    Example(
        "a WebSocket with dependencies",
        FASTAPI
        + """
app = FastAPI()

async def token_of(websocket: WebSocket, token: Annotated[str | None, Query()] = None):
    if token is None:
        raise WebSocketException(code=status.WS_1008_POLICY_VIOLATION)
    return token

@app.websocket("/cups/{number}/ws")
async def cup(websocket: WebSocket, number: int, token: Annotated[str, Depends(token_of)], q: int | None = None):
    await websocket.accept()
    while True:
        asked = await websocket.receive_text()
        await websocket.send_text(f"tea {number} {q} for {token}: {asked}")
""",
        "/cups/{number}/ws",
        socket("/cups/7/ws?token=t&q=5", "more", "less"),
        closed("/cups/7/ws?q=5"),
    ),
    Example(
        "a chat with a connection manager",
        FASTAPI
        + """
app = FastAPI()

class ConnectionManager:
    def __init__(self):
        self.guests: list[WebSocket] = []

    async def welcome(self, websocket: WebSocket):
        await websocket.accept()
        self.guests.append(websocket)

    def forget(self, websocket: WebSocket):
        self.guests.remove(websocket)

    async def tell_all(self, text: str):
        for guest in self.guests:
            await guest.send_text(text)

manager = ConnectionManager()

@app.websocket("/chat/{name}")
async def chat(websocket: WebSocket, name: str):
    await manager.welcome(websocket)
    try:
        while True:
            text = await websocket.receive_text()
            await manager.tell_all(f"tea time, says {name}: {text}")
    except WebSocketDisconnect:
        manager.forget(websocket)
        await manager.tell_all(f"{name} left")
""",
        "/chat/{name}",
        socket("/chat/ann", "hello", "all"),
    ),
    Example(
        "a router with a prefix",
        FASTAPI
        + """
app = FastAPI()

async def member(x_member: Annotated[str, Header()] = ""):
    if x_member != "yes":
        raise HTTPException(401, "members only")

router = APIRouter(prefix="/club", tags=["club"], dependencies=[Depends(member)])

@router.get("/{day}")
async def served(day: str):
    return f"tea on {day}"

app.include_router(router, prefix="/town")
""",
        "/town/club/{day}",
        http("GET", "/town/club/monday", headers={"x-member": "yes"}),
        http("GET", "/town/club/monday"),
    ),
    Example(
        "a response model",
        FASTAPI
        + """
app = FastAPI()

class Guest(BaseModel):
    name: str
    drink: str

class Account(Guest):
    password: str

@app.get("/guests/{name}", response_model=Guest, response_model_exclude_unset=True)
async def guest(name: str):
    return Account(name=name, drink="tea", password="sesame")
""",
        "/guests/{name}",
        http("GET", "/guests/ann"),
        http("PUT", "/guests/ann"),
    ),
    Example(
        "a model as body",
        FASTAPI
        + """
app = FastAPI()

class Order(BaseModel):
    cups: int = Field(gt=0)
    note: str | None = None

@app.post("/orders", status_code=201)
async def order(order: Order, table: Annotated[int, Body()]):
    return {"ordered": ["tea"] * order.cups, "table": table}
""",
        "/orders",
        http("POST", "/orders", json={"order": {"cups": 2}, "table": 4}),
        http("POST", "/orders", json={"order": {"cups": 0}, "table": 4}),
    ),
]

MODULES = itertools.count()


def app_in(file):
    """Return the app of a file, imported as a module of its own."""
    name = f"documentation_example_{next(MODULES)}"
    spec = importlib.util.spec_from_file_location(name, file)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module.app


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_one_word_of_an_example_is_edited(example, tmp_path):
    """The new word comes, everything else stays; and what was refused is refused as before."""
    file = tmp_path / "main.py"
    file.write_text(example.text, "utf-8")
    with Playground(app_in(file)) as pg:
        before, refused = example.ask(pg), example.refused(pg)
        pg.edit(example.path, pg.endpoints[example.path].current.source.replace("tea", "milk"))
        after, still = example.ask(pg), example.refused(pg)
        pg.revert(example.path, to=1)
        back = example.ask(pg)

    assert "tea" in str(before)
    assert str(after) == str(before).replace("tea", "milk")
    assert (str(back), str(still)) == (str(before), str(refused))


HELD = [example for example in EXAMPLES if isinstance(example.ask, socket)]


@pytest.mark.parametrize("example", HELD, ids=lambda example: example.name)
def test_an_open_connection_stays(example, tmp_path):
    """A class answers with the new word, a function goes on with the old one, and nobody is disconnected."""
    file = tmp_path / "main.py"
    file.write_text(example.text, "utf-8")
    with Playground(app_in(file)) as pg:
        path, message = example.ask.path, example.ask.messages[0]
        with pg.connect(path) as client:
            first = answer_of(client, message)
            report = pg.edit(example.path, pg.endpoints[example.path].current.source.replace("tea", "milk"))
            second = answer_of(client, message)

    assert "tea" in str(first)
    assert ("milk" if report.version.follows else "tea") in str(second)
    assert report.pinned == (not report.version.follows)
