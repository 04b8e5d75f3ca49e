"""
`playground smoke`: runs notebooks headless, each in a fresh kernel, and reports every error.

nbclient reports a cell that fails, hangs or ends the kernel. Other errors do not make a cell fail, so they are
collected in three more places:

    in the kernel   a hidden first cell collects errors of threads and loops; a hidden last one reports them
    in the outputs  errors that a widget callback showed, tracebacks on stderr
    in the widgets  errors that an Output widget swallowed

A missing report is itself a fault. A cell tagged `raises-exception` may show errors.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import zmq
import zmq.asyncio
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from playground.common.foreign_words import has_traceback
from playground.common.text import printable

_MIME = "application/vnd.websocket-playground.smoke+json"
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_MAY_RAISE = "raises-exception"
_LOOK_AGAIN = 0.25
"""Seconds after which the socket for replies is looked at again."""

_LISTEN = f'''
def _playground_smoke():
    """Start listening; return the function that stops and tells what was heard."""
    import asyncio, concurrent.futures, gc, logging, sys, threading, traceback, weakref

    heard, shown, asked = [], [], weakref.WeakSet()

    def hear(what, error):
        if error is not None and not isinstance(error, SystemExit):
            heard.append([what, "".join(traceback.format_exception(error))])

    class Listener(logging.Handler):
        # Every loop, uvloop too, tells this logger about a task that nobody asked for its error.
        def emit(self, record):
            if record.levelno >= logging.ERROR and record.exc_info:
                hear("a task died", record.exc_info[1])

    def on_thread(args):
        hear(f"thread {{args.thread.name if args.thread else '?'!r}} died", args.exc_value)

    def on_loop(loop, context):
        hear("a task died", context.get("exception"))

    def on_unraisable(args):
        hear(f"an error that could not be caught in {{args.object!r}}", args.exc_value)

    def remembering(method):
        def ask(self, *args, **options):
            asked.add(self)
            return method(self, *args, **options)
        return ask

    # A concurrent future, unlike asyncio's, does not know whether anyone asked it for its error.
    future = concurrent.futures.Future
    future.result, future.exception = remembering(future.result), remembering(future.exception)
    shell = get_ipython()
    show = shell._showtraceback

    def on_shown(kind, error, lines):
        shown.append("\\n".join(lines))
        show(kind, error, lines)

    shell._showtraceback = on_shown
    threading.excepthook = on_thread
    sys.unraisablehook = on_unraisable
    asyncio.get_running_loop().set_exception_handler(on_loop)
    logging.getLogger("asyncio").addHandler(Listener())

    def unseen(task):
        # Private, but the very flag that decides whether "exception was never retrieved" is logged.
        return task.done() and not task.cancelled() and task._log_traceback

    async def report():
        await asyncio.sleep(0)
        for value in list(shell.user_ns.values()):
            if isinstance(value, concurrent.futures.Future) and value not in asked:
                if value.done() and not value.cancelled():
                    hear("a future failed", value.exception())
            elif isinstance(value, asyncio.Future) and not isinstance(value, asyncio.Task) and unseen(value):
                hear("a future failed", value.exception())
        gc.collect()
        for task in [thing for thing in gc.get_objects() if issubclass(type(thing), asyncio.Task)]:
            if unseen(task):
                hear(f"task {{task.get_name()!r}} died", task.exception())
        return {{"{_MIME}": {{"heard": heard, "shown": shown}}}}

    return report

_playground_smoke = _playground_smoke()
'''
_REPORT = "get_ipython().display_pub.publish(await _playground_smoke())"


@dataclass(frozen=True)
class Fault:
    """One thing that went wrong in a notebook."""

    what: str
    """In a few words, such as `cell 3 failed`."""
    source: str = ""
    """The cell's source; empty when it cannot be said which cell it was."""
    trace: str = ""
    """The traceback, without colours."""

    def __str__(self) -> str:
        parts = (self.what, _indented(self.source, "  | "), _indented(self.trace, "  "))
        return printable("\n".join(part for part in parts if part))


@dataclass(frozen=True)
class Result:
    """The result of one notebook; true if nothing went wrong. `playground smoke` prints its text."""

    path: Path
    seconds: float
    faults: tuple[Fault, ...] = ()

    def __bool__(self) -> bool:
        return not self.faults

    def __str__(self) -> str:
        line = f"{'ok  ' if self else 'FAIL'} {self.seconds:5.1f} s  {self.path}"
        return printable("\n".join([line, *(_indented(str(fault), "       ") for fault in self.faults)]))


def main(paths: Sequence[Path], *, timeout: float = 60.0) -> int:
    """Run the notebooks in `paths`, a line each; return 0 when all went well, else 1."""
    try:
        found = find_notebooks(paths)
    except FileNotFoundError as error:
        print(printable(f"playground: {error}"), file=sys.stderr)
        return 1
    failed = 0
    for path in found:
        result = run_notebook(path, timeout=timeout)
        print(result, flush=True)
        failed += not result
    print(f"{len(found) - failed} of {len(found)} notebooks passed")
    return 1 if failed else 0


def find_notebooks(paths: Sequence[Path]) -> list[Path]:
    """
    The notebooks in `paths`: files, and all notebooks in folders, in order of name.

    Raises:
        FileNotFoundError: a path does not exist, or a folder has no notebook in it.
    """
    found: list[Path] = []
    for path in paths:
        inside = [path] if path.is_file() else sorted(path.rglob("*.ipynb"))
        inside = [one for one in inside if ".ipynb_checkpoints" not in one.parts]
        if not inside:
            what = "there is no notebook in the folder" if path.is_dir() else "there is nothing at"
            raise FileNotFoundError(f"{what} {printable(str(path))}; name a notebook or a folder of them")
        found += inside
    return found


def run_notebook(path: Path, timeout: float = 60.0) -> Result:
    """
    Run one notebook in a fresh kernel of this Python, in the notebook's folder. The file is not changed.

    Args:
        timeout: seconds that each cell may take.
    """
    started = time.monotonic()
    # A second try, because another program may take one of the kernel's ports before it starts.
    for _ in range(2):
        try:
            faults = asyncio.run(_NotebookRun(Path(path), timeout).through())
            break
        except nbformat.reader.NotJSONError as error:
            faults = [Fault(f"it is not a notebook: {str(error).splitlines()[0]}")]
            break
        except RuntimeError as error:
            faults = [Fault("the kernel did not start; `playground doctor` may know why", trace=str(error))]
    return Result(Path(path), time.monotonic() - started, tuple(faults))


class _OwnPythonKernels(KernelSpecManager):
    """Kernels of this very Python, not those that are registered for the user."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        # Kernels that share the history file wait for each other.
        argv.append("--HistoryManager.enabled=False")
        # It warns at every start that its sockets on the loopback are not encrypted.
        argv.append("--log-level=ERROR")
        return KernelSpec(argv=argv, display_name="smoke", language="python")


class _NotebookRun:
    """The run of one notebook in one kernel."""

    def __init__(self, path: Path, timeout: float) -> None:
        notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]  # it has no types
        # Saved outputs are removed, so that all outputs come from this run.
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.outputs = []
        self.cells = list(notebook.cells)
        notebook.cells.insert(0, _hidden(_LISTEN))
        notebook.cells.append(_hidden(_REPORT))
        kernels = AsyncKernelManager(kernel_name="python3", kernel_spec_manager=_OwnPythonKernels())
        self.client = NotebookClient(
            notebook,
            km=kernels,
            timeout=timeout,
            shutdown_kernel="immediate",
            resources={"metadata": {"path": str(path.resolve().parent)}},
        )
        self.notebook = notebook
        self.timeout = timeout
        self.faults: list[Fault] = []
        self.seen: set[str] = set()

    async def through(self) -> list[Fault]:
        """Run the cells up to the first fault, then get the report, and return all faults."""
        # Otherwise the kernel stays: nbclient ends only kernels whose manager it made itself.
        async with self.client.async_setup_kernel(cleanup_kc=True):
            _let_ctrl_c_through()
            assert self.client.kc is not None
            looking = asyncio.create_task(_look_for_replies(self.client.kc.shell_channel.socket))
            try:
                await self._run_cells()
            finally:
                looking.cancel()
        return self.faults

    async def _run_cells(self) -> None:
        await self.client.async_execute_cell(self.notebook.cells[0], 0, store_history=False)
        answers = True
        for number, cell in enumerate(self.cells, start=1):
            answers = await self._step(number, cell)
            if self.faults:
                break
        if answers:
            await self._report()

    async def _step(self, number: int, cell: Any) -> bool:
        """Run one cell; return False if the kernel does not answer any more."""
        where = f"cell {number}"
        try:
            await self.client.async_execute_cell(cell, number)
        except CellExecutionError as error:
            shown = _error_texts(cell)
            self.seen.update(shown)
            trace = shown[-1] if shown else _plain(error.traceback)
            self.faults.append(Fault(f"{where} failed", cell.source, trace))
            return True
        except CellTimeoutError:
            what = f"{where} was still running after {self.timeout:g} s"
            self.faults.append(Fault(what, cell.source))
            return False
        except DeadKernelError:
            self.faults.append(Fault(f"{where} ended the kernel", cell.source))
            return False
        if cell.cell_type == "code":
            self._look_at(cell, where)
        return True

    def _look_at(self, cell: Any, where: str) -> None:
        """Find errors in a cell that did not fail."""
        may_raise = _MAY_RAISE in cell.metadata.get("tags", [])
        found = [(f"{where} showed an error", trace) for trace in _error_texts(cell)]
        found += [(f"{where} wrote a traceback to stderr", text) for text in _stderr_tracebacks(cell)]
        found += [(f"{where} left an error in an Output widget", trace) for trace in self._widget_errors()]
        for what, trace in found:
            if trace in self.seen:
                continue
            self.seen.add(trace)
            if not may_raise:
                self.faults.append(Fault(what, cell.source, trace))

    def _widget_errors(self) -> Iterator[str]:
        for state in self.client.widget_state.values():
            outputs = state.get("outputs", ())
            for output in outputs if isinstance(outputs, (list, tuple)) else ():
                if output.get("output_type") == "error":
                    yield _plain("\n".join(output["traceback"]))

    async def _report(self) -> None:
        """Get the errors that the kernel has collected."""
        cell = self.notebook.cells[-1]
        try:
            await self.client.async_execute_cell(cell, len(self.notebook.cells) - 1, store_history=False)
            report = next(output.data[_MIME] for output in cell.outputs if _MIME in output.get("data", {}))
        except (CellExecutionError, CellTimeoutError, DeadKernelError, StopIteration) as error:
            why = _plain(getattr(error, "traceback", "") or str(error))
            self.faults.append(Fault("the final report did not come; something broke the kernel", trace=why))
            return
        for what, trace in report["heard"]:
            self.faults.append(Fault(what, trace=_plain(trace)))
        for trace in map(_plain, report["shown"]):
            if trace not in self.seen:
                self.faults.append(Fault("an error was shown between cells", trace=trace))


async def _look_for_replies(socket: zmq.asyncio.Socket) -> None:
    """
    Notice replies whose arrival was not noticed, until cancelled.

    nbclient tells the kernel the state of an Output widget on the socket on which it waits for the cell's reply, past
    pyzmq's asyncio support. A reply that arrives at that moment wakes nobody, and would be found when the cell's time
    is over. Asking an asynchronous socket for its events lets it look.
    """
    while not socket.closed:
        socket.get(zmq.EVENTS)
        await asyncio.sleep(_LOOK_AGAIN)


def _let_ctrl_c_through() -> None:
    # nbclient answers Ctrl+C by ending the kernel, which would look like a fault of the cell.
    with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
        asyncio.get_running_loop().remove_signal_handler(signal.SIGINT)


def _hidden(source: str) -> Any:
    return nbformat.v4.new_code_cell(source)  # type: ignore[no-untyped-call]  # it has no types


def _error_texts(cell: Any) -> list[str]:
    return [_plain("\n".join(output.traceback)) for output in cell.outputs if output.output_type == "error"]


def _stderr_tracebacks(cell: Any) -> Iterator[str]:
    for output in cell.outputs:
        if output.output_type == "stream" and output.name == "stderr" and has_traceback(output.text):
            yield _plain(output.text)


def _plain(text: str) -> str:
    return printable(_ANSI.sub("", text)).rstrip()


def _indented(text: str, margin: str) -> str:
    return "\n".join(margin + line for line in text.splitlines())
