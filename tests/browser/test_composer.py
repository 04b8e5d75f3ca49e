"""The composer knows what the endpoint takes, and says what became of a message."""

from __future__ import annotations

import re

import pytest

pytestmark = pytest.mark.browser

ENDPOINTS = """
import playground
pg = playground.start(ws_ping_interval=None)
CODE = '''class Takes(WebSocketEndpoint):
    encoding = "{}"

    async def on_receive(self, websocket, data):
        await websocket.send_text(f"got {{data!r}}")
'''
for encoding in ("text", "json", "bytes"):
    pg.edit(f"/{encoding}", CODE.format(encoding), reset=True)
pg
"""


def connect(panel, path: str, name: str) -> None:
    panel.root.get_by_test_id("connect-options").click()
    panel.fill_in(connect_path=path, connect_name=name)
    panel.root.get_by_test_id("connect-go").click()
    panel.client(name, "open").wait_for()


def test_the_kind_of_message_follows_the_sender_and_what_is_refused_is_said(start, shot):
    """Text, JSON and bytes for their endpoints; a choice by hand stays; before a refusal a warning, after it the truth."""
    page, panel = start(ENDPOINTS)
    composer, state = panel.root, panel.root.get_by_test_id("send-state")
    kinds = {}
    for name in ("text", "json", "bytes"):
        connect(panel, f"/{name}", name)
        kind = {"text": "text", "json": "json", "bytes": "utf8"}[name]
        page.wait_for_function(
            "([as, kind]) => as.value === kind", arg=[composer.get_by_test_id("as").element_handle(), kind]
        )
        kinds[name] = composer.get_by_test_id("as").input_value()
    panel.send("hello")
    panel.row("send", "got b'hello'").wait_for()
    composer.get_by_test_id("from").select_option("json")
    composer.get_by_test_id("as").select_option("text")
    state.filter(has_text="/json expects JSON: Starlette will close the connection with 1003").wait_for()
    composer.get_by_test_id("from").select_option("text")
    composer.get_by_test_id("from").select_option("json")
    by_hand = composer.get_by_test_id("as").input_value()
    composer.get_by_test_id("send-options").click()
    composer.get_by_test_id("fragments").fill("3")
    composer.get_by_test_id("send-options").click()
    fragments = composer.get_by_test_id("in-fragments").inner_text()
    composer.get_by_test_id("from").select_option("*")
    composer.get_by_test_id("as").select_option("text")
    state.filter(has_text=re.compile(r"^2 of 3 \(json, bytes\) will be closed with 1003")).wait_for()
    shot(page, "composer-warns")
    composer.get_by_test_id("send").click()
    state.filter(has_text="sent to 3; 2 were closed with 1003").wait_for()
    tone = state.get_attribute("data-tone")
    shot(page, "composer-tells-the-truth")
    panel.client("json", "closed").wait_for()
    panel.row("send", "got 'hello'").wait_for()
    composer.get_by_test_id("in-fragments").get_by_role("button").click()
    composer.get_by_test_id("in-fragments").wait_for(state="hidden")

    assert kinds == {"text": "text", "json": "json", "bytes": "utf8"}
    assert by_hand == "text"
    assert fragments.split() == ["in", "3", "fragments", "✕"]
    assert tone == "bad"


def test_an_edit_changes_the_kind_of_message(start):
    """The sender stays, what its endpoint takes does not."""
    page, panel = start(ENDPOINTS)
    connect(panel, "/text", "ann")
    panel.root.get_by_test_id("endpoint-select").select_option("websocket /text")
    panel.editor().get_by_text('encoding = "text"').wait_for()
    panel.type_code(
        'class Takes(WebSocketEndpoint):\n    encoding = "json"\n\n    async def on_receive(self, websocket, data):\n'
        "        await websocket.send_json(data)\n"
    )
    panel.root.get_by_test_id("apply").click()
    panel.report("v2 (is )?live")
    page.wait_for_function("as => as.value === 'json'", arg=panel.root.get_by_test_id("as").element_handle())
    panel.send('{"n": 1.0}')
    panel.row("send", '{"n":1.0}').wait_for()
    state = panel.root.get_by_test_id("send-state")

    assert state.get_attribute("data-tone") == "good"


def create(panel, template: str, path: str) -> None:
    panel.root.get_by_test_id("new-endpoint").click()
    panel.fill_in(new_endpoint_path=path)
    panel.root.get_by_test_id(f"template-{template}").check()
    panel.root.get_by_test_id("new-endpoint-create").click()
    panel.root.get_by_test_id("new-endpoint-form").wait_for(state="hidden")


def test_a_chat_from_a_template_works_the_first_time(start, shot):
    """Create, three clients, Send: no second step, the message is there, everybody gets it and nobody is closed."""
    page, panel = start("import playground\npg = playground.start(ws_ping_interval=None)\npg", width=1200, height=800)
    create(panel, "chat", "chat")
    panel.report("v1 (is )?live")
    for name in ("c1", "c2", "c3"):
        panel.root.get_by_test_id("connect").click()
        panel.client(name, "open").wait_for()
    panel.root.get_by_test_id("from").select_option("c2")
    message = panel.root.get_by_test_id("message").input_value()
    panel.root.get_by_test_id("send").click()
    for name in ("c1", "c2", "c3"):
        panel.root.locator('[data-testid="row"][data-kind="send"]:visible', has_text=name).first.wait_for()
    shot(page, "chat-from-a-template")
    state = panel.root.get_by_test_id("send-state")

    assert message == '{"say": "hello"}'
    assert state.get_attribute("data-tone") == "good"
    assert panel.root.locator('[data-testid="client"][data-state="open"]').count() == 3


def test_each_template_answers_its_own_message(start):
    """Every one of the form is created, connected to and sent what the composer then holds; none ends the connection."""
    page, panel = start("import playground\npg = playground.start(ws_ping_interval=None)\npg")
    panel.root.get_by_test_id("new-endpoint").click()
    templates = panel.root.locator('[data-testid^="template-"]').evaluate_all("all => all.map(({ value }) => value)")
    panel.root.get_by_test_id("new-endpoint").click()
    url = panel.root.get_by_test_id("open-page").get_attribute("href")
    answers = {}
    for number, template in enumerate(templates, 1):
        create(panel, template, f"t/{template}/{{name}}")
        panel.root.get_by_test_id("endpoint-select").locator("option:checked", has_text=f"/t/{template}/").wait_for(
            state="attached"
        )
        path, name = f"/t/{template}/x", f"n{number}"
        if template in ("http", "page"):
            answers[template] = [
                page.request.fetch(f"{url}{path}", method=method).status for method in ("GET", "POST", "DELETE")
            ]
            continue
        connect(panel, path, name)
        panel.root.get_by_test_id("send").click()
        panel.root.locator('[data-testid="row"][data-kind="send"]:visible', has_text=name).first.wait_for()
        panel.root.locator('[data-testid="send-state"][data-tone="good"]').wait_for()
        answers[template] = panel.client(name).get_attribute("data-state")

    assert {name: answer for name, answer in answers.items() if answer != "open"} == {
        "http": [200, 201, 405],
        "page": [200, 405, 405],
    }
    assert len(answers) == len(templates)


def test_the_page_of_a_template_talks_to_the_chosen_endpoint(start):
    """Its script opens a WebSocket to the chat, and what is sent there comes back into the page."""
    page, panel = start("import playground\npg = playground.start(ws_ping_interval=None)\npg")
    create(panel, "chat", "/chat")
    panel.report("v1 (is )?live")
    create(panel, "page", "/pages/one")
    panel.report("v1 (is )?live")
    tab = page.context.new_page()
    tab.goto(f"{panel.root.get_by_test_id('open-page').get_attribute('href')}/pages/one")
    tab.get_by_text("connected to").wait_for()
    tab.get_by_role("button", name="Send").click()
    said = tab.locator("li").first.inner_text()

    assert '"say":"hello"' in said.replace(" ", "")


def test_a_path_that_cannot_be_says_so_where_it_was_written(start):
    """The form stays with what was typed, whether the panel or the kernel refuses the path."""
    page, panel = start("import playground\npg = playground.start(ws_ping_interval=None)\npg")
    mistake = panel.root.get_by_test_id("new-endpoint-mistake")
    panel.root.get_by_test_id("new-endpoint").click()
    said = {}
    for path in ("a b", "/ws", "{a}/{a}", "{n:number}"):
        panel.fill_in(new_endpoint_path=path)
        panel.root.get_by_test_id("new-endpoint-create").click()
        mistake.filter(has_text=re.compile(".")).wait_for()
        said[path] = mistake.inner_text()
    typed = panel.root.get_by_test_id("new-endpoint-path").input_value()
    endpoints = panel.root.get_by_test_id("endpoint-select").locator("option").all_inner_texts()

    assert "no spaces" in said["a b"]
    assert "an endpoint at /ws already" in said["/ws"]
    assert "Duplicated param name a" in said["{a}/{a}"]
    assert "Unknown path convertor 'number'" in said["{n:number}"]
    assert typed == "{n:number}"
    assert endpoints == ["/ws", "/ (http)"]


def test_an_endpoint_without_a_path_has_that_of_its_template(start):
    """It stands in the field before; where it is taken, the next one does."""
    page, panel = start("import playground\npg = playground.start(ws_ping_interval=None)\npg")
    offered = []
    for path in ("/chat", "/chat-2"):
        panel.root.get_by_test_id("new-endpoint").click()
        panel.root.get_by_test_id("template-chat").check()
        offered.append(panel.root.get_by_test_id("new-endpoint-path").get_attribute("placeholder"))
        panel.root.get_by_test_id("new-endpoint-create").click()
        panel.root.get_by_test_id("new-endpoint-form").wait_for(state="hidden")
        panel.root.get_by_test_id("url").filter(has_text=re.compile(f"{path}$")).wait_for()

    assert offered == ["/chat", "/chat-2"]


def test_the_server_can_be_the_sender(start, shot):
    """To one client or all, past the handler; a message of the server's is told apart in the timeline."""
    page, panel = start(ENDPOINTS)
    for name in ("ann", "ben"):
        connect(panel, "/json", name)
    panel.root.get_by_test_id("from").select_option(label="server → ben")
    panel.root.get_by_test_id("as").select_option("text")
    panel.send("only for ben")
    state = panel.root.get_by_test_id("send-state")
    state.filter(has_text=re.compile("^sent as the server · ")).wait_for()
    panel.root.locator('[data-kind="send"]:visible', has_text="only for ben").filter(has_text="ben").first.wait_for()
    title = panel.root.get_by_test_id("send").get_attribute("title")
    panel.root.get_by_test_id("from").select_option(label="server → all (2)")
    panel.send("for all")
    state.filter(has_text=re.compile("^sent as the server to 2 · ")).wait_for()
    shot(page, "composer-as-the-server")
    panel.root.get_by_test_id("filter").fill("is:pushed")
    panel.root.get_by_test_id("shown").filter(has_text=re.compile("^3 of ")).wait_for()

    assert title == 'pg.push("only for ben", to="ben")'
