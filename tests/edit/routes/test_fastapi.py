"""FastAPI's routes are edited, and what FastAPI does around a function stays: dependencies, parameters, models."""

import functools
import threading
from typing import Annotated

import pytest
from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException, Query, Security, WebSocket
from fastapi.routing import APIRoute
from fastapi.security import OAuth2PasswordBearer, SecurityScopes
from pydantic import BaseModel
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from playground import EditRejected, HandshakeRefused, Playground

from .guarded_apps import (
    APPS,
    chat,
    heard,
    only_with_token,
    with_route_dependencies,
)

TOKEN = {"x-token": "good"}


async def only_with_header(x_token: Annotated[str, Header()] = ""):
    if x_token != "good":
        raise HTTPException(401)


async def user_of(token: Annotated[str, Query()]):
    return f"user of {token}"


bearer = OAuth2PasswordBearer(tokenUrl="token", scopes={"read": "", "write": ""})


async def scoped(scopes: SecurityScopes, token: Annotated[str, Depends(bearer)]):
    if not set(scopes.scopes) <= set(token.split(",")):
        raise HTTPException(403)


class Item(BaseModel):
    name: str
    secret: str = "hidden"


class Shown(BaseModel):
    name: str


EDITED = """
async def chat(websocket: WebSocket):
    await websocket.accept()
    await websocket.send_text("edited")
    await websocket.close()
"""


@pytest.mark.parametrize("make", APPS)
def test_the_dependencies_of_a_websocket_survive_every_edit(make):
    """Wherever they come from: by text, by function, reset, back and again."""
    app = make()
    pg = Playground(app)

    async def given(websocket: WebSocket):
        await websocket.accept()
        await websocket.send_text("given")
        await websocket.close()

    heard_after = []
    for edit in (
        lambda: pg.edit("/chat", EDITED),
        lambda: pg.edit("/chat", given),
        lambda: pg.revert("/chat", to=2),
        lambda: pg.reset("/chat"),
        lambda: pg.revert("/chat", to=1),
        lambda: pg.edit("/chat", EDITED.replace("edited", "again")),
    ):
        edit()
        heard_after.append((heard(app, "/chat"), heard(app, "/chat?token=good")))

    assert [code for code, _ in heard_after] == [1008] * 6
    assert [text for _, text in heard_after] == ["edited", "given", "edited", "edited", "original", "again"]


def test_a_class_is_no_function_for_fastapi():
    """It is refused, and the dependencies stay."""
    app = with_route_dependencies()
    with pytest.raises(EditRejected, match="T is a class, and this path belongs to an APIWebSocketRoute"):
        Playground(app).edit("/chat", "class T(WebSocketEndpoint): pass")

    assert (heard(app, "/chat"), heard(app, "/chat?token=good")) == (1008, "original")


app = FastAPI()
guarded = APIRouter(prefix="/guarded", dependencies=[Depends(only_with_header)])


@app.get("/items/{number}")
async def item(number: int, word: str = "none"):
    return {"said": "old", "number": number, "word": word}


@app.post("/items/{number}", response_model=Shown, status_code=201)
async def make(number: int, item: Item):
    return {"name": f"old {item.name}", "secret": item.secret}


@app.get("/scoped", dependencies=[Security(scoped, scopes=["read", "write"])])
def for_scopes():
    return "old"


@guarded.get("/{name}")
def hello(name: str):
    return f"old {name}"


@app.websocket("/rooms/{room}")
async def rooms(websocket: WebSocket, room: str, user: Annotated[str, Depends(user_of)]):
    await websocket.accept()
    while True:
        await websocket.send_text(f"old {room} {user} {await websocket.receive_text()}")


app.include_router(guarded, prefix="/v1")
app.include_router(guarded, prefix="/v2")


@pytest.fixture
def pg():
    """A playground on the app, as it was before any edit, whose router is included twice."""
    return Playground(app)


@pytest.fixture
def http(pg):
    return TestClient(app)


def edit(pg, path, *changes):
    """Edit what a path shows, as a person does."""
    source = pg.endpoints[path].current.source
    for old, new in changes or [("old", "new")]:
        assert old in source
        source = source.replace(old, new)
    return pg.edit(path, source)


def test_a_persons_own_routes_come_first(pg):
    """Before /docs; a second method of a path has its method in front."""
    assert list(pg.endpoints)[:6] == [
        "/items/{number}",
        "POST /items/{number}",
        "/scoped",
        "/rooms/{room}",
        "/v1/guarded/{name}",
        "/v2/guarded/{name}",
    ]
    assert list(pg.endpoints)[6:] == ["/openapi.json", "/docs", "/docs/oauth2-redirect", "/redoc"]
    assert pg.endpoints.find("GET /items/{number}") is pg.endpoints["/items/{number}"]


def test_each_method_has_its_endpoint_head_too():
    """FastAPI's GET does not take HEAD."""
    app = FastAPI()
    for method in ("GET", "HEAD", "GET"):
        app.add_api_route("/x", lambda: None, methods=[method])

    assert list(Playground(app).endpoints)[:2] == ["/x", "HEAD /x"]
    assert "GET /x" not in list(Playground(app).endpoints)


def test_the_source_shown_is_the_decorated_function(pg):
    """From its first decorator on."""
    assert pg.endpoints["/items/{number}"].current.source.startswith('@app.get("/items/{number}")\nasync def item(')


def test_parameters_are_checked_and_documented_as_the_new_function_says(pg, http):
    """422 stays FastAPI's, and /openapi.json is made anew."""
    http.get("/openapi.json")
    edit(pg, "/items/{number}", ("old", "new"), ('word: str = "none"', 'word: str = "none", size: int = 3'))
    operation = http.get("/openapi.json").json()["paths"]["/items/{number}"]["get"]

    assert http.get("/items/7?word=x").json() == {"said": "new", "number": 7, "word": "x"}
    assert (http.get("/items/seven").status_code, http.get("/items/7?size=x").status_code) == (422, 422)
    assert [one["name"] for one in operation["parameters"]] == ["number", "word", "size"]


def test_each_method_of_a_path_is_edited_for_itself(pg, http):
    """Model, status and method stay."""
    edit(pg, "POST /items/{number}")

    assert http.post("/items/1", json={"name": "n"}).json() == {"name": "new n"}
    assert http.post("/items/1", json={"name": "n"}).status_code == 201
    assert http.post("/items/1", json={}).status_code == 422
    assert http.get("/items/1").json()["said"] == "old"


def test_a_function_without_decorator_keeps_what_the_route_says(pg, http):
    """Its response model hides the field that it returns."""
    pg.edit("POST /items/{number}", "async def make(number: int): return {'name': 'bare', 'secret': 'told'}")

    answer = http.post("/items/1")

    assert (answer.status_code, answer.json()) == (201, {"name": "bare"})


def test_a_function_that_says_its_result_is_believed():
    """Where the model came from the function before, too."""
    app = FastAPI()

    @app.get("/x")
    def x() -> Item:
        return Item(name="old")

    pg = Playground(app)
    pg.edit("/x", "def x() -> Shown: return Item(name='new')")

    assert TestClient(app).get("/x").json() == {"name": "new"}


def test_changed_arguments_of_the_decorator_are_honoured(pg, http):
    """And gone with the version that had them."""
    edit(
        pg,
        "/scoped",
        ("dependencies=[Security(scoped, scopes=[", "status_code=202, dependencies=[Security(scoped, scopes=["),
    )
    changed = http.get("/scoped", headers={"authorization": "Bearer read,write"}).status_code
    pg.revert("/scoped", to=1)
    back = http.get("/scoped", headers={"authorization": "Bearer read,write"}).status_code

    assert (changed, back) == (202, 200)


def test_security_scopes_survive(pg, http):
    """A token without one of the scopes is refused after the edit."""
    edit(pg, "/scoped")
    asked = [http.get("/scoped", headers={"authorization": f"Bearer {scopes}"}) for scopes in ("read", "read,write")]

    assert [one.status_code for one in asked] == [403, 200]
    assert asked[1].json() == "new"
    assert http.get("/scoped").status_code == 401


def test_a_router_that_is_included_twice_is_edited_in_one_place(pg, http):
    """The other keeps its code, also when the router gets one more route, for which FastAPI makes all anew."""
    edit(pg, "/v1/guarded/{name}")
    before = [http.get(f"/v{number}/guarded/ann", headers=TOKEN).json() for number in (1, 2)]
    edit(pg, "/v2/guarded/{name}", ("old", "two"))
    added = len(guarded.routes)
    guarded.add_api_route("/a/later", lambda: "later")
    after = [http.get(f"/v{number}/guarded/ann", headers=TOKEN).json() for number in (1, 2)]
    later = http.get("/v1/guarded/a/later", headers=TOKEN).json()
    edit(pg, "/v1/guarded/{name}", ("new", "newer"))
    newer = http.get("/v1/guarded/ann", headers=TOKEN).json()
    del guarded.routes[added:]
    guarded._mark_routes_changed()

    assert (before, after, later, newer) == (["new ann", "old ann"], ["new ann", "two ann"], "later", "newer ann")
    assert http.get("/v1/guarded/ann").status_code == 401


def test_an_edit_adds_no_route(pg):
    """Though its text has the decorator that does."""
    routes, inner = list(app.routes), list(guarded.routes)
    for _ in range(3):
        edit(pg, "/items/{number}", ("number: int", "number: int"))
        edit(pg, "/v1/guarded/{name}", ("name: str", "name: str"))

    assert (app.routes, guarded.routes) == (routes, inner)


def test_the_app_can_still_be_extended():
    """A decorator outside of an edit registers, as in a later cell, and what it registers is edited."""
    app, router = FastAPI(), APIRouter(prefix="/later")
    pg = Playground(app, names={"app": app})
    pg.edit("/first", "@app.get('/first')\ndef first(): return 'first'")

    @app.get("/outside")
    def outside():
        return "old"

    @router.get("/inside")
    def inside():
        return "old"

    app.include_router(router)
    pg.edit("/outside", "@app.get('/outside')\ndef outside(): return 'new'")
    edit(pg, "/later/inside")
    http = TestClient(app)

    assert [http.get(path).json() for path in ("/first", "/outside", "/later/inside")] == ["first", "new", "new"]
    assert list(pg.endpoints)[:4] == ["/first", "/outside", "/later/inside", "/openapi.json"]


def test_a_partial_keeps_its_arguments():
    """FastAPI asks the request for the others."""
    app = FastAPI()

    def greet(word, name: str):
        return f"old {word} {name}"

    app.add_api_route("/x", functools.partial(greet, "dear"), dependencies=[Depends(only_with_header)])
    edit(Playground(app), "/x")
    http = TestClient(app)

    assert http.get("/x?name=ann", headers=TOKEN).json() == "new dear ann"
    assert (http.get("/x", headers=TOKEN).status_code, http.get("/x?name=ann").status_code) == (422, 401)


@pytest.mark.parametrize(
    ("path", "change", "said"),
    [
        ("/scoped", ("/scoped", "/other"), "the path in the decorator changed from '/scoped' to '/other'"),
        ("/v1/guarded/{name}", ("/{name}", "/x/{name}"), "from '/v1/guarded/{name}' to '/v1/guarded/x/{name}' and"),
        ("/rooms/{room}", ("/rooms/{room}", "/room/{room}"), "from '/rooms/{room}' to '/room/{room}'"),
        (
            "/items/{number}",
            (".get(", ".post("),
            "POST /items/{number} is served by another endpoint: edit 'POST /items",
        ),
        ("/scoped", ("def for_scopes()", "def for_scopes(x: FastAPI)"), "line 1: FastAPIError: Invalid args"),
    ],
)
def test_what_an_edit_cannot_do_is_refused_with_the_reason(pg, path, change, said):
    """And nothing has changed."""
    routes = list(app.routes)
    with pytest.raises(EditRejected) as refused:
        edit(pg, path, change)

    assert said in str(refused.value)
    assert list(app.routes) == routes
    assert pg.endpoints[path].current.number == 1


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("def scoped(x: FastAPI): ...", "APIRoute does not take this function: FastAPIError: Invalid args"),
        ("def one(): ...\n\ndef two(): ...", "one and two could each serve '/scoped'; call the one that does"),
        ("x = 1", "the source defines no function for this path; write one"),
    ],
)
def test_a_source_without_decorator_has_to_have_one_fitting_function(pg, source, said):
    """Among several, the one of the name that was there."""
    with pytest.raises(EditRejected) as refused:
        pg.edit("/scoped", source)

    assert said in str(refused.value)
    assert pg.edit("/scoped", "def for_scopes(): ...\n\ndef two(): ...").version.name == "for_scopes"


def test_a_path_may_get_another_method(pg, http):
    """If no other endpoint has it."""
    edit(pg, "/scoped", (".get(", ".put("))
    token = {"authorization": "Bearer read,write"}

    assert (http.put("/scoped", headers=token).status_code, http.get("/scoped", headers=token).status_code) == (
        200,
        405,
    )


def test_a_decorated_function_becomes_a_route_of_fastapi():
    """In the router that it names, with what that router asks for."""
    app, router = FastAPI(), APIRouter(prefix="/r", dependencies=[Depends(only_with_header)])
    app.include_router(router)
    pg = Playground(app, names={"app": app, "router": router})
    reports = [
        pg.edit("/new/{n}", "@app.get('/new/{n}')\ndef new(n: int): return n + 1"),
        pg.edit("/r/new", "@router.get('/new')\ndef new(): return 'old'"),
        pg.edit("/r/new", "@router.get('/new')\ndef new(): return 'new'"),
    ]
    http = TestClient(app)

    assert [report.new for report in reports] == [True, True, False]
    assert (http.get("/new/2").json(), http.get("/new/x").status_code) == (3, 422)
    assert (http.get("/r/new").status_code, http.get("/r/new", headers=TOKEN).json()) == (401, "new")
    with pytest.raises(EditRejected, match="the source is for '/there'; an edit of '/here' leaves"):
        pg.edit("/here", "@app.get('/there')\ndef new(): return 1")


def test_an_app_from_a_factory_is_edited():
    """Its decorator's `app` is in none of the module's names."""

    def create():
        made = FastAPI()
        inner = APIRouter(prefix="/inner")

        @made.get("/x")
        def x():
            return "old"

        @inner.get("/y")
        def y():
            return "old"

        made.include_router(inner)
        return made

    app = create()
    pg = Playground(app)
    for path in ("/x", "/inner/y"):
        edit(pg, path)

        assert TestClient(app).get(path).json() == "new"
    pg.edit("/z", "@app.get('/z')\ndef z(): return 'new'")
    with pytest.raises(EditRejected, match="NameError: .*'made'"):
        pg.edit("/inner/y", "@made.get('/y')\ndef y(): ...")


def test_a_note_says_what_a_source_registers_besides(pg, http):
    """Two decorators of one function are two endpoints."""
    app = FastAPI()
    pg = Playground(app, names={"app": app})
    source = "@app.get('/a')\n@app.get('/b')\ndef both(): return 'WORD'"
    pg.edit("/a", source)
    report = pg.edit("/a", source.replace("WORD", "new"))

    assert TestClient(app).get("/a").json() == "new"
    assert [note.text for note in report.notes if note.kind == "other-route"] == [
        "the source also registers 'GET /b', which stays as it is; edit that path, too"
    ]


def test_a_parameter_without_annotation_is_noted():
    """FastAPI looks for it in the query, where Starlette gives the WebSocket."""
    app = with_route_dependencies()
    report = Playground(app).edit("/chat", "async def chat(websocket): await websocket.accept()")

    assert [(note.kind, note.line) for note in report.notes] == [("not-injected", 1)]


def test_a_route_class_of_ones_own_goes_on_doing_what_it_does():
    """The handler it makes is made around the new function."""

    class Marked(APIRoute):
        def get_route_handler(self):
            handle = super().get_route_handler()

            async def marked(request):
                response = await handle(request)
                response.headers["x-mark"] = self.path
                return response

            return marked

    app = FastAPI()
    app.router.route_class = Marked

    @app.get("/x")
    def x():
        return "old"

    edit(Playground(app), "/x")
    answer = TestClient(app).get("/x")

    assert (answer.json(), answer.headers["x-mark"]) == ("new", "/x")


def test_a_route_whose_app_was_wrapped_is_refused():
    """Making it anew would leave the wrapper out."""
    app = FastAPI()
    app.add_api_route("/x", hello)
    route, asked = app.routes[-1], []
    inner = route.app

    async def guard(scope, receive, send):
        asked.append(scope["path"])
        await inner(scope, receive, send)

    route.app = guard
    pg = Playground(app)
    with pytest.raises(EditRejected, match="the app of '/x' was wrapped after its route was made"):
        pg.edit("/x", "def hello(): return 'new'")

    assert TestClient(app).get("/x?name=ann").json() == "old ann"
    assert asked == ["/x"]


def test_overridden_dependencies_stay_overridden(pg, http):
    """As tests of a FastAPI app do it."""
    edit(pg, "/v1/guarded/{name}")
    app.dependency_overrides[only_with_header] = lambda: None
    answer = http.get("/v1/guarded/ann")
    app.dependency_overrides.clear()

    assert answer.json() == "new ann"


def test_the_scope_names_the_new_function(pg):
    """As middleware and dependencies read it."""
    app = FastAPI()
    seen = []

    async def look(websocket: WebSocket):
        seen.append((websocket.scope["endpoint"].__name__, websocket.scope["route"].path))

    app.add_api_websocket_route("/chat", chat, dependencies=[Depends(look)])
    pg = Playground(app)
    heard(app, "/chat")
    pg.edit("/chat", EDITED.replace("chat", "talk"))
    heard(app, "/chat")

    assert seen == [("chat", "/chat"), ("talk", "/chat")]


def test_another_app_takes_over_with_its_own_dependencies(pg):
    """Endpoints are matched by path, and the function that was shown is the old app's no more."""
    old, new = with_route_dependencies(), FastAPI()

    @new.websocket("/chat", dependencies=[Depends(only_with_token)])
    async def chat(websocket: WebSocket):
        await websocket.accept()
        await websocket.send_text("other")
        await websocket.close()

    pg = Playground(old)
    pg.edit("/chat", EDITED)
    pg.swap(new)
    taken = [heard(new, path) for path in ("/chat", "/chat?token=good")]
    edit(pg, "/chat", ("other", "newer"))
    edited = [heard(new, path) for path in ("/chat", "/chat?token=good")]

    assert (taken, edited) == ([1008, "other"], [1008, "newer"])
    assert pg.endpoints["/chat"].current.number == 4


ROOM = "/rooms/hall?token=t"


MODELS = """
from typing import Optional
from pydantic import BaseModel

class Item(BaseModel):
    name: str

class Pages:
    shown = 0

    def __init__(self, skip: int = 0):
        Pages.shown += 1

def pages_of(pages: Annotated[Pages, Depends()]):
    return pages

def check(pages: Pages = Depends(Pages)):
    assert type(pages) is Pages

@app.post("/x", response_model=list[Item], dependencies=[Depends(check)])
def x(
    items: list[Item],
    one: Item | None,
    other: Optional[Item],
    pages: Annotated[Pages, Depends()],
    more: Annotated[Pages, Depends(pages_of)],
):
    assert {type(value) for value in (*items, one, other)} == {Item}
    assert type(pages) is type(more) is Pages
    return [Item(name=f"WORD {Pages.shown}")]
"""


def test_classes_that_stay_are_those_that_fastapi_makes():
    """Models and dependencies of the source are the same classes for FastAPI and for the code, edit after edit."""
    app = FastAPI()
    pg = Playground(app, names={"app": app, "Annotated": Annotated, "Depends": Depends})
    body = {"items": [{"name": "a"}], "one": {"name": "b"}, "other": {"name": "c"}}
    answers = []
    for word in ("one", "two", "three"):
        pg.edit("/x", MODELS.replace("WORD", word))
        answers.append(TestClient(app).post("/x", json=body).json())

    assert answers == [[{"name": "one 1"}], [{"name": "two 2"}], [{"name": "three 3"}]]


def test_open_connections_keep_their_version_by_default():
    """A function holds them; the report counts them, and rows say which version and line answered."""
    with Playground(app) as pg, pg.connect(ROOM) as client:
        client.send("a")
        first = client.receive()
        report = edit(pg, "/rooms/{room}")
        client.send("b")
        still = client.receive()
        with pg.connect(ROOM) as newcomer:
            newcomer.send("c")
            new = newcomer.receive()
        with pytest.raises(HandshakeRefused):
            pg.connect("/rooms/hall")
        sent = [(event.version, event.line) for event in pg.log.filter("kind:send witness:handler")]

    assert (first, still, new) == ("old hall user of t a", "old hall user of t b", "new hall user of t c")
    assert (report.pinned, str(report)) == (
        1,
        "0 on v2, 1 keeps its version until it closes (pg.reenter('/rooms/{room}') moves it)",
    )
    assert sent == [(1, 5), (1, 5), (2, 5)]


def test_open_connections_move_where_that_is_asked_for():
    """The new function is entered on the same socket, and its dependencies are asked again."""
    with Playground(app, functions="reenter") as pg, pg.connect(ROOM) as client:
        client.send("a")
        first = client.receive()
        report = edit(pg, "/rooms/{room}", ("old", "new"), ("user: ", "also: Annotated[str, Depends(user_of)], user: "))
        client.send("b")
        second = client.receive()

    assert (first, second) == ("old hall user of t a", "new hall user of t b")
    assert str(report) == "v2 live on 1 connection"


class Room:
    """A connection manager, as people write them."""

    def __init__(self):
        self.members = []

    async def tell(self, text):
        for member in self.members:
            await member.send_text(text)


def test_a_room_tells_everybody_once_after_they_moved():
    """The WebSockets of functions that were left are in the room still, and nothing is sent twice through them."""
    talking = FastAPI()
    room = Room()

    @talking.websocket("/talk")
    async def talk(websocket: WebSocket):
        await websocket.accept()
        room.members.append(websocket)
        try:
            while True:
                await room.tell(f"old {await websocket.receive_text()}")
        except WebSocketDisconnect:
            room.members.remove(websocket)

    globals()["room"] = room
    with Playground(talking, functions="reenter") as pg, pg.connect("/talk") as ann, pg.connect("/talk") as bob:
        ann.send("a")
        before = [ann.receive(), bob.receive()]
        reports = [edit(pg, "/talk"), edit(pg, "/talk", ("new", "newer"))]
        with pg.connect("/talk") as eve:
            bob.send("b")
            after = [ann.receive(), bob.receive(), eve.receive()]
        pg.log.wait_for("disconnect")
        ann.send("c")
        last = [ann.receive(), bob.receive()]
        noted = [row.data for row in pg.log.rows("kind:log") if "left out" in str(row.data)]

    assert before == ["old a"] * 2
    assert [str(report) for report in reports] == ["v2 live on all 2 connections", "v3 live on all 2 connections"]
    assert (after, last) == (["newer b"] * 3, ["newer c"] * 2)
    assert "what is sent to the WebSocket of v1 is left out from now on: v3 has the connection, with" in " ".join(noted)


def test_a_draft_is_tried_with_its_dependencies():
    """And without a second route."""
    with Playground(app) as pg, pg.connect(ROOM) as client:
        client.send("a")
        client.receive()
        count = len(app.routes)
        trial = pg.try_edit("/rooms/{room}", pg.endpoints["/rooms/{room}"].current.source.replace("old", "new"))

    assert [turn.after for turn in trial.turns] == [("new hall user of t a",)]
    assert len(app.routes) == count


def test_an_error_of_a_handler_names_version_and_line():
    """In the row, and in why."""
    failing = FastAPI()
    failing.add_api_websocket_route("/chat", chat)
    with Playground(failing) as pg:
        pg.edit("/chat", "async def chat(websocket: WebSocket):\n    await websocket.accept()\n    {}['say']")
        with pg.connect("/chat"):
            pg.log.wait_for("end")
        found = pg.why()

    assert "KeyError: 'say'" in str(found)
    assert "line 3" in str(found)


def test_a_file_with_an_app_is_one_endpoints_source(tmp_path, pg, http):
    """The function is taken that the file has at that path."""
    file = tmp_path / "main.py"
    file.write_text(
        "from fastapi import FastAPI\napp = FastAPI()\n"
        "@app.get('/a')\ndef a(): return 'a'\n\n@app.get('/items/{number}')\ndef b(number: int): return number + 1\n"
    )
    watch = pg.watch(file, "/items/{number}")
    watch.stop()

    assert (http.get("/items/2").json(), http.get("/items/x").status_code) == (3, 422)


COUNTS = """
async def count(websocket: WebSocket, user: Annotated[str, Depends(user_of)]):
    await websocket.accept()
    while True:
        text = await websocket.receive_text()
        websocket.state.count = getattr(websocket.state, "count", 0) + 1
        await websocket.send_text(f"{0} {{text}} {{websocket.state.count}} {{user}}")
"""


def test_no_message_is_lost_while_functions_move():
    """However many edits there are, with the dependencies asked each time."""
    app = FastAPI()
    app.add_api_websocket_route("/count", rooms)
    names = {"Annotated": Annotated, "Depends": Depends, "user_of": user_of}
    with Playground(app, functions="reenter", names=names) as pg:
        pg.edit("/count", COUNTS.format(0))
        clients = [pg.connect(f"/count?token={number}") for number in range(4)]
        for number in range(1, 31):
            for client in clients:
                client.send(f"{number}.a")
                client.send(f"{number}.b")
            pg.edit("/count", COUNTS.format(number))
        replies = [[client.receive().split(" ", 3) for _ in range(60)] for client in clients]
        for client in clients:
            client.close()

    for number, heard_by in enumerate(replies):
        assert [reply[1] for reply in heard_by] == [f"{edit}.{part}" for edit in range(1, 31) for part in "ab"]
        assert [int(reply[2]) for reply in heard_by] == list(range(1, 61))
        assert [int(reply[0]) for reply in heard_by] == sorted(int(reply[0]) for reply in heard_by)
        assert {reply[3] for reply in heard_by} == {f"user of {number}"}


def test_each_request_is_answered_by_one_version(pg):
    """While other threads edit; none is refused, and nobody without a token gets in."""
    source = "WORD = {0}\n\ndef hello(name: str): return [{0}, WORD]"
    answers, refused = [], []
    done = threading.Event()

    def ask():
        http = TestClient(app)
        while not done.is_set():
            answers.append(http.get("/v1/guarded/ann", headers=TOKEN).json())
            refused.append(http.get("/v1/guarded/ann").status_code)

    pg.edit("/v1/guarded/{name}", source.format(0))
    asking = [threading.Thread(target=ask) for _ in range(2)]
    editing = [
        threading.Thread(target=lambda: [pg.edit("/v1/guarded/{name}", source.format(n)) for n in range(25)])
        for _ in range(2)
    ]
    for one in (*asking, *editing):
        one.start()
    for one in editing:
        one.join()
    done.set()
    for one in asking:
        one.join()

    assert [one for one in answers if one[0] != one[1]] == []
    assert set(refused) == {401}
    assert pg.endpoints["/v1/guarded/{name}"].current.number == 52
