"""Records, connections and endings are written in one package, so that one place says what each observation means."""

import ast
from collections import deque
from dataclasses import fields
from pathlib import Path

import pytest

import playground
from playground.record.records import Connection, Ending, Record

PACKAGE = Path(playground.__file__).parent
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if "frontend" not in path.parts)
WRITER = PACKAGE / "record" / "recorder"

FIELDS = {name for cls in (Connection, Ending) for name in cls.__annotations__} | {
    name for name in (*Record.__annotations__, *vars(Record), "kind", "at", "connection") if not name.startswith("__")
}
QUEUES = {field.name for field in fields(Connection) if field.default_factory is deque} | {"pings"}
CHANGES = {"append", "appendleft", "clear", "extend", "insert", "pop", "popleft", "remove"}

NUMBERED = {"seq", "weight"}
"""What the log gives a record: its number, and how many bytes it counts for."""

OTHERS = {
    "record/ring.py": NUMBERED,
    # Makes a record with values that are given by name.
    "record/records.py": {"handler_at", "setattr"},
    # What a file describes is made again here, and nothing is observed.
    "record/opened.py": NUMBERED | {"connection"},
    "record/state.py": {"connection_id", "setattr"},
    # These have objects of their own with such fields.
    "record/log_file.py": {"state"},
    "edit/site.py": {"kind"},
    "edit/host.py": {"setattr"},
    "ui/panel.py": {"setattr"},
    "record/streams.py": {"setattr"},
}
"""What other modules may set, on objects other than `self`."""


def written(tree):
    """Yield line and name of each field that a module sets on an object other than its own `self`, or than a log."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store | ast.Del) and node.attr in FIELDS:
            if ast.unparse(node.value) not in ("self", "self._log"):
                yield node.lineno, node.attr
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "setattr":
            yield node.lineno, "setattr"
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in CHANGES
            and isinstance(node.func.value, ast.Attribute)
            and node.func.value.attr in QUEUES
            and not (isinstance(node.func.value.value, ast.Name) and node.func.value.value.id == "self")
        ):
            yield node.lineno, node.func.value.attr


@pytest.mark.parametrize(
    "path", [path for path in MODULES if path.parent != WRITER], ids=lambda path: str(path.relative_to(PACKAGE))
)
def test_only_the_recorder_writes(path):
    """Another module calls a function that is named after what it has observed."""
    allowed = OTHERS.get(path.relative_to(PACKAGE).as_posix(), set())

    assert [
        f"line {line}: {name}" for line, name in written(ast.parse(path.read_text("utf-8"))) if name not in allowed
    ] == []


def test_what_is_set_is_found():
    """The test above sees every way in which a field is set, so it can fail."""
    source = """
record.code = 1
record.code, record.reason = close
record.sent += 1
connection.ending.raised: Record = record
setattr(record, name, value)
connection.leaving.append(record)
"""

    assert [name for _, name in sorted(written(ast.parse(source)))] == [
        "code",
        "code",
        "reason",
        "sent",
        "raised",
        "setattr",
        "leaving",
    ]


def test_each_exception_is_needed():
    """A module that no longer sets a field loses its exception."""
    for name, allowed in OTHERS.items():
        found = {what for _, what in written(ast.parse((PACKAGE / name).read_text("utf-8")))}
        unused = allowed - found - NUMBERED

        assert unused == set(), name
