"""
An endpoint whose code can change while people are connected to it.

    Route ── LiveEndpoint ── Host (one per connection) ── the user's object
                              │
                              └ Starlette's own dispatch(), unmodified

A `LiveEndpoint` is the app in the route. Each connection has a `Host` on which Starlette's `dispatch()` runs; the host
passes the hooks on to an object of the user's class. Publishing a version stores one reference. A connection changes
version only between two hooks, on its loop's thread, and keeps the same `self`: every hook is run by one version.
"""

from __future__ import annotations

import difflib
import inspect
import time
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any

from starlette.routing import request_response, websocket_session
from starlette.types import ASGIApp, Receive, Scope, Send

from playground.common.errors import UnknownEndpoint
from playground.edit.checking import Kind
from playground.edit.function_host import FunctionHost
from playground.edit.host import HeldMessage, Host
from playground.edit.live_code import LiveCode
from playground.edit.versions import Version
from playground.record import recorder
from playground.record.connections import CONNECTION, HOOK


class Endpoint(LiveCode[HeldMessage]):
    """
    A path, the history of its code, and the code that serves it now.

    Its arguments are those of `LiveCode`.
    """

    @cached_property
    def live(self) -> LiveEndpoint:
        """The app for its route."""
        return LiveEndpoint(self)

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection or request on the current version."""
        self.notice()
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
        elif inspect.isroutine(target) and self.functions() == "reenter":
            await FunctionHost(self, connection, receive, send, self._serve_to_the_end).serve(scope)
        else:
            await self._serve_to_the_end(version, scope, receive, send)

    async def _serve_to_the_end(self, version: Version, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a WebSocket on a host that follows edits; what cannot follow them keeps that version."""
        if version.follows:
            # Not `await Host(…)`: its wrapper would hide from `suspended_line` where the handler waits.
            await Host(self, version, CONNECTION.get(), scope, receive, send).dispatch()
            return
        self._pinned += 1
        try:
            await as_app(version.target, "websocket")(scope, receive, send)
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
        found = next((endpoint for one in kinds if (endpoint := self._endpoints.get((path, one)))), None)
        if found:
            # Whoever asks for an endpoint sees what it runs.
            found.notice()
        return found

    def all(self) -> list[Endpoint]:
        """Return every endpoint, both kinds of one path included, in the order they were added."""
        return list(self._endpoints.values())

    def __getitem__(self, path: str) -> Endpoint:
        check_path(path)
        endpoint = self.find(path)
        if endpoint is None:
            raise UnknownEndpoint(unknown_path(path, list(self)))
        return endpoint

    def notice(self) -> None:
        """Make code that was replaced in place, as by `%autoreload`, a version of its own in each endpoint."""
        for endpoint in self.all():
            began = time.perf_counter()
            if endpoint.notice():
                endpoint.adopt(began)

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
