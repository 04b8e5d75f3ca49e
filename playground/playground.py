"""One running playground: its server, endpoints, log and clients."""

from __future__ import annotations

import asyncio
import atexit
import inspect
import logging
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from importlib import resources
from types import TracebackType
from typing import Any

from starlette.applications import Starlette
from starlette.routing import Match
from starlette.types import ASGIApp, Scope

from playground.core import routes
from playground.core import source as sources
from playground.core.connections import CONNECTION, Connection
from playground.core.endpoints import Endpoint, Endpoints, OnError, unknown_path
from playground.core.errors import EditRejected, HandshakeRefused, NotRunning
from playground.core.host import Held
from playground.core.log import Log
from playground.core.source import Kind
from playground.core.versions import Report
from playground.net import output
from playground.net.client import Address, AsyncClient, Client
from playground.net.origins import OriginCheck
from playground.net.server import Server
from playground.net.tap import Tap

SWITCH_INTERVAL = 0.001
"""Seconds after which a computing cell lets the server run; Python's own 5 ms make a round trip 5 ms long.
`benchmarks/busy_cell.py` measures what both sides pay."""

CLIENTS = 200
"""Closed clients that stay in `pg.clients`; older ones go."""


class Playground:
    """
    A Starlette app under uvicorn on a background thread, with endpoints that can be edited while people are connected.

        with Playground() as pg:                 # an echo at /ws and a page at / that talks to it
        with Playground(app) as pg:              # any ASGI app; a Starlette app's endpoints can be edited
        with Playground(app, port=8000) as pg:   # a port of your choice

    In a notebook, `playground.start()` does the same and can be run again.

    Args:
        app: an ASGI app, served unchanged; without one, the starter endpoints.
        host, port: where to listen; port 0 takes a free one.
        origins: Origins of web pages that may connect besides the server's own, such as "https://hub.example.org".
        name: tells several playgrounds of one process apart.
        names: names that endpoints may use besides their own, such as a notebook's globals.
        on_error: what happens when `on_receive` raises: "starlette" ends the connection as Starlette does, "hold"
            keeps it and the message, to be run again on a better version; can be set at any time.
        log_limit: how many events are kept.
        switch_interval: seconds, see `SWITCH_INTERVAL`; None leaves Python's setting alone.
        options: settings of `uvicorn.Config`, such as `ws_max_size=1000` or `loop="asyncio"`.
    """

    def __init__(
        self,
        app: ASGIApp | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        origins: Iterable[str] = (),
        name: str = "playground",
        names: Mapping[str, Any] | None = None,
        on_error: OnError = "starlette",
        log_limit: int = 100_000,
        switch_interval: float | None = SWITCH_INTERVAL,
        **options: Any,
    ) -> None:
        self.name = name
        self._watchers: list[Callable[[], None]] = []
        self.log = Log(limit=log_limit)
        self.endpoints = Endpoints()
        self.clients: dict[str, Client] = {}
        """Clients opened by `connect`, by name; those that closed stay until there are too many."""
        self.app: ASGIApp = app or Starlette()
        """The app that is served; Starlette's `TestClient` works on it."""
        self.on_error = on_error
        self._names = names or {}
        self._switch_interval = switch_interval
        self._announced: dict[Address, str] = {}
        self._lock = threading.RLock()
        self._check = OriginCheck(lambda: self.app, host, origins, self._refused)
        self._tap = Tap(lambda: self._check, self.log, self._announced.get)  # type: ignore[arg-type]
        self._server = Server(self._tap, host=host, port=port, on_log=self._uvicorn_logged, options=options)
        self._use(self.app)
        if app is None:
            for path, file in (("/ws", "echo.py"), ("/", "page.py")):
                self._publish(path, resources.files("playground.starter").joinpath(file).read_text("utf-8"))

    # The server

    def start(self, *, timeout: float = 10.0) -> Playground:
        """
        Start serving and return the playground; does nothing when it serves already.

        Args:
            timeout: seconds the app's start-up may take.

        Raises:
            PortTaken: another program listens on the port.
            StartFailed: the app raised, and its exception is the cause; or it did not start in time.
        """
        if self.running:
            return self
        self._server.start(timeout=timeout)
        output.capture()
        _fast_switching.enter(self._switch_interval)
        atexit.register(self.stop)
        self.log.note("start", data=f"listening on {self.url}")
        return self

    def stop(self, *, timeout: float = 3.0) -> None:
        """
        Stop serving: connections are closed with 1012, the app's lifespan shutdown runs, the port is free again.

        A handler that blocks the loop cannot be stopped; the log then says at which line it is.
        """
        if not self.running:
            return
        atexit.unregister(self.stop)
        blocked = self._server.stop(timeout=timeout)
        _fast_switching.leave(self._switch_interval)
        output.release()
        self.log.note("stop", error=f"the port is free, but a handler still blocks: {blocked}" if blocked else None)

    @property
    def running(self) -> bool:
        """Whether it serves."""
        return self._server.running

    @property
    def host(self) -> str:
        """The address it listens on."""
        return self._server.host

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._server.port

    @property
    def url(self) -> str:
        """Where WebSockets connect, without a path: "ws://127.0.0.1:50213"."""
        return f"ws://{self._authority}"

    @property
    def http_url(self) -> str:
        """Where browsers go, without a path: "http://127.0.0.1:50213"."""
        return f"http://{self._authority}"

    @property
    def _authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    def swap(self, app: ASGIApp, *, timeout: float = 10.0) -> None:
        """
        Serve another app from now on, on the same port.

        Its lifespan starts before the old one's ends. Where both have a path, open connections there go on with the
        new app's endpoint; others keep the old app until they close.

        Raises:
            StartFailed: the new app raised while starting; the old one goes on.
        """
        loop = self._server.loop
        if self.running and loop:
            asyncio.run_coroutine_threadsafe(self._server.swap(app), loop).result(timeout)
        self._use(app)
        self.log.note("edit", data=f"another app: {type(app).__name__}")

    def _use(self, app: ASGIApp) -> None:
        """Serve an app, with a live endpoint in each of its routes that can have one."""
        known = self.endpoints.all()
        self.endpoints.clear()
        for path, route in routes.find_routes(getattr(app, "routes", [])):
            kind = routes.kind_of(route)
            if not routes.can_be_live(route) or self.endpoints.find(path, kind):
                continue
            names = getattr(inspect.unwrap(route.endpoint), "__globals__", None) or _module_names(route.endpoint)
            old = next((one for one in known if (one.path, one.kind) == (path, kind)), None)
            endpoint = old or self._endpoint(path, kind, names)
            if old is None or old.current.target is not route.endpoint:
                endpoint.publish(sources.from_object(route.endpoint, kind))
            routes.put_live(route, endpoint)
            self.endpoints.add(endpoint)
            if old:
                endpoint.adopt(time.perf_counter())
        self.app = app

    def _uvicorn_logged(self, record: logging.LogRecord) -> None:
        # What a handler raised is in the log already, with its line; uvicorn would print it a second time.
        if record.exc_info and record.getMessage().startswith("Exception in ASGI"):
            return
        self.log.note("log", data=record.getMessage(), error=record.levelname if record.levelno >= 40 else None)

    def _refused(self, sentence: str) -> None:
        connection = CONNECTION.get()
        where = {"path": connection.path, "connection": connection.id} if connection else {}
        self.log.note("log", data=sentence, error="WARNING", **where)

    # Endpoints

    def edit(self, path: str, code: str | Any, *, kind: Kind | None = None, reset: bool = False) -> Report:
        """
        Change what a path does, while people are connected to it; a new path becomes a new endpoint.

        Nobody is disconnected and no message is lost: each connection changes over between two events. What the
        edit did not change keeps its value: `members = set()` in the source does not empty the room.

        Args:
            path: the route's path, such as "/echo" or "/{username}".
            code: source text, or a class or function.
            kind: "websocket" or "http", needed only where a path serves both.
            reset: run all of the source again and keep no value.

        Returns:
            a report that says on how many connections the new version is live.

        Raises:
            EditRejected: the code has a mistake; the message names the line, and nothing has changed.
        """
        began = time.perf_counter()
        try:
            endpoint, loaded = self._publish(path, code, kind, reset=reset)
        except EditRejected as error:
            self.log.note("edit", path=path, line=error.line, error=f"rejected: {error}")
            raise
        return self._adopt(endpoint, loaded, began)

    def _adopt(self, endpoint: Endpoint, loaded: sources.Loaded, began: float) -> Report:
        report = endpoint.adopt(began, loaded)
        self.log.note("edit", path=endpoint.path, version=report.version.number, data=str(report))
        return report

    def reset(self, path: str) -> Report:
        """
        Run the endpoint's current source again, so that its state is as at a first start; a new version.

        Raises:
            UnknownEndpoint: no endpoint at that path.
            EditRejected: the source does not run any more.
        """
        endpoint = self.endpoints[path]
        return self.edit(path, endpoint.current.source, kind=endpoint.kind, reset=True)

    def revert(self, path: str, *, to: int) -> Report:
        """
        Go back to an earlier version, as a new one: v7 (= v3).

        Raises:
            UnknownEndpoint: no endpoint at that path.
            LookupError: no such version.
        """
        began = time.perf_counter()
        endpoint = self.endpoints[path]
        old = endpoint.version(to)
        loaded = endpoint.load(old.source) if old.module_name else sources.from_object(old.target, endpoint.kind)
        endpoint.publish(loaded, equals=to)
        return self._adopt(endpoint, loaded, began)

    def _publish(
        self, path: str, code: str | Any, kind: Kind | None = None, *, reset: bool = False
    ) -> tuple[Endpoint, sources.Loaded]:
        with self._lock:
            known = self.endpoints.find(path, kind)
            endpoint = known or self._endpoint(path, kind or "websocket", self._names)
            loaded = endpoint.load(code, reset=reset) if isinstance(code, str) else sources.from_object(code)
            if known or kind:
                _check_kind(endpoint, loaded.kind)
            endpoint.kind = loaded.kind
            if known is None:
                self._check_path(path)
            endpoint.publish(loaded)
            if known is None:
                self._add_route(endpoint)
            elif not isinstance(code, str):
                endpoint.names = getattr(inspect.unwrap(code), "__globals__", None) or _module_names(code)
            return endpoint, loaded

    def _endpoint(self, path: str, kind: Kind, names: Mapping[str, Any]) -> Endpoint:
        return Endpoint(path, kind, self.log, names=names, on_error=lambda: self.on_error)

    @property
    def on_error(self) -> OnError:
        """What happens when `on_receive` raises: "starlette" or "hold"."""
        return self._on_error

    @on_error.setter
    def on_error(self, policy: OnError) -> None:
        if policy not in ("starlette", "hold"):
            raise ValueError(f"on_error is 'starlette' or 'hold', not {policy!r}")
        self._on_error = policy
        self._changed()

    @property
    def held(self) -> dict[int, Held]:
        """Messages whose handler failed while errors were held, by the number of their event."""
        return {held.seq: held for endpoint in self.endpoints.all() for held in endpoint.held}

    def _check_path(self, path: str) -> None:
        if not path.startswith("/"):
            raise EditRejected(f"the path {path!r} has to begin with '/', as in {'/' + path!r}", stage="check")
        if not isinstance(self.app, Starlette):
            raise EditRejected(
                f"{type(self.app).__name__} is not a Starlette app, so {path!r} cannot be added to it",
                stage="check",
            )

    def _add_route(self, endpoint: Endpoint) -> None:
        assert isinstance(self.app, Starlette)
        try:
            route = routes.make_route(endpoint)
        except (AssertionError, ValueError) as error:
            raise EditRejected(f"the path {endpoint.path!r} is no route: {error}", stage="check") from None
        self.app.router.routes.append(route)
        self.endpoints.add(endpoint)

    # Clients

    def connect(self, path: str, *, name: str | None = None, **options: Any) -> Client:
        """
        Open a real client on a real socket and return it; use it with `with`, or close it yourself.

        Args:
            path: a path here, such as "/echo?room=1", or an address elsewhere, such as "wss://example.org/ws".
            name: what the log and the panel call it; "c1", "c2"… when left out.
            options: `headers`, `subprotocols`, `origin`, `timeout` and more of `AsyncClient`.

        Raises:
            NotRunning: the playground is stopped.
            HandshakeRefused: the endpoint or the server said no; status, headers and body tell how.
            ConnectFailed: nobody answers at that address.
        """
        client = Client(self._client(path, name, options))
        self.clients[client.name] = client
        self._forget_oldest_client()
        try:
            return client.connect()
        except HandshakeRefused as error:
            self._explain(error, path)
            raise

    def connect_async(self, path: str, *, name: str | None = None, **options: Any) -> AsyncClient:
        """Return the same client for `async with` or `await`; see `connect`."""
        return self._client(path, name, options)

    def _client(self, path: str, name: str | None, options: dict[str, Any]) -> AsyncClient:
        name = self._free_name(name)
        options.setdefault("on_change", self._changed)
        if path.startswith(("ws://", "wss://")):
            return AsyncClient(path, name=name, **options)
        if not path.startswith("/"):
            raise ValueError(f"{path!r} is neither a path, as {'/' + path!r}, nor an address, as 'ws://{path}'")
        if not self.running:
            raise NotRunning(f"the playground is stopped, so nobody answers at {path!r}; pg.start() starts it again")

        def announce(address: Address) -> None:
            self._announced[address] = name
            while len(self._announced) > 10 * CLIENTS:
                self._announced.pop(next(iter(self._announced)))

        return AsyncClient(self.url + path, name=name, announce=announce, direct=True, **options)

    def _free_name(self, name: str | None) -> str:
        taken = {one.name for one in self.clients.values() if one.state in ("open", "connecting")}
        number = 1 if name is None else 2
        base = "c" if name is None else f"{name}-"
        candidate = f"{base}{number}" if name is None else name
        while candidate in taken or (name is None and candidate in self.clients):
            candidate = f"{base}{number}"
            number += 1
        return candidate

    def _forget_oldest_client(self) -> None:
        closed = [name for name, client in self.clients.items() if client.state in ("closed", "failed")]
        for name in closed[: max(0, len(closed) - CLIENTS)]:
            del self.clients[name]

    def _explain(self, error: HandshakeRefused, path: str) -> None:
        plain = path.partition("?")[0]
        if not self._answers(plain):
            error.args = (f"{error}; {unknown_path(plain, list(self.endpoints))}",)

    def _answers(self, path: str) -> bool:
        scope: Scope = {"type": "websocket", "path": path, "root_path": "", "headers": [], "subprotocols": []}
        found = getattr(self.app, "routes", None)
        return found is None or any(route.matches(scope)[0] is Match.FULL for route in found)

    @property
    def connections(self) -> list[Connection]:
        """Every open connection, and those that ended last, oldest first."""
        return list(self._tap.connections.values())

    def watch_changes(self, watcher: Callable[[], None]) -> None:
        """Call `watcher()` whenever there is something new to show; on whichever thread it happens, so be quick."""
        self._watchers.append(watcher)
        self.log.subscribe(lambda record: watcher())

    def _changed(self) -> None:
        for watcher in self._watchers:
            watcher()

    # Being an object

    def __enter__(self) -> Playground:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        where = self.url if self.running else "stopped"
        count = sum(one.state == "open" for one in self.connections)
        return f"<Playground {where} endpoints {', '.join(self.endpoints)} connections {count} events {self.log.total}>"


class _FastSwitching:
    """`sys.setswitchinterval` while playgrounds run: the shortest asked for, and the old value after the last."""

    def __init__(self) -> None:
        self._asked: list[float] = []
        self._before = 0.0
        self._lock = threading.Lock()

    def enter(self, interval: float | None) -> None:
        if interval is None:
            return
        with self._lock:
            if not self._asked:
                self._before = sys.getswitchinterval()
            self._asked.append(interval)
            sys.setswitchinterval(min(self._before, *self._asked))

    def leave(self, interval: float | None) -> None:
        if interval is None:
            return
        with self._lock:
            self._asked.remove(interval)
            sys.setswitchinterval(min([self._before, *self._asked]))


_fast_switching = _FastSwitching()


def _check_kind(endpoint: Endpoint, kind: Kind) -> None:
    if endpoint.kind != kind:
        words = {"websocket": "WebSockets", "http": "HTTP"}
        raise EditRejected(
            f"{endpoint.path!r} serves {words[endpoint.kind]} and this code serves {words[kind]}; give it a path "
            f"of its own, or edit({endpoint.path!r}, …, kind={kind!r}) to have both there",
            stage="check",
        )


def _module_names(target: Any) -> Mapping[str, Any]:
    module = sys.modules.get(getattr(target, "__module__", ""))
    return vars(module) if module else {}


_running: dict[str, tuple[Playground, dict[str, Any]]] = {}
"""Playgrounds that `start` made, by name, with the settings asked for."""


def start(
    app: ASGIApp | None = None,
    *,
    name: str = "playground",
    names: Mapping[str, Any] | None = None,
    timeout: float = 10.0,
    **settings: Any,
) -> Playground:
    """
    Start a playground and return it; as a notebook cell's last line it shows the panel.

    Running the cell again keeps the server, its port and its connections: with an app, that app takes over; without
    one, the endpoints stay as they were edited. Other settings than before restart the server.

    Args:
        app: an ASGI app, served unchanged; without one, an echo at /ws and a page at / that talks to it.
        name: another name starts another playground beside the first.
        names: names that endpoints may use besides their own; in a notebook, its globals.
        timeout: seconds the app's start-up may take.
        settings: `host`, `port`, `origins` and more of `Playground`.

    Raises:
        PortTaken: another program listens on the port.
        StartFailed: the app raised, and its exception is the cause; or it did not start in time.
    """
    before, asked = _running.get(name, (None, {}))
    fresh = dict(settings)
    if before is not None and before.running:
        if asked == settings:
            if app is not None:
                before.swap(app, timeout=timeout)
            return before
        before.stop()
        # Whoever knows the address should find the new server there.
        fresh.setdefault("port", before.port)
    started = Playground(app, name=name, names=names, **fresh).start(timeout=timeout)
    _running[name] = started, settings
    return started
