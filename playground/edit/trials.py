"""A draft run on a loop of its own, where neither the server nor the caller has to wait for it for ever."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Sequence
from concurrent.futures import Future
from typing import Any

from playground.common.logs import SpelledOut
from playground.edit import source as sources
from playground.edit import trial
from playground.edit.endpoints import Endpoint, as_app
from playground.record.connections import Connection
from playground.record.log import Log


def try_draft(
    endpoint: Endpoint,
    source: str,
    log: Log,
    connections: Sequence[Connection],
    number: int | None,
    last: int,
    timeout: float,
) -> trial.Trial:
    """
    Run a draft on the last messages of a connection and compare what it sends; see `Playground.try_edit`.

    Raises:
        EditRejected: the draft has a mistake.
    """
    loaded = endpoint.load(source, reset=True)
    try:
        if endpoint.kind != "websocket" or loaded.kind != "websocket":
            return trial.Trial((), note="only WebSocket endpoints have messages to try")
        here = [one for one in connections if one.files is endpoint.files and number in (None, one.id)]
        for one in reversed(here):
            past = trial.past_of(log, one.id)[-last:]
            if past:
                trying = trial.run(as_app(loaded.target, "websocket"), dict(one.scope), past, timeout)
                return _on_a_thread(trying, timeout)
        return trial.Trial((), note="no message was received here yet; send one first")
    finally:
        sources.forget(loaded.filename, loaded.filename)


def _on_a_thread(trying: Coroutine[Any, Any, trial.Trial], timeout: float) -> trial.Trial:
    outcome: Future[trial.Trial] = Future()

    def run() -> None:
        try:
            with SpelledOut("asyncio"), asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
                outcome.set_result(runner.run(trying))
        except BaseException as error:
            outcome.set_exception(error)

    threading.Thread(target=run, name="playground-trial", daemon=True).start()
    try:
        return outcome.result(timeout + 0.5)
    except TimeoutError:
        return trial.Trial((), error=f"the draft blocks: it did not come back within {timeout:g} s")
