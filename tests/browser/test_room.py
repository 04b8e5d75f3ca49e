"""How the panel uses its room: what is in sight at once, what is dragged, collapsed and remembered, and what it says aloud."""

from __future__ import annotations

import re

import pytest

pytestmark = pytest.mark.browser

CHAT = """class Chat(WebSocketEndpoint):
    encoding = "json"

    async def on_connect(self, websocket):
        await websocket.accept()
        print("room:", websocket.client)

    async def on_receive(self, websocket, data):
        await websocket.send_json({"say": data["say"], "from": "the room", "n": 1, "more": [1, 2, 3]})
"""
# Without the server's pings, which come after 20 seconds and are rows as well.
TALK = f"""import playground
pg = playground.start(ws_ping_interval=None)
pg.edit("/ws", {CHAT!r}, reset=True)
alice, bob = pg.connect("/ws", name="alice"), pg.connect("/ws", name="bob")
for number in range(8):
    alice.send('{{"say": "message number %d"}}' % number)
    alice.receive(timeout=60)
alice.send('{{"shout": true, "and": "a payload that goes on for a while"}}')
pg.log.wait_for("end", timeout=60)
bob.send('{{"say": "the last"}}')
bob.receive(timeout=60)
pg"""


def open_talk(start, **options):
    """Open the panel after a talk, and wait for its last row."""
    page, panel = start(TALK, **options)
    panel.row("send", "the last", saw="●●●").wait_for()
    panel.editor()
    return page, panel


def scroll_to(panel) -> None:
    """Bring the panel's upper edge to the top of the notebook."""
    panel.root.evaluate("root => root.scrollIntoView({ block: 'start' })")
    panel.page.wait_for_function(
        """root => {
            const outer = root.closest(".jp-WindowedPanel-outer").getBoundingClientRect();
            return Math.abs(root.getBoundingClientRect().top - outer.top) < 12;
        }""",
        arg=panel.root.element_handle(),
    )


IN_SIGHT = """(root, selector) => {
    const outer = root.closest(".jp-WindowedPanel-outer").getBoundingClientRect();
    return [...root.querySelectorAll(selector)].filter((element) => {
        const { left, top, bottom, height } = element.getBoundingClientRect();
        if (!element.checkVisibility() || !height || top < outer.top - 1 || bottom > outer.bottom + 1) return false;
        return [top + 2, bottom - 3].every((y) => element.contains(document.elementFromPoint(left + 8, y)));
    }).length;
}"""


def in_sight(panel, selector: str) -> int:
    """How many of the panel's elements are seen in full, without scrolling and with nothing above them."""
    return panel.root.evaluate(IN_SIGHT, selector)


def box(panel, testid: str) -> dict[str, float]:
    """Where an element is, in pixels of the page."""
    found = panel.root.get_by_test_id(testid).locator("visible=true").bounding_box()
    return {**found, "right": found["x"] + found["width"], "bottom": found["y"] + found["height"]}


@pytest.mark.parametrize(("width", "height"), [(1200, 800), (1366, 768)])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_laptop_shows_code_composer_and_eight_rows(start, shot, width, height, theme):
    """With the file browser open; a row that is opened stands beside the list, and the rows stay in sight."""
    page, panel = open_talk(start, width=width, height=height, dark=theme == "dark")
    page.run_command("application:toggle-left-area")
    page.wait_for_function("root => root.clientWidth < 1000", arg=panel.root.element_handle())
    scroll_to(panel)
    before = in_sight(panel, "[data-testid=row]")
    code = in_sight(panel, ".cm-line")
    composer = in_sight(panel, "[data-testid=message]"), in_sight(panel, "[data-testid=send]")
    bars = panel.root.locator(".wp-bar:visible, .wp-second-bar:visible").evaluate_all(
        "bars => bars.map((bar) => bar.offsetHeight)"
    )
    shot(page, f"room-{width}-{theme}")
    panel.row("send", "message number 7").click()
    panel.root.get_by_test_id("payload").wait_for()
    after = in_sight(panel, "[data-testid=row]")
    shot(page, f"room-{width}-{theme}-row")
    rows, detail = box(panel, "timeline"), box(panel, "detail")

    assert before >= 8
    assert after >= 8
    assert code >= 8
    assert composer == (1, 1)
    assert max(bars) < 42, bars
    assert detail["x"] >= rows["right"]
    assert detail["y"] < rows["y"] + 2
    assert panel.overflow() == 0


def test_an_error_has_a_line_of_its_own_and_the_data_its_width(start):
    """Beside an opened row the list is narrow: size and duration give way, the data does not."""
    page, panel = open_talk(start, width=1500, height=800)
    panel.set_width(1300)
    wide = panel.row("receive", "KeyError").evaluate("row => row.offsetHeight")
    panel.set_width(768)
    panel.row("receive", "message number 7").click()
    panel.root.get_by_test_id("payload").wait_for()
    failed = panel.root.locator('[data-testid="row"][data-higher="true"]:visible', has_text="KeyError")
    failed.wait_for()
    error = failed.locator(".wp-said-error")
    cut = error.evaluate("error => error.scrollWidth - error.clientWidth")
    below = error.evaluate(
        "error => error.getBoundingClientRect().top - error.parentElement.firstChild.getBoundingClientRect().bottom"
    )
    data = panel.root.locator(".wp-head .wp-c-data").evaluate("cell => cell.offsetWidth")
    list_width = box(panel, "timeline")["width"]
    tops = panel.root.locator('[data-testid="row"]:visible').evaluate_all(
        "rows => rows.map((row) => row.getBoundingClientRect()).sort((a, b) => a.top - b.top)"
        ".map(({ top, bottom }) => [Math.round(top), Math.round(bottom)])"
    )

    assert wide == 25
    assert cut <= 0
    assert below >= -3
    assert data >= 0.36 * list_width
    assert all(bottom == top for (_, bottom), (top, _) in zip(tops[:-1], tops[1:], strict=True)), tops


def test_what_is_chosen_is_remembered(start):
    """Lines between the parts are moved by keys and by the mouse, a double click undoes that, and a reload nothing."""
    page, panel = open_talk(start, width=1300, height=900)

    def split(name: str):
        return panel.root.get_by_test_id(f"split-{name}")

    def now(name: str) -> int:
        return int(split(name).get_attribute("aria-valuenow"))

    usual = {name: now(name) for name in ("work", "editor")}
    heights = [box(panel, "editor")["height"]]
    orientations = [split(name).get_attribute("aria-orientation") for name in ("work", "editor")]
    split("work").focus()
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    heights.append(box(panel, "editor")["height"])
    by_keys = now("work")
    page.keyboard.press("Home")
    least = now("work"), int(split("work").get_attribute("aria-valuemin"))
    split("work").dblclick()
    again = now("work")

    line = box(panel, "split-editor")
    page.mouse.move(line["x"], line["y"] + 40)
    page.mouse.down()
    page.mouse.move(line["x"] - 150, line["y"] + 40, steps=4)
    page.mouse.up()
    moved = box(panel, "split-editor")["x"] - line["x"]
    by_mouse = now("editor")
    panel.root.get_by_test_id("collapse-side").click()
    panel.root.get_by_test_id("expand-side").wait_for()
    panel.root.get_by_test_id("view-sequence").click()
    page.run_command("docmanager:save")
    page.reload()
    panel = type(panel)(page)
    panel.root.locator(".wp-seq-line").last.wait_for()
    panel.root.get_by_test_id("expand-side").click()
    panel.root.get_by_test_id("composer").wait_for()
    kept = now("editor")

    assert orientations == ["horizontal", "vertical"]
    assert by_keys == usual["work"] + 6
    assert heights[1] > heights[0] + 20
    assert least[0] == least[1]
    assert again == usual["work"]
    assert -155 < moved < -145
    assert by_mouse < usual["editor"]
    assert kept == by_mouse


def test_each_part_collapses_to_its_bar_and_comes_back(start, shot):
    """By its heading; the others take its room, the focus goes to what brings it back, and JupyterLab's style does not win."""
    page, panel = open_talk(start, width=1300, height=900)
    panel.row("send", "message number 7").click()
    panel.root.get_by_test_id("payload").wait_for()
    parts = {"editor": "editor", "side": "message", "timeline": "timeline", "detail": "payload"}
    taken, focused, styles = {}, {}, {}
    for pane, inside in parts.items():
        neighbour = {"editor": "message", "side": "editor", "timeline": "editor", "detail": "timeline"}[pane]
        before = box(panel, neighbour)
        panel.root.get_by_test_id(f"collapse-{pane}").press("Enter")
        panel.root.get_by_test_id(inside).locator("visible=true").wait_for(state="hidden")
        after = box(panel, neighbour)
        stub = panel.root.get_by_test_id(f"expand-{pane}")
        taken[pane] = after["width"] * after["height"] - before["width"] * before["height"]
        focused[pane] = stub.evaluate("stub => stub === document.activeElement")
        styles[pane] = stub.evaluate(
            "stub => (({ borderRadius, fontSize, fontWeight }) => [borderRadius, fontSize, fontWeight])"
            "(getComputedStyle(stub))"
        )
        shot(page, f"collapsed-{pane}")
        stub.press("Enter")
        panel.root.get_by_test_id(inside).locator("visible=true").wait_for()
        focused[pane] &= panel.root.get_by_test_id(f"collapse-{pane}").evaluate("it => it === document.activeElement")
    for pane in ("editor", "side"):
        panel.root.get_by_test_id(f"collapse-{pane}").click()
    rows = box(panel, "timeline")["height"]
    panel.root.get_by_test_id("collapse-timeline").click()
    low = panel.root.evaluate("root => root.offsetHeight")

    assert min(taken.values()) > 1000, taken
    assert focused == dict.fromkeys(parts, True)
    assert styles == dict.fromkeys(parts, ["0px", "12px", "600"])
    assert rows > 500
    assert low < 150


def test_every_width_has_its_columns(start, shot):
    """One column at 360 px, two above the timeline at 720, and four at 1,800, the last for the opened row."""
    page, panel = open_talk(start, width=2000, height=1000)
    panel.row("send", "message number 7").click()
    panel.root.get_by_test_id("payload").wait_for()
    placed, cut = {}, {}
    for theme in ("light", "dark"):
        panel.set_theme(theme)
        for width in (360, 720, 1800):
            panel.set_width(width)
            cut[width, theme] = panel.overflow()
            placed[width] = {name: box(panel, name) for name in ("editor", "message", "timeline", "detail")}
            shot(panel.root, f"room-{width}-{theme}")
    at = placed[1800]
    columns = [at[name] for name in ("editor", "message", "timeline", "detail")]
    one = [placed[360][name] for name in ("editor", "message", "timeline", "detail")]
    two = placed[720]

    assert set(cut.values()) == {0}
    assert all(left["right"] <= right["x"] for left, right in zip(columns[:-1], columns[1:], strict=True)), columns
    assert all(upper["bottom"] <= lower["y"] for upper, lower in zip(one[:-1], one[1:], strict=True)), one
    assert min(each["height"] for each in one) > 50
    assert two["editor"]["right"] <= two["message"]["x"]
    assert two["editor"]["bottom"] <= two["timeline"]["y"]
    assert two["timeline"]["right"] <= two["detail"]["x"]


def test_at_twice_the_size_the_timeline_is_on_the_first_two_screens(start):
    """1,200 × 800 at 200 % is a page of 600 × 400."""
    page, panel = open_talk(start, width=600, height=400)
    scroll_to(panel)
    screen = page.evaluate("() => document.querySelector('.jp-WindowedPanel-outer').clientHeight")
    panel_top = panel.root.bounding_box()["y"]
    # The elements of rows are in no order.
    upper = panel.root.locator('[data-testid="row"]:visible').evaluate_all(
        "rows => rows.map((row) => row.getBoundingClientRect().bottom).sort((a, b) => a - b)[2]"
    )

    assert upper - panel_top < 2 * 400
    assert box(panel, "view-list")["y"] - panel_top < 2 * screen
    assert panel.overflow() == 0


def test_forced_colours_leave_nothing_out_of_sight(start, shot):
    """What is selected, pressed, focused or drawn by a background has the system's highlight or a border."""
    page, panel = open_talk(start, width=1300, height=900)
    page.emulate_media(forced_colors="active")
    row = panel.row("send", "message number 7")
    row.click()
    panel.root.get_by_test_id("payload").wait_for()

    def colour(locator, name: str = "backgroundColor") -> str:
        return locator.evaluate("(element, name) => getComputedStyle(element)[name]", name)

    ground = colour(panel.root.locator(".wp-panel"))
    highlight = page.evaluate(
        """() => {
            const probe = document.body.appendChild(document.createElement("i"));
            probe.style.cssText = "forced-color-adjust: none; background: Highlight";
            const { backgroundColor } = getComputedStyle(probe);
            probe.remove();
            return backgroundColor;
        }"""
    )
    lit = {name: colour(panel.root.get_by_test_id(name)) for name in ("apply", "send", "view-list")}
    lit["selected row"] = colour(row)
    split = panel.root.get_by_test_id("split-work")
    # Only a focus that came by the keyboard is shown.
    page.keyboard.press("Tab")
    split.focus()
    outline = colour(split, "outlineStyle")
    glyph = row.locator(".wp-c-dir")
    shot(page, "forced-colours")

    assert highlight != ground
    assert lit == dict.fromkeys(lit, highlight)
    assert colour(panel.row("receive", "message number 6")) != highlight
    assert colour(split) != ground
    assert outline == "solid"
    assert colour(panel.root.locator(".wp-dot")) != ground
    assert colour(panel.root.locator(".wp-swatch").first, "borderTopStyle") == "solid"
    assert glyph.inner_text() == "←"
    assert glyph.get_attribute("aria-label") == "to the client"


SPOKEN = """root => {
    const said = (window.said = []);
    new MutationObserver((changes) => {
        for (const { target } of changes) {
            const element = target.nodeType === Node.ELEMENT_NODE ? target : target.parentElement;
            const region = element?.closest("[aria-live], [role=status], [role=alert], [role=log]");
            if (!region || region.getAttribute("aria-live") === "off" || !region.checkVisibility()) continue;
            said.push(`${region.dataset.testid ?? region.className}: ${region.textContent}`);
        }
    }).observe(root, { subtree: true, childList: true, characterData: true });
}"""


def test_counters_do_not_chatter(start):
    """Messages and failures by the dozen, and screen readers are told next to nothing; of a filter they hear once."""
    page, panel = open_talk(start)
    panel.root.evaluate(SPOKEN)
    panel.run_cell(
        5,
        """import threading
for number in range(120):
    bob.send('{"say": "traffic %d"}' % number)
    if number % 20 == 0:
        failing = pg.connect("/ws", name=f"failing-{number}")
        failing.send('{"shout": true}')
        pg.log.wait_for("end", timeout=60)
    # So that the panel draws many times meanwhile.
    threading.Event().wait(0.02)
bob.send('{"say": "traffic ends"}')""",
    )
    panel.row("send", "traffic ends", saw="●●●").wait_for()
    panel.root.get_by_test_id("count-kept").filter(has_text=re.compile(r"^[3-9]\d\d rows$")).wait_for()
    chatter = page.evaluate("() => window.said.splice(0)")
    panel.root.get_by_test_id("filter").fill("kind:send")
    result = panel.root.get_by_test_id("filter-result")
    result.filter(has_text=re.compile(r"^1\d\d of \d+ rows match the filter$")).wait_for()
    heard = page.evaluate("() => window.said.splice(0)")

    assert len(chatter) <= 3, chatter
    assert len([each for each in heard if each.startswith("filter-result")]) == 1, heard


IN_PANEL = """(element) => {
    const panel = element.closest(".websocket-playground").getBoundingClientRect(), { left, right } = element.getBoundingClientRect();
    return left >= panel.left && right <= panel.right;
}"""
FOCUS_ON = "testid => document.activeElement?.dataset.testid === testid"


def test_what_opens_is_seen_whole(start):
    """On a laptop beside the file browser: help for the filter, a new endpoint's buttons, why a connection ended."""
    _, panel = open_talk(start, width=1200, height=800)
    panel.set_width(750)
    panel.root.get_by_role("button", name="How to filter").click()
    assert panel.root.get_by_test_id("filter-help-menu").evaluate(IN_PANEL)
    panel.page.keyboard.press("Escape")

    panel.root.get_by_test_id("new-endpoint").click()
    form, create = (panel.root.get_by_test_id(name) for name in ("new-endpoint-form", "new-endpoint-create"))
    around, inner = form.bounding_box(), create.bounding_box()
    assert inner["y"] + inner["height"] < around["y"] + around["height"]
    panel.page.keyboard.press("Escape")

    panel.row("end").click()
    verdict = panel.root.get_by_test_id("why")
    verdict.wait_for()
    assert verdict.bounding_box()["y"] < panel.root.get_by_test_id("accounts").bounding_box()["y"]


def test_a_mistake_is_told_whole_and_out_of_the_way_afterwards(start):
    """The button gets wider with what it would do next; its message, and a long error in the list, are cut off visibly."""
    page, panel = open_talk(start, width=1200, height=800)
    panel.set_width(750)
    panel.root.get_by_test_id("from").select_option(label="bob")
    panel.root.get_by_test_id("as").select_option("text")
    panel.send("no JSON")
    card = panel.root.get_by_test_id("send-card")
    card.filter(has_text="1003").wait_for()
    long = panel.row("receive", "no JSON").locator(".wp-said-error")
    assert long.evaluate("element => element.scrollHeight > element.clientHeight")
    assert long.evaluate(IN_PANEL)

    panel.root.get_by_test_id("timeline").click()
    card.wait_for(state="hidden")

    panel.root.get_by_test_id("send").click()
    card.filter(has_text="reconnected bob").wait_for()
    page.wait_for_function(FOCUS_ON, arg="send")
    panel.root.get_by_test_id("connect").click()
    panel.client("c1", "open").wait_for()
    page.wait_for_function(FOCUS_ON, arg="connect")


def test_the_composer_has_one_bar_beside_the_code(start):
    """At both sizes of a laptop: also with JSON, and with the server as the sender, whose choices are long."""
    _, panel = open_talk(start, width=1366, height=768)
    sender = panel.root.get_by_test_id("from")
    sender.select_option(label="server → bob")
    for width in (919, 750):
        panel.set_width(width)
        panel.root.get_by_test_id("format").wait_for()
        middles = [
            box["y"] + box["height"] / 2
            for box in (
                panel.root.get_by_test_id(name).bounding_box()
                for name in ("from", "as", "format", "saved", "send-options")
            )
        ]
        assert max(middles) - min(middles) < 4, width
    assert sender.get_attribute("title") == "server → bob"


def test_no_control_is_cut_off_in_the_narrowest_panel(start):
    """JupyterLab on a phone of 360 pixels leaves the panel 229."""
    _, panel = open_talk(start, width=1200, height=800)
    panel.root.get_by_test_id("as").select_option("text")
    panel.send("no JSON")
    panel.root.get_by_test_id("send").get_by_text("Reconnect and send").wait_for()
    panel.set_width(229)
    for name in ("power", "apply", "connect", "connect-options", "all-clients", "from", "message", "send"):
        assert panel.root.get_by_test_id(name).evaluate(IN_PANEL), name
