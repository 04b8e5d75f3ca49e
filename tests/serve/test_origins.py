"""What is refused before the app is asked."""

import asyncio
import socket

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from playground import HandshakeRefused, Playground
from playground.serve import origins
from playground.serve.origins import OriginCheck


@pytest.mark.parametrize(
    ("origin", "host", "allowed"),
    [
        ("http://127.0.0.1:5000", "127.0.0.1:5000", True),
        ("http://localhost:5000", "localhost:5000", True),
        ("http://[::1]:5000", "[::1]:5000", True),
        ("http://LOCALHOST:5000", "localhost:5000", True),
        ("http://localhost:3000", "localhost:5000", False),
        ("http://localhost:5000", "127.0.0.1:5000", False),
        ("https://evil.example", "127.0.0.1:5000", False),
        # DNS rebinding: the page's own name was given this machine's address.
        ("http://evil.example:5000", "evil.example:5000", False),
        ("null", "127.0.0.1:5000", False),
        ("", "", False),
        ("http://", "", False),
        ("http://[", "[", False),
        ("https://hub.example.org", "hub.example.org", True),
        ("https://hub.example.org/", "127.0.0.1:5000", True),
    ],
)
def test_a_page_may_connect_to_its_own_server_or_when_it_is_named(origin, host, allowed):
    """Same Origin under a loopback name, or listed."""
    check = OriginCheck(lambda: None, "127.0.0.1", ["https://hub.example.org"], print)

    assert check.allows(origin, host) is allowed


def test_a_star_allows_every_page():
    """For those who know what they do."""
    assert OriginCheck(lambda: None, "127.0.0.1", ["*"], print).allows("https://any.example", "x")


def test_a_foreign_page_is_refused_and_the_log_says_how_to_allow_it(pg):
    """403 for the page, one line for the person; programs send no Origin and may connect."""
    with pytest.raises(HandshakeRefused, match="HTTP 403"):
        pg.connect("/ws", origin="https://evil.example")
    event = pg.log.wait_for("log")

    assert event.data == (
        "refused a WebSocket from a page of Origin 'https://evil.example'; "
        "to allow that page: playground.start(origins=['https://evil.example'])"
    )
    assert len(pg.log.filter("kind:on_connect")) == 0
    with pg.connect("/ws", origin=pg.http_url) as own:
        assert own.state == "open"


def test_an_allowed_page_may_connect():
    """By the name given to start."""
    with Playground(origins=["https://friend.example"]) as pg, pg.connect("/ws", origin="https://friend.example") as it:
        assert it.state == "open"


def ask(pg, *lines, method="GET", version="1.1", body=""):
    """Send a request with these header lines and nothing else; return the answer's status, headers and body."""
    head = [
        f"{method} / HTTP/{version}",
        *lines,
        *([f"Content-Length: {len(body)}"] if body else []),
        "Connection: close",
    ]
    with socket.create_connection(("127.0.0.1", pg.port)) as wire:
        wire.settimeout(60)
        wire.sendall("\r\n".join([*head, "", body]).encode("latin-1"))
        answer = b"".join(iter(lambda: wire.recv(65536), b"")).decode()
    head, _, text = answer.partition("\r\n\r\n")
    status, *headers = head.split("\r\n")
    return int(status.split()[1]), dict(line.lower().split(": ", 1) for line in headers), text


def shake_hands(pg, *lines):
    """Send a WebSocket's handshake with these header lines; return as `ask` does."""
    own = ("Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")
    head = "\r\n".join(["GET /ws HTTP/1.1", *own, "Connection: Upgrade", *lines, "", ""])
    with socket.create_connection(("127.0.0.1", pg.port)) as wire:
        wire.settimeout(60)
        wire.sendall(head.encode("latin-1"))
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += wire.recv(65536)
    return int(answer.split()[1])


async def told(request):
    """Answer with what was asked."""
    return PlainTextResponse(f"{request.method} {(await request.body()).decode()}")


def recording(calls, middleware=()):
    """An app that notes each request that reaches it."""

    async def noting(request):
        calls.append(request.method)
        return await told(request)

    return Starlette(routes=[Route("/", noting, methods=["GET", "POST", "PUT", "DELETE"])], middleware=list(middleware))


@pytest.fixture(params=["httptools", "h11"])
def calls(request):
    """What reached the app of a playground, and that playground, on each of uvicorn's HTTP implementations."""
    seen = []
    with Playground(recording(seen), http=request.param) as pg:
        yield seen, pg


def test_a_rebound_page_is_refused_before_the_app_is_asked(calls):
    """421, a text that says what to do, and rows; without it the page could read every answer."""
    seen, pg = calls
    status, headers, body = ask(pg, "Host: evil.example:5000")
    event = pg.log.wait_for("log")

    assert status == 421
    assert headers["content-type"] == "text/plain; charset=utf-8"
    assert headers["x-content-type-options"] == "nosniff"
    assert event.data == (
        "refused an HTTP request for the host 'evil.example:5000'; "
        "if that is a name of this server: playground.start(hosts=['evil.example'])"
    )
    assert body == f"The playground {event.data}"
    assert pg.log.wait_for("response").code == 421
    assert seen == []


@pytest.mark.parametrize(
    "lines",
    [
        ["Host: evil.example"],
        ["Host: localhost.evil.example:80"],
        ["Host: localhost@evil.example"],
        ["Host: localhost:80 .evil.example"],
        ["Host: 203.0.113.7"],
        ["Host: <b>\xff"],
        [
            "Host: evil.example",
            "X-Forwarded-Host: localhost",
            "X-Forwarded-Prefix: /proxy/1",
            "X-Forwarded-For: 127.0.0.1",
        ],
    ],
)
def test_a_foreign_host_is_refused(pg, lines):
    """Whatever else the request says."""
    assert ask(pg, *lines)[0] == 421
    assert shake_hands(pg, *lines, "Origin: http://localhost") == 403


@pytest.mark.parametrize("host", ["evil.example", "evil.example:5000", "203.0.113.7"])
def test_a_rebound_page_may_not_open_a_websocket(pg, host):
    """It is of the same Origin as the server that it calls by its own name."""
    assert shake_hands(pg, f"Host: {host}", f"Origin: http://{host}") == 421


def test_a_program_may_call_the_server_as_it_likes_in_handshakes(pg):
    """Every browser sends an Origin with them (RFC 6455, section 4.1); in other requests, hardly any does with GET."""
    assert shake_hands(pg, "Host: any.example") == 101
    assert shake_hands(pg, "Host:") == 101


def test_an_allowed_page_may_call_the_server_as_it_likes_in_handshakes():
    """Through a proxy that changes the Host header."""
    with Playground(origins=["https://friend.example"]) as pg:
        assert shake_hands(pg, "Host: inside.example", "Origin: https://friend.example") == 101


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:1", "a.localhost", "127.0.0.1", "127.1.2.3:8888", "[::1]:99", "LOCALHOST.", ""]
)
def test_a_loopback_name_is_served_on_every_port(calls, host):
    """Ports are forwarded: by `ssh -L`, Docker, VS Code."""
    seen, pg = calls

    assert ask(pg, f"Host: {host}")[0] == 200
    assert seen == ["GET"]


def test_a_request_without_host_is_served(calls):
    """HTTP/1.0 has none, and every browser sends one."""
    _, pg = calls

    assert ask(pg, version="1.0")[0] == 200


def test_of_two_hosts_both_have_to_be_ours():
    """RFC 9112, section 3.2, asks for 400; httptools lets them pass, and the app would read one of them."""
    with Playground(http="httptools") as pg:
        assert ask(pg, "Host: \tlocalhost \t")[0] == 200
        assert ask(pg, "Host: localhost", "Host: evil.example")[0] == 421
        assert ask(pg, "Host: evil.example", "Host: localhost")[0] == 421


def test_a_server_in_the_network_goes_by_its_addresses_and_names():
    """Those that it knows, and those that a router or a container's host has."""
    with Playground(host="0.0.0.0") as pg:
        names = ["0.0.0.0", f"{socket.gethostname()}:{pg.port}", "localhost", "198.51.100.7:80", "[2001:db8::1]"]

        assert {name: ask(pg, f"Host: {name}")[0] for name in names} == dict.fromkeys(names, 200)
        assert shake_hands(pg, "Host: 198.51.100.7", "Origin: http://198.51.100.7") == 101
        assert ask(pg, "Host: evil.example")[0] == 421


def test_other_names_are_given_to_start():
    """A name, those below a name, and that of an Origin that is allowed."""
    with Playground(hosts=["my.example", "*.example.org"], origins=["https://hub.example.net"]) as pg:
        found = {
            host: ask(pg, f"Host: {host}")[0]
            for host in ("my.example:1", "a.example.org", "hub.example.net", "b.my.example")
        }

        assert found == {"my.example:1": 200, "a.example.org": 200, "hub.example.net": 200, "b.my.example": 421}
        assert shake_hands(pg, "Host: a.example.org", "Origin: https://a.example.org") == 101
        assert shake_hands(pg, "Host: a.example.org", "Origin: https://b.example.org") == 403


def test_every_host_can_be_allowed():
    """For those who know what they do; pages of other Origins are still refused."""
    with Playground(hosts=["*"]) as pg:
        assert ask(pg, "Host: any.example")[0] == 200
        assert shake_hands(pg, "Host: any.example", "Origin: http://any.example") == 101
        assert shake_hands(pg, "Host: any.example", "Origin: http://evil.example") == 403


def test_a_restart_can_allow_a_host(pg):
    """As the advice says, on the same port; and the running server goes on when it is no host."""
    with pytest.raises(ValueError, match="hosts has to be names"):
        pg.restart(hosts=["https://my.example"])
    assert ask(pg, "Host: my.example")[0] == 421
    pg.restart(hosts=["my.example"])

    assert ask(pg, "Host: my.example")[0] == 200


@pytest.mark.parametrize("ws", ["auto", "wsproto"])
def test_a_handshake_for_a_foreign_host_says_what_to_do(ws):
    """The answer has a text; `pg.why` has the advice."""
    with Playground(ws=ws) as pg:
        with socket.create_connection(("127.0.0.1", pg.port)) as wire, pytest.raises(InvalidStatus) as refused:
            connect("ws://evil.example/ws", sock=wire, origin="http://evil.example", proxy=None)
        pg.log.wait_for("end")
        told = pg.why(1)

    assert refused.value.response.status_code == 421
    assert b"playground.start(hosts=['evil.example'])" in refused.value.response.body
    assert told.verdict == (
        "the playground refused a WebSocket for the host 'evil.example' with HTTP 421; the app was not asked"
    )
    assert told.advice == "if that is a name of this server: playground.start(hosts=['evil.example'])"


def test_a_server_without_that_extension_answers_as_it_can():
    """A close before an accept, which is 403 (ASGI, "Close")."""
    check, sent = OriginCheck(lambda: None, "127.0.0.1", [], lambda refusal: None), []
    scope = {"type": "websocket", "headers": [(b"origin", b"https://evil.example")]}

    async def receive():
        return {"type": "websocket.connect"}

    async def send(message):
        sent.append(message)

    asyncio.run(check(scope, receive, send))

    assert sent == [{"type": "websocket.close", "code": 1008}]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_foreign_page_changes_nothing(calls, method):
    """403, a text that says what to do, and a row; what comes with it is read and dropped."""
    seen, pg = calls
    status, headers, body = ask(
        pg, "Host: localhost", "Origin: https://evil.example", method=method, body="x" * 900_000
    )
    event = pg.log.wait_for("log")

    assert (status, headers["content-type"]) == (403, "text/plain; charset=utf-8")
    assert event.data == (
        f"refused a {method} request from a page of Origin 'https://evil.example'; to allow that page, also where the "
        "app's own CORS settings do: playground.start(origins=['https://evil.example'])"
    )
    assert body == f"The playground {event.data}"
    assert seen == []


def test_a_foreign_page_that_asks_first_is_not_asked_for_its_body(calls):
    """The refusal is the answer to `Expect: 100-continue` (RFC 9110, section 10.1.1)."""
    _, pg = calls
    asked = ("Host: localhost", "Origin: https://evil.example", "Expect: 100-continue", "Content-Length: 5")

    assert ask(pg, *asked, method="POST")[0] == 403


@pytest.mark.parametrize(
    "lines",
    [
        [],
        ["Origin: http://localhost"],
        ["Origin: http://localhost", "Sec-Fetch-Site: same-origin"],
        ["Origin: null", "Sec-Fetch-Site: same-origin"],
        ["Referer: https://evil.example/"],
    ],
)
def test_programs_and_the_servers_own_page_may_change_something(calls, lines):
    """As without the playground."""
    seen, pg = calls

    assert ask(pg, "Host: localhost", *lines, method="POST", body="hello")[::2] == (200, "POST hello")
    assert seen == ["POST"]


def test_a_foreign_page_may_ask(calls):
    """Its browser shows it the answer only if the app's CORS headers say so."""
    seen, pg = calls

    assert ask(pg, "Host: localhost", "Origin: https://evil.example", "Sec-Fetch-Site: cross-site")[0] == 200
    assert seen == ["GET"]


def test_the_preflight_is_the_apps_and_what_follows_needs_the_origin():
    """CORS settings of the app say what a page may read; the row says how the rest is allowed."""
    allowed = Middleware(CORSMiddleware, allow_origins=["https://friend.example"], allow_methods=["*"])
    page, calls = ("Host: localhost", "Origin: https://friend.example"), []
    with Playground(recording(calls, [allowed])) as pg:
        preflight = ask(pg, *page, "Access-Control-Request-Method: PUT", method="OPTIONS")
        refused = ask(pg, *page, method="PUT")
        row = pg.log.wait_for("log")
        pg.restart(origins=["https://friend.example"])
        passed = ask(pg, *page, method="PUT")

    assert (preflight[0], preflight[1]["access-control-allow-origin"]) == (200, "https://friend.example")
    assert (refused[0], calls) == (403, ["PUT"])
    assert "also where the app's own CORS settings do: playground.start(origins=['https://friend.example'])" in row.data
    assert (passed[0], passed[1]["access-control-allow-origin"]) == (200, "https://friend.example")


def test_the_app_itself_refuses_nothing(pg):
    """Starlette's TestClient, which calls itself testserver, does not come through the server."""
    assert TestClient(pg.app).get("/").status_code == 200


def test_a_name_is_learned_from_the_notebooks_server(pg, monkeypatch):
    """Asking the system who has the other end takes milliseconds, so it is done once for each name."""
    asked = []
    monkeypatch.setattr(origins, "is_from_notebook_server", lambda peer: asked.append(peer) or len(asked) > 1)
    known, refused = ask(pg, "Host: localhost")[0], ask(pg, "Host: hub.example.org")[0]
    passed = [ask(pg, "Host: hub.example.org", "X-Forwarded-For: 203.0.113.7")[0] for _ in range(3)]

    assert (known, refused, passed) == (200, 421, [200, 200, 200])
    assert [host for host, _ in asked] == ["127.0.0.1", "127.0.0.1"]
    assert all(port > 0 for _, port in asked)


@pytest.mark.parametrize("ws", ["auto", "wsproto"])
def test_a_refused_handshake_is_told_once(ws):
    """By the row that says how to allow it; uvicorn's complaint about the app, which was not asked, is none."""
    with Playground(ws=ws) as pg:
        with pytest.raises(HandshakeRefused, match=r"HTTP 403: .*'\]\)$"):
            pg.connect("/ws", name="a", origin="https://evil.example")
        pg.log.wait_for("end")
        kinds = [row.kind for row in pg.log.rows()]

    assert kinds == ["start", "connect", "log", "refuse", "end"]
