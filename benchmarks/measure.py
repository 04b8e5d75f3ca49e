"""What the benchmarks share: an app to serve, taking turns, and a table."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from starlette.applications import Starlette
from starlette.endpoints import WebSocketEndpoint
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

T = TypeVar("T")


class Echo(WebSocketEndpoint):
    """The one endpoint that every side serves."""

    encoding = "text"

    async def on_receive(self, websocket: WebSocket, data: str) -> None:
        await websocket.send_text(data)


def echo_app() -> Starlette:
    """Return a new app with an echo at /echo; a playground changes the routes of the app it is given."""
    return Starlette(routes=[WebSocketRoute("/echo", Echo)])


def take_turns(sides: Mapping[str, Callable[[], T]], rounds: int) -> dict[str, list[T]]:
    """
    Return what each side measured, by name, `rounds` values each.

    The sides follow each other in every round, and each round begins with another one, so that a busy machine is busy
    for all of them. A first round, in which modules are imported and caches filled, is thrown away.
    """
    names = list(sides)
    results: dict[str, list[T]] = {name: [] for name in names}
    for number in range(rounds + 1):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            result = sides[name]()
            if number:
                results[name].append(result)
    return results


def parser(description: str | None, *, rounds: int) -> argparse.ArgumentParser:
    """Return a parser for the command line that all benchmarks have."""
    made = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--rounds", type=int, default=rounds, help="how often each side is measured (%(default)s)")
    return made


def print_table(title: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a Markdown table whose columns are also aligned in a terminal."""
    lines = [list(heads), *map(list, rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heads))]
    lines.insert(1, ["-" * width for width in widths])
    print(f"{title}\n")
    for line in lines:
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |")
    print()


def verdict(value: float, target: float) -> str:
    """Return whether a value keeps its target, in a word."""
    return "met" if value <= target else "missed"
