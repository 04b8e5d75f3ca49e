"""Which rows the end of a task makes, and what asyncio hears, without a server."""

import asyncio
from contextvars import copy_context
from functools import partial

import pytest

from playground.record.log import Log
from playground.record.recorder.server import Recorder
from playground.record.tasks import watch


async def dies(error):
    raise error


def rows_of(main):
    """Return what a watched loop has reported, and the errors in the log, after an async function has run on it."""
    log, reported = Log(), []

    async def watched():
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda loop, context: reported.append(context))
        watch(loop, Recorder(log))
        watch(loop, Recorder(log))
        await main()
        while not log.rows("kind:error"):
            await asyncio.sleep(0)

    asyncio.run(watched())
    return reported, list(log.rows("kind:error"))


def test_an_exception_handler_of_the_users_is_called():
    """With the same task and error as without us, once."""

    async def main():
        asyncio.create_task(dies(ValueError("late")))  # noqa: RUF006  # it is freed when it has ended

    reported, [row] = rows_of(main)

    assert [(one["message"], str(one["exception"])) for one in reported] == [
        ("Task exception was never retrieved", "late")
    ]
    assert (row.error, row.kind) == ("ValueError: late", "error")


def test_a_task_that_was_not_made_by_the_loop():
    """It is told of when it is freed."""

    async def main():
        task = asyncio.Task(dies(ValueError("late")), name="own")
        await asyncio.wait({task})

    reported, [row] = rows_of(main)

    assert (row.error, row.record.task, len(reported)) == ("ValueError: late", "task own (dies)", 1)


def test_a_report_without_an_exception():
    """It is a row with asyncio's words."""

    async def main():
        asyncio.get_running_loop().call_exception_handler({"message": "something is odd"})

    reported, [row] = rows_of(main)

    assert (row.data, row.error, reported) == ("something is odd", None, [{"message": "something is odd"}])


@pytest.mark.parametrize("where", ["thread", "pool"])
def test_a_function_in_an_executor(where):
    """It gets its arguments, gives its result, and raises what it raises."""
    from concurrent.futures import ThreadPoolExecutor

    async def main():
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor() as pool:
            executor = pool if where == "pool" else None
            assert await loop.run_in_executor(executor, divmod, 7, 2) == (3, 1)
            with pytest.raises(ZeroDivisionError):
                await loop.run_in_executor(executor, divmod, 7, 0)
        loop.call_exception_handler({"message": "done"})

    _, [row] = rows_of(main)

    assert row.data == "done"


class Odd:
    """A function whose text nobody has asked for."""

    def __repr__(self):
        raise AssertionError("its text was made")

    def __call__(self, *args):
        raise ValueError("late")


@pytest.mark.parametrize(
    ("what", "name"),
    [(Odd(), "Odd"), (partial(divmod, Odd()), "divmod"), (partial(copy_context().run, divmod, Odd()), "divmod")],
)
def test_nothing_of_a_call_in_an_executor_is_looked_at_but_its_name(what, name):
    """Its text is code of the app's, and shows all of its arguments."""

    async def main():
        await asyncio.wait({asyncio.get_running_loop().run_in_executor(None, what, 0)})

    _, [row] = rows_of(main)

    assert row.record.task == f"executor call {name}"
