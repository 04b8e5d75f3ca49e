"""
Whether a connection comes from the server of the notebook, as it does through jupyter-server-proxy.

Behind JupyterHub and Binder a page asks for a host name that the kernel cannot know, and no header tells the proxy's
request from that of a page whose name was given this machine's address: such a page can send all that the proxy adds.
But the proxy's connection is opened by the process that started this kernel, and a page's is opened by a browser.
"""

from __future__ import annotations

import os
import re

Address = tuple[str, int]


def is_from_notebook_server(peer: Address | None) -> bool:
    """
    Return whether a connection from that address belongs to the Jupyter server that started this kernel.

    It asks the system each time, for some milliseconds; False where there is no such server, or it cannot be asked.
    """
    parent = _server()
    if peer is None or parent is None:
        return False
    try:
        import psutil
    except ImportError:
        return False
    try:
        process = psutil.Process(parent)
        # The names of programs and modules, without the folders they are in.
        if not any("jupyter" in re.split(r"[/\\]", word)[-1] for word in process.cmdline()):
            # Another program that runs kernels; it may be one that shows web pages, too.
            return False
        return any(tuple(one.laddr[:2]) == peer for one in process.net_connections("tcp"))
    except (psutil.Error, OSError):
        return False


def _server() -> int | None:
    """Return the process that started this one as a kernel; `jupyter_client` names it in the environment."""
    named = os.environ.get("JPY_PARENT_PID", "")
    if not named.isdecimal():
        return None
    # On Windows it is a handle of the process, which is the parent as well.
    return int(named) if os.name == "posix" else os.getppid()
