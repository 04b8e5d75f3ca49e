"""
The cases of the filter language that Python and the browser share.

    python tests/record/test_query_cases.py    writes what Python says to random filters anew
"""

import json
import random
from pathlib import Path

import pytest
from websockets.frames import Frame, Opcode

from playground import QueryError
from playground.common.close_codes import Close
from playground.record.query import compile_query
from playground.record.records import Connection, Record
from playground.record.row import Row

CASES = json.loads((Path(__file__).parents[1] / "cases" / "filter.json").read_text("utf-8"))
BEGAN = CASES["rows"][0]["at"]
OPCODES = {"ping": Opcode.PING, "pong": Opcode.PONG, "close": Opcode.CLOSE, "disconnect": Opcode.CLOSE}


def record_of(row):
    """Return a record that the kernel would have sent as this row."""
    at = (row["at"] - BEGAN) / 1000
    kind, saw = row["kind"], row["saw"]
    connection = Connection(row["connection"], row["path"], row.get("client")) if "connection" in row else None
    record = Record(kind, at, connection)
    if connection is None:
        record.path = row.get("path")
    else:
        connection.own, connection.tapped = saw[0] != "-", saw[1] != "-"
    for name in ("seq", "code", "reason", "error", "version", "line", "hook", "cause"):
        if name in row:
            setattr(record, name, row[name])
    if "preview" in row:
        record.data = bytes.fromhex(row["preview"]) if row.get("opcode") == "binary" else row["preview"]
    if "output" in row:
        record.output = [("stdout", row["output"])]
    record.toward = row.get("direction")
    if saw[:1] == "1":
        record.client_at = at
    if saw[1:2] == "1":
        record.wire_at = at
        travels(record, kind, at, row)
    if saw[2:] == "1":
        record.handler_at = at
    if row.get("pushed"):
        record.playground_at = at
    if record.hook or "duration_ms" in row:
        # From zero, so that no digit is lost.
        record.began = 0.0
    if "duration_ms" in row and kind != "ping":
        record.ended = row["duration_ms"] / 1000
    if kind == "end":
        connection.ending.client_told = Close(row["code"]) if connection.own else None
        connection.ending.handler_told = Close(row["codes"][-1] if "codes" in row else row["code"])
        connection.ending.tcp = "closed"
        connection.ending.close_in, connection.ending.first_close = (
            (None, None) if "codes" in row else (Close(row["code"]), "in")
        )
    return record


def travels(record, kind, at, row):
    if kind in OPCODES:
        raw = Frame(OPCODES[kind], b"").serialize(mask=False)
        record.parts = ((at, raw, row.get("wire_size", len(raw))),)
        if kind == "ping":
            record.parts = ((0.0, *record.parts[0][1:]),)
            record.answer = (row["duration_ms"] / 1000, Frame(Opcode.PONG, b"").serialize(mask=False), 2)
    elif kind in ("receive", "send"):
        record.wire = Frame(Opcode.TEXT, b"x").serialize(mask=False)
        record.wire_size = row["wire_size"]


ROWS = [Row(record_of(row), 0.0) for row in CASES["rows"]]


@pytest.mark.parametrize("case", [case for case in CASES["queries"] if "seqs" in case], ids=lambda case: case["query"])
def test_a_filter_finds_the_same_rows_in_both_languages(case):
    """Rows are found by number, in their order."""
    holds = compile_query(case["query"]).row

    assert [row.seq for row in ROWS if holds(row)] == case["seqs"]


@pytest.mark.parametrize(
    "case", [case for case in CASES["queries"] if "column" in case], ids=lambda case: case["query"]
)
def test_a_mistake_is_told_in_the_same_words_in_both_languages(case):
    """With its column, counted from 1, and with what was probably meant."""
    with pytest.raises(QueryError) as caught:
        compile_query(case["query"])

    assert caught.value.column == case["column"]
    # What is wrong with a regular expression is said by each language's engine.
    assert str(caught.value) == case.get("message", str(caught.value))


@pytest.mark.parametrize("case", CASES["long"], ids=lambda case: case["name"])
def test_a_long_filter_runs_or_is_refused_in_both_languages(case):
    """Text that somebody pastes; the bounds are the same, and so is the place of the mistake."""
    text = case["before"] + case["repeat"] * case["times"] + case["after"]
    if "column" in case:
        with pytest.raises(QueryError) as caught:
            compile_query(text)

        assert caught.value.column == case["column"]
        assert len(str(caught.value)) < 30_000
    else:
        assert [row.seq for row in ROWS if compile_query(text).row(row)] == case["seqs"]


def test_there_are_cases_of_both_kinds():
    """So that an empty file does not pass."""
    assert sum("seqs" in case for case in CASES["queries"]) > 250
    assert sum("message" in case for case in CASES["queries"]) > 150


RANDOM = Path(__file__).parents[1] / "cases" / "filter_random.json"

TERMS = """
alice bob hello e ping "say" "two words" "" /e/ /GET|hello/ client:alice client:bob,carol kind:receive kind:send,end
dir:in path:/chat v:3 v<3 code>=1000 code:1006,403 connection:2 witness:wire size>10B size<=0.03kB duration>0.3 took>1ms
json.say json.say=hello json.n>3 json.user.name=alice json[0].id json.tags[1]=b is:messages is:hooks is:errors is:handled
is:disagree knd:x kind:snd size>x json. json.n>y client:"a,b" f(x) or
""".split()
"""A quoted text with a space comes apart here, which makes two that are never closed."""

PIECES = [
    "(",
    ")",
    "-",
    "OR",
    "AND",
    "NOT",
    " ",
    " ",
    " ",
    '"',
    "/",
    ":",
    ">",
    "=",
    ",",
    ".",
    "[",
    "0",
    "kB",
    "😀",
    "\n",
]


def expression(chance: random.Random, depth: int) -> str:
    """Return a filter that can be read unless one of its terms cannot."""
    if depth == 0 or chance.random() < 0.3:
        return chance.choice(TERMS)
    parts = [expression(chance, depth - 1) for _ in range(chance.randint(1, 3))]
    minus = chance.choice(["", "", "-", "NOT "])
    return f"{minus}({chance.choice([' ', ' OR ', ' AND ', '  ']).join(parts)})"


def scrap(chance: random.Random) -> str:
    """Return pieces of a filter in any order."""
    return "".join(chance.choice([*PIECES, *PIECES, *TERMS]) for _ in range(chance.randint(1, 9)))


def said() -> list[dict]:
    """Return the filters, each with the rows that it finds or the mistake in it."""
    chance = random.Random("filters")
    texts = [expression(chance, 3) for _ in range(600)] + [scrap(chance) for _ in range(600)]
    found = []
    for text in dict.fromkeys(texts):
        try:
            query = compile_query(text)
        except QueryError as error:
            found.append({"query": text, "message": str(error)})
        else:
            found.append({"query": text, "seqs": [row.seq for row in ROWS if query.row(row)]})
    return found


def written() -> str:
    """Return the text of the file."""
    return "[\n" + ",\n".join(json.dumps(one, ensure_ascii=False) for one in said()) + "\n]\n"


def test_the_browser_compares_with_what_python_says_to_random_filters():
    """The file is read by the browser's tests; running this module writes it anew."""
    assert RANDOM.read_text("utf-8") == written()


if __name__ == "__main__":
    RANDOM.write_text(written(), "utf-8")
