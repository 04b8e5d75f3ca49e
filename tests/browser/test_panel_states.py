"""The panel at every width and in both themes, for eyes, for keys, and in its less usual states."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser

CHAT = """class Chat(WebSocketEndpoint):
    encoding = "json"
    members = set()

    async def on_connect(self, websocket):
        await websocket.accept()
        self.members.add(websocket)
        print("room:", len(self.members))

    async def on_receive(self, websocket, data):
        for member in self.members:
            await member.send_json({"say": data["say"], "from": "the room"})

    async def on_disconnect(self, websocket, close_code):
        self.members.discard(websocket)
"""
# Without the server's pings, which come after 20 seconds and would then be the last row.
TALK = f"""import playground
pg = playground.start(ws_ping_interval=None)
pg.edit("/ws", {CHAT!r}, reset=True)
alice, bob = pg.connect("/ws?token=abc", name="alice"), pg.connect("/ws", name="bob")
alice.send('{{"say": "hello"}}')
[client.receive(timeout=60) for client in (alice, bob)]
pg.edit("/ws", {CHAT.replace("the room", "everybody")!r})
bob.ping()
bob.send('{{"say": "a longer message, which goes on and on until a narrow column has to cut it off somewhere"}}')
[client.receive(timeout=60) for client in (alice, bob)]
alice.send('{{"shout": true}}')
pg.log.wait_for("end", timeout=60)
pg"""


def test_the_panel_is_for_eyes_at_every_width(start, shot):
    """Nothing is cut off sideways in one or two columns, as a list, a diagram and with a row opened, light and dark."""
    page, panel = start(TALK, height=2000)
    panel.row("end").wait_for()
    overflow = {}

    def look(name: str) -> None:
        shot(panel.root, f"panel-{name}")
        overflow[name] = panel.overflow()

    for theme in ("light", "dark"):
        panel.set_theme(theme)
        for width in (360, 720, 1200):
            panel.set_width(width)
            look(f"{width}-{theme}")
            panel.root.get_by_test_id("timeline").press("End")
            panel.root.get_by_test_id("why").wait_for()
            look(f"{width}-{theme}-end")
            panel.root.get_by_test_id("detail-close").click()
            panel.row("receive", "hello").click()
            panel.root.get_by_test_id("payload").wait_for()
            look(f"{width}-{theme}-row")
            if theme == "dark":
                panel.detail_tab("Frames")
                panel.root.get_by_test_id("frame").wait_for()
                look(f"{width}-{theme}-frames")
                panel.detail_tab("Overview")
            panel.root.get_by_test_id("detail-close").click()
            panel.root.get_by_test_id("view-sequence").click()
            panel.root.locator(".wp-seq-line").last.wait_for()
            look(f"{width}-{theme}-sequence")
            panel.root.get_by_test_id("view-list").click()

    assert {name for name, much in overflow.items() if much} == set()


def test_nothing_is_squeezed_or_cut_off(start):
    """With edited code the endpoint can still be read and Apply is in its bar; menu and accounts stay inside."""
    _, panel = start(TALK, height=1600)
    panel.row("end").wait_for()
    panel.type_code(CHAT)
    panel.root.get_by_test_id("edited").wait_for()
    select, apply = panel.root.get_by_test_id("endpoint-select"), panel.root.get_by_test_id("apply")
    bar = panel.root.locator(".wp-endpoint > .wp-bar")
    chosen, beside, lines = {}, {}, {}
    for width in (720, 768, 934, 1020, 1200):
        panel.set_width(width)
        chosen[width] = select.evaluate("select => select.offsetWidth")
        beside[width] = right(bar) - right(apply)
        lines[width] = bar.evaluate("bar => bar.offsetHeight > 50 ? 2 : 1")
    panel.root.get_by_test_id("timeline").press("End")
    panel.root.get_by_test_id("why").wait_for()
    titles = panel.root.locator(".wp-account h4").evaluate_all("titles => titles.map((title) => title.offsetHeight)")
    panel.set_width(480)
    panel.root.get_by_test_id("save").click()
    menu = panel.root.get_by_test_id("save-menu").bounding_box()
    frame = panel.root.bounding_box()

    assert min(chosen.values()) >= 75, chosen
    assert min(beside.values()) >= 7, beside
    assert set(lines.values()) == {1}, lines
    assert max(titles) < 20, titles
    assert frame["x"] <= menu["x"]
    assert menu["x"] + menu["width"] <= frame["x"] + frame["width"]


def test_sizes_and_times_are_whole_and_a_long_name_leaves_room(start):
    """Also in a narrow list, where a number without its unit would be another one; and in the frozen picture."""
    name = "a-name-of-" * 8
    talk = f"pg.connect('/ws', name={name!r}).send('{{\"say\": \"' + 'x' * 123_456 + '\"}}')\n"
    page, panel = start(TALK.replace("alice.send('{\"shout", f"{talk}alice.receive(timeout=60)\nalice.send('{{\"shout"))
    panel.row("end").wait_for()
    panel.root.get_by_test_id("filter").fill("size>100000")
    panel.row("receive", "xxx").wait_for()
    cut = {}
    for width in (640, 700, 860, 1200):
        panel.set_width(width)
        cut[width] = panel.root.locator(".wp-row:visible :is(.wp-c-size, .wp-c-took)").evaluate_all(
            "cells => cells.filter((cell) => cell.scrollWidth > cell.clientWidth).map((cell) => cell.textContent)"
        )
    panel.run_cell(5, "playground.freeze(pg)")
    picture = page.locator(".wp-frozen:visible")
    picture.wait_for()
    names = picture.locator("tr", has_text=name).first.locator("td").nth(1)

    assert cut == {640: [], 700: [], 860: [], 1200: []}
    assert names.evaluate("cell => cell.offsetWidth") < 200


def test_the_frozen_picture_is_a_table_to_read(start):
    """JupyterLab's style for tables does not win: short columns are one line, and the data takes what they leave."""
    page, panel = start(TALK, width=1000)
    panel.row("end").wait_for()
    panel.run_cell(5, "playground.freeze(pg)")
    picture = page.locator(".wp-frozen:visible")
    picture.wait_for()
    cells = picture.locator("tr", has_text="a longer message").last.locator("td")
    lines = cells.evaluate_all(
        """cells => cells.map((cell) => {
            const range = document.createRange();
            range.selectNodeContents(cell);
            return new Set([...range.getClientRects()].map(({ top }) => top)).size;
        })"""
    )
    aligned = set(cells.evaluate_all("cells => cells.map((cell) => getComputedStyle(cell).textAlign)"))
    cut = picture.evaluate("picture => picture.scrollWidth - picture.clientWidth")

    assert aligned == {"left"}
    assert lines[4] > 1, "the picture is too wide to show how a long payload wraps"
    assert max(lines[:4] + lines[5:]) == 1
    assert cut <= 0


def right(element) -> float:
    """Where an element ends, in pixels of the page."""
    box = element.bounding_box()
    return box["x"] + box["width"]


def test_a_person_is_never_left_alone(start, shot):
    """The first start, a stopped server and a restarted kernel each say what to do; what was typed is offered again."""
    page, panel = start()
    panel.root.get_by_text("Nobody is connected. Press + Connect").wait_for()
    panel.root.get_by_test_id("clear").click()
    panel.root.get_by_test_id("empty").get_by_text("Press + Connect, then send a message").wait_for()
    panel.connect()
    panel.root.get_by_test_id("power").click()
    panel.root.get_by_test_id("state").get_by_text("Stopped").wait_for()
    panel.client("c1", "closed").get_by_text("closed 1012").wait_for()
    shot(page, "stopped")
    panel.root.locator('[data-testid="connect"]:disabled').wait_for()
    panel.row("stop").wait_for()
    panel.root.get_by_test_id("power").get_by_text("Start").click()
    panel.root.get_by_test_id("state").get_by_text("Running").wait_for()
    panel.editor().press("Control+End")
    page.keyboard.insert_text("# typed before the restart")
    panel.root.get_by_test_id("edited").wait_for()
    page.evaluate("() => { window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart() }")
    panel.root.get_by_test_id("state").get_by_text("No kernel").wait_for()
    panel.root.get_by_text("Run the cell again").first.wait_for()
    panel.row("accept").wait_for()
    panel.wait_until_idle()
    panel.run_cell(2)
    offer = panel.root.get_by_test_id("old-draft")
    offer.get_by_text("before the kernel restarted").wait_for()
    shot(page, "restarted")
    panel.root.get_by_test_id("old-draft-restore").click()

    panel.editor().get_by_text("# typed before the restart").wait_for()


def test_two_views_are_one_playground(start, shot):
    """A second cell shows the same panel: rows, clients and edits in one are in the other, its own view of them is not."""
    page, panel = start()
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:insert-cell-below')")
    panel.run_cell(3, "pg")
    roots = page.get_by_test_id("playground")
    roots.nth(1).wait_for()
    other = type(panel)(page, roots.nth(1))
    panel.connect()
    panel.send("from the first")
    other.row("send", "from the first").click()
    other.root.get_by_test_id("payload").wait_for()
    other.type_code("class Other(WebSocketEndpoint): pass\n")
    panel.editor().get_by_text("class Other").wait_for()
    other.client("c1", "open").wait_for()
    shot(page, "two-views")

    assert panel.root.get_by_test_id("detail").is_hidden()
