"""
An extension of the Jupyter server that says last where to go: `playground lab` loads it.

It prints when the server listens, which is after everything that the server says about its start.
"""

from __future__ import annotations

import getpass
import os
import shlex
import socket
import sys
from collections.abc import Mapping
from typing import Any

from playground import bootstrap

NOTES = "PLAYGROUND_LAB_NOTES"
"""The environment variable with lines to print before the address."""


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(server: Any) -> None:
    # The server listens in a callback of its own, which may come after this one: what a callback adds comes after both.
    server.io_loop.add_callback(server.io_loop.add_callback, say, server)


def say(server: Any) -> None:
    """Print the notes, how to get to a server without a browser, and as the last line its address."""
    for line in os.environ.get(NOTES, "").splitlines():
        bootstrap.say(line)
    if not server.sock and not is_browser_near():
        bootstrap.say(f"no browser here? On your own machine run `{tunnel(server.port, os.environ)}` first")
    bootstrap.say("Ctrl+C twice stops JupyterLab and its kernels")
    bootstrap.say(f"open {address(server)}")


def address(server: Any) -> str:
    """The address for a browser, with its token: the loopback's, unless the server is to be reached by another."""
    by_name = server.sock or server.custom_display_url or server.ip not in ("", "localhost", "127.0.0.1", "::1")
    return str(server.public_url if by_name else server.local_url)


def tunnel(port: int, environment: Mapping[str, str]) -> str:
    """The `ssh` command that brings this machine's port to the machine of the person who logged in here."""
    # "client's address, its port, this machine's address, its port", set by sshd.
    connection = environment.get("SSH_CONNECTION", "").split()
    host, ssh_port = connection[2:] if len(connection) == 4 else (socket.gethostname(), "22")
    at = "" if ssh_port == "22" else f"-p {ssh_port} "
    return f"ssh -L {port}:127.0.0.1:{port} {at}{shlex.quote(f'{_user()}@{host}')}"


def is_browser_near() -> bool:
    """Whether a browser that is opened here is seen by the person: there is a display, and no SSH in between."""
    return has_display() and not os.environ.get("SSH_CONNECTION")


def has_display() -> bool:
    """Whether a browser window can be opened here."""
    if sys.platform in ("darwin", "win32"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # A container may run as a number without a name.
        return "USER"
