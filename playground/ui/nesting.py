"""
`asyncio.run(main())` in a cell.

Scripts often end with this line, but in a notebook it raises, because a loop is already running. nest-asyncio2 makes it
work. The server, its clients and the panel have loops of their own and do not need that, so it has to be turned on.
"""

from __future__ import annotations

import asyncio
import importlib.metadata
import warnings


def allow_asyncio_run() -> None:
    """
    Let `asyncio.run` work in this notebook's cells, by applying nest-asyncio2.

    Raises:
        ImportError: nest-asyncio2 is not installed; it comes with the extra `lab`.
    """
    try:
        import nest_asyncio2
    except ImportError:
        raise ImportError(
            "asyncio.run in a cell needs nest-asyncio2; pip install 'websocket-playground[lab]'"
        ) from None
    # uvicorn keeps the asyncio.run that it finds when it is imported, which has to be the original.
    import uvicorn  # noqa: F401  # only to have it imported

    nest_asyncio2.apply()


def warn_about_nesting() -> None:
    """Warn when the old nest_asyncio was applied: ipykernel 7 then loses cells that are queued behind `asyncio.run`."""
    if old_nesting_applied():
        warnings.warn(
            "nest_asyncio 1.x was applied here; with ipykernel 7 it drops cells that wait in the queue. Remove "
            "nest_asyncio.apply() and use playground.allow_asyncio_run() instead; the playground itself needs neither",
            stacklevel=4,
        )


def old_nesting_applied() -> bool:
    """Return whether `asyncio.run` was replaced by nest_asyncio 1.x."""
    return getattr(asyncio.run, "__module__", "") == "nest_asyncio"


def old_nesting_version() -> str | None:
    """Return the version of the old nest_asyncio that is installed, or None."""
    try:
        return importlib.metadata.version("nest-asyncio")
    except importlib.metadata.PackageNotFoundError:
        return None
