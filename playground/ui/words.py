"""
How a row reads: the sign, the kind and the text of each of its columns, for the picture of a saved notebook.

The panel shows the same: `LOOKS` is generated for it, and `frontend/src/rowtext.ts` puts texts together as these
functions do; `tests/cases/rows.json` holds both to it. A row is what `rows.row_of` returns.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from playground.common.numbers import clock_text, duration_text, size_text

HEADS = ("time", "client", "", "kind", "data", "size", "duration", "v", "c w h")
"""The heads of the columns that `cells` returns."""

ACROSS = ("edit", "gap", "start", "stop")
"""Kinds of rows that are about no connection: nobody is asked whether they saw them."""


class Look(NamedTuple):
    """How a kind of row looks: a sign beside the kind's own name, and the colour that the panel has for its tone."""

    glyph: str
    tone: str


LOOKS: Mapping[str, Look] = {
    "connect": Look("→", "in"),
    "accept": Look("←", "out"),
    "refuse": Look("⊘", "bad"),
    "receive": Look("→", "in"),
    "send": Look("←", "out"),
    "close": Look("⇤", "out"),
    "disconnect": Look("⇥", "in"),
    "request": Look("→", "in"),
    "response": Look("←", "out"),
    "end": Look("✕", "plain"),
    "edit": Look("✎", "edit"),
    "error": Look("✕", "bad"),
    "log": Look("≡", "plain"),
    "start": Look("▶", "plain"),
    "stop": Look("■", "plain"),
    "gap": Look("⋯", "plain"),
}
"""Signs of the kinds of rows. The word for a kind is its name, as the filter has it."""

FOLDED = "▸"
"""The sign of a line that stands for several heartbeats."""

SKIPPED = "skipped"
"""The word for a gap, which is no kind of event: the panel has it in place of rows that came too fast."""

DIRECTIONS: Mapping[str, str] = {"in": "from the client", "out": "to the client"}
"""What the signs of a direction mean, in words."""

Shown = Mapping[str, Any]


def cells(row: Shown) -> tuple[str, ...]:
    """Return the text of each column; see `HEADS`."""
    glyph, word = look_of(row)
    across = row["kind"] in ACROSS
    return (
        clock_text(row["at"] / 1000),
        row.get("client") or (f"#{row['connection']}" if row.get("connection") is not None else ""),
        glyph,
        f"{word} {form}" if (form := form_of(row)) else word,
        data_of(row),
        size_text(row["size"]) if row.get("size") is not None else "",
        _duration_of(row),
        f"v{row['version']}" if row.get("version") is not None and not across else "",
        "" if across or row.get("folded") else dots_of(row),
    )


def _duration_of(row: Shown) -> str:
    if row.get("running"):
        return "running…"
    duration = row.get("duration_ms")
    # That of a fold is in its text, because it is the last one's.
    return "" if duration is None or row.get("folded") else duration_text(duration / 1000)


def look_of(row: Shown) -> tuple[str, str]:
    """Return the sign and the word of a row; the word is its kind."""
    kind = row["kind"]
    if row.get("folded"):
        return FOLDED, kind
    glyph = LOOKS[kind].glyph if kind in LOOKS else _other_glyph(row)
    failed = row.get("error") and kind not in ("edit", "end") and not row.get("hook") and not row.get("opcode")
    return "✕" if failed else glyph, SKIPPED if kind == "gap" else kind


def form_of(row: Shown) -> str:
    """Return "binary" for a message of bytes, "pushed" for one of the playground's; most need no word."""
    return " ".join(["pushed"] * bool(row.get("pushed")) + ["binary"] * (row.get("opcode") == "binary"))


def _other_glyph(row: Shown) -> str:
    if row["kind"].startswith("on_"):
        return "ƒ"
    return {"in": "→", "out": "←"}.get(row.get("direction") or "", "·")


def dots_of(row: Shown) -> str:
    """Return the three marks: ● saw it, ○ did not, · cannot be asked, ◐ they differ."""
    seen = "◐" if row.get("agree") is False else "●"
    return "".join({"1": seen, "0": "○"}.get(mark, "·") for mark in row.get("saw") or "")


def data_of(row: Shown) -> str:
    """Return the payload or the text of a row, its error, and what its handler printed, on one line."""
    if row.get("folded"):
        return _folded_text(row)
    error, line, kind = _one_line(row.get("error") or ""), row.get("line"), row["kind"]
    told = f"{error}  line {line}" if error and line and kind != "edit" else error
    output = (row.get("output") or "").strip()
    printed = f"printed “{_one_line(output)}”" if output else ""
    return " · ".join(filter(None, (_main(row), told, printed)))


def _folded_text(row: Shown) -> str:
    times, duration = f"×{row['folded']:,}", row.get("duration_ms")
    if duration is not None:
        return f"{times} · last {duration_text(duration / 1000)}"
    return f"{times} · no pong to the last" if row["kind"] == "ping" else times


def _main(row: Shown) -> str:
    preview, path, error, reason = (row.get(name) or "" for name in ("preview", "path", "error", "reason"))
    said = (f"{path} " if row["kind"] == "edit" and path and path not in preview else "") + preview
    codes = row.get("codes") or ([row["code"]] if row.get("code") is not None else [])
    parts = []
    if codes and not any(str(code) in said for code in codes):
        parts.append(" / ".join(map(str, codes)))
    if reason and reason not in said:
        parts.append(reason)
    if said and not (error and error in said):
        shown = _one_line(said) + ("…" if row.get("cut") and not said.endswith("…") else "")
        # The payload of a message comes first.
        parts.insert(0 if row.get("size") is not None else len(parts), shown)
    if row["kind"] == "ping" and row.get("duration_ms") is not None:
        parts.append(f"pong after {duration_text(row['duration_ms'] / 1000)}")
    return " · ".join(parts)


def _one_line(text: str) -> str:
    return re.sub("\r?\n|␍?␊", "⏎", text)
