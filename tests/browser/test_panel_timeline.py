"""The timeline: every happening a row, every row a story that can be opened."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

ROOM = """class Room(WebSocketEndpoint):
    encoding = "json"

    async def on_connect(self, websocket):
        await websocket.accept()

    async def on_receive(self, websocket, data):
        print("was told", len(data), "things")
        await websocket.send_text('{"id": 9007199254740993, "price": 1.0, "say": "%s"}' % data["say"])
"""
ALICE = f"""import playground
pg = playground.start()
pg.edit("/ws", {ROOM!r}, reset=True)
alice = pg.connect("/ws?token=abc", name="alice", headers={{"X-Room": "blue"}})
pg"""
# Without the server's pings, which come after 20 seconds and are rows as well.
QUIET = ALICE.replace("start()", "start(ws_ping_interval=None)")
EXPLOSIVE = "<img src=x onerror=alert(1)>"


def copy_as(panel, name):
    """Press the button that copies the opened row in a format, and return what the clipboard holds when it says so."""
    if panel.root.get_by_test_id("copies").is_hidden():
        panel.root.get_by_test_id("copy").click()
    button = panel.root.locator(f'[data-testid="copy-row"][data-format="{name}"]')
    shown = button.inner_text()
    button.click()
    panel.root.get_by_test_id("copy-state").get_by_text(f"copied as {shown} ·").wait_for()
    return panel.page.evaluate("navigator.clipboard.readText()")


def test_an_opened_row_tells_its_story(start):
    """Three accounts, the payload as it was written, each bit of each frame, both heads of the handshake, the times."""
    page, panel = start(ALICE)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    alarms = []
    page.on("dialog", lambda dialog: (alarms.append(dialog.message), dialog.dismiss()))
    panel.send(f'{{"say": "{EXPLOSIVE}"}}')
    panel.row("on_connect", saw="··●").wait_for()
    panel.row("receive", saw="●●●").wait_for()
    panel.row("send", EXPLOSIVE, saw="●●●").click()
    detail = panel.root.get_by_test_id("detail")
    detail.get_by_text(re.compile("^Times")).wait_for()
    accounts = [each.inner_text() for each in detail.locator(".wp-account").all()]
    payload = detail.get_by_test_id("payload").inner_text()
    panel.row("receive").locator(".wp-delta", has_text=re.compile(r"^−[\d.]+ (µs|ms|s)$")).wait_for()
    panel.detail_tab("Frames")
    bits = detail.get_by_test_id("frame").first.inner_text().replace("\n", " ")

    assert [account.split("\n")[0] for account in accounts] == ["CLIENT SAW", "ON THE WIRE", "HANDLER SENT"]
    assert "TEXT" in accounts[1]
    assert '"id": 9007199254740993,' in payload
    assert '"price": 1.0,' in payload
    assert payload.startswith('{\n  "id"'), payload
    for part in ("FIN 1", "RSV1", "opcode 0001", "MASK 0", "payload length"):
        assert part in bits, bits

    panel.row("connect").click()
    detail.get_by_test_id("handshake").nth(1).wait_for()
    masked = detail.get_by_test_id("handshake").first.inner_text()
    panel.root.get_by_test_id("show-secrets").click()
    detail.get_by_text("GET /ws?token=abc HTTP/1.1").wait_for()
    request, response = [each.inner_text() for each in detail.get_by_test_id("handshake").all()]
    narrowest = detail.locator("dt").evaluate_all("names => Math.min(...names.map((name) => name.offsetWidth))")
    panel.row("receive").click()
    panel.detail_tab("Overview")
    copied = {name: copy_as(panel, name) for name in ("pg", "websocat", "JSON", "text")}
    unable = panel.root.locator('[data-testid="copy-row"][aria-disabled="true"]')
    why = {each.get_attribute("data-format"): each.get_attribute("title") for each in unable.all()}
    page.evaluate("() => void (navigator.clipboard.writeText = () => Promise.reject(new Error('not allowed')))")
    panel.root.locator('[data-testid="copy-row"][data-format="python"]').click()
    panel.root.get_by_test_id("copy-state").get_by_text("The browser did not let the panel copy").wait_for()
    by_hand = panel.root.get_by_test_id("copied-text").input_value()
    page.keyboard.press("Escape")
    panel.root.get_by_test_id("copies").wait_for(state="hidden")

    assert why.keys() == {"curl", "python -m websockets"}
    assert "# write the values in place of (masked): query token\n" in by_hand
    assert 'additional_headers={"X-Room": "blue"}' in by_hand
    assert narrowest > 100, "the notebook's own style for lists breaks the names of headers into pieces"
    assert "GET /ws?token=(masked) HTTP/1.1" in masked
    assert "GET /ws?token=abc HTTP/1.1" in request
    assert re.search(r"(?i)x-room\s+blue", request), request
    assert "101 Switching Protocols" in response
    assert re.search(r"(?i)sec-websocket-accept", response)
    assert copied["pg"] == f"""pg.clients["alice"].send('{{"say": "{EXPLOSIVE}"}}')"""
    assert "| websocat -n -0 'ws://" in copied["websocat"]
    assert '"kind": "receive"' in copied["JSON"]
    assert "was told 1 things" in copied["text"]
    assert panel.root.locator("img").count() == 0
    assert alarms == []


def test_what_turns_the_direction_of_writing_is_written_out(start):
    """In the list, in the opened row and in the diagram; otherwise a peer's text would turn what stands around it."""
    _, panel = start(QUIET)
    panel.send('{"say": "user\\u202egnp.exe \\u001b[31m"}')
    shown = "user\\u202egnp.exe"
    panel.root.locator('[data-testid="client"][data-name="alice"]').wait_for()
    pg_row = panel.row("send", shown, saw="●●●")
    pg_row.click()
    panel.root.get_by_test_id("detail").get_by_test_id("payload").get_by_text(shown).wait_for()
    panel.root.get_by_test_id("view-sequence").click()
    panel.root.get_by_test_id("sequence").get_by_text(shown).first.wait_for(state="attached")

    assert "\u202e" not in panel.root.inner_text()


def test_a_failing_handler_ends_in_a_verdict(start):
    """The last row says what each witness was told of the end; opened, it says why they differ and what to do."""
    page, panel = start(ALICE)
    panel.send('{"shout": true}')
    short = "client saw 1006 · no Close frame on the wire · handler was told 1011"
    end = panel.row("end", short, saw="◐◐◐")
    end.click()
    why = panel.root.get_by_test_id("why")
    why.wait_for()
    detail = panel.root.get_by_test_id("detail")
    accounts = [each.inner_text() for each in detail.locator(".wp-account").all()]
    show_line = why.get_by_role("button", name="show line 9", exact=True)
    show_line.press("Enter")
    panel.editor().locator(".cm-activeLine").filter(has_text='data["say"]').wait_for()
    in_editor = panel.editor().evaluate("content => content.contains(content.getRootNode().activeElement)")
    panel.run_cell(5, f"pg.edit('/ws', {ROOM!r} + '# more')")
    # The editor now has another version than the one that raised.
    show_line.wait_for(state="hidden")
    panel.root.get_by_test_id("chip-differ").click()
    panel.row("receive").wait_for(state="hidden")

    assert "1006" in accounts[0]
    assert "no Close frame" in accounts[1]
    assert "1011" in accounts[2]
    assert "KeyError: 'say' at line 9" in accounts[2]
    assert in_editor
    assert "sent no Close frame" in why.inner_text()
    assert why.locator(".wp-advice").inner_text()
    assert end.is_visible()


def test_rows_are_found_again(start):
    """A filter, chips, and a mistake that is shown at its place; numbers and a curve tell what became of the traffic."""
    page, panel = start(ALICE)
    for number in range(3):
        panel.send(f'{{"say": "number {number}"}}')
        panel.row("send", f"number {number}", saw="●●●").wait_for()
    panel.root.get_by_test_id("ping").click()
    ping = panel.row("ping", "pong after")
    ping.wait_for()
    panel.root.get_by_test_id("chip-heartbeats").click()
    ping.wait_for(state="hidden")
    written = panel.root.get_by_test_id("filter").input_value()
    panel.root.get_by_test_id("chip-heartbeats").click()
    ping.wait_for()
    panel.root.get_by_test_id("filter").fill('kind:send json.say="number 1"')
    panel.row("send", "number 2").wait_for(state="hidden")
    found = panel.root.locator('[data-testid="row"]:visible').all_inner_texts()
    panel.root.get_by_test_id("shown").filter(has_text=re.compile(r"^1 of \d+")).wait_for()
    panel.root.get_by_test_id("filter").fill("kind:send size>many")
    mistake = panel.root.get_by_test_id("filter-mistake")
    mistake.wait_for()
    marked = mistake.locator("mark").inner_text()
    still = panel.root.locator('[data-testid="row"]:visible').all_inner_texts()
    panel.root.get_by_test_id("filter").press("Escape")
    mistake.wait_for(state="hidden")
    panel.root.get_by_test_id("chip-messages").click()
    panel.row("connect").wait_for(state="hidden")
    messages = panel.row("receive").is_visible()
    panel.root.get_by_test_id("chip-errors").click()
    either = panel.root.get_by_test_id("filter").input_value()
    panel.root.get_by_test_id("chip-errors").click()
    panel.root.get_by_test_id("chip-messages").click()
    neither = panel.root.get_by_test_id("filter").input_value()
    panel.root.get_by_test_id("chip-client").get_by_text("alice").click()
    panel.row("start").wait_for(state="hidden")
    traffic = panel.root.get_by_test_id("traffic")
    traffic.and_(page.get_by_label("messages in the last second")).wait_for()
    panel.root.get_by_test_id("handler-times").and_(page.get_by_label("half took under")).wait_for()
    panel.root.get_by_test_id("count-kept").filter(has_text=re.compile(r"^[1-9]\d* rows$")).wait_for()

    assert written == "-kind:ping,pong"
    assert len(found) == 1
    assert "number 1" in found[0]
    assert "many" in marked
    assert still == found
    assert messages
    assert either == "is:messages,errors"
    assert neither == ""
    assert panel.row("receive").is_visible()
    assert panel.root.get_by_test_id("count-spilled").is_hidden()
    assert panel.root.get_by_test_id("count-dropped").is_hidden()


def test_a_paused_list_loses_nothing(start):
    """Rows wait while it is held still; a reader who scrolled up is told of new ones and jumps to them."""
    page, panel = start(ALICE)
    panel.root.get_by_test_id("pause").click()
    panel.run_cell(5, """for number in range(60):\n    alice.send('{"say": "number %d"}' % number)""")
    panel.root.get_by_test_id("jump").filter(has_text=re.compile(r"^1\d\d new while paused")).wait_for()
    held = panel.row("receive").count()
    panel.root.get_by_test_id("pause").click()
    panel.row("send", "number 59").wait_for()
    panel.root.get_by_test_id("filter").fill("dir:in kind:receive")
    panel.root.get_by_test_id("shown").filter(has_text="60 of ").wait_for()
    panel.root.get_by_test_id("filter").fill("")
    panel.row("send", "number 59").wait_for()
    panel.root.get_by_test_id("timeline").hover()
    page.mouse.wheel(0, -5000)
    panel.row("start").wait_for()
    panel.send('{"say": "the latest"}')
    jump = panel.root.get_by_test_id("jump")
    jump.filter(has_text="new: jump to the latest").click()
    panel.row("send", "the latest").wait_for()
    jump.wait_for(state="hidden")

    assert held == 0


def test_the_same_rows_as_a_diagram_and_as_files(start, tmp_path):
    """What the list shows is also drawn as a sequence, and saved as the kernel writes it; an edit tells its diff."""
    page, panel = start(QUIET)
    panel.send('{"say": "hello"}')
    for kind in ("receive", "send"):
        panel.row(kind, "hello", saw="●●●").wait_for()
    panel.run_cell(5, f"pg.edit('/ws', {ROOM.replace('print', '# print')!r})")
    edit = panel.row("edit", "/ws v3")
    edit.wait_for()
    rows = panel.root.locator('[data-testid="row"]:visible')
    kinds = rows.evaluate_all("rows => rows.map((row) => row.dataset.kind)")
    panel.root.get_by_test_id("view-sequence").click()
    sequence = panel.root.get_by_test_id("sequence")
    lines = sequence.locator(".wp-seq-line")
    lines.last.wait_for()
    drawn = lines.evaluate_all("lines => lines.map((line) => line.dataset.kind)")
    names = sequence.locator(".wp-seq-name").all_inner_texts()
    sequence.locator('[data-kind="send"]').first.click()
    panel.root.get_by_test_id("payload").wait_for()
    panel.root.get_by_test_id("view-list").click()
    panel.root.locator('[data-testid="row"][data-kind="send"][aria-selected="true"]').wait_for()
    edit.click()
    diff = panel.root.get_by_test_id("edit-diff")
    diff.wait_for()
    panel.root.get_by_test_id("save").click()
    saved = {}
    for name in ("csv", "jsonl", "har", "mermaid"):
        with page.expect_download() as download:
            panel.root.get_by_test_id(f"save-{name}").click()
        file = tmp_path / download.value.suggested_filename
        download.value.save_as(file)
        saved[file.name] = Path(file).read_text("utf-8")

    assert sorted(drawn) == sorted(kinds)
    assert names == ["alice", "server"]
    assert "# print" in diff.inner_text()
    assert set(saved) == {"timeline.csv", "timeline.jsonl", "timeline.har", "timeline.mmd"}
    assert saved["timeline.csv"].count("\n") == len(kinds) + 1
    assert saved["timeline.jsonl"].count('"kind": ') == len(kinds)
    assert "9007199254740993" in saved["timeline.jsonl"]
    assert saved["timeline.mmd"].startswith("sequenceDiagram")


BEATS = (
    QUIET.removesuffix("pg")
    + """bob = pg.connect("/ws", name="bob")
alice.send('{"say": "before"}')
pg.log.wait_for("client_receive")
for _ in range(6):
    alice.ping()
    bob.ping()
pg"""
)


@pytest.mark.parametrize("view", ["list", "sequence"])
def test_heartbeats_are_folded_until_they_are_opened(start, view):
    """One line per client; a click or Enter shows each of them and hides them again, and a filter that asks for them."""
    _, panel = start(BEATS)
    panel.root.get_by_test_id(f"view-{view}").click()
    role = "row" if view == "list" else "treeitem"
    what = '[data-kind="ping"]:not([aria-expanded])'
    folds = panel.root.locator(f'[role="{role}"][aria-expanded]:visible')
    beats = panel.root.locator(f'[role="{role}"]{what}:visible')
    folds.nth(1).wait_for()
    texts = folds.all_text_contents()
    before = panel.root.locator(f'[role="{role}"][data-kind="send"]:visible').count()
    folds.first.click()
    beats.nth(5).wait_for()
    opened = folds.first.get_attribute("aria-expanded"), beats.count()
    folds.first.click()
    beats.first.wait_for(state="hidden")
    view_of_rows = panel.root.get_by_test_id("timeline" if view == "list" else "sequence")
    view_of_rows.press("End")
    view_of_rows.press("Enter")
    beats.nth(5).wait_for()
    view_of_rows.press("Enter")
    beats.first.wait_for(state="hidden")
    panel.root.get_by_test_id("filter").fill("kind:ping client:bob")
    beats.nth(5).wait_for()

    assert [re.search(r"×6 · last [\d.]+ (µs|ms)", text) is not None for text in texts] == [True, True]
    assert before == 1
    assert opened == ("true", 6)
    assert folds.count() == 0
