"""What `playground lab` says last: where the notebooks are, how to get there, and the address."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from types import SimpleNamespace

import pytest

from playground.ui import lab_address

ROOT = Path(__file__).parents[2]
LAB = """
import sys
from pathlib import Path
from playground import bootstrap
from playground.ui import cli
bootstrap.checkout = lambda: None
cli._PACKAGED = Path(sys.argv[1])
sys.exit(cli.main(["lab", "--", *sys.argv[2:]]))
"""


@pytest.fixture
def server(monkeypatch):
    """As much of a Jupyter server as is asked for its address, on a machine without a display."""
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER", "SSH_CONNECTION", lab_address.NOTES):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    local, public = "http://127.0.0.1:8890/lab?token=t", "http://lab.example:8890/lab?token=t"
    return SimpleNamespace(
        sock="", ip="localhost", port=8890, custom_display_url="", local_url=local, public_url=public
    )


def said(server, capsys):
    lab_address.say(server)
    return capsys.readouterr().err.splitlines()


def test_the_last_line_is_the_address(server, monkeypatch, capsys):
    """The notes come first, a line each."""
    monkeypatch.setenv(lab_address.NOTES, "copies are here\nand one is newer")

    lines = said(server, capsys)

    assert lines[:2] == ["playground: copies are here", "playground: and one is newer"]
    assert lines[-1] == "playground: open http://127.0.0.1:8890/lab?token=t"


def test_nothing_is_said_before_the_server_listens(server, capsys):
    """It does so in a callback of the loop, which may be added after ours."""
    callbacks = []
    server.io_loop = SimpleNamespace(add_callback=lambda *call: callbacks.append(call))
    lab_address._load_jupyter_server_extension(server)
    callbacks.append((print, "it listens"))
    for function, *arguments in callbacks:
        function(*arguments)

    assert [call[0] for call in callbacks[1:]] == [print, lab_address.say]
    assert "playground: open http" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("attributes", "address"),
    [
        ({"ip": "0.0.0.0"}, "http://lab.example:8890/lab?token=t"),
        ({"custom_display_url": "https://hub.example"}, "http://lab.example:8890/lab?token=t"),
        ({"ip": "127.0.0.1"}, "http://127.0.0.1:8890/lab?token=t"),
        ({"ip": ""}, "http://127.0.0.1:8890/lab?token=t"),
    ],
)
def test_a_server_for_others_is_named_as_they_reach_it(server, attributes, address):
    """The loopback address is of no use to them."""
    assert lab_address.address(SimpleNamespace(**{**vars(server), **attributes})) == address


@pytest.mark.parametrize(
    ("variables", "wanted"),
    [
        ({}, True),
        ({"DISPLAY": ":0"}, False),
        ({"WAYLAND_DISPLAY": "wayland-0"}, False),
        ({"DISPLAY": "localhost:10.0", "SSH_CONNECTION": "10.0.0.2 51000 10.0.0.1 22"}, True),
    ],
)
def test_ssh_is_suggested_where_no_browser_is_near(server, variables, wanted, monkeypatch, capsys):
    """Without a display, or when the person sits at the other end of SSH."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert any("ssh -L 8890:127.0.0.1:8890" in line for line in said(server, capsys)) is wanted


def test_a_socket_in_the_file_system_has_no_port_to_bring(server, capsys):
    """JupyterLab explains it by itself."""
    server.sock = "/tmp/lab.sock"

    assert not any("ssh -L" in line for line in said(server, capsys))


@pytest.mark.parametrize(
    ("connection", "command"),
    [
        ("10.0.0.2 51000 10.0.0.1 22", "ssh -L 8890:127.0.0.1:8890 ada@10.0.0.1"),
        ("fe80::2 51000 fe80::1 2222", "ssh -L 8890:127.0.0.1:8890 -p 2222 ada@fe80::1"),
        ("", "ssh -L 8890:127.0.0.1:8890 ada@box"),
        ("nonsense", "ssh -L 8890:127.0.0.1:8890 ada@box"),
    ],
)
def test_the_command_for_ssh_runs_as_it_is(connection, command, monkeypatch):
    """With the address and the port that the person has come by, if they are known."""
    monkeypatch.setattr(lab_address.getpass, "getuser", lambda: "ada")
    monkeypatch.setattr(socket, "gethostname", lambda: "box")

    assert lab_address.tunnel(8890, {"SSH_CONNECTION": connection}) == command


def test_a_user_without_a_name_is_no_error(monkeypatch):
    """As in a container that runs as a number."""

    def nobody():
        raise OSError("no username set in the environment")

    monkeypatch.setattr(lab_address.getpass, "getuser", nobody)

    assert "USER@" in lab_address.tunnel(1, {})


@pytest.fixture
def run_lab(tmp_path):
    """Start the command in an empty folder, as from a wheel, with a home of its own."""
    started = []
    originals = tmp_path / "originals"
    originals.mkdir()
    shutil.copy(ROOT / "notebooks" / "00_start_here.ipynb", originals)
    (tmp_path / "here").mkdir()

    def start(*options):
        env = {key: value for key, value in os.environ.items() if not key.startswith(("JUPYTER", "DISPLAY", "WAYLAND"))}
        env |= {"HOME": str(tmp_path), "PYTHONPATH": str(ROOT), "JUPYTER_RUNTIME_DIR": str(tmp_path / "run")}
        # A user's configuration has extensions of its own, which stay.
        env["JUPYTER_CONFIG_DIR"] = str(tmp_path / "config")
        command = [sys.executable, "-c", LAB, str(originals), "--no-browser", *options]
        process = subprocess.Popen(
            command,
            cwd=tmp_path / "here",
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stderr.close()


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="there, a program cannot be sent Ctrl+C alone")
def test_a_real_jupyterlab_is_at_the_address_and_opens_a_copy(run_lab, tmp_path):
    """Its own lines come before ours; Ctrl+C ends it, and its exit code is the command's."""
    process = run_lab("--port=0")
    lines = []
    for line in process.stderr:
        lines.append(line.rstrip())
        if "playground: open " in line:
            break
    address = lines[-1].removeprefix("playground: open ")
    with urllib.request.urlopen(address) as answer:
        page = answer.read().decode()
    process.send_signal(signal.SIGINT)
    after = process.stderr.read()
    code = process.wait()

    work = tmp_path / "here" / "playground-notebooks"
    assert any(str(work) in line for line in lines)
    assert "/lab/tree/playground-notebooks/00_start_here.ipynb?token=" in address
    assert "jupyter-config-data" in page
    assert (work / "00_start_here.ipynb").read_bytes() == (ROOT / "notebooks" / "00_start_here.ipynb").read_bytes()
    assert "playground:" not in after
    assert code == 0


@pytest.mark.slow
def test_the_exit_code_of_jupyterlab_is_passed_on(run_lab):
    """Here, an option that it refuses."""
    process = run_lab("--ServerApp.port=many")

    assert "many" in process.stderr.read()
    assert process.wait() == 1
