"""What is copied as JavaScript runs in a browser, on the playground's own page, and does what the row's client did."""

import pytest

pytestmark = pytest.mark.browser

ROOM = """
class Room(WebSocketEndpoint):
    encoding = None

    async def on_connect(self, websocket):
        offered = websocket.scope["subprotocols"]
        await websocket.accept(subprotocol=offered[-1] if offered else None)

    async def on_receive(self, websocket, data):
        await (websocket.send_text(data) if isinstance(data, str) else websocket.send_bytes(data))
"""
MESSAGES = ['it\'s "quoted" \\ `${1}` </script>', "two\nlines\u2028", "zero \0 byte", "日本 🎈", "", b"\x00\xff\n", b""]


def test_messages_and_a_close_from_a_browser(browser, pg):
    """Text and bytes as they were, with query and subprotocols; the code and reason of a close."""
    pg.edit("/room", ROOM)
    with pg.connect("/room?to=a%20b", name="alice", subprotocols=["v2", "v1"], headers={"X-Room": "1"}) as alice:
        for message in MESSAGES:
            alice.send(message)
            alice.receive()
        alice.close(4001, "it's done")
    pg.log.wait_for("end")
    rows = [*pg.log.rows("kind:receive"), *pg.log.rows("kind:disconnect")]
    page = browser.new_context().new_page()
    page.goto(pg.http_url)
    done = []
    for row in rows:
        before = pg.log.total
        page.evaluate(f"() => {{ {pg.copy_as('javascript', row.seq)} }}")
        done.append(pg.log.find(pg.log.wait_for(row.kind, "path:/room", since=before, timeout=60).seq))
    page.context.close()
    request = done[0].record.connection.request
    end = done[-1].record.connection.ending

    assert [row.data for row in done[:-1]] == MESSAGES
    assert request.data == "GET /room?to=a%20b"
    assert dict(request.headers)[b"sec-websocket-protocol"] == b"v2, v1"
    assert (end.close_in.code, end.close_in.reason) == (4001, "it's done")
