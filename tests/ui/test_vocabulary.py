"""The words that TypeScript has from Python."""

import re

import pytest

from playground.common.close_codes import CLOSE_CODES
from playground.record.events import KINDS
from playground.record.export.copies.copies import FORMATS
from playground.ui.pieces import PIECES
from playground.ui.vocabulary import FILE, typescript


def test_the_generated_file_is_what_would_be_generated_now():
    """`python -m playground.ui.vocabulary` brings it up to date; then the panel has to be built anew."""
    assert FILE.read_text("utf-8") == typescript()


def test_every_kind_and_close_code_is_told():
    """As Python names them, with whether a Close frame may carry the code."""
    text = typescript()

    assert all(f'"{kind}"' in text for kind in KINDS)
    assert all(f'{{ code: {code}, name: "{name}", sendable: ' in text for code, name in CLOSE_CODES.items())
    assert '{ code: 1004, name: "reserved", sendable: false }' in text
    assert '{ first: 4000, last: 4999, name: "private use (application-defined)" }' in text


def keys_in(file, beginning):
    """Return the names of an object in a file of the panel's, in their order."""
    body = (FILE.parent.parent / file).read_text("utf-8").partition(beginning)[2].partition("\n};")[0]
    return re.findall(r'^  "?([\w -]+?)"?:', body, re.MULTILINE)


@pytest.mark.parametrize(
    ("file", "beginning", "names"),
    [
        ("copying.ts", "export const NAMES", set(FORMATS)),
        ("view/pieces.ts", "export const PIECES", set(PIECES) - {"panel"}),
    ],
)
def test_names_that_both_halves_write_are_the_same(file, beginning, names):
    """The panel has a label for each format of a copy, and draws each piece; the whole panel is no piece of it."""
    assert set(keys_in(file, beginning)) == names
