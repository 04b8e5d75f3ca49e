"""
Keys: the words before the colon or the comparison, and what may stand after it.

The browser has them from `playground.ui.vocabulary`.
"""

from playground.record.events import KINDS, WITNESSES
from playground.record.selection import CATEGORIES

TEXT_KEYS = ("client", "kind", "dir", "witness", "path")
NUMBER_KEYS = ("v", "code", "connection")
MEASURES = ("size", "duration")
KEYS = (*TEXT_KEYS, *NUMBER_KEYS, "is", *MEASURES, "json")

ALIASES = {"version": "v", "direction": "dir", "took": "duration"}
"""Other names of keys."""

CATEGORY_ALIASES = {"disagree": "differ"}
"""Earlier words of `is:`, which stay valid."""

CHOICES: dict[str, tuple[str, ...]] = {
    "kind": tuple(KINDS),
    "dir": ("in", "out"),
    "witness": WITNESSES,
    "is": tuple(CATEGORIES),
}
"""What the value of a key may be."""

WRITTEN_AS = {"handshake": "connect", "text": "receive,send", "binary": "receive,send", "ended": "end"}
"""Words that people use for kinds, with the kinds to write instead."""
