"""Clients of the panel: how they come, what they send, and how they go."""

from __future__ import annotations

import re

import pytest

pytestmark = pytest.mark.browser

HALL = """from starlette.responses import PlainTextResponse

class Hall(WebSocketEndpoint):
    encoding = "text"

    async def on_connect(self, websocket):
        if websocket.query_params.get("token") == "wrong":
            return await websocket.send_denial_response(PlainTextResponse("who are you?", 401))
        offered = websocket.scope["subprotocols"]
        await websocket.accept(subprotocol=offered[0] if offered else None)
        if "room" in websocket.headers:
            await websocket.send_text(f"{websocket.headers['x-room']} {websocket.query_params['token']} {offered[0]}")

    async def on_receive(self, websocket, data):
        if data == "go away":
            return await websocket.close(4002, "as you wish")
        await websocket.send_text(f"you said: {data}")
"""
BYTES = """class Bytes(WebSocketEndpoint):
    encoding = "bytes"

    async def on_receive(self, websocket, data):
        await websocket.send_bytes(data[::-1])
"""
START = f"""import playground
pg = playground.start()
pg.edit("/ws", {HALL.replace('"room" in', '"x-room" in')!r}, reset=True)
pg.edit("/bytes", {BYTES!r})
pg"""


def test_connect_as_anybody(start, shot):
    """With a name, a query, headers, a subprotocol; who is refused sees the answer's status, headers and body."""
    page, panel = start(START)
    panel.root.get_by_test_id("connect-options").click()
    panel.fill_in(
        connect_name="alice", connect_query="token=abc", connect_headers="X-Room: blue", connect_subprotocols="v2, v1"
    )
    call = panel.root.get_by_test_id("connect-go").get_attribute("title")
    panel.root.get_by_test_id("connect-go").click()
    panel.client("alice", "open").wait_for()
    panel.row("send", "blue abc v2").wait_for()
    panel.row("connect").click()
    panel.root.get_by_test_id("handshake").nth(1).wait_for()
    masked, response = [each.inner_text() for each in panel.root.get_by_test_id("handshake").all()]
    panel.root.get_by_test_id("show-secrets").click()
    panel.root.get_by_test_id("handshake").filter(has_text="token=abc").wait_for()
    panel.root.get_by_test_id("connect-options").click()
    panel.fill_in(connect_name="eve", connect_query="token=wrong")
    panel.root.get_by_test_id("connect-go").click()
    card = panel.root.get_by_test_id("handshake-failure")
    card.get_by_text("HTTP 401").first.wait_for()
    denial = card.inner_text()
    panel.root.get_by_test_id("connect-options").click()
    panel.fill_in(connect_name="eve", connect_origin="https://evil.example")
    panel.root.get_by_test_id("connect-go").click()
    card.get_by_text("HTTP 403").first.wait_for()
    panel.root.get_by_test_id("filter").fill("kind:log")
    panel.row("log", "https://evil.example").wait_for()
    panel.root.get_by_test_id("filter").fill("")
    card.get_by_text(re.compile(r"\d+ headers?")).click()
    shot(page, "refused")
    refusal = card.inner_text()
    card.get_by_role("button", name="Dismiss").click()
    panel.client("eve", "failed").get_by_test_id("remove-client").click()
    panel.client("eve").wait_for(state="hidden")
    before = panel.row("send", "blue").locator(".wp-c-client").get_attribute("data-colour")
    panel.client("alice").get_by_test_id("swatch").click()
    panel.client("alice").get_by_role("radio", name="green").click()
    panel.row("send", "blue").locator('.wp-c-client[data-colour="3"]').wait_for()

    assert call == 'pg.connect("/ws?token=abc", name="alice", headers={"X-Room": "blue"}, subprotocols=["v2", "v1"])'
    assert "GET /ws?token=(masked) HTTP/1.1" in masked
    assert re.search(r"(?i)sec-websocket-protocol\s+v2", response), response
    assert "who are you?" in denial
    assert re.search(r"(?i)content-length:", refusal), refusal
    assert before != "3"


def test_clients_go_and_come_back(start):
    """A code that may not travel is refused with a sentence; 4001 travels; one client returns by a press, one by itself."""
    _, panel = start(START)
    for name, back in (("alice", False), ("bob", True)):
        panel.root.get_by_test_id("connect-options").click()
        panel.fill_in(connect_name=name)
        panel.root.get_by_test_id("connect-reconnect").set_checked(back)
        panel.root.get_by_test_id("connect-go").click()
        panel.client(name, "open").wait_for()
    panel.root.get_by_test_id("from").select_option("*")
    panel.send("hello both")
    for name in ("alice", "bob"):
        panel.root.locator('[data-testid="row"][data-kind="send"]', has_text=name).first.wait_for()
    panel.client("alice").get_by_test_id("ping").click()
    panel.client("alice").get_by_text(re.compile(r"rtt [\d.]+ ")).wait_for()
    panel.client("alice").get_by_test_id("close-client").click()
    panel.fill_in(close_code="1006")
    panel.root.get_by_test_id("close-go").locator("visible=true").click()
    mistake = panel.root.get_by_test_id("close-mistake").locator("visible=true").inner_text()
    panel.fill_in(close_code="4001", close_reason="bye")
    panel.root.get_by_test_id("close-go").locator("visible=true").click()
    panel.client("alice", "closed").get_by_text("4001").wait_for()
    panel.row("disconnect", "4001", saw="●●●").click()
    panel.detail_tab("Frames")
    frame = panel.root.get_by_test_id("frame").first.inner_text().replace("\n", " ")
    panel.client("alice").get_by_test_id("reconnect").click()
    panel.client("alice", "open").wait_for()

    panel.root.get_by_test_id("from").select_option("bob")
    panel.send("go away")
    panel.root.get_by_test_id("filter").fill("client:bob kind:accept")
    panel.root.get_by_test_id("shown").filter(has_text=re.compile("^2 of ")).wait_for()
    panel.client("bob", "open").wait_for()
    panel.root.get_by_test_id("power").click()
    panel.client("bob").get_by_text(re.compile(r"try \d")).wait_for()
    panel.root.get_by_test_id("power").get_by_text("Start").click()
    panel.client("bob", "open").wait_for()
    panel.client("alice", "closed").wait_for()

    assert "1006 is what a side is told when no Close frame came; it is never sent" in mistake
    assert "CLOSE" in frame
    assert "close code" in frame
    assert "4001" in frame
    assert "bye" in frame


LOCKED = """import playground
pg = playground.start()
LOCK = {"shut": False}
class Room(WebSocketEndpoint):
    encoding = "text"

    async def on_connect(self, websocket):
        if LOCK["shut"] and "token" in websocket.query_params:
            return await websocket.close()
        await websocket.accept()

    async def on_receive(self, websocket, data):
        if data == "shut":
            LOCK["shut"] = True
        await websocket.send_text(f"you said: {data}")
"""


def test_all_clients_at_once(start, shot):
    """By keyboard: closed, connected again, one of them refused, removed; and another one like one there is."""
    room = LOCKED.partition("pg = playground.start()\n")[2]
    page, panel = start(f"import playground\npg = playground.start()\npg.edit('/ws', {room!r}, reset=True)\npg")
    for name, query in (("alice", ""), ("bob", ""), ("eve", "token=1")):
        panel.root.get_by_test_id("connect-options").click()
        panel.fill_in(connect_name=name, connect_query=query)
        panel.root.get_by_test_id("connect-go").click()
        panel.client(name, "open").wait_for()
    panel.client("bob").get_by_test_id("duplicate").click()
    panel.client("bob-2", "open").wait_for()
    heights = panel.root.locator(".wp-client-line").evaluate_all("lines => lines.map((line) => line.offsetHeight)")
    panel.root.get_by_test_id("from").select_option("alice")
    panel.send("shut")
    panel.row("send", "you said: shut").wait_for()
    said = panel.root.get_by_test_id("batch-state")
    calls = {}
    for op, text in (
        ("close_all", "4 closed"),
        ("reconnect_all", "3 reconnected, 1 refused: HTTP 403"),
        ("forget_closed", "1 removed"),
    ):
        panel.root.get_by_test_id("all-clients").focus()
        page.keyboard.press("Enter")
        button = panel.root.get_by_test_id(op)
        calls[op] = button.get_attribute("title"), button.inner_text()
        panel.tab_to(op)
        page.keyboard.press("Enter")
        said.filter(has_text=text).wait_for()
        # What the menu offers next follows the clients' states, which arrive apart from the answer.
        if op == "close_all":
            for name in ("alice", "bob", "bob-2", "eve"):
                panel.client(name, "closed").wait_for()
        if op == "reconnect_all":
            why = said.get_attribute("title")
            for name in ("alice", "bob", "bob-2"):
                panel.client(name, "open").wait_for()
            panel.client("eve", "failed").wait_for()
            shot(page, "all-clients")
    panel.client("eve").wait_for(state="hidden")

    assert max(heights) <= 30
    assert "eve: " in why and "403" in why
    assert calls == {
        "close_all": ("pg.clients.close()", "Close all (4)"),
        "reconnect_all": ("pg.clients.reconnect()", "Reconnect all (4)"),
        "forget_closed": ("pg.clients.forget_closed()", "Remove closed (1)"),
    }


def test_a_closed_client_is_connected_again_to_send(start):
    """Ctrl+Enter does both and says so; where the server refuses, the message stays and nothing is sent."""
    _, panel = start(START)
    panel.root.get_by_test_id("connect-options").click()
    panel.fill_in(connect_name="alice")
    panel.root.get_by_test_id("connect-go").click()
    panel.client("alice", "open").wait_for()
    panel.send("go away")
    panel.client("alice", "closed").wait_for()
    send = panel.root.get_by_test_id("send")
    send.get_by_text("Reconnect and send").wait_for()
    message = panel.root.get_by_test_id("message")
    message.fill("I am back")
    call = send.get_attribute("title")
    message.press("Control+Enter")
    panel.root.get_by_test_id("send-state").filter(has_text=re.compile("^reconnected alice · sent")).wait_for()
    panel.row("send", "you said: I am back").wait_for()
    panel.root.get_by_test_id("message").fill("go away")
    message.press("Control+Enter")
    panel.client("alice", "closed").wait_for()
    panel.run_cell(
        5,
        """pg.edit("/ws", "class Shut(WebSocketEndpoint):\\n    async def on_connect(self, websocket): await websocket.close()", reset=True)""",
    )
    panel.wait_until_idle()
    message.fill("anybody there?")
    message.press("Control+Enter")
    panel.root.get_by_test_id("send-state").filter(has_text="not sent: ").wait_for()

    assert call == 'pg.clients["alice"].reconnect().send("I am back")'
    assert message.input_value() == "anybody there?"
    assert panel.row("receive", "anybody there?").count() == 0


def test_every_kind_of_message(start, tmp_path):
    """Text, JSON that is checked and laid out, hexadecimal, base64, a file; and a message in three frames."""
    _, panel = start(START)
    panel.connect()
    panel.root.get_by_test_id("as").select_option("json")
    panel.send('{"id": 9007199254740993, }')
    said = panel.root.get_by_test_id("send-state")
    said.filter(has_text=re.compile("line 1|column|expected|position")).wait_for()
    refused = panel.row("receive").count()
    panel.root.get_by_test_id("message").fill('{"id":9007199254740993,"price":1.0}')
    panel.root.get_by_test_id("format").click()
    pretty = panel.root.get_by_test_id("message").input_value()
    panel.root.get_by_test_id("send-options").click()
    panel.root.get_by_test_id("fragments").fill("3")
    panel.root.get_by_test_id("message").press("Control+Enter")
    panel.row("receive", "9007199254740993", saw="●●●").click()
    panel.detail_tab("Frames")
    panel.root.get_by_test_id("frame").nth(2).wait_for()
    frames = [each.inner_text().replace("\n", " ") for each in panel.root.get_by_test_id("frame").all()]
    panel.root.get_by_test_id("fragments").fill("1")
    panel.root.get_by_test_id("connect-options").click()
    panel.fill_in(connect_path="/bytes", connect_name="binary")
    panel.root.get_by_test_id("connect-go").click()
    panel.client("binary", "open").wait_for()
    panel.root.get_by_test_id("from").select_option("binary")
    panel.root.get_by_test_id("as").select_option("hex")
    panel.send("00 01 fe")
    panel.row("send", "fe 01 00").wait_for()
    panel.root.get_by_test_id("as").select_option("base64")
    panel.send("aGVsbG8=")
    panel.row("send", "6f 6c 6c 65 68").wait_for()
    file = tmp_path / "three.bin"
    file.write_bytes(b"\x07\x08\x09")
    panel.root.get_by_test_id("as").select_option("file")
    panel.root.get_by_test_id("file").set_input_files(file)
    panel.root.get_by_test_id("file-about").get_by_text("three.bin, 3 B").wait_for()
    panel.root.get_by_test_id("send").click()
    panel.row("send", "09 08 07", saw="●●●").click()
    panel.detail_tab("Overview")
    panel.root.get_by_test_id("payload").filter(has_text=re.compile("^0000")).wait_for()

    assert refused == 0
    assert pretty == '{\n  "id": 9007199254740993,\n  "price": 1.0\n}'
    # The websockets library ends a message that it was given in pieces with an empty frame.
    assert len(frames) == 3
    assert ["opcode 0001" in frame for frame in frames] == [True] + [False] * (len(frames) - 1)
    assert ["FIN 1" in frame for frame in frames] == [False] * (len(frames) - 1) + [True]


def test_messages_are_said_again(start):
    """A saved message with a value to fill in, the history on the arrow keys, and one that repeats until it is stopped."""
    _, panel = start(START)
    panel.connect()
    message = panel.root.get_by_test_id("message")
    panel.send("first")
    panel.row("send", "you said: first").wait_for()
    message.fill("{{n}} for {{whom}}")
    panel.root.get_by_test_id("saved").click()
    panel.root.get_by_test_id("saved-name").fill("greeting")
    panel.root.get_by_test_id("saved-save").click()
    message.fill("something else")
    panel.root.get_by_test_id("saved").click()
    panel.root.get_by_test_id("saved-entry").filter(has_text="greeting").click()
    message.press("Control+Enter")
    panel.root.get_by_test_id("ask-value").fill("bob")
    panel.root.get_by_test_id("ask-send").click()
    panel.row("send", "you said: 1 for bob").wait_for()
    message.press("ArrowUp")
    message.press("ArrowUp")
    recalled = message.input_value()
    message.press("Control+Enter")
    panel.root.locator('[data-testid="row"][data-kind="receive"]:visible', has_text="first").nth(1).wait_for()
    message.fill("tick {{n}}")
    panel.root.get_by_test_id("send-options").click()
    panel.root.get_by_test_id("repeat-seconds").fill("0.1")
    panel.root.get_by_test_id("repeat").click()
    # One of them may be out of sight again before somebody looks.
    panel.row("send", re.compile(r"tick ([4-9]|\d\d)")).wait_for()
    panel.root.get_by_test_id("repeat").get_by_text("Stop").click()
    panel.root.get_by_test_id("send-state").filter(has_text=re.compile(r"stopped · \d+ sent")).wait_for()
    panel.root.locator('[data-testid="send"]:enabled').wait_for()

    assert recalled == "first"
