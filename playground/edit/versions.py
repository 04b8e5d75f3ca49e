"""The versions of an endpoint's code, and the report of an edit."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, Literal

from starlette.endpoints import WebSocketEndpoint

from playground.common.text import one_line
from playground.edit.foreign import without_partial
from playground.edit.keeping.shapes import Shape
from playground.edit.notes import Note
from playground.edit.values import derives, in_class, is_a, is_class, name_of

_SETS_ENCODING = re.compile(r"\.encoding\s*(:[^=\n]+)?=(?!=)|setattr\(|\.__dict__\b")
"""Source that may give one object an `encoding` of its own."""

Outcome = Literal["live", "moving", "pinned", "stuck", "blocked", "stopped"]
"""How an edit went, for all open connections together; see `Report.outcome`."""


@dataclass(frozen=True, eq=False)
class Version:
    """One state of an endpoint's code."""

    number: int
    """Counts up from 1; `revert` makes a new one too."""
    source: str
    target: Any = field(repr=False)
    """The endpoint class or function."""
    filename: str
    """The file name that tracebacks show."""
    module_name: str = field(repr=False)
    names: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """The names that its source can use besides its own."""
    follows: bool = field(default=False, repr=False)
    """Whether open connections can change to it: a WebSocket class with Starlette's own dispatch."""
    equals: int | None = None
    """The earlier version that `revert` restored."""
    patched: bool = False
    """Whether it is code that was replaced in place, past the playground; see `patches`."""
    at: float = field(default_factory=time.time, repr=False)
    """Seconds since the epoch."""
    shapes: dict[str, Shape] | None = field(default=None, repr=False)
    """What an object's source had built when it was first served; None for a version that is loaded again."""
    module: ModuleType | None = field(default=None, repr=False)
    """The module its source ran in; None for a class or function that was given."""
    made: Any = field(default=None, repr=False)
    """What its route is while this version is the current one; see `places.Made`."""

    @property
    def label(self) -> str:
        """ "v7", or "v7 (= v3)" after going back, or "v7 (patched)" if its code was replaced in place."""
        if self.patched:
            return f"v{self.number} (patched)"
        return f"v{self.number} (= v{self.equals})" if self.equals else f"v{self.number}"

    @property
    def name(self) -> str:
        """The class's or function's name."""
        target = without_partial(self.target)
        return name_of(target)

    def __repr__(self) -> str:
        return one_line(f"<Version {self.label} {self.name}>")


class Diff(str):
    """What changed between two versions, as the text of a unified diff."""

    __slots__ = ()


@dataclass(frozen=True)
class BusyConnection:
    """A connection that is in the middle of a hook of an older version, or on its way into a newer function."""

    connection: int | None
    version: int
    line: int | None
    entering: bool = False
    """Whether it is on its way into the function of that version: its dependencies, for example, are not ready yet."""

    def __str__(self) -> str:
        at = f" line {self.line}" if self.line else ""
        return f"1 on its way into v{self.version}{at}" if self.entering else f"1 busy on v{self.version}{at}"


@dataclass(frozen=True)
class Report:
    """What an edit did."""

    path: str
    version: Version
    connections: int
    """How many connections were open when the edit was published."""
    live: int
    """How many of them already run the new version."""
    busy: tuple[BusyConnection, ...] = ()
    """Those that change to it at their next hook, or are about to enter its function."""
    stuck: tuple[str, ...] = ()
    """The reason for each of those that could not change."""
    pinned: int = 0
    """How many keep their version until they close, because of a function or of a class with its own `dispatch`."""
    movable: int = 0
    """How many of these are in a function, from which `Playground.reenter` moves them to the current version."""
    blocked: bool = False
    """The server's loop did not answer in time, so nothing is known of the connections yet."""
    took: float = 0.0
    """Seconds from the call to the last connection asked."""
    kept: tuple[str, ...] = ()
    """Names that hold what connections have built."""
    reset: tuple[str, ...] = ()
    """Names that hold something else because the source changed."""
    notes: tuple[Note, ...] = ()
    """Notes on this source; none of them is an error."""
    again: bool = False
    """Whether nothing was published: open connections were asked to change to the current version."""
    stopped: bool = False
    """Whether the server is stopped, so that the version does not serve yet."""

    @property
    def new(self) -> bool:
        """Whether the edit made the endpoint."""
        return self.version.number == 1 and not self.again

    @property
    def outcome(self) -> Outcome:
        """
        How the edit went, for all open connections together.

        "live": every one runs the new version; "moving": the others follow at their next hook, or enter its function
        just now; "pinned": the others keep their version until they close; "stuck": at least one could not move;
        "blocked": the server's loop did not answer in time, so nothing is known of them; "stopped": the server does not
        run.
        """
        if self.blocked:
            return "blocked"
        if self.stopped and not self.connections:
            return "stopped"
        if self.new or self.live == self.connections:
            return "live"
        if self.stuck:
            return "stuck"
        return "moving" if self.busy else "pinned"

    def __str__(self) -> str:
        label = self.version.label
        if self.blocked:
            return f"{label} published; the server's loop is busy, connections follow when it is free"
        if self.stopped and not self.connections:
            new = f"new endpoint {self.path}, " if self.new else ""
            return f"{new}{label} is ready; the server is stopped"
        if self.new:
            return f"new endpoint {self.path}, {label} live"
        if not self.connections:
            return f"{label} live, nobody connected"
        if self.live == self.connections:
            return f"{label} live on " + ("1 connection" if self.live == 1 else f"all {self.live} connections")
        parts = [f"{self.live} on {label}"]
        parts += map(str, self.busy)
        parts += [self._pinned()] if self.pinned else []
        parts += [f"1 stuck: {reason}" for reason in self.stuck]
        return ", ".join(parts)

    def _pinned(self) -> str:
        one = self.pinned == 1
        kept = "1 keeps its version until it closes" if one else f"{self.pinned} keep their version until they close"
        which = f"{self.movable} of them" if self.movable < self.pinned else "it" if one else "them"
        return f"{kept} (pg.reenter({self.path!r}) moves {which})" if self.movable else kept

    def __repr__(self) -> str:
        return "\n".join([f"<Report {self._with_path()}>", *(f"  ⚠ {note}" for note in self.notes)])

    def _with_path(self) -> str:
        # A new endpoint's sentence has the path already.
        return str(self) if self.new and not self.blocked else f"{self.path} {self}"


def has_starlette_dispatch(cls: type) -> bool:
    """Return whether a class leaves Starlette's dispatch as it is; only then can open connections change version."""
    for name in ("dispatch", "__await__"):
        if in_class(cls, name) is not in_class(WebSocketEndpoint, name):
            return False
    return True


def known_encoding(version: Version) -> str | None:
    """
    Return what Starlette decodes messages to, "text", "bytes" or "json"; None where it takes both kinds of frame.

    Also None where nobody can tell before a message comes: a function, a `decode` or `dispatch` of the class's own, an
    `encoding` that is set on an object or computed.
    """
    cls = version.target
    if not is_class(cls) or not derives(cls, WebSocketEndpoint) or not has_starlette_dispatch(cls):
        return None
    if in_class(cls, "decode") is not in_class(WebSocketEndpoint, "decode") or _SETS_ENCODING.search(version.source):
        return None
    found = in_class(cls, "encoding")
    return str.__str__(found) if is_a(found, str) else None
