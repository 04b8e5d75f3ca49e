"""
uvicorn on a background thread: bind, run, stop.

    bind()  in the caller, so that a taken port is an error there
    start() waits until the app has started, or raises what the app raised
    stop()  close frames 1012, a short grace, then cancel and abort; never hangs
"""

from __future__ import annotations

import asyncio
import errno
import inspect
import logging
import os
import socket
import sys
import threading
import traceback
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from types import FrameType
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.config import HTTP_PROTOCOLS, LOG_LEVELS, LOOP_FACTORIES, WS_PROTOCOLS
from uvicorn.importer import ImportFromStringError, import_from_string
from uvicorn.lifespan.off import LifespanOff
from uvicorn.lifespan.on import LifespanOn

from playground.common import forks, waiting
from playground.common.arguments import check_choice, check_seconds
from playground.common.errors import PortTaken, StartFailed
from playground.common.logs import LogRedirect, TracebacksAsText
from playground.record.records import Connection
from playground.serve.holders import number_of
from playground.serve.serving import Place, Serving

OPTIONS = [
    name
    for name in inspect.signature(uvicorn.Config).parameters
    if name not in ("app", "host", "port", "interface", "log_config", "access_log")
]
"""Settings of uvicorn that are handed on; the others are the playground's business."""

IMPORTED: dict[str, Mapping[str, str | None]] = {
    "ws": WS_PROTOCOLS,
    "http": HTTP_PROTOCOLS,
    "loop": LOOP_FACTORIES,
}
"""Settings that name what uvicorn imports, with the names it knows."""

WILDCARDS = {"0.0.0.0", "::"}
"""Hosts that stand for every address of the machine."""

EXITS = "plain uvicorn would have exited here"
"""What is said where an app ends the loop, and the server goes on."""

GRACE = 0.5
"""Seconds that requests and handlers get to finish on stop; WebSockets were told 1012 before it begins."""


def bind(host: str, port: int) -> socket.socket:
    """
    Return a listening socket; port 0 takes a free one.

    Raises:
        PortTaken: something listens there already, or the host is not this machine's.
        TypeError, ValueError: that is no host, or no port.
    """
    _check_address(host, port)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        if os.name == "posix":
            # On Windows the option means that two programs may share a port.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        raise PortTaken(_why_not_bound(host, port, error)) from None
    return listener


def _address(host: str) -> str:
    """Return the address that a host stands for on this machine, in one spelling: "127.0.0.1" for "localhost"."""
    with bind(host, 0) as listener:
        return str(listener.getsockname()[0])


def _check_address(host: object, port: object) -> None:
    if not isinstance(host, str):
        raise TypeError(f"host is text, such as '127.0.0.1', not {host!r}")
    if not isinstance(port, int):
        raise TypeError(f"port is a number, such as 8000, not {port!r}")
    if not 0 <= port <= 65535:
        raise ValueError(f"port {port} is out of range, 0 to 65535; leave port out to get a free one")


def _why_not_bound(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} is taken by another program; leave port out to get a free one"
    if error.errno == errno.EACCES:
        return f"port {port} needs administrator rights; take one above 1023, or leave port out to get a free one"
    return f"cannot listen on {host!r} port {port}: {error}"


class Server:
    """
    One uvicorn server on one daemon thread.

    Args:
        app: the ASGI app.
        host, port: where to listen; port 0 takes a free one, `port` then tells which.
        on_log: called with each record uvicorn logs on this server's thread, instead of printing it.
        on_failure: called with what ended the thread after it had started, if something did.
        options: further settings of `uvicorn.Config`, such as `ws_max_size` or `loop`.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        on_log: Callable[[logging.LogRecord], None] | None = None,
        on_failure: Callable[[BaseException], object] = lambda error: None,
        options: dict[str, Any] | None = None,
    ) -> None:
        self.host = host
        self.port = port
        self._lifespan = _Lifespan(app)
        self._on_log = on_log
        self._on_failure = on_failure
        self._options = options or {}
        self._thread: threading.Thread | None = None
        self._uvicorn: _Uvicorn | None = None
        self._failure: BaseException | None = None
        self._listener: socket.socket | None = None
        self._pid = os.getpid()

    @property
    def running(self) -> bool:
        """Whether the server accepts connections."""
        return bool(self._uvicorn and self._uvicorn.started and self._thread and self._thread.is_alive())

    @property
    def loop(self) -> asyncio.AbstractEventLoop | None:
        """The event loop the app runs on."""
        return self._uvicorn.loop if self._uvicorn else None

    @property
    def url(self) -> str:
        """Where WebSockets connect, without a path."""
        return f"ws://{self._authority}"

    @property
    def http_url(self) -> str:
        """Where browsers go, without a path."""
        return f"http://{self._authority}"

    @property
    def _authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    def check_free(self, replaced: Serving) -> None:
        """
        Find out whether the port can be had once another server has stopped.

        Raises:
            PortTaken: another program listens there, or the host is not this machine's.
        """
        here = _address(self.host)
        if self.port == replaced.port:
            # The other one listens on that port, at its own address or at all of them.
            there = _address(replaced.host)
            if here == there or not WILDCARDS.isdisjoint((here, there)):
                return
        bind(self.host, self.port).close()

    def check(self) -> None:
        """
        Find out whether there can be such a server, without starting it.

        Raises:
            TypeError, ValueError: an option that uvicorn does not have, or a value it cannot use.
        """
        level = self._options.get("log_level")
        if isinstance(level, str):
            check_choice("log_level", level.lower(), tuple(LOG_LEVELS))
        for name, known in IMPORTED.items():
            if name in self._options:
                _check_import(name, self._options[name], known)
        config = self._config()
        config.load()
        config.get_loop_factory()

    def _config(self) -> uvicorn.Config:
        return uvicorn.Config(self._lifespan, interface="asgi3", log_config=None, access_log=False, **self._options)

    def start(self, *, timeout: float = 10.0) -> None:
        """
        Listen, start the app, and return when it serves.

        Args:
            timeout: seconds the app's start-up may take.

        Raises:
            PortTaken: the port cannot be had.
            StartFailed: the app raised (its exception is the cause) or did not finish in time.
            TypeError, ValueError: as `check`.
        """
        self._failure = None
        check_seconds("timeout", timeout)
        self.check()
        config = self._config()
        server, listener = _Uvicorn(config), bind(self.host, self.port)
        thread = threading.Thread(target=self._run, args=(server, listener), name="playground-server", daemon=True)
        self.port = listener.getsockname()[1]
        # From here on, `stop` on another thread gives it up.
        self._listener, self._uvicorn, self._thread = listener, server, thread
        try:
            thread.start()
            in_time = waiting.until(server.ready, timeout)
        except BaseException:
            # Nobody would know of this server any more.
            self.stop(timeout=0.2)
            raise
        if server.should_exit and not server.started:
            self.stop(timeout=0.2)
            waiting.until_ended(thread, 0.2)
            raise StartFailed("the playground was stopped before the app had started")
        if not in_time:
            place = self.blocked_at()
            where = (
                f"it is at {place}" if place else "none of its lines runs: it waits for something that does not happen"
            )
            self.stop(timeout=0.2)
            raise StartFailed(f"the app did not start within {timeout:g} s; {where}")
        if not server.started:
            # What the app has begun in other threads need not come to an end.
            waiting.until_ended(thread, 2 * GRACE)
            self._close_listener()
            raise _start_failed(self._lifespan.error or self._failure)

    def _run(self, server: _Uvicorn, listener: socket.socket) -> None:
        try:
            # A Runner of our own: `asyncio.run` may have been replaced by nest_asyncio.
            with (
                LogRedirect(self._on_log),
                TracebacksAsText("uvicorn.error", "asyncio"),
                asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner,
            ):
                _run(runner.get_loop(), server.serve_on(listener))
        except BaseException as error:
            # SystemExit is uvicorn's way to say that the app did not start; `_lifespan.error` knows why.
            self._failure = None if isinstance(error, SystemExit) and not server.started else error
            if server.started:
                self._on_failure(error)
        finally:
            # Whatever ended it, nobody has to wait in a queue that is served no more.
            _shut(listener)
            listener.close()
            server.ready.set()

    def stop(self, *, timeout: float = 3.0) -> str | None:
        """
        Stop serving and free the port; return None, or what still blocks the loop.

        WebSockets are closed with 1012, handlers get `GRACE` seconds and are then cancelled, and the app's
        lifespan shutdown runs.

        Args:
            timeout: seconds to wait for the thread. A handler that blocks the loop cannot be stopped from
                outside: the port is freed all the same, and the line that blocks is returned.
        """
        thread, server = self._thread, self._uvicorn
        if thread is None or server is None or self._pid != os.getpid():
            return None
        server.request_stop()
        if thread is threading.current_thread():
            return None
        # A thread that was never started, because somebody was interrupted just there, has nothing to end.
        ended = thread.ident is None or waiting.until_ended(thread, timeout)
        where = None if ended else str(self.blocked_at() or "the server's loop is busy")
        self._close_listener()
        self._thread = self._uvicorn = None
        return where

    def _close_listener(self) -> None:
        listener = self._listener
        if listener is None:
            return
        if self._pid == os.getpid():
            # In a forked child it is the parent's too, and goes on listening there.
            _shut(listener)
        listener.close()
        self._listener = None

    def open_sockets(self) -> list[tuple[Connection, int]]:
        """Return the recorded connections whose sockets are open, with the system's numbers of these."""
        server = self._uvicorn
        found = []
        for protocol in list(server.server_state.connections) if server else ():
            connection = getattr(protocol, "connection", None)
            socket = protocol.transport.get_extra_info("socket") if connection else None
            number = number_of(socket.fileno()) if socket else None
            if connection and number:
                found.append((connection, number))
        return found

    def forget(self) -> None:
        """Let nothing reach the sockets in a forked child, nor the loop go on in one that its thread has made."""
        server, thread = self._uvicorn, self._thread
        for protocol in list(server.server_state.connections) if server else ():
            for one in (protocol, getattr(protocol, "cycle", None)):
                if one is not None:
                    one.transport = _ParentsTransport()
        if server and server.loop and thread and thread.ident == threading.get_ident():
            server.loop.stop()

    def blocked_at(self) -> Place | None:
        """Return where the server's thread is just now, if that is in somebody's own code; else None."""
        ident = self._thread.ident if self._thread else None
        frame = sys._current_frames().get(ident) if ident else None
        return _own_place(frame) if frame else None

    async def swap(self, app: ASGIApp, switch: Callable[[], Awaitable[None] | None], *, limit: float) -> None:
        """
        Start another app's lifespan, let `switch` send it the messages, and end the old one's. Call it on the loop.

        Args:
            app: the app.
            switch: returns what to await before the old lifespan may end, or None when nobody is in the old app; it
                then ends at once. The end is not waited for longer than `GRACE`.
            limit: seconds its start-up may take.

        Raises:
            StartFailed: the new app raised or did not start within `limit` seconds; the old one goes on.
        """
        server = self._uvicorn
        assert server is not None
        new = _Lifespan(app)
        lifespan = server.config.lifespan_class(uvicorn.Config(new, interface="asgi3", log_config=None))
        try:
            await asyncio.wait_for(lifespan.startup(), limit)
        except TimeoutError:
            new.cancel()
            raise StartFailed(f"the new app did not start within {limit:g} s; the old one goes on") from None
        except BaseException:
            new.cancel()
            raise
        if lifespan.should_exit:
            raise _start_failed(new.error)
        left = switch()
        old, self._lifespan = self._lifespan, new
        ending = server.end_later(server.lifespan, old, left)
        server.lifespan = lifespan
        for connection in list(server.server_state.connections):
            # A kept-alive HTTP connection would still hand out the old lifespan's state; WebSockets stay.
            if hasattr(connection, "cycle"):
                connection.shutdown()
        if left is None:
            await asyncio.wait({ending})


def _shut(listener: socket.socket) -> None:
    """Free a port: a blocked loop holds the listening socket in its selector, and a forked child has a copy of it."""
    try:
        listener.shutdown(socket.SHUT_RDWR)
    except OSError:
        # It was closed already, or the system has no shutdown for listening sockets.
        pass


def _run(loop: asyncio.AbstractEventLoop, serve: Coroutine[Any, Any, None]) -> None:
    """Run the server until it has stopped, and go on after what ends a loop: SystemExit and the like, or its `stop`."""
    main, here = loop.create_task(serve), os.getpid()
    while True:
        try:
            loop.run_until_complete(main)
            return
        except BaseException as error:
            if os.getpid() != here:
                forks.end_child(error)
            _go_on(loop, main, error)


def _go_on(loop: asyncio.AbstractEventLoop, main: asyncio.Task[None], error: BaseException) -> None:
    """Report what has ended the loop, or raise it if it has ended the server too."""
    if main.done():
        raise error
    if isinstance(error, SystemExit | KeyboardInterrupt):
        # A task or a callback raised it. Under plain uvicorn it ends the process, which here is the notebook's.
        _report(loop, {"message": EXITS, "exception": error})
    elif isinstance(error, RuntimeError) and not loop.is_closed():
        # Raised by asyncio, where somebody has stopped the loop.
        _report(loop, {"message": f"loop.stop() was called; {EXITS}", "loop_stopped": True})
    else:
        raise error


def _report(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    try:
        loop.call_exception_handler(context)
    except (SystemExit, KeyboardInterrupt):
        # The app's own exception handler raises it, again and again; the log has it already.
        pass


class _ParentsTransport:
    """In a forked child, what stands for a transport of its parent; all that is done to it does nothing."""

    def is_closing(self) -> bool:
        """Return that nothing can be written."""
        return True

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_, **__: None


class _Uvicorn(uvicorn.Server):
    """uvicorn's server with events where it polls."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()
        """Set when the server serves, or will not."""
        self.loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._main: asyncio.Task[object] | None = None
        self._closed: asyncio.Event | None = None
        """Set when all connections have been closed."""
        self._endings: set[asyncio.Task[None]] = set()

    async def serve_on(self, listener: socket.socket) -> None:
        """Serve until `request_stop`, or until somebody cancels this; then nobody is accepted any more."""
        try:
            await self.serve(sockets=[listener])
        finally:
            for server in getattr(self, "servers", ()):
                server.close()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self.loop = asyncio.get_running_loop()
        self._main = asyncio.current_task()
        self._stop = asyncio.Event()
        self._closed = asyncio.Event()
        if self.should_exit:
            return
        await super().startup(sockets)
        # Sets the Date header, which uvicorn does in the first tick of its main loop.
        await self.on_tick(0)
        self.ready.set()

    def request_stop(self) -> None:
        """Ask the server to stop; from any thread."""
        self.should_exit = True
        # Whoever waits for it to start need not wait any more.
        self.ready.set()
        if self.loop and self._stop and self._main:
            # An app that hangs while starting never looks at the event.
            stop = self._stop.set if self.started else self._main.cancel
            try:
                self.loop.call_soon_threadsafe(stop)
            except RuntimeError:
                # It has stopped by itself since.
                pass

    async def main_loop(self) -> None:
        assert self._stop is not None
        while not self._stop.is_set() and not await self.on_tick(0):
            try:
                await asyncio.wait_for(self._stop.wait(), 1.0)
            except TimeoutError:
                # Time for the next tick.
                pass

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for listener in sockets or ():
            # Before it is closed: what is left of it in a forked child must not keep the port.
            _shut(listener)
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        tasks = set(self.server_state.tasks)
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=GRACE)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late, timeout=GRACE)
        # uvloop writes at the end of an iteration: without one more, an abort would swallow the Close frames.
        await asyncio.sleep(0)
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        if self._closed:
            self._closed.set()
        if self._endings:
            await asyncio.wait(self._endings, timeout=2 * GRACE)
        try:
            await asyncio.wait_for(self.lifespan.shutdown(), 2.0)
        except TimeoutError:
            logging.getLogger("uvicorn.error").error("the app's lifespan shutdown did not finish within 2 s")

    def end_later(
        self, lifespan: LifespanOn | LifespanOff, app: _Lifespan, left: Awaitable[None] | None
    ) -> asyncio.Task[None]:
        """End the lifespan of an app that serves no more, after `left`; at the latest when the server stops."""
        ending = asyncio.ensure_future(self._end(lifespan, app, left))
        self._endings.add(ending)
        ending.add_done_callback(self._endings.discard)
        return ending

    async def _end(self, lifespan: LifespanOn | LifespanOff, app: _Lifespan, left: Awaitable[None] | None) -> None:
        if left is not None and self._closed is not None:
            waits = [asyncio.ensure_future(left), asyncio.ensure_future(self._closed.wait())]
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            for one in waits:
                one.cancel()
        try:
            await asyncio.wait_for(lifespan.shutdown(), GRACE)
        except TimeoutError:
            app.cancel()
            said = f"the lifespan of the app before did not end within {GRACE:g} s and was cancelled"
            logging.getLogger("uvicorn.error").error(said)


class _Lifespan:
    """An ASGI app that passes everything on and keeps what the app's lifespan raised, which uvicorn only logs."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.error: BaseException | None = None
        self._task: asyncio.Task[object] | None = None

    def cancel(self) -> None:
        """End a lifespan that does not come to an end by itself."""
        if self._task:
            self._task.cancel()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> Any:
        run: Callable[..., Awaitable[Any]] = self.app
        if scope["type"] != "lifespan":
            return await run(scope, receive, send)
        self._task = asyncio.current_task()
        try:
            return await run(scope, receive, send)
        except BaseException as error:
            self.error = error
            raise


def _check_import(name: str, value: Any, known: Mapping[str, str | None]) -> None:
    if not (value is None or isinstance(value, str) or callable(value)):
        raise TypeError(f"{name} is one of {', '.join(known)}, or a class of yours, not {value!r}")
    try:
        import_from_string(known.get(value, value) if isinstance(value, str) else value)
    except ImportFromStringError:
        there = f"there are {', '.join(known)}, and what can be imported as 'module:attribute'"
        raise ValueError(f"no {name} {value!r}; {there}") from None
    except ImportError as error:
        raise ValueError(f"{name}={value!r} cannot be used here: {error}; install that, or leave {name} out") from None


def _start_failed(cause: BaseException | None) -> StartFailed:
    what = f"{type(cause).__name__}: {cause}" if cause else "its lifespan said so without a reason"
    failed = StartFailed(f"the app failed to start: {what}")
    failed.__cause__ = cause
    return failed


def _own_place(frame: FrameType) -> Place | None:
    for step in reversed(traceback.extract_stack(frame)):
        if _is_foreign(step.filename):
            return Place(step.filename, step.lineno or 0, step.name, step.line or "")
    return None


def _is_foreign(filename: str) -> bool:
    """Return whether a file is neither the standard library's, an installed package's nor ours."""
    inside = (os.path.dirname(os.__file__), "site-packages", os.path.dirname(os.path.dirname(__file__)))
    return not any(part in filename for part in inside) and not filename.startswith("<frozen")
