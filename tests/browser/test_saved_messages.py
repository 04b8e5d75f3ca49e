"""Saved messages: in folders, to a file and from one, with the mouse and with keys alone."""

from __future__ import annotations

import json
from pathlib import Path

import axe_playwright_python
import pytest

pytestmark = pytest.mark.browser

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")
FIXTURES = Path(__file__).parents[2] / "playground" / "ui" / "frontend" / "test" / "fixtures"
START = "import playground\npg = playground.start(ws_ping_interval=None)\npg"


class Saved:
    """The menu of saved messages of a panel."""

    def __init__(self, panel) -> None:
        self.panel = panel
        self.menu = panel.root.get_by_test_id("saved-menu")

    def open(self) -> None:
        self.panel.root.get_by_test_id("saved").click()
        self.menu.wait_for()

    def save(self, text: str, name: str, folder: str = "") -> None:
        self.panel.root.get_by_test_id("message").fill(text)
        self.open()
        self.panel.fill_in(saved_name=name, saved_folder=folder)
        self.menu.get_by_test_id("saved-save").click()
        self.menu.wait_for(state="hidden")

    def entry(self, name: str):
        return self.menu.get_by_test_id("saved-entry").filter(has_text=name)

    def folder(self, name: str):
        return self.menu.locator(f'[data-testid="saved-folder"][aria-label="{name}"]')

    def read(self, name: str, content: bytes) -> str:
        """Choose a file and return what is said about it."""
        says = self.menu.get_by_test_id("saved-file-says")
        file = {"name": name, "mimeType": "application/octet-stream", "buffer": content}
        self.menu.get_by_test_id("saved-file").set_input_files(file)
        says.filter(has_text=".").wait_for()
        return says.inner_text()


def test_a_collection_is_read_kept_written_and_read_again(start, shot):
    """What is no message is named; a mistake changes nothing; the file that is written has everything."""
    page, panel = start(START, width=1200, height=800)
    saved = Saved(panel)
    saved.save("hello {{whom}}", "greeting", "mine")
    saved.open()
    collection = (FIXTURES / "postman-v2.1.json").read_bytes()
    wrong = saved.read("cat.png", b"\x89PNG\r\n\x1a\n\xff\xfe.")
    after_mistake = saved.menu.get_by_test_id("saved-entry").count()
    first = saved.read("chat.json", collection)
    saved.folder("Chat server / rooms").get_by_test_id("saved-entry").filter(has_text="join").wait_for()
    left = saved.menu.locator(".wp-saved-left").inner_text()
    panel.root.get_by_test_id("saved-from-file").scroll_into_view_if_needed()
    shot(page, "saved-messages")
    page.add_script_tag(path=AXE)
    saved.menu.get_by_test_id("saved-change").last.click()
    findings = panel.violations()
    sticks_out = saved.menu.locator(".wp-saved-list").evaluate("list => list.scrollWidth - list.clientWidth")
    panel.set_theme("dark")
    findings += panel.violations()
    shot(page, "saved-messages-dark")
    again = saved.read("chat.json", collection)
    with page.expect_download() as download:
        saved.menu.get_by_test_id("saved-to-file").click()
    written = json.loads(download.value.path().read_text("utf-8"))
    saved.entry("join").click()

    assert (findings, sticks_out) == ([], 0)
    assert wrong == "cat.png is not text; choose an exported JSON file."
    assert after_mistake == 1
    assert first == "3 messages from Postman's collection “Chat server” were added; 8 could not be read."
    assert "2 with a form as body: upload, login form" in left
    assert again.startswith("0 messages from Postman's collection “Chat server” were added; 3 of 3 were here already")
    assert (written["format"], written["version"]) == ("websocket-playground-messages", 1)
    assert [(each.get("folder"), each["name"]) for each in written["messages"]] == [
        ("Chat server", "list of numbers"),
        ("Chat server / rooms", "join"),
        ("Chat server / rooms / inner∕deep", "say"),
        ("mine", "greeting"),
    ]
    assert '"join": "{{room_name}}"' in panel.root.get_by_test_id("message").input_value()
    assert panel.root.get_by_test_id("as").input_value() == "json"

    panel.connect()
    panel.root.get_by_test_id("send").click()
    values = panel.root.get_by_test_id("ask-value")
    values.first.wait_for()
    assert [value.input_value() for value in values.all()] == ["lobby", "7"]


def test_messages_are_found_moved_and_deleted_with_keys_alone(start):
    """Arrows go through them, F2 renames and moves, Delete deletes and can be undone, a search finds one of many."""
    page, panel = start(START, width=1200, height=800)
    saved = Saved(panel)
    cells = panel.count_cells()
    messages = [{"name": f"m{i:02}", "kind": "text", "data": f"text {i}", "folder": "many"} for i in range(11)]
    own = {"format": "websocket-playground-messages", "version": 1, "messages": messages}
    saved.open()
    saved.read("own.json", json.dumps(own).encode())
    page.keyboard.press("Escape")
    saved.menu.wait_for(state="hidden")
    panel.root.get_by_test_id("saved").press("Enter")
    search = saved.menu.get_by_test_id("saved-search")
    search.and_(page.locator(":focus")).wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("F2")
    page.keyboard.insert_text("renamed")
    page.keyboard.press("Tab")
    page.keyboard.press("Control+a")
    page.keyboard.insert_text("few")
    page.keyboard.press("Enter")
    moved = saved.folder("few").get_by_text("renamed")
    moved.wait_for()
    saved.entry("renamed").and_(page.locator(":focus")).wait_for()
    page.keyboard.press("F2")
    page.keyboard.press("Escape")
    page.keyboard.press("Delete")
    moved.wait_for(state="detached")
    page.keyboard.press("Enter")
    moved.wait_for()
    search.fill("many text 7")
    saved.entry("m01").wait_for(state="detached")
    found = saved.menu.get_by_test_id("saved-entry").all_inner_texts()
    search.press("Enter")

    assert [text.split()[0] for text in found] == ["m07"]
    assert panel.root.get_by_test_id("message").input_value() == "text 7"
    assert panel.count_cells() == cells
    assert panel.overflow() == 0
