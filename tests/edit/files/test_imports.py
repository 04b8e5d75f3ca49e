"""Which modules a source imports."""

from playground.edit.files.imports import imports_of


def test_statements_are_read_wherever_they_are():
    """In functions they count as later; for types only, too."""
    found = imports_of(
        """
import a.b as c
from . import near
from ..up import thing
try:
    import d
except ImportError:
    d = None
class C:
    from e import *
def f():
    import g
if TYPE_CHECKING:
    import types_only
""",
        "pack.inner",
    )

    assert found.at_once == {
        "a",
        "a.b",
        "pack",
        "pack.inner",
        "pack.inner.near",
        "pack.up",
        "pack.up.thing",
        "d",
        "e",
        "e.*",
    }
    assert found.later == {"g", "types_only"}


def test_what_cannot_be_read_imports_nothing():
    """A mistake is told when the source is run."""
    for source in ("import", b"# coding: klingon\nimport a", "from ... import a", "\0"):
        assert imports_of(source, "pack") == imports_of("", "")
