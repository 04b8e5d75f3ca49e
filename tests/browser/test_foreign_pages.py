"""What pages of other servers can do, in a real Chromium that is told where their names lead."""

import pytest
from starlette.applications import Starlette
from starlette.endpoints import WebSocketEndpoint
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Route, WebSocketRoute

from playground import Playground
from playground.ui.doctor import find_chromium

from .conftest import CHROMIUM_FLAGS

pytestmark = pytest.mark.browser

NAMES = "MAP rebound.example 127.0.0.1,MAP foreign.example 127.0.0.1"

TRY = """
async port => {
    const server = `127.0.0.1:${port}`, outcome = {};
    const ask = async (name, ...request) => {
        outcome[name] = await fetch(...request).then((answer) => answer.status || answer.type, () => "failed");
    };
    await ask("get", `http://${server}/change`, { mode: "no-cors" });
    await ask("post", `http://${server}/change`, { method: "POST", mode: "no-cors", body: "a form's" });
    await ask("put", `http://${server}/change`, { method: "PUT" });
    outcome.socket = await new Promise((done) => {
        const socket = new WebSocket(`ws://${server}/ws`);
        socket.onopen = () => done("open");
        socket.onclose = (event) => done(event.code);
    });
    return outcome;
}
"""


class Told(WebSocketEndpoint):
    """Answers."""

    encoding = "text"


class Served:
    """A playground whose app notes what reaches it."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def app(self) -> Starlette:
        """An app with a page, something that changes, and a WebSocket."""
        return Starlette(
            routes=[
                Route("/", lambda request: HTMLResponse("<title>here</title>")),
                Route("/change", self.change, methods=["GET", "POST", "PUT"]),
                WebSocketRoute("/ws", Told),
            ]
        )

    def change(self, request):
        """Note the method."""
        self.calls.append(request.method)
        return PlainTextResponse("done")


@pytest.fixture(scope="module")
def page():
    """A page of a Chromium of its own."""
    path = find_chromium()
    if path is None:
        pytest.skip("no Chromium or Chrome found; the other browser tests say what to do")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        flags = [*CHROMIUM_FLAGS, f"--host-resolver-rules={NAMES}"]
        chromium = playwright.chromium.launch(executable_path=path, args=flags)
        yield chromium.new_page()
        chromium.close()


@pytest.fixture
def served():
    """What reaches the app, and its playground."""
    one = Served()
    with Playground(one.app()) as pg:
        yield one, pg


def test_a_page_whose_name_was_rebound_reads_nothing(page, served):
    """It gets the refusal in place of the app's answer, and no WebSocket."""
    one, pg = served
    answer = page.goto(f"http://rebound.example:{pg.port}/")
    shown = page.inner_text("body")
    socket = page.evaluate(
        """port => new Promise((done) => {
            const socket = new WebSocket(`ws://rebound.example:${port}/ws`);
            socket.onopen = () => done("open");
            socket.onclose = (event) => done(event.code);
        })""",
        pg.port,
    )
    page.goto(f"http://localhost:{pg.port}/")

    assert answer.status == 421
    assert "playground.start(hosts=['rebound.example'])" in shown
    assert socket == 1006
    assert page.title() == "here"
    assert pg.log.filter("kind:log refused a WebSocket for the host")
    assert one.calls == []


def test_a_foreign_page_changes_nothing(page, served):
    """It may ask; what it posts, with a script or a form, does not reach the app."""
    one, pg = served
    with Playground(
        Starlette(routes=[Route("/", lambda request: HTMLResponse("<form method=post>"))]), hosts=["foreign.example"]
    ) as other:
        page.goto(f"http://foreign.example:{other.port}/")
        outcome = page.evaluate(TRY, pg.port)
        page.evaluate("port => { document.forms[0].action = `http://127.0.0.1:${port}/change`; }", pg.port)
        with page.expect_navigation() as navigated:
            page.evaluate("document.forms[0].submit()")

    assert outcome == {"get": "opaque", "post": "opaque", "put": "failed", "socket": 1006}
    assert navigated.value.status == 403
    assert f"a POST request from a page of Origin 'http://foreign.example:{other.port}'" in page.inner_text("body")
    assert one.calls == ["GET"]


def test_the_servers_own_page_may_do_everything(page, served):
    """Also under another loopback name than the one that is shown."""
    one, pg = served
    for name in ("127.0.0.1", "localhost", "sub.localhost"):
        page.goto(f"http://{name}:{pg.port}/")
        outcome = page.evaluate(TRY.replace("127.0.0.1", name), pg.port)

        assert outcome == {"get": 200, "post": 200, "put": 200, "socket": "open"}
    assert one.calls == ["GET", "POST", "PUT"] * 3


def test_a_page_that_is_named_may_do_everything(page):
    """In its fetches the app's own CORS answers count as well."""
    one = Served()
    with Playground(
        Starlette(routes=[Route("/", lambda request: HTMLResponse(""))]), hosts=["foreign.example"]
    ) as other:
        allowed = f"http://foreign.example:{other.port}"
        with Playground(one.app(), origins=[allowed]) as pg:
            page.goto(f"{allowed}/")
            outcome = page.evaluate(TRY, pg.port)

    assert outcome == {"get": "opaque", "post": "opaque", "put": "failed", "socket": "open"}
    assert one.calls == ["GET", "POST"]
