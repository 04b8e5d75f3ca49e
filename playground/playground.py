"""One running playground: its server, endpoints, log and clients."""

from __future__ import annotations

import atexit
import inspect
import logging
import os
import threading
import time
from asyncio import CancelledError
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from importlib import resources
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, TypeAlias, get_args
from urllib.parse import unquote
from weakref import WeakSet

from starlette.applications import Starlette
from starlette.types import ASGIApp

from playground.client.async_client import AsyncClient
from playground.client.client import Client
from playground.client.clients import Clients
from playground.client.dial import Dial, open_websocket
from playground.common import forks, waiting
from playground.common.arguments import check_app, check_choice, check_file, check_limit, check_options, check_seconds
from playground.common.errors import EditRejected, HandshakeRefused, NotRunning, PushFailed, StartFailed
from playground.common.foreign_words import reports_app_exception
from playground.common.numbers import duration_text
from playground.common.text import one_line
from playground.edit.endpoints import Endpoint, Endpoints, check_path
from playground.edit.files.siblings import Siblings
from playground.edit.files.watch import Watch
from playground.edit.files.watches import Watches
from playground.edit.held import HeldMessage, HeldMessages
from playground.edit.live_code import Functions, OnError
from playground.edit.routes.shadowing import shadowed
from playground.edit.site import Site
from playground.edit.source import source as sources
from playground.edit.source.checking import Kind
from playground.edit.source.executing import LIMIT
from playground.edit.trial import Trial, try_draft
from playground.edit.versions import Report
from playground.record import output
from playground.record.asgi_tap import Tap
from playground.record.autopsy import autopsy
from playground.record.autopsy.autopsy import Autopsy
from playground.record.connections import CONNECTION
from playground.record.export.copies import copies
from playground.record.lines import Files
from playground.record.log import Log
from playground.record.recorder.server import Recorder
from playground.record.records import Connection, Record
from playground.record.refusal import Refusal
from playground.record.spill import SpillFile
from playground.record.storable import storable_error
from playground.serve.heartbeat import Heartbeat
from playground.serve.holders import holders
from playground.serve.origins import OriginCheck
from playground.serve.protocols import protocols
from playground.serve.pushing import Push, Pushed, at_path, message_of
from playground.serve.pushing import named as shown_name
from playground.serve.server import OPTIONS, Server
from playground.serve.serving import Serving
from playground.serve.switching import fast_switching
from playground.taking_over import TakingOver

SWITCH_INTERVAL = 0.001
"""Seconds after which a computing cell lets the server run; with Python's own 5 ms a round trip takes 5 ms.
`benchmarks/busy_cell.py` measures what this costs the cell and the server."""

Recipient: TypeAlias = "Client | AsyncClient | Connection | int | str"
Recipients: TypeAlias = "Recipient | Iterable[Recipient]"
"""Whom a message is pushed to; see `Playground.push`."""

_all: WeakSet[Playground] = WeakSet()


class Playground:
    """
    A Starlette app under uvicorn on a background thread, with endpoints that can be edited while people are connected.

        with Playground() as pg:                 # an echo at /ws and a page at / that talks to it
        with Playground(app) as pg:              # any ASGI app; Starlette's and FastAPI's endpoints can be edited
        with Playground(app, port=8000) as pg:   # a port of your choice

    In a notebook, `playground.start()` does the same and can be run again.

    Args:
        app: an ASGI app, served unchanged; without one, the starter endpoints.
        host, port: where to listen; port 0 takes a free one.
        origins: Origins of web pages besides the server's own that may connect, and send requests that change
            something, such as "https://hub.example.org"; "*" for every page.
        hosts: names of this server besides those it knows, such as "my.example" or "*.example.org"; a request for
            another host is refused. "*" turns that off.
        names: names that endpoints may use besides their own, such as a notebook's globals.
        server: makes the server; called with the app and the arguments of `Server`.
        dial: opens the sockets of `connect`; see `client.dial.Dial`.
        functions: what an edit does to open connections of a WebSocket function: "pinned" leaves them in it until
            they close, or until `reenter` is called; "reenter" leaves the function where it waits for a message, and
            enters the new one on the same socket: its locals are lost, and its `finally` blocks run.
        on_error: what happens when `on_receive` raises: "starlette" ends the connection as Starlette does, "hold"
            keeps the connection and the message, which a corrected version can handle; can be set at any time.
        edit_timeout: seconds that the source of an edit may run; one that does not end by then is rejected.
        log_limit: how many rows are kept.
        spill: a file to which older ones are written instead of being dropped; `playground.open_log` reads it.
        secrets: write cookies, tokens and other secrets of handshakes as they are into that file and into saved
            notebooks; otherwise they are masked there. Methods that export rows have an argument of their own.
        switch_interval: seconds, see `SWITCH_INTERVAL`; None leaves Python's setting alone.
        options: settings of `uvicorn.Config`, such as `ws_max_size=1000` or `loop="asyncio"`.
    """

    def __init__(
        self,
        app: ASGIApp | None = None,
        *,
        names: Mapping[str, Any] | None = None,
        server: Callable[..., Serving] = Server,
        dial: Dial = open_websocket,
        **settings: Any,
    ) -> None:
        check_app(app)
        self._pid = os.getpid()
        self._make_server = server
        self._dial = dial
        self._watchers: list[Callable[[], None]] = []
        self.log = Log()
        self.clients = Clients()
        """Clients opened by `connect`, by name, the closed ones included; the oldest of those are forgotten."""
        self.blocked: str | None = None
        """Where a handler blocks the server's loop at the moment, or None."""
        self._heartbeat: Heartbeat | None = None
        self._spill: SpillFile | None = None
        self.secrets = False
        """Whether secrets are written as they are into the spill file and saved notebooks."""
        self._lifecycle = threading.RLock()
        self._serving = False
        self._starting: Serving | None = None
        """The server whose start somebody waits for."""
        self._site = Site(
            app or Starlette(),
            self.log,
            names=names or {},
            on_error=lambda: self.on_error,
            functions=lambda: self._functions,
        )
        self._taking_over = TakingOver(self._site, self.log, lambda: self._server, self._blocked_at)
        self._watches = Watches(self.log, self._edit_file, self._taking_over.swap, self._rejected)
        self._recorder = Recorder(self.log, self.clients.witness_at, self._files)
        self._tap = Tap(lambda: self._check, self._recorder)
        _, configure = self._configured(**settings)
        configure()
        if app is None:
            for path, file in (("/ws", "echo.py"), ("/", "page.py")):
                source = resources.files("playground.starter").joinpath(file).read_text("utf-8")
                self._site.publish(path, source)
        _all.add(self)

    def _configured(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        origins: Iterable[str] = (),
        hosts: Iterable[str] = (),
        functions: Functions = "pinned",
        on_error: OnError = "starlette",
        edit_timeout: float = LIMIT,
        log_limit: int = 100_000,
        spill: str | Path | None = None,
        secrets: bool = False,
        switch_interval: float | None = SWITCH_INTERVAL,
        **options: Any,
    ) -> tuple[Serving, Callable[[], None]]:
        """Check the settings; return a server that has them, and a function that applies them to this playground."""
        ours = [name for name in inspect.signature(self._configured).parameters if name != "options"]
        check_options("start", options, [*ours, *OPTIONS])
        check_choice("functions", functions, get_args(Functions))
        check_choice("on_error", on_error, get_args(OnError))
        check_limit("edit_timeout", edit_timeout)
        check_seconds("switch_interval", switch_interval)
        if switch_interval == 0:
            raise ValueError("switch_interval has to be more than 0 seconds, or None to keep Python's setting, not 0")
        if not isinstance(log_limit, int) or log_limit < 0:
            raise ValueError(f"log_limit has to be a number of rows, such as 100_000, not {log_limit!r}")
        check = OriginCheck(lambda: self._site.served or self._site.app, host, origins, self._refused, hosts=hosts)
        server = self._make_server(
            self._tap,
            host=host,
            port=port,
            on_log=self._uvicorn_logged,
            on_failure=self._server_died,
            options=protocols(self._recorder, options),
        )
        server.check()

        def configure() -> None:
            self._spill_to(spill, secrets)
            self.secrets = secrets
            self.on_error = on_error
            self._functions = functions
            self._edit_timeout = edit_timeout
            self.log.limit = log_limit
            self._switch_interval = switch_interval
            self._check = check
            self._server = server

        return server, configure

    def _spill_to(self, path: str | Path | None, secrets: bool) -> None:
        if path is not None:
            check_file("spill", path)
        known = self._spill
        if path is None or (known and known.path == Path(path)):
            return
        if known and known.failure is None:
            known_path, new_path = one_line(str(known.path)), one_line(str(path))
            raise ValueError(f"the log spills to {known_path} already; start another playground to spill to {new_path}")
        spill = SpillFile(path, self.log.zero, self.log.began, self._spill_fails, known, secrets=secrets)
        spill.check()
        if self._serving:
            # What it cannot write to must not stop the server that runs.
            spill.start()
        self._spill = self.log.spill = spill

    def _spill_fails(self, trouble: str) -> None:
        self.log.note("error", error=trouble)

    def _look_at_spill(self) -> None:
        trouble = self._spill.news() if self._spill else None
        if trouble:
            self._spill_fails(trouble)

    def restart(self, app: ASGIApp | None = None, *, timeout: float = 10.0, **settings: Any) -> None:
        """
        Serve with other settings, on the same port unless another is named; endpoints and log stay.

        Connections are closed with 1012, because a socket cannot change hands.

        Args:
            app: another app, which takes over as in `swap`; without one, the app stays.
            timeout: seconds the app's start-up may take.
            settings: those of `Playground`; what is left out gets its default.

        Raises:
            TypeError, ValueError: a setting cannot be used; the server that runs goes on.
            PortTaken, StartFailed: as `start`.
        """
        self._check_here()
        again = partial(self._restart, app, timeout, settings)
        waiting.to_the_end(again, give_up=self._give_up)

    def _restart(self, app: ASGIApp | None, timeout: float, settings: dict[str, Any]) -> None:
        # Settings that cannot be used must not stop the server that runs.
        check_seconds("timeout", timeout)
        server, configure = self._configured(**{**settings, "port": settings.get("port", self.port)})
        server.check_free(self._server)
        self._spill_to(settings.get("spill"), settings.get("secrets", False))
        if app is not None:
            self._taking_over.swap(app, timeout)
        with self._lifecycle:
            if self._serving:
                self._end(3.0, goes_on=True)
            configure()
            self._begin(timeout)

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
        self._check_here()
        if not self.running:
            self._watches.look()
            waiting.to_the_end(partial(self._start, timeout), give_up=self._give_up)
        return self

    def _start(self, timeout: float) -> None:
        with self._lifecycle:
            if self._serving and not self.running:
                # Its thread has ended with an error, which is in the log.
                self._end(0.0)
            if not self._serving:
                try:
                    self._begin(timeout)
                finally:
                    self._watches.resume()

    def _begin(self, timeout: float) -> None:
        self._starting = self._server
        try:
            if self._spill:
                self._spill.start()
            self._server.start(timeout=timeout)
        except BaseException:
            if self._spill:
                self._spill.close()
            raise
        finally:
            self._starting = None
        self._serving = True
        output.capture(self)
        fast_switching.enter(self, self._switch_interval)
        atexit.register(self.stop)
        if self._server.loop is not None:
            self._heartbeat = Heartbeat(
                self._server.loop, self._blocked_at, self._is_blocked, self._is_free, self._look_at_spill
            ).start()
        self.log.note("start", data=f"listening on {self.url}")

    def _give_up(self) -> None:
        """End the start that another thread is about, of the server or of an app, if there is one."""
        self._taking_over.give_up()
        if starting := self._starting:
            starting.stop(timeout=0.2)

    def stop(self, *, timeout: float = 3.0) -> None:
        """
        Stop serving: connections are closed with 1012, the app's lifespan shutdown runs, the port is free again.

        A handler that blocks the loop cannot be stopped; the log then says at which line it is. An interrupt ends the
        waiting alone: what was begun goes on to its end, and another call waits for that.
        """
        if self._pid != os.getpid():
            # Of a forked child, which leaves its parent's alone.
            return
        self._give_up()
        waiting.to_the_end(partial(self._stop, timeout))

    def _stop(self, timeout: float) -> None:
        self._watches.pause()
        with self._lifecycle:
            if self._serving:
                self._end(timeout)

    def _end(self, timeout: float, *, goes_on: bool = False) -> None:
        """Undo what `_begin` has done; each step can be done again, and none is left out because another failed."""
        until = time.monotonic() + timeout
        blocked = None
        try:
            if self._heartbeat:
                self._heartbeat.stop()
            self._recorder.server_stops()
            blocked = self._server.stop(timeout=timeout)
        finally:
            # Nobody listens for an answer of that loop any more.
            self.blocked = None
            fast_switching.leave(self)
            output.release(self)
            self._serving = False
            atexit.unregister(self.stop)
            error = f"the port is free, but a handler still blocks the loop: {blocked}" if blocked else None
            self.log.note("stop", error=error)
            if self._spill and (not goes_on or self._spill.failure is not None):
                self.log.trim()
                self._spill.close(timeout=max(1.0, until - time.monotonic()))

    def _check_here(self) -> None:
        """Raise NotRunning in a forked child: what the server has is its parent's."""
        if self._pid != os.getpid():
            raise NotRunning(
                f"this process, {os.getpid()}, was forked from process {self._pid}, where the playground runs, and has "
                "none; start one here with playground.start()"
            )

    def _note_fork(self) -> None:
        """Note which connections a child has too that is about to be forked."""
        if self._pid == os.getpid() and isinstance(self._server, Server):
            for connection, number in self._server.open_sockets():
                self._recorder.process_forks(connection, number)

    def _forget(self) -> None:
        """Leave everything to the parent of a forked child; what was recorded so far can be read here too."""
        atexit.unregister(self.stop)
        self._lifecycle = threading.RLock()
        self._serving, self._heartbeat, self.blocked = False, None, None
        self._watchers.clear()
        self.log.forget_others()
        self.clients.forget()
        if self._spill:
            self._spill.forget()
        if isinstance(self._server, Server):
            self._server.forget()

    def _files(self) -> Files:
        return {name: place for endpoint in self.endpoints.all() for name, place in list(endpoint.files.items())}

    def _blocked_at(self) -> str | None:
        place = self._server.blocked_at()
        if place is None:
            return None
        for endpoint in self.endpoints.all():
            if place.filename in endpoint.files:
                number, offset, _ = endpoint.files[place.filename]
                return f"{endpoint.path} v{number} line {place.line - offset}: {place.text}"
        return str(place)

    def _is_blocked(self, where: str) -> None:
        self.blocked = where
        self.log.note("error", error=f"the server's loop is blocked at {where}; nothing is served until it returns")

    def _is_free(self, seconds: float) -> None:
        self.blocked = None
        self.log.note("log", data=f"the server's loop is free again, after {duration_text(seconds)}")

    @property
    def app(self) -> ASGIApp:
        """The app that is served; Starlette's `TestClient` works on it."""
        return self._site.app

    @property
    def endpoints(self) -> Endpoints:
        """The endpoints by path: `pg.endpoints["/ws"]`."""
        self._site.refresh()
        return self._site.endpoints

    @property
    def running(self) -> bool:
        """Whether it serves, in this process."""
        return self._server.running and self._pid == os.getpid()

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
        return self._server.url

    @property
    def http_url(self) -> str:
        """Where browsers go, without a path: "http://127.0.0.1:50213"."""
        return self._server.http_url

    def swap(self, app: ASGIApp, *, timeout: float = 10.0) -> None:
        """
        Serve another app from now on, on the same port.

        Its lifespan starts before the old one's ends. Open connections at a path that both apps have change to the new
        app's endpoint between two hooks, and find the new app under `websocket.app` and its lifespan's state under
        `websocket.state`. Others keep the old app until they close, and its lifespan ends after the last of them.

        Args:
            app: the app.
            timeout: seconds its start-up may take.

        Raises:
            StartFailed: the new app raised while starting, or took too long; or this was called on the server's own
                loop, as in a hook. The old one goes on.
        """
        self._check_here()
        self._taking_over.swap(app, timeout)

    def _server_died(self, error: BaseException) -> None:
        why = f"the server has died: {storable_error(error)}"
        if isinstance(error, CancelledError):
            why = "the server has stopped: its own task was cancelled, as by cancelling all of asyncio.all_tasks()"
        self.log.note("error", error=f"{why}; plain uvicorn would have exited here; pg.start() starts it again")

    def _uvicorn_logged(self, record: logging.LogRecord) -> None:
        # The log has the exception already, with its line.
        if record.exc_info and reports_app_exception(record.getMessage()):
            return
        # Of an answer that is no 101, uvicorn says that there was none; this one was ours, and is in the log.
        connection = CONNECTION.get()
        if connection and connection.ending.refusal and record.levelno >= logging.ERROR:
            return
        self.log.note("log", data=record.getMessage(), error=record.levelname if record.levelno >= 40 else None)

    def _refused(self, refusal: Refusal) -> None:
        connection = CONNECTION.get()
        if connection:
            self._recorder.handshake_refused(connection, refusal)
        self.log.note("log", data=str(refusal), error="WARNING", connection=connection)

    # Endpoints

    def edit(
        self, path: str, code: str | Any, *, kind: Kind | None = None, reset: bool = False, timeout: float | None = None
    ) -> Report:
        """
        Change the code of a path while clients are connected to it; a new path becomes a new endpoint.

        No connection is closed and no message is lost: each connection changes its version between two hooks. The
        new source runs as in a fresh start, and what connections have built stays: `members = set()` does not empty the
        set. Where both have changed the same value in a way that cannot be merged, it stays, and a note says so.

        Args:
            path: the route's path, such as "/echo" or "/{username}"; "POST /items" where a path has several methods.
            code: source text, or a class or function.
            kind: "websocket" or "http", needed only where a path serves both.
            reset: keep nothing of what connections have built.
            timeout: seconds that the source may run; those of the setting `edit_timeout` when left out.

        Returns:
            a report that says on how many connections the new version is live.

        Raises:
            EditRejected: the code has a mistake, and the message names the line; or the path belongs to a route that
                cannot be edited or bypassed, and the message names the route. Nothing has changed.
        """
        self._check_here()
        return self._edit(path, code, kind=kind, reset=reset, limit=self._limit(timeout))

    def _edit(
        self,
        path: str,
        code: str | Any,
        *,
        limit: float,
        kind: Kind | None = None,
        reset: bool = False,
        siblings: Siblings | None = None,
    ) -> Report:
        began = time.perf_counter()
        entered: list[tuple[Endpoint, sources.LoadedEndpoint]] = []

        def adopt() -> Report:
            return self._adopt(*entered.pop(), began)

        def adopt_unless_done() -> None:
            with suppress(IndexError):
                adopt()

        try:
            self._site.publish(
                path,
                code,
                kind,
                reset=reset,
                limit=limit,
                siblings=siblings,
                entered=lambda endpoint, loaded: entered.append((endpoint, loaded)),
            )
            return waiting.to_the_end(adopt)
        except EditRejected as error:
            self._rejected(error, path)
            raise
        except BaseException:
            if entered:
                # Interrupted when the new version was the current one already: its connections change, and it is told.
                waiting.to_the_end(adopt_unless_done)
            raise

    def _limit(self, timeout: float | None) -> float:
        if timeout is None:
            return self._edit_timeout
        check_limit("timeout", timeout)
        return timeout

    def _adopt(self, endpoint: Endpoint, loaded: sources.LoadedEndpoint, began: float) -> Report:
        report = endpoint.adopt(began, loaded)
        if isinstance(self.app, Starlette):
            note = shadowed(self.app.routes, endpoint.path, endpoint.kind, self.host, new=report.new)
            report = replace(report, notes=(*report.notes, note) if note else report.notes)
        if report.version is endpoint.current:
            endpoint.notes = report.notes
        report = replace(report, stopped=not self.running)
        self.log.note("edit", path=report.path, version=report.version.number, data=str(report))
        return report

    def reset(self, path: str, *, kind: Kind | None = None) -> Report:
        """
        Run the endpoint's current source again as a new version, so that its state is that of a first start.

        Raises:
            UnknownEndpoint: no endpoint at that path.
            EditRejected: the source does not run any more, or is not known.
        """
        self._check_here()
        endpoint = self.endpoints.find(path, kind) or self.endpoints[path]
        if not endpoint.current.source:
            raise EditRejected(
                f"the source of {path!r} {endpoint.current.label} is not known, so it cannot be run again; give its "
                f"source, as edit({path!r}, …, reset=True)",
                stage="check",
            )
        return self.edit(path, endpoint.current.source, kind=endpoint.kind, reset=True)

    def revert(self, path: str, *, to: int, kind: Kind | None = None) -> Report:
        """
        Go back to an earlier version, as a new one: v7 (= v3).

        Raises:
            UnknownEndpoint: no endpoint at that path.
            LookupError: no such version.
            EditRejected: its source does not run any more; nothing has changed.
        """
        self._check_here()
        began = time.perf_counter()
        endpoint = self.endpoints.find(path, kind) or self.endpoints[path]
        try:
            loaded = self._site.revert(endpoint, to, limit=self._edit_timeout)
        except EditRejected as error:
            self._rejected(error, path)
            raise
        return self._adopt(endpoint, loaded, began)

    def reenter(self, path: str) -> Report:
        """
        Move the open connections of a WebSocket function to its current version, on the same sockets.

        A function keeps its people until they close; this leaves it where it waits for a message, and the new one runs
        from its first line on the same connection. Locals are lost. What the old one registered, such as in a
        connection manager, stays unless its `finally` removes it; `except WebSocketDisconnect` does not run.
        `functions="reenter"` does so at every edit.

        Returns:
            a report on the connections; with a note where a function registers its WebSocket twice.

        Raises:
            UnknownEndpoint: no WebSocket endpoint at that path.
        """
        self._check_here()
        began = time.perf_counter()
        endpoint = self.endpoints.find(path, "websocket") or self.endpoints[path]
        report = replace(endpoint.reenter(began), stopped=not self.running)
        self.log.note("log", path=report.path, version=report.version.number, data=f"{report.path} {report}")
        return report

    def try_edit(
        self, path: str, source: str, *, connection: int | None = None, last: int = 20, timeout: float = 2.0
    ) -> Trial:
        """
        Run a draft on the last messages of a connection, without publishing it, and compare what it sends.

        The draft goes on with copies of what connections have built in the module of its code, on an in-memory
        connection, and what it sends to other connections reaches nobody. Its other effects are real: on files, and on
        objects that it shares with the notebook, with the module of an app that was given, or on `app.state`. What it
        sends is compared with what was sent because of the same message. Messages that are held come first.

        Args:
            path: the WebSocket endpoint's path.
            source: the draft.
            connection: whose messages, by its number; when left out, the newest connection here with messages that are
                held, or else the newest that sent any.
            last: how many of them.
            timeout: seconds for all of them.

        Raises:
            EditRejected: the draft has a mistake, or the path belongs to a route that cannot be edited.
            UnknownEndpoint: no endpoint at that path.
        """
        self._check_here()
        if path not in self.endpoints:
            self._site.check_new(path, "websocket")
        endpoint = self.endpoints[path]
        loaded = endpoint.rehearse(source, limit=self._edit_timeout)
        return try_draft(endpoint, loaded, self.log, self.connections, connection, last, timeout)

    def watch(self, file: str | Path, path: str | None = None) -> Watch:
        """
        Apply a file now and whenever it is saved; return a handle with `stop`.

        Args:
            file: a Python file in your own editor.
            path: with one, the file is that endpoint's source; without, it defines a whole `app`, as for
                `uvicorn main:app`, which takes over as in `swap`.

        What the file imports from its own folder tree counts too: when such a module is saved, it is loaded again, with
        those that import it. `stop` of the playground ends watching until its next `start`, which applies what was
        saved meanwhile.

        Raises:
            OSError: the file cannot be read.
            EditRejected: the file has a mistake now. Later mistakes are reported in the log and change nothing.
        """
        self._check_here()
        return self._watches.add(Path(file), path)

    def _edit_file(self, path: str, text: str, siblings: Siblings) -> None:
        self._edit(path, text, limit=self._limit(None), siblings=siblings)

    def _rejected(self, error: EditRejected | StartFailed, path: str | None, file: Path | None = None) -> None:
        whose = f"{file.name} " if file else ""
        self.log.note("edit", path=path or "", line=getattr(error, "line", None), error=f"{whose}rejected: {error}")

    @property
    def on_error(self) -> OnError:
        """What happens when `on_receive` raises: "starlette" or "hold"."""
        return self._on_error

    @on_error.setter
    def on_error(self, policy: OnError) -> None:
        check_choice("on_error", policy, get_args(OnError))
        self._on_error = policy
        self._changed()

    @property
    def held(self) -> dict[int, HeldMessage]:
        """Messages whose handler failed while errors were held, by the number of their event."""
        return HeldMessages((held.seq, held) for endpoint in self.endpoints.all() for held in endpoint.held)

    # Clients

    def connect(self, path: str, *, name: str | None = None, **options: Any) -> Client:
        """
        Open a real client on a real socket and return it; use it with `with`, or close it yourself.

        Args:
            path: a path here, such as "/echo?room=1", or an address elsewhere, such as "wss://example.org/ws". What a
                browser would encode, such as a space, is encoded; a fragment or a line break is refused.
            name: what the log and the panel call it; "c1", "c2"… when left out.
            options: `headers`, `cookies`, `subprotocols`, `origin`, `timeout`, and for addresses elsewhere `ssl`
                and `proxy`; all of them are explained at `AsyncClient`.

        What its connection to a server elsewhere carries is recorded too, frames and all, so that `log`, `why` and the
        panel show it with the client and its wire as witnesses.

        Raises:
            NotRunning: the playground is stopped.
            HandshakeRefused: the endpoint or the server refused; the error has status, headers and body.
            ConnectFailed: there is no connection, or no answer that opens a WebSocket. The message says how far it
                got, and `why(name)` and the client's `failure` say the same.
            TypeError, ValueError: the path, the name or an option cannot be used.
        """
        client = self._client(path, name, options)
        try:
            return self.clients.add(client).connect()
        except HandshakeRefused as error:
            why = self._site.why_refused(unquote(path.partition("?")[0])) if path.startswith("/") else None
            if why:
                error.args = (f"{error}; {why}",)
            raise
        except Exception:
            raise
        except BaseException:
            # An interrupt may have come before the first line of `connect`.
            Client(client).abandon()
            raise

    def duplicate(self, client: Client | str, *, name: str | None = None) -> Client:
        """
        Connect another client like one there is: the same path or address, headers, cookies, subprotocols and Origin.

        Args:
            client: the client, or its name in `clients`; it may be closed.
            name: of the new one; when left out, "alice-2" for "alice", and the next of "c1", "c2"… for one of those.

        Raises:
            LookupError: there is no client of that name, or this playground did not make it.
            NotRunning, HandshakeRefused, ConnectFailed, TypeError, ValueError: as of `connect`.
        """
        original = self.clients[client] if isinstance(client, str) else client
        target, options = self.clients.settings_of(original.async_client)
        return self.connect(target, name=name or self.clients.name_like(original.name), **options)

    def connect_async(self, path: str, *, name: str | None = None, **options: Any) -> AsyncClient:
        """Return an asynchronous client, for `async with` or `await`; see `connect`."""
        return self._client(path, name, options)

    def _client(self, path: str, name: str | None, options: dict[str, Any]) -> AsyncClient:
        self._check_here()
        options = {"on_change": self._changed, "dial": self._dial, **options}
        server = self.url if self.running else None
        return self.clients.make(path, name, options, self._recorder, server, lambda: self.running)

    def push(
        self, data: object, to: Recipients | None = None, *, path: str | None = None, timeout: float | None = 5.0
    ) -> Pushed:
        """
        Send a message as the server, to one client or to all, and return who was sent it.

        It leaves by the same `send` as the app's own messages, and the app does not hear of it: no hook runs, and
        nothing that it keeps changes. The log says that it was pushed, and not sent by the handler; `is:pushed`
        finds such rows.

        Args:
            data: text, bytes, or another value, which is sent as JSON text.
            to: a client, its name, a connection or its number, or several of these; everybody when left out. A name
                means the newest connection of that name.
            path: only those who are connected at that path, such as "/room/a", or at a route's, such as "/room/{name}".
            timeout: seconds to wait for a client that does not read; None waits for ever.

        Raises:
            NotRunning: the playground is stopped.
            LookupError: nobody of that name, or number, has connected; or there is no such path.
            PushFailed: somebody who is named could not be sent it, because the connection is not accepted yet, or is
                closed, or its client does not read. Where that is known before, nobody is sent it.
            NotJSON, TypeError, ValueError: the data, the path or a recipient cannot be used.
        """
        self._check_here()
        check_seconds("timeout", timeout)
        message, recipients, loop = message_of(data), self._recipients(to, path), self._server.loop
        if not self.running or loop is None:
            raise NotRunning("the playground is stopped, so nobody is connected; pg.start() starts it again")
        push = Push(message, recipients, self._tap.senders, timeout)
        if to is not None:
            push.check()
        try:
            pushed = push.run(loop)
        except TimeoutError:
            where = self._blocked_at()
            why = f"the server's loop is blocked{f' at {where}' if where else ''}, so nothing can be sent"
            raise PushFailed(f"{why}; {push.outcome!r}", pushed=push.outcome) from None
        if to is not None:
            push.check_sent()
        return pushed

    def _recipients(self, to: Recipients | None, path: str | None) -> list[Connection]:
        """Return the connections that a push is for, each once."""
        if path is not None:
            check_path(path)
        if to is None:
            there = self.connections if path is None else at_path(self.connections, path)
            if path is not None and not there and path not in self.endpoints:
                # Says which paths there are.
                self.endpoints[path]
            return [one for one in there if one.state == "open"]
        several = to if isinstance(to, Iterable) and not isinstance(to, str | bytes) else [to]
        named = list(dict.fromkeys(map(self._recipient, several)))
        if path is not None:
            here = set(at_path(named, path))
            elsewhere = [one for one in named if one not in here]
            if elsewhere:
                who = ", ".join(f"{shown_name(one)} is connected to {one.path!r}" for one in elsewhere)
                raise LookupError(one_line(f"{who}, and not to {path!r}; leave out path, or the client"))
        return named

    def _recipient(self, one: object) -> Connection:
        if isinstance(one, Client | AsyncClient):
            if one.connection is None:
                raise LookupError(f"{one_line(one.name)} has never reached a server")
            return one.connection
        # True is not the connection with the number 1: somebody means all.
        if isinstance(one, bool) or not isinstance(one, Connection | int | str):
            raise TypeError(f"push takes a client, its name, a connection or its number, or a list, not {one!r}")
        return self._recorder.connections.find(one)

    @property
    def connections(self) -> list[Connection]:
        """Every open connection and the ones that ended most recently, oldest first."""
        return [one for one in list(self._recorder.connections.values()) if not one.elsewhere]

    def why(self, connection: Connection | Client | AsyncClient | int | str | None = None) -> Autopsy:
        """
        Return why a connection ended: which side ended it, what each witness reports, and why they differ.

        Args:
            connection: a connection, its number, the client it belongs to, or that client's name, which means the
                newest connection of that name; the one that ended last, when left out.

        Raises:
            LookupError: no such connection is remembered.
            TypeError: the argument is of another type.
        """
        if isinstance(connection, Client | AsyncClient):
            asked = connection.connection
            if asked is None:
                raise LookupError(f"{one_line(connection.name)} has never reached a server")
        else:
            asked = self._recorder.connections.find(connection)
        number = asked.ending.forked_socket
        return autopsy.why(asked, self.log.last_message(asked), holders(number) if number else None)

    def copy_as(self, format: str, seq: int, *, secrets: bool = False) -> str:
        """
        Return a row as text that does again what its client did, as the panel copies it.

            print(pg.copy_as("curl", 12))

        Args:
            format: "pg" for calls of this playground, "python" for a script of `websockets`, "pytest", "javascript",
                "curl", "websocat" or "python -m websockets".
            seq: the row's number.
            secrets: leave the secrets of the handshake as they are; otherwise they are masked, and a comment says so.

        Raises:
            LookupError: the row is no longer kept.
            ValueError: there is no such format, or it cannot say what this row's client did; the message says why.
        """
        server = self.url if self.running else None
        return copies.copy_as(self.log, seq, format, server=server, clients=self.clients, secrets=secrets)

    def watch_changes(
        self, watcher: Callable[[], None], recorded: Callable[[Record], None] | None = None
    ) -> Callable[[], None]:
        """
        Call `watcher()` whenever there is something new to show; return a function that ends this.

        Args:
            watcher: runs on the thread where it happens, so it has to be quick.
            recorded: called with each record that is new or was completed, instead of `watcher`.
        """
        self._watchers.append(watcher)
        forget = self.log.subscribe(recorded or (lambda record: watcher()))

        def undo() -> None:
            forget()
            with suppress(ValueError):
                # It was called before.
                self._watchers.remove(watcher)

        return undo

    def _changed(self) -> None:
        for watcher in list(self._watchers):
            watcher()

    # Showing it

    drawn_with: ClassVar[Callable[..., Any] | None] = None
    """What draws a piece of the panel. It is set from above, because nothing here knows a widget."""

    def show(self, piece: str = "panel", about: str = "", *, height: int | None = None, side: bool = False) -> Any:
        """
        Return a part of the panel as a widget, such as `pg.show("timeline", "alice")`; see `playground.show`.

        Raises:
            RuntimeError: this is not a notebook of IPython's.
            ValueError, TypeError, UnknownEndpoint, QueryError: as `playground.show`.
        """
        draw = type(self).drawn_with
        if draw is None:
            raise RuntimeError("pg.show needs IPython; anywhere else, playground.show(pg) returns the same widget")
        return draw(self, piece, about, height=height, side=side)

    def page(self, path: str = "/", *, height: int | None = None) -> Any:
        """
        Return what the server answers at a path, as a widget in the notebook: `pg.page("/")`; see `playground.show`.

        Args:
            path: of an HTTP endpoint; a query such as "/?path=/chat" goes with it.
            height: pixels.
        """
        return self.show("page", path, height=height)

    # Being an object

    def __enter__(self) -> Playground:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        here = self._pid == os.getpid()
        where = self.url if self.running else "stopped" if here else f"of process {self._pid}"
        count = sum(one.state == "open" for one in self.connections)
        return one_line(
            f"<Playground {where} endpoints {', '.join(self.endpoints)} connections {count} rows {self.log.total}>"
        )


def _forget_all() -> None:
    for pg in list(_all):
        pg._forget()


def _note_fork() -> None:
    for pg in list(_all):
        pg._note_fork()


forks.before(_note_fork)
forks.in_child(_forget_all)
