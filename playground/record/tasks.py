"""
Tasks that end with an error that nobody awaits, as rows of their own.

asyncio says so when such a task is freed, which for one kept in a set or in a global is never. So each task on the
server's loop is looked at when it has ended: if nobody has taken its exception `PATIENCE` seconds later, the log gets a
row with the error, the task, and the hook that started it.

The loop object gets functions of its own that call the original ones: a task factory, an exception handler and an
executor that the user sets work as before, and so do uvloop and eager tasks. With the loop, they are gone.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import Context, copy_context
from functools import partial
from typing import Any

from playground.common.logs import TracebacksAsText
from playground.common.tracebacks import shown_at, without_carets
from playground.record.connections import CONNECTION, HOOK, LOG
from playground.record.recorder.server import Recorder
from playground.record.said import name_of, said_by
from playground.record.storable import storable_text
from playground.record.streams import prints_into_cells

PATIENCE = 0.05
"""Seconds in which whoever waits for a task may take its exception, as `asyncio.wait` lets people do later."""

EXITS = (SystemExit, KeyboardInterrupt)
"""What a task raises to end the loop: under plain uvicorn the process would exit."""


def watch(loop: asyncio.AbstractEventLoop, recorder: Recorder) -> None:
    """Record which tasks and callbacks of a loop die from now on; done once for a loop."""
    if getattr(loop, "_playground_watch", None) is None:
        _Watch(loop, recorder)


class _Watch:
    def __init__(self, loop: asyncio.AbstractEventLoop, recorder: Recorder) -> None:
        self._loop = loop
        self._recorder = recorder
        self._create = loop.create_task
        self._handle = loop.call_exception_handler
        self._in_executor: Callable[..., Any] = loop.run_in_executor
        self._stop: Callable[[], None] = loop.stop
        self._stopped: tuple[Context, BaseException] | None = None
        """In which context the loop was stopped last, and an exception that shows where."""
        self._last_exit: BaseException | None = None
        loop.create_task = self._create_task  # type: ignore[method-assign]
        loop.call_exception_handler = self._call_exception_handler  # type: ignore[method-assign]
        loop.run_in_executor = self._run_in_executor  # type: ignore[assignment, method-assign]
        loop.stop = self._stop_here  # type: ignore[method-assign]
        loop._playground_watch = self  # type: ignore[attr-defined]

    def _create_task(self, *args: Any, **options: Any) -> Any:
        task = self._create(*args, **options)
        # In the context of whoever makes the task, so that `_ended` knows the hook.
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        if task.cancelled():
            return
        # `task.exception()` would mark it as taken, and asyncio would not say that nobody did.
        error = getattr(task, "_exception", None)
        if isinstance(error, EXITS):
            self._last_exit = error
            self._tell(task, error)
        elif error is not None and _is_untaken(task):
            self._loop.call_later(PATIENCE, self._tell_untaken, task, error)

    def _tell_untaken(self, task: asyncio.Task[Any], error: BaseException) -> None:
        if _is_untaken(task):
            self._tell(task, error)

    def _tell(self, task: Any, error: BaseException) -> None:
        with suppress(AttributeError):
            # An object of somebody's task factory may have no room for it.
            task._playground_told = True
        exits = isinstance(error, EXITS)
        self._recorder.died(name_of(task), error, HOOK.get(), CONNECTION.get(), exits=exits, output=said_by(task))

    def _call_exception_handler(self, context: dict[str, Any]) -> None:
        # asyncio calls it where it frees a task, which may be in the middle of a parse; see `tracebacks`.
        with without_carets(), TracebacksAsText("asyncio"):
            self._reported(context)

    def _reported(self, context: dict[str, Any]) -> None:
        """Record what asyncio reports, unless the log has it already, and let asyncio report it."""
        error, about = context.get("exception"), context.get("task") or context.get("future")
        try:
            if context.get("loop_stopped") and self._stopped:
                where, error = self._stopped
                where.run(self._report, context, None, error)
            elif isinstance(error, EXITS) and about is None:
                # The task that raised it is told of before, when the loop goes on.
                self._loop.call_soon(self._tell_exit, error, context=_made_in(context) or Context())
            elif not getattr(about, "_playground_told", False):
                (_made_in(context) or Context()).copy().run(self._report, context, about, error)
            in_log = True
        except Exception:
            in_log = False
        if in_log and self._would_print_into_a_cell():
            return
        # It is called wherever garbage is collected: the hook that happens to run has nothing to do with it.
        token = HOOK.set(None)
        try:
            self._handle(context)
        finally:
            HOOK.reset(token)

    def _report(self, context: dict[str, Any], about: Any, error: object) -> None:
        message = str(context.get("message") or "unhandled exception on the loop")
        name = name_of(about) if isinstance(about, asyncio.Task) else None
        if isinstance(error, BaseException) and name:
            self._recorder.died(name, error, HOOK.get(), CONNECTION.get(), output=said_by(about))
        else:
            self._recorder.loop_reported(message, name, error, HOOK.get(), CONNECTION.get())

    def _stop_here(self) -> None:
        # asyncio calls it too, when the server's own task is done; then nobody asks for this.
        error = RuntimeError("the loop was stopped")
        self._stopped = copy_context(), shown_at(error, sys._getframe(1), self._recorder.files())
        self._stop()

    def _tell_exit(self, error: BaseException) -> None:
        if error is not self._last_exit:
            self._recorder.died("a callback on the loop", error, HOOK.get(), CONNECTION.get(), exits=True)

    def _would_print_into_a_cell(self) -> bool:
        """Return whether asyncio's report would only appear under whichever cell runs."""
        handled = self._loop.get_exception_handler() is not None or logging.getLogger("asyncio").hasHandlers()
        return not handled and prints_into_cells()

    def _run_in_executor(self, executor: Any, func: Any, *args: Any) -> Any:
        """Run a function in a thread that knows the hook, as `asyncio.to_thread` does by copying the context."""
        hook = HOOK.get()
        # Another kind of executor may have to pickle the function, or look at it.
        in_thread = executor is None or type(executor) is ThreadPoolExecutor
        if hook is not None and in_thread and callable(func):
            func = _Call(func)
        future = self._in_executor(executor, func, *args)
        if isinstance(future, asyncio.Future):
            future.add_done_callback(partial(self._call_ended, func))
        return future

    def _call_ended(self, func: object, future: asyncio.Future[Any]) -> None:
        error = None if future.cancelled() else getattr(future, "_exception", None)
        if error is not None and _is_untaken(future):
            self._loop.call_later(PATIENCE, self._tell_untaken_call, func, future, error)

    def _tell_untaken_call(self, func: object, future: asyncio.Future[Any], error: BaseException) -> None:
        if _is_untaken(future):
            future._playground_told = True  # type: ignore[attr-defined]
            self._recorder.died(f"executor call {_name_of(func)}", error, HOOK.get(), CONNECTION.get())


class _Call:
    """A function that runs in another thread, for the hook in whose context this was made."""

    def __init__(self, func: Callable[..., Any]) -> None:
        self._func = func
        self._hook, self._log, self._connection = HOOK.get(), LOG.get(), CONNECTION.get()

    def __call__(self, *args: Any) -> Any:
        tokens = HOOK.set(self._hook), LOG.set(self._log), CONNECTION.set(self._connection)
        try:
            return self._func(*args)
        finally:
            HOOK.reset(tokens[0])
            LOG.reset(tokens[1])
            CONNECTION.reset(tokens[2])

    def __getattr__(self, name: str) -> Any:
        return getattr(self._func, name)


def _name_of(func: object) -> str:
    """Return a function's name, or the type of what is called in its place; the text of these may be of any size."""
    try:
        if type(func) is _Call:
            func = func._func
        if type(func) is partial:
            # `asyncio.to_thread` gives the function to the `run` of a context.
            in_context = isinstance(getattr(func.func, "__self__", None), Context)
            func = func.args[0] if in_context and func.args else func.func
        return storable_text(getattr(func, "__qualname__", type(func).__qualname__))
    except Exception:
        return storable_text(type(func).__qualname__)


def _is_untaken(task: Any) -> bool:
    """Return whether asyncio would still report the task's exception when the task is freed."""
    return bool(getattr(task, "_log_traceback", False))


def _made_in(context: dict[str, Any]) -> Context | None:
    """Return the context in which the task or callback ran that asyncio reports about."""
    task: Any = context.get("task")
    # Public since Python 3.12.
    found = task.get_context() if hasattr(task, "get_context") else getattr(context.get("handle"), "_context", None)
    return found if isinstance(found, Context) else None
