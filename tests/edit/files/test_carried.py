"""What connections built stays in a module that is loaded again, and those who import it find it."""

import ast
import types

from playground.edit.files.carried import Carried, in_order
from playground.edit.keeping.built import Built


def module_of(source, name="rooms"):
    module = types.ModuleType(name)
    exec(source, vars(module))
    return module, Built.of_module(module, ast.parse(source), None)


def test_who_imported_a_fresh_value_gets_the_one_that_stays():
    """Plain values are those of the source."""
    old, before = module_of("members = set()\nWORD = 'one'")
    old.members.add("ada")
    new, after = module_of("members = set()\nWORD = 'two'")
    names = {"members": new.members, "WORD": new.WORD, "other": set()}
    carried = Carried()
    carried.carry(before, after)
    carried.put_in(names)

    assert names == {"members": {"ada"}, "WORD": "two", "other": set()}
    assert names["members"] is new.members is old.members


def test_what_is_not_certain_is_a_note():
    """With the way out."""
    old, before = module_of("limit = 1")
    old.limit = 5
    _, after = module_of("limit = 2")
    carried = Carried()
    carried.carry(before, after)

    assert [note.kind for note in carried.notes] == ["conflict"]
    assert "limit stays 5" in str(carried.notes[0])


def test_apps_are_those_of_the_source():
    """They are what is served."""
    source = "from starlette.applications import Starlette\napp = Starlette()\napp.state.members = []"
    old, before = module_of(source)
    old.app.state.members.append("ada")
    new, after = module_of(source)
    app = new.app
    Carried().carry(before, after)

    assert new.app is app is not old.app


def test_modules_come_after_what_they_import():
    """Those that import each other come together."""
    imports = {"a": {"b", "json"}, "b": {"c"}, "c": {"d"}, "d": {"c"}}

    assert in_order("abcd", imports) == ["d", "c", "b", "a"]


def test_the_modules_before_change_at_the_end_only():
    """What is loaded may still be rejected."""
    old, before = module_of("seen = ['one']")
    old.seen.append("ada")
    new, after = module_of("seen = ['two']")
    carried = Carried()
    carried.carry(before, after)
    first = list(old.seen)
    carried.commit()

    assert (first, old.seen) == (["one", "ada"], ["two", "ada"])
    assert new.seen is old.seen
