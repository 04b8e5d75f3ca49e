"""
An endpoint whose code can change while people are connected to it.

    Route ── LiveEndpoint ── Host (one per connection) ── the user's object
                              │
                              └ Starlette's own dispatch(), unmodified

A `LiveEndpoint` is the app in the route. Each connection has a `Host` on which Starlette's `dispatch()` runs; the host
passes the hooks on to an object of the user's class. Publishing a version stores one reference. A connection changes
version only between two events, on its loop's thread, and keeps the same `self`: every event is handled by one version.
"""

from __future__ import annotations

import asyncio
import difflib
import inspect
import itertools
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from numbers import Integral
from typing import TYPE_CHECKING, Any, Literal

from starlette.routing import request_response, websocket_session
from starlette.types import ASGIApp, Receive, Scope, Send

from playground.common import waiting
from playground.common.errors import EditRejected, UnknownEndpoint
from playground.edit import source as sources
from playground.edit.function_host import FunctionHost
from playground.edit.host import HeldMessage, Host, has_starlette_dispatch
from playground.edit.keep import PreviousVersion
from playground.edit.parsing import parse
from playground.edit.source import Kind
from playground.edit.versions import Report, Version
from playground.record import recorder
from playground.record.connections import CONNECTION, HOOK

if TYPE_CHECKING:
    from playground.record.log import Log

HISTORY = 50
"""Versions of one endpoint that are kept; older ones are dropped with their modules, to limit memory."""

HELD = 100
"""Failed messages of one endpoint that are held."""

OnError = Literal["starlette", "hold"]
Functions = Literal["pinned", "reenter"]

CENSUS_TIMEOUT = 1.0
"""Seconds an edit waits for the connections' event loops to say which version they run; a blocked loop takes longer."""


class Endpoint:
    """
    A path and the history of its code.

    Args:
        path: the route's path, parameters included, such as "/{username}".
        kind: "websocket" or "http".
        log: where its hooks are recorded.
        names: names its source may use besides its own, such as the notebook's.
        on_error: returns what happens when `on_receive` raises: "starlette" or "hold".
        functions: returns what an edit does to open connections of a function: "pinned" or "reenter"; see
            `FunctionHost`.
    """

    def __init__(
        self,
        path: str,
        kind: Kind,
        log: Log,
        *,
        names: Mapping[str, Any] | None = None,
        on_error: Callable[[], OnError] = lambda: "starlette",
        functions: Callable[[], Functions] = lambda: "pinned",
    ) -> None:
        self.path = path
        self.kind: Kind = kind
        self.log = log
        self.names = names or {}
        self.on_error = on_error
        self.functions = functions
        self.held: list[HeldMessage] = []
        """Messages whose handler failed while errors were held, oldest first."""
        self.versions: list[Version] = []
        """The newest versions, oldest first; at most `HISTORY`."""
        self.files: dict[str, tuple[int, int, int]] = {}
        """See `lines.Files`."""
        self.live = LiveEndpoint(self)
        self._modules: set[str] = set()
        """Names of its versions' modules, which are removed with the versions or with the endpoint."""
        weakref.finalize(self, _forget_all, self._modules)
        self._hosts: dict[asyncio.AbstractEventLoop, set[Host | FunctionHost]] = {}
        self._pinned = 0
        self._lock = threading.RLock()

    @property
    def current(self) -> Version:
        """The version that new events are handled by."""
        return self.versions[-1]

    @property
    def name(self) -> str:
        """The class's or function's name."""
        return self.current.name

    def version(self, number: int) -> Version:
        """
        Return a version by number.

        Raises:
            LookupError: there is no such version, or it is no longer kept.
            TypeError: `number` is not a number.
        """
        if not isinstance(number, Integral):
            raise TypeError(f"a version has to be a number, such as {self.current.number}, not {number!r}")
        for version in self.versions:
            if version.number == number:
                return version
        kept = f"v{self.versions[0].number} to v{self.current.number}"
        raise LookupError(f"{self.path} has no v{number}; it keeps {kept}")

    def diff(self, old: int, new: int) -> str:
        """Return what changed between two versions, as a unified diff; empty when nothing did."""
        before, after = self.version(old), self.version(new)
        lines = difflib.unified_diff(
            before.source.splitlines(), after.source.splitlines(), before.label, after.label, lineterm=""
        )
        return "\n".join(lines)

    def load(self, source: str, *, reset: bool = False) -> sources.LoadedEndpoint:
        """
        Load a source as the next version and return it, without publishing it; see `source.load`.

        Args:
            reset: run everything again, and keep no value of the current version.
        """
        number = self.versions[-1].number + 1 if self.versions else 1
        # Another playground in this process may use the same path.
        filename = f"<live {self.path} v{number}>"
        for serial in itertools.count(2):
            if not sources.remembers(filename):
                break
            filename = f"<live {self.path} v{number} ({serial})>"
        previous = None if reset else self._previous()
        return sources.load(source, filename=filename, module_name=filename, names=self.names, previous=previous)

    def _previous(self) -> PreviousVersion | None:
        if not self.versions or not self.current.source:
            return None
        module = sys.modules.get(self.current.module_name)
        try:
            tree = parse(self.current.source, self.current.filename)
        except EditRejected:
            # The source of an object is a part of its file, which need not be valid on its own.
            return None
        return PreviousVersion(tree, vars(module) if module else self.names, self.current.target)

    def publish(self, loaded: sources.LoadedEndpoint, *, equals: int | None = None) -> Version:
        """Make a loaded endpoint the current version."""
        with self._lock:
            number = self.versions[-1].number + 1 if self.versions else 1
            module_name = loaded.module.__name__ if loaded.module else ""
            follows = isinstance(loaded.target, type) and has_starlette_dispatch(loaded.target)
            version = Version(number, loaded.source, loaded.target, loaded.filename, module_name, follows, equals)
            if loaded.module:
                self._modules.add(module_name)
            if loaded.filename:
                before = loaded.first_line - 1
                self.files[loaded.filename] = (number, before, before + len(loaded.source.splitlines()) + 1)
            self.versions.append(version)
            self._prune()
        return version

    def _prune(self) -> None:
        if len(self.versions) <= HISTORY:
            return
        in_use = {host.version.number for hosts in self._hosts.values() for host in list(hosts)}
        for old in self.versions[:-HISTORY]:
            if old.number not in in_use:
                self.versions.remove(old)
                if old.module_name:
                    self.files.pop(old.filename, None)
                    self._modules.discard(old.module_name)
                    sources.forget(old.filename, old.module_name)

    # Connections

    def enter(self, host: Host | FunctionHost) -> None:
        """Add an open connection; called on its loop."""
        with self._lock:
            self._hosts.setdefault(host.loop, set()).add(host)

    def leave(self, host: Host | FunctionHost) -> None:
        """Remove a connection that has ended; called on its loop."""
        with self._lock:
            hosts = self._hosts.get(host.loop, set())
            hosts.discard(host)
            if not hosts:
                self._hosts.pop(host.loop, None)
            self.held = [held for held in self.held if held.host is not host]

    def hold(self, held: HeldMessage) -> None:
        """Keep a message whose handler failed; of too many, the oldest are dropped."""
        with self._lock:
            self.held = [*self.held, held][-HELD:]

    def release(self, held: HeldMessage) -> bool:
        """Remove a held message, and return whether it was still there."""
        with self._lock:
            there = held in self.held
            self.held = [one for one in self.held if one is not held]
        return there

    @property
    def runs(self) -> dict[int, int]:
        """How many open connections run each version, newest first; pinned ones are not counted."""
        numbers = [host.version.number for hosts in list(self._hosts.values()) for host in list(hosts)]
        return {number: numbers.count(number) for number in sorted(set(numbers), reverse=True)}

    @property
    def connections(self) -> int:
        """How many connections are open here."""
        return sum(map(len, list(self._hosts.values()))) + self._pinned

    def adopt(self, began: float, loaded: sources.LoadedEndpoint | None = None) -> Report:
        """
        Change every idle connection to the current version and return a report.

        Idle ones change at once, busy ones at their next event. May be called from any thread.

        Args:
            began: `time.perf_counter()` when the edit began.
            loaded: what was published; the report says what it kept, and has its notes.
        """
        version = self.current
        answers = [self._on_loop(loop, hosts) for loop, hosts in list(self._hosts.items())]
        deadline = time.perf_counter() + CENSUS_TIMEOUT
        census: list[Host | FunctionHost] = []
        blocked = False
        for answer in answers:
            try:
                told = waiting.result(answer, max(0.0, deadline - time.perf_counter()))
                census += told
            except TimeoutError:
                blocked = True
        behind = [host for host in census if host.version is not version]
        return Report(
            path=self.path,
            version=version,
            connections=len(census) + self._pinned,
            live=len(census) - len(behind),
            busy=tuple(host.busy_with() for host in behind if not host.stuck),
            stuck=tuple(host.stuck for host in behind if host.stuck),
            pinned=self._pinned,
            blocked=blocked,
            took=time.perf_counter() - began,
            kept=tuple(loaded.kept.kept if loaded else ()),
            reset=tuple(loaded.kept.reset if loaded else ()),
            notes=loaded.notes if loaded else (),
        )

    def _on_loop(
        self, loop: asyncio.AbstractEventLoop, hosts: set[Host | FunctionHost]
    ) -> Future[list[Host | FunctionHost]]:
        answer: Future[list[Host | FunctionHost]] = Future()

        def adopt_idle() -> None:
            census = list(hosts)
            for host in census:
                if host.busy is None:
                    host.adopt()
            answer.set_result(census)

        if _running_loop() is loop:
            adopt_idle()
        else:
            try:
                loop.call_soon_threadsafe(adopt_idle)
            except RuntimeError:
                # The loop has closed since, and its connections with it.
                answer.set_result([])
        return answer

    # Serving

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection or request on the current version."""
        version = self.current
        target = version.target
        connection = CONNECTION.get()
        if connection:
            # With what the router added, such as path parameters; trials of drafts use it.
            recorder.route_found(connection, self.files, scope)
        if self.kind == "http":
            record = HOOK.get()
            if record:
                recorder.version_serves(record, version.number)
            try:
                await as_app(target, "http")(scope, receive, send)
            except Exception as error:
                if record:
                    recorder.request_failed(record, error, self.files)
                raise
        elif version.follows:
            # Not `await Host(…)`: its wrapper would hide from `suspended_line` where the handler waits.
            await Host(self, version, connection, scope, receive, send).dispatch()
        elif inspect.isroutine(target) and self.functions() == "reenter":
            await FunctionHost(self, connection, receive, send).serve(scope)
        else:
            self._pinned += 1
            try:
                await as_app(target, "websocket")(scope, receive, send)
            finally:
                self._pinned -= 1

    def __repr__(self) -> str:
        return f"<Endpoint {self.path} {self.kind} {self.name} {self.current.label} connections={self.connections}>"


class LiveEndpoint:
    """The ASGI app in a route, which serves the endpoint's current version."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.endpoint.serve(scope, receive, send)


def as_app(target: Any, kind: Kind) -> ASGIApp:
    """Return an endpoint class or function as the ASGI app that Starlette makes of it."""
    if inspect.isroutine(target):
        wrap: Callable[[Any], ASGIApp] = request_response if kind == "http" else websocket_session
        return wrap(target)
    app: ASGIApp = target
    return app


def _forget_all(modules: set[str]) -> None:
    for name in modules:
        sources.forget(name, name)


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


class Endpoints(Mapping[str, Endpoint]):
    """
    The endpoints of a playground by path.

    A path may serve HTTP and WebSockets; `endpoints["/chat"]` is then the WebSocket and
    `endpoints.get("/chat", "http")` the other.
    """

    def __init__(self) -> None:
        self._endpoints: dict[tuple[str, Kind], Endpoint] = {}

    def add(self, endpoint: Endpoint) -> None:
        """Add an endpoint under its path and kind."""
        self._endpoints[endpoint.path, endpoint.kind] = endpoint

    def clear(self) -> None:
        """Remove all endpoints."""
        self._endpoints.clear()

    def find(self, path: str, kind: Kind | None = None) -> Endpoint | None:
        """Return the endpoint at exactly that path, of that kind if one is given, or None."""
        kinds: tuple[Kind, ...] = (kind,) if kind else ("websocket", "http")
        found = (self._endpoints.get((path, one)) for one in kinds)
        return next((endpoint for endpoint in found if endpoint), None)

    def all(self) -> list[Endpoint]:
        """Return every endpoint, both kinds of one path included, in the order they were added."""
        return list(self._endpoints.values())

    def __getitem__(self, path: str) -> Endpoint:
        check_path(path)
        endpoint = self.find(path)
        if endpoint is None:
            raise UnknownEndpoint(unknown_path(path, list(self)))
        return endpoint

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(path for path, _ in self._endpoints))

    def __len__(self) -> int:
        return len(dict.fromkeys(path for path, _ in self._endpoints))

    def __contains__(self, path: object) -> bool:
        return isinstance(path, str) and self.find(path) is not None

    def __repr__(self) -> str:
        return "\n".join(map(repr, self.all())) or "<no endpoints>"


class HeldMessages(dict[int, HeldMessage]):
    """Messages whose handler failed while errors were held, by the number of their event."""

    def __missing__(self, seq: object) -> HeldMessage:
        there = f"there are {', '.join(map(str, self))}" if self else "nothing is held now"
        raise LookupError(f"event {seq!r} is not held any more; {there}")


def check_path(path: object) -> None:
    """Raise TypeError for a path that is not text."""
    if not isinstance(path, str):
        raise TypeError(f"a path has to be text, such as '/echo', not {path!r}")


def unknown_path(path: str, known: list[str]) -> str:
    """Return the message for a path without an endpoint; it names the nearest paths that have one."""
    near = difflib.get_close_matches(path, known, n=3, cutoff=0.5)
    if near:
        return f"no endpoint at {path!r}; did you mean {' or '.join(map(repr, near))}?"
    there = f"there are {', '.join(known)}" if known else "there are none yet"
    return f"no endpoint at {path!r}; {there}"
