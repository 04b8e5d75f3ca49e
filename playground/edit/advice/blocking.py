"""Notes on calls that block the server's loop, and with it every connection, until they return."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from playground.edit.advice.reading import Code, walk_here, written
from playground.edit.advice.values import Values
from playground.edit.notes import Note

METHODS = "get|post|put|patch|delete|head|options|request"

CALLS = re.compile(
    rf"(requests(\.api)?|httpx(\._api)?)\.({METHODS})|httpx\.stream"
    r"|urllib\.request\.(urlopen|urlretrieve)|urllib3\.request"
    r"|subprocess\.(run|call|check_call|check_output|getoutput|getstatusoutput)|os\.system|posix\.system|nt\.system"
    r"|_?socket\.(create_connection|getaddrinfo|gethostbyname|gethostbyaddr)"
    r"|_?sqlite3\.connect|psycopg2?\.connect|pymysql\.connect|MySQLdb\.connect"
    r"|builtins\.input"
)
"""Functions that wait for something outside of Python."""

OBJECTS = {
    r"requests(\.sessions)?\.([sS]ession)\(\)|httpx(\._client)?\.Client\(\)": METHODS,
    r"_?sqlite3\.(connect|Connection)\(\)|psycopg2?\.connect\(\)": "execute|executemany|executescript|commit",
    r"_?socket\.(socket|create_connection)\(\)": "accept|connect|recv|recv_into|recvfrom|sendall",
    r"pathlib(\._local)?\.(Posix|Windows)?Path\(\)": "read_text|read_bytes|write_text|write_bytes|open",
}
"""Objects, by what makes them, and their methods that wait."""

FILES = re.compile(r"(builtins|_?io)\.open")


def blocking_calls(code: Code) -> Iterator[Note]:
    """Yield a note on each call in a hook, or in a coroutine function that hooks use, that blocks the loop."""
    values = Values(code)
    told: set[tuple[int, str]] = set()
    for function in code.served:
        nodes = list(walk_here(function))
        awaited = {node.value for node in nodes if isinstance(node, ast.Await)}
        for call in nodes:
            if not isinstance(call, ast.Call) or call in awaited:
                continue
            said = _blocks(code, values, call)
            if said and (call.lineno, said) not in told:
                told.add((call.lineno, said))
                yield Note("blocking-call", said, call.lineno)


def _blocks(code: Code, values: Values, call: ast.Call) -> str:
    """Return what to say about a call; empty if it is not known to block."""
    dotted = code.dotted(call.func)
    if dotted == "time.sleep":
        if call.args and isinstance(call.args[0], ast.Constant) and not call.args[0].value:
            return ""
        shown = written(call.func)
        return f"{shown}() holds up every connection of the server for that long; write await asyncio.sleep(…)"
    of_object = _method_of(values, call)
    if FILES.fullmatch(dotted) or of_object.startswith("pathlib"):
        return (
            f"{written(call.func)}() works on a file in the server's loop, and every connection waits meanwhile; "
            "for more than a small file, use await asyncio.to_thread(…)"
        )
    if of_object or CALLS.fullmatch(dotted):
        # An object may belong to its thread, so all of the work with it has to move.
        instead = "move it into a function for" if of_object or dotted.endswith(".connect") else "write"
        what = "function" if instead != "write" else f"{written(call.func)}, …"
        return (
            f"{written(call.func)}() blocks the server's loop, and every connection waits until it returns; "
            f"{instead} await asyncio.to_thread({what})"
        )
    return ""


def _method_of(values: Values, call: ast.Call) -> str:
    """Return what made the object of a method that waits, such as "sqlite3.connect()"; empty for another method."""
    if not isinstance(call.func, ast.Attribute):
        return ""
    made = values.holds(call.func.value)
    for object, methods in OBJECTS.items():
        if re.fullmatch(object, made) and re.fullmatch(methods, call.func.attr):
            return "" if "setblocking" in {getattr(node, "attr", "") for node in values.code.nodes} else made
    return ""
