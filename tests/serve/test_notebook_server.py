"""Whether a connection comes from the server of the notebook; `test_jupyter_server_proxy.py` has a real one."""

import os
import socket
import subprocess
import sys

import psutil
import pytest

from playground.serve import notebook_server
from playground.serve.notebook_server import is_from_notebook_server

JUPYTER = ["/usr/bin/python3", "/usr/bin/jupyter-lab"]


OTHERS = [
    ["/usr/bin/some-editor", "notebook.ipynb"],
    ["/home/jupyter/bin/python", "/opt/jupyter/browser.py"],
    ["C:\\jupyter\\python.exe"],
    [],
]


@pytest.fixture
def peer():
    """The address of a socket that this process has connected."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as wire:
        yield wire.getsockname()


@pytest.fixture
def started_by(monkeypatch):
    """Make a process, with that command line, the one that started this kernel."""

    def start(pid, command):
        monkeypatch.setenv("JPY_PARENT_PID", str(pid))
        monkeypatch.setattr(notebook_server, "WINDOWS", False)
        monkeypatch.setattr(psutil.Process, "cmdline", lambda process: command)

    return start


@pytest.mark.parametrize(
    "command",
    [
        JUPYTER,
        ["/opt/conda/bin/python", "-m", "jupyterlab"],
        ["/opt/conda/bin/python3.12", "/opt/conda/bin/jupyterhub-singleuser", "--ip=0.0.0.0"],
        ["C:\\Python\\Scripts\\jupyter-notebook.exe"],
    ],
    ids=str,
)
def test_the_connection_of_a_jupyter_server_is_recognised(peer, started_by, command):
    """By the socket that it has open."""
    started_by(os.getpid(), command)

    assert is_from_notebook_server(peer)
    assert not is_from_notebook_server(("127.0.0.1", 1))
    assert not is_from_notebook_server(None)


@pytest.mark.parametrize("command", OTHERS, ids=str)
def test_no_other_program_is_one(peer, started_by, command):
    """It may show web pages itself, whose requests come from the same process."""
    started_by(os.getpid(), command)

    assert not is_from_notebook_server(peer)


@pytest.mark.parametrize("generation", [0, 1, 2])
def test_on_windows_the_parent_may_be_one_further(peer, monkeypatch, generation):
    """A virtual environment starts Python from a process of its own; the variable holds a handle there."""
    parents = [
        psutil.Process(os.getpid()) if number == generation else psutil.Process(os.getppid()) for number in range(3)
    ]
    monkeypatch.setenv("JPY_PARENT_PID", "1234")
    monkeypatch.setattr(notebook_server, "WINDOWS", True)
    monkeypatch.setattr(psutil.Process, "parents", lambda process: parents)
    monkeypatch.setattr(psutil.Process, "cmdline", lambda process: JUPYTER if process.pid == os.getpid() else [])

    assert is_from_notebook_server(peer) is (generation < 2)


def test_another_process_of_the_machine_is_none(peer, started_by):
    """Such as a browser."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        started_by(other.pid, JUPYTER)
        found = is_from_notebook_server(peer)
        other.communicate(b"\n")

    assert not found


def test_a_server_that_is_gone_is_none(peer, started_by):
    """The kernel may outlive it for a moment."""
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    started_by(gone.pid, JUPYTER)

    assert not is_from_notebook_server(peer)


@pytest.mark.parametrize("parent", ["", "0x1", "-1", None])
def test_without_a_kernel_there_is_no_server(peer, monkeypatch, parent):
    """As in a script."""
    monkeypatch.delenv("JPY_PARENT_PID", raising=False)
    if parent is not None:
        monkeypatch.setenv("JPY_PARENT_PID", parent)

    assert not is_from_notebook_server(peer)


def test_without_psutil_nothing_is_recognised(peer, started_by, monkeypatch):
    """The request is refused then, and the row says what to do."""
    started_by(os.getpid(), JUPYTER)
    monkeypatch.setitem(sys.modules, "psutil", None)

    assert not is_from_notebook_server(peer)
