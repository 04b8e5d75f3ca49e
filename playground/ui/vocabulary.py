"""
The words that both halves of the panel use, generated for TypeScript from the Python definitions.

`python -m playground.ui.vocabulary` writes `frontend/src/generated/vocabulary.ts`; a test says when it is out of date.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from playground.common.close_codes import CLOSE_CODE_RANGES, CLOSE_CODES, is_sendable_close_code
from playground.record import patterns
from playground.record.events import KINDS, OF_CLIENT, OF_WIRE, WITNESSES
from playground.record.filter import amounts, keys, nearest, tree
from playground.record.row import MESSAGES
from playground.record.selection import CATEGORIES, USUAL
from playground.ui.words import DIRECTIONS, LOOKS, SKIPPED, Look

SOURCES = Path(__file__).parent / "frontend" / "src"
FILE = SOURCES / "generated" / "vocabulary.ts"

HEADER = """\
// Written by `python -m playground.ui.vocabulary` from what Python knows. Change it there.
"""


def typescript() -> str:
    """Return the text of the generated file."""
    codes = (
        {"code": code, "name": name, "sendable": is_sendable_close_code(code)} for code, name in CLOSE_CODES.items()
    )
    ranges = ({"first": first, "last": last, "name": name} for first, last, name in CLOSE_CODE_RANGES)
    ordinary = (code for code in USUAL if code is not None)
    parts = [
        HEADER,
        _names("KINDS", KINDS, "What `kind:` may be in the filter: every kind of event."),
        _names("WITNESSES", WITNESSES, "Who may have seen a row, in the order of its three marks.", of="Witness"),
        _names("MESSAGE_KINDS", MESSAGES, "Kinds of rows that are messages."),
        _table("CLIENT_KINDS", OF_CLIENT, "What the client calls each kind of row that it takes part in."),
        _table("WIRE_KINDS", OF_WIRE, "What the wire calls each kind of row that travels."),
        _objects("CLOSE_CODES", codes, "The registered close codes, and whether a Close frame may carry them."),
        _objects("CLOSE_CODE_RANGES", ranges, "Ranges of close codes that others define; all of them may be sent."),
        _names("CATEGORIES", CATEGORIES, "What `is:` may be in the filter.", of="Category"),
        _numbers("ORDINARY_CODES", ordinary, "Close codes of an end that both sides meant."),
        _names("TEXT_KEYS", keys.TEXT_KEYS, "Keys of the filter that are compared as text.", of="TextKey"),
        _names("NUMBER_KEYS", keys.NUMBER_KEYS, "Keys of the filter that are whole numbers.", of="NumberKey"),
        _names("MEASURES", keys.MEASURES, "Keys of the filter that are amounts.", of="Measure"),
        _names("KEYS", keys.KEYS, "All keys of the filter."),
        _names("DIRECTIONS", keys.CHOICES["dir"], "What `dir:` may be in the filter."),
        _names("COMPARISONS", amounts.COMPARE, "How numbers are compared.", of="Comparison"),
        _table("ALIASES", keys.ALIASES, "Other names of keys, with the ones that the filter has."),
        _table("CATEGORY_ALIASES", keys.CATEGORY_ALIASES, "Earlier words of `is:`, with the ones they stand for."),
        _table("WRITTEN_AS", keys.WRITTEN_AS, "Words that people use for kinds, with the kinds to write instead."),
        _amounts("BYTES", amounts.BYTES, "Units of sizes in lower case, in bytes."),
        _amounts("MILLISECONDS", amounts.MILLISECONDS, "Units of times in lower case, in milliseconds."),
        _looks(LOOKS),
        _text("SKIPPED", SKIPPED, "The word for a gap, in place of rows that came too fast for the panel."),
        _table("DIRECTION_WORDS", DIRECTIONS, "What the signs of a direction mean."),
        _number("DIGITS", amounts.DIGITS, "The most digits that a whole number of the filter may have."),
        _number("LONGEST_FILTER", tree.LONGEST, "The most characters of a filter."),
        _number("MOST_TERMS", tree.MOST_TERMS, "The most terms of a filter."),
        _number("MOST_PATTERNS", tree.MOST_PATTERNS, "The most regular expressions of a filter."),
        _number("DEEPEST", tree.DEEPEST, "How deep the brackets of a filter may be nested."),
        _number("LONGEST_NEAR", nearest.LONGEST, "The most characters of a word that is compared with known ones."),
        _number("LONGEST_PATTERN", patterns.LONGEST, "The most characters of a regular expression."),
        _number("MATCH_SECONDS", patterns.READING.match, "Seconds that one match may take."),
        _number("TOTAL_SECONDS", patterns.READING.total, "Seconds that all matches of a filter may take together."),
    ]
    return "\n".join(parts)


def _names(name: str, values: Iterable[str], comment: str, of: str = "") -> str:
    listed = [json.dumps(value) for value in values]
    line = f"export const {name} = [{', '.join(listed)}] as const;"
    if len(line) > 120:
        line = f"export const {name} = [\n" + "".join(f"  {one},\n" for one in listed) + "] as const;"
    member = f"export type {of} = (typeof {name})[number];\n" if of else ""
    return f"/** {comment} */\n{line}\n{member}"


def _text(name: str, value: str, comment: str) -> str:
    return f"/** {comment} */\nexport const {name} = {json.dumps(value)};\n"


def _number(name: str, value: float, comment: str) -> str:
    return f"/** {comment} */\nexport const {name} = {value:g};\n"


def _numbers(name: str, values: Iterable[int], comment: str) -> str:
    return f"/** {comment} */\nexport const {name}: readonly number[] = {json.dumps(sorted(values))};\n"


def _table(name: str, values: Mapping[str, str], comment: str) -> str:
    lines = "".join(f"  {key}: {json.dumps(value)},\n" for key, value in values.items())
    return f"/** {comment} */\nexport const {name}: Readonly<Record<string, string>> = {{\n{lines}}};\n"


def _amounts(name: str, values: Mapping[str, float], comment: str) -> str:
    lines = "".join(f"  {unit or json.dumps(unit)}: {value:.16g},\n" for unit, value in values.items())
    return f"/** {comment} */\nexport const {name}: Readonly<Record<string, number>> = {{\n{lines}}};\n"


def _looks(values: Mapping[str, Look]) -> str:
    lines = []
    for kind, look in values.items():
        parts = (f"{name}: {json.dumps(text, ensure_ascii=False)}" for name, text in look._asdict().items())
        lines.append(f"  {kind}: {{ {', '.join(parts)} }},\n")
    tones = " | ".join(json.dumps(tone) for tone in dict.fromkeys([*(look.tone for look in values.values()), "hook"]))
    return (
        "/** How a kind of row looks: a colour, and always a sign too. Its word is the kind. */\n"
        f"export interface KindLook {{\n  glyph: string;\n  tone: {tones};\n}}\n\n"
        f"export const LOOKS: Readonly<Record<string, KindLook>> = {{\n{''.join(lines)}}};\n"
    )


def _objects(name: str, values: Iterable[Mapping[str, object]], comment: str) -> str:
    lines = (", ".join(f"{key}: {json.dumps(value)}" for key, value in one.items()) for one in values)
    listed = "".join(f"  {{ {line} }},\n" for line in lines)
    return f"/** {comment} */\nexport const {name} = [\n{listed}] as const;\n"


def main() -> None:
    """Write the file."""
    if not SOURCES.is_dir():
        sys.exit(f"there is no {SOURCES}: the panel's sources are only in a clone of the repository")
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(typescript(), encoding="utf-8")


if __name__ == "__main__":
    main()
