"""`playground smoke` sees everything that goes wrong in a notebook, and only that."""

import asyncio
from pathlib import Path

import nbformat
import pytest
import zmq
import zmq.asyncio
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from playground.ui import smoke

BUTTON = "import ipywidgets\nbutton = ipywidgets.Button()\nbutton.on_click(lambda _: 1 / 0)"
LATER = "import asyncio\nasyncio.get_running_loop().call_soon(button.click);"
FUTURE = "from concurrent.futures import *\nwith ThreadPoolExecutor() as p:\n    f = p.submit(divmod, 1, 0)"
THREAD = "from threading import Thread\n"
COROUTINE = "import asyncio\nasync def work():\n    raise KeyError('lost')"


@pytest.fixture
def notebook(tmp_path):
    """Write a notebook of these cells and return its path; a cell is its source, or a finished cell."""

    def write(*cells) -> Path:
        path = tmp_path / "lesson.ipynb"
        made = [new_code_cell(cell) if isinstance(cell, str) else cell for cell in cells]
        nbformat.write(new_notebook(cells=made), path)
        return path

    return write


def raising(source: str):
    return new_code_cell(source, metadata={"tags": ["raises-exception"]})


def test_a_good_notebook_passes_on_one_line(notebook):
    """Awaiting, widgets, threads and errors that were caught are nothing to report."""
    path = notebook(
        new_markdown_cell("# Title"),
        "import asyncio, ipywidgets\nawait asyncio.sleep(0)",
        "button = ipywidgets.Button()\nbutton.on_click(lambda _: print('clicked'))\nbutton.click()",
        "try:\n    await asyncio.wait_for(asyncio.Event().wait(), 0)\nexcept TimeoutError:\n    pass",
    )

    result = smoke.run_notebook(path, timeout=300)

    assert result, str(result)
    assert len(str(result).splitlines()) == 1
    assert str(result).startswith("ok ") and str(path) in str(result)


@pytest.mark.parametrize(
    ("cells", "what", "trace"),
    [
        pytest.param(["x = 1", "1 / 0"], "cell 2 failed", "ZeroDivisionError", id="a failing cell"),
        pytest.param(["raise SystemExit(3)"], "cell 1 failed", "SystemExit", id="a cell that exits"),
        pytest.param([BUTTON, "button.click()"], "cell 2 showed an error", "ZeroDivisionError", id="a callback"),
        pytest.param(
            ["import ipywidgets\nout = ipywidgets.Output()", "with out:\n    1 / 0"],
            "cell 2 left an error in an Output widget",
            "ZeroDivisionError",
            id="an Output widget",
        ),
        pytest.param(
            [THREAD + "t = Thread(target=lambda: 1 / 0, name='worker')\nt.start()\nt.join()"],
            "thread 'worker' died",
            "ZeroDivisionError",
            id="a thread",
        ),
        pytest.param(
            [COROUTINE, "task = asyncio.create_task(work(), name='chore')", "await asyncio.sleep(0)"],
            "task 'chore' died",
            "KeyError: 'lost'",
            id="a task still held",
        ),
        pytest.param(
            [COROUTINE, "asyncio.create_task(work());", "await asyncio.sleep(0)"],
            "a task died",
            "KeyError: 'lost'",
            id="a task nobody holds",
        ),
        pytest.param(
            [
                COROUTINE,
                THREAD + "async def main():\n    asyncio.create_task(work())\n    await asyncio.sleep(0)",
                "t = Thread(target=lambda: asyncio.run(main()))\nt.start()\nt.join()",
            ],
            "a task died",
            "KeyError: 'lost'",
            id="a task on another thread's loop",
        ),
        pytest.param(
            [FUTURE],
            "a future failed",
            "ZeroDivisionError",
            id="a future nobody asked",
        ),
        pytest.param(
            [
                BUTTON,
                LATER,
                "await asyncio.sleep(0)",
            ],
            "an error was shown between cells",
            "ZeroDivisionError",
            id="a callback between cells",
        ),
        pytest.param(
            ["import logging\ntry:\n    1 / 0\nexcept ZeroDivisionError:\n    logging.exception('oh')"],
            "cell 1 wrote a traceback to stderr",
            "ERROR:root:oh",
            id="a logged traceback",
        ),
    ],
)
def test_a_fault_is_named_with_its_traceback(notebook, cells, what, trace):
    """Each way to fail is told apart, and shows the error itself without colours."""
    result = smoke.run_notebook(notebook(*cells), timeout=300)

    assert not result
    assert [fault.what for fault in result.faults] == [what]
    assert trace in result.faults[0].trace
    assert "\x1b" not in str(result)


def test_the_failing_cell_is_shown(notebook):
    """The first line says where; the cell's own source follows, then its traceback."""
    text = str(smoke.run_notebook(notebook(new_markdown_cell("text"), "answer = 42\nanswer.upper()"), timeout=300))

    lines = [line.strip() for line in text.splitlines()]
    assert lines[0].startswith("FAIL")
    assert lines[1:4] == ["cell 2 failed", "| answer = 42", "| answer.upper()"]
    assert "AttributeError: 'int' object has no attribute 'upper'" in lines[-1]


@pytest.mark.slow
def test_a_cell_that_hangs_is_named(notebook):
    """The limit is per cell, and the message says which cell and how long."""
    result = smoke.run_notebook(notebook("x = 1", "while True:\n    pass"), timeout=5)

    assert [fault.what for fault in result.faults] == ["cell 2 was still running after 5 s"]
    assert result.faults[0].source.startswith("while True")


def test_a_cell_that_ends_the_kernel_is_named(notebook):
    """A dead kernel is the fault of the cell that was running."""
    result = smoke.run_notebook(notebook("import os\nos._exit(1)"), timeout=300)

    assert [fault.what for fault in result.faults] == ["cell 1 ended the kernel"]


def test_a_missing_report_is_a_fault(notebook):
    """A notebook that breaks our listening does not pass for lack of news."""
    result = smoke.run_notebook(notebook("del _playground_smoke"), timeout=300)

    assert result.faults[0].what.startswith("the final report did not come")


def test_a_cell_tagged_raises_exception_may_fail(notebook):
    """Lessons show errors: failing, through a callback, in an Output widget, and on stderr."""
    path = notebook(
        raising("1 / 0"),
        BUTTON,
        raising("button.click()"),
        "out = ipywidgets.Output()",
        raising("with out:\n    1 / 0"),
        raising("import logging\ntry:\n    1 / 0\nexcept ZeroDivisionError:\n    logging.exception('oh')"),
        "after = 'still running'",
    )

    result = smoke.run_notebook(path, timeout=300)

    assert result, str(result)


def test_a_task_whose_error_was_asked_for_is_no_fault(notebook):
    """Whoever catches an error has seen it, also from a concurrent future that is still at hand."""
    path = notebook(
        COROUTINE + "\ntask = asyncio.create_task(work())",
        "try:\n    await task\nexcept KeyError:\n    pass",
        FUTURE,
        "f.exception()",
    )

    result = smoke.run_notebook(path, timeout=300)

    assert result, str(result)


def test_notebooks_run_in_their_own_folder(notebook, tmp_path):
    """Relative paths in a lesson mean what its reader thinks."""
    (tmp_path / "beside.txt").write_text("here")

    assert smoke.run_notebook(notebook("assert open('beside.txt').read() == 'here'"), timeout=300)


def test_the_notebook_file_is_not_changed(notebook):
    """Notebooks are committed without outputs; running them adds none."""
    path = notebook("1 + 1")
    before = path.read_bytes()

    smoke.run_notebook(path, timeout=300)

    assert path.read_bytes() == before


def test_a_file_that_is_no_notebook_is_named(tmp_path):
    """Broken JSON fails that file, with a reason, not the whole run."""
    path = tmp_path / "broken.ipynb"
    path.write_text("{")

    result = smoke.run_notebook(path)

    assert result.faults[0].what.startswith("it is not a notebook: ")


def test_the_command_fails_when_one_notebook_does(notebook, tmp_path, capsys):
    """One line each, a sum at the end, and an exit code for the shell."""
    notebook("1 / 0").rename(tmp_path / "a.ipynb")
    notebook("1 + 1").rename(tmp_path / "b.ipynb")

    code = smoke.main([tmp_path], timeout=300)

    assert code == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("FAIL") and lines[0].endswith("a.ipynb")
    assert lines[-2].startswith("ok") and lines[-2].endswith("b.ipynb")
    assert lines[-1] == "1 of 2 notebooks passed"


def test_checkpoints_are_no_notebooks(tmp_path):
    """What JupyterLab saves aside is not run."""
    for name in ("b.ipynb", "a.ipynb", ".ipynb_checkpoints/a-checkpoint.ipynb"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()

    assert smoke.find_notebooks([tmp_path]) == [tmp_path / "a.ipynb", tmp_path / "b.ipynb"]


def test_a_path_with_no_notebook_is_refused(tmp_path, capsys):
    """Running nothing is not a success."""
    assert smoke.main([tmp_path / "missing.ipynb"]) == 1
    assert smoke.main([tmp_path]) == 1

    said = capsys.readouterr().err
    assert "there is nothing at" in said and "there is no notebook in the folder" in said


def test_a_reply_that_woke_nobody_is_noticed():
    """As when nbclient sends a widget's state on the socket just when the reply arrives."""

    async def main():
        with zmq.asyncio.Context() as context, context.socket(zmq.PAIR) as kernel, context.socket(zmq.PAIR) as client:
            kernel.bind("inproc://replies")
            client.connect("inproc://replies")
            waiting = asyncio.ensure_future(client.poll(60_000))
            await asyncio.sleep(0)
            zmq.Socket.shadow(kernel.underlying).send(b"reply")
            # What sends past the asynchronous socket takes the news of what has arrived.
            zmq.Socket.shadow(client.underlying).get(zmq.EVENTS)
            for _ in range(5):
                await asyncio.sleep(0)
            unnoticed = not waiting.done()
            looking = asyncio.create_task(smoke._look_for_replies(client))
            noticed = await asyncio.wait_for(waiting, 30)
            looking.cancel()
            return unnoticed, noticed

    assert asyncio.run(main()) == (True, zmq.POLLIN)
