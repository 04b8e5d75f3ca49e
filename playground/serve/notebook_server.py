"""
Whether a connection comes from the server of the notebook, as it does through jupyter-server-proxy.

Behind JupyterHub and Binder a page asks for a host name that the kernel cannot know, and no header tells the proxy's
request from that of a page whose name was given this machine's address: such a page can send all that the proxy adds.
But the proxy's connection is opened by the process that started this kernel, and a page's is opened by a browser.
"""

from __future__ import annotations

import os
import re
from typing import Any

Address = tuple[str, int]

WINDOWS = os.name == "nt"


def is_from_notebook_server(peer: Address | None) -> bool:
    """
    Return whether a connection from that address belongs to the Jupyter server that started this kernel.

    It asks the system each time, for some milliseconds; False where there is no such server, or it cannot be asked.
    """
    if peer is None or not os.environ.get("JPY_PARENT_PID"):
        return False
    try:
        import psutil
    except ImportError:
        return False
    try:
        return any(_has(process, peer) for process in _parents(psutil))
    except (psutil.Error, OSError):
        return False


def _has(process: Any, peer: Address) -> bool:
    # The names of programs and modules, without the folders they are in. Another program that runs kernels may be one
    # that shows web pages, too.
    if not any("jupyter" in re.split(r"[/\\]", word)[-1] for word in process.cmdline()):
        return False
    return any(tuple(one.laddr[:2]) == peer for one in process.net_connections("tcp"))


def _parents(psutil: Any) -> list[Any]:
    """Return the processes that may have started this one as a kernel, as `jupyter_client` says in the environment."""
    if WINDOWS:
        # It says a handle there. Between the two, a virtual environment has a process of its own that starts Python.
        return list(psutil.Process().parents()[:2])
    named = os.environ["JPY_PARENT_PID"]
    return [psutil.Process(int(named))] if named.isdecimal() else []
