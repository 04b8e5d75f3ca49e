"""The modules beside a file: found as Python would, loaded again when they were saved, and given back when it fails."""

import sys

import pytest

from playground import EditRejected
from playground.edit.files.siblings import Siblings
from playground.edit.source.running import load_module


@pytest.fixture(autouse=True)
def imported():
    """Leave what is imported as it was."""
    before = dict(sys.modules)
    yield
    for name in sys.modules.keys() - before.keys():
        del sys.modules[name]


@pytest.fixture
def folder(tmp_path):
    """Return a function that writes files below a folder, and the folder as `folder.path`."""

    def write(texts):
        for name, text in texts.items():
            (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
            (tmp_path / name).write_text(text)

    write.path = tmp_path
    return write


def run(siblings, text=None):
    """Load the file, and return its module."""
    text = siblings.file.read_text() if text is None else text
    loaded = siblings.load(
        text,
        lambda: load_module(
            text, filename=str(siblings.file), module_name=siblings.module_name, attributes=siblings.attributes
        ),
    )
    siblings.carried.put_in(vars(loaded.module))
    return loaded.module


def test_siblings_and_relative_imports_work(folder):
    """From the file's folder, or from the folder above its top package; the working folder does not matter."""
    folder(
        {
            "main.py": "import rooms\nfrom chat.words import HI\nfrom pathlib import Path\nhere = Path(__file__).name",
            "rooms.py": "word = 'room'",
            "chat/__init__.py": "",
            "chat/words.py": "HI = 'hi'",
            "chat/deep/__init__.py": "",
            "chat/deep/views.py": "from ..words import HI\nfrom . import near\nfrom chat import words",
            "chat/deep/near.py": "",
        }
    )
    main = run(Siblings(folder.path / "main.py"))
    views = run(Siblings(folder.path / "chat/deep/views.py"))

    assert (main.rooms.word, main.HI, main.here, main.__name__) == ("room", "hi", "main.py", "main")
    assert (views.HI, views.__name__, views.__package__) == ("hi", "chat.deep.views", "chat.deep")
    assert sys.path.count(str(folder.path)) == 0


def test_what_was_saved_is_loaded_again_with_what_imports_it(folder):
    """And nothing else, so that its state stays; two saves in one second and of one size are no trap."""
    folder(
        {
            "main.py": "import state, view",
            "view.py": "import words\nseen = words.WORD",
            "words.py": "WORD = 'one'",
            "state.py": "members = set()",
        }
    )
    siblings = Siblings(folder.path / "main.py")
    run(siblings).state.members.add("ada")
    folder({"words.py": "WORD = 'two'"})
    main = run(siblings)

    assert (main.view.seen, main.state.members) == ("two", {"ada"})
    assert siblings.reloaded == ("view", "words")
    assert {path.name for path in siblings.saved} == {"view.py", "words.py", "state.py"}


@pytest.mark.parametrize(
    ("mistake", "message"),
    [
        ("WORD = 'two'\nWORD =", "words.py line 2: invalid syntax, from line 1"),
        ("WORD = 'two'\nwrong", "words.py line 2: NameError: name 'wrong' is not defined, from line 1"),
        ("raise SystemExit(3)", "words.py line 1: SystemExit: 3, from line 1"),
    ],
)
def test_a_mistake_beside_the_file_is_named_and_changes_nothing(folder, mistake, message):
    """File and line of the mistake; every module stays what it was, in its package too."""
    folder(
        {"main.py": "import view", "pack/__init__.py": "", "words.py": "WORD = 'one'", "pack/inner.py": "import words"}
    )
    folder({"view.py": "from pack import inner"})
    siblings = Siblings(folder.path / "main.py")
    run(siblings)
    names = ("main", "view", "words", "pack", "pack.inner")
    before = {name: sys.modules[name] for name in names}
    folder({"words.py": mistake})
    with pytest.raises(EditRejected) as rejected:
        run(siblings)

    assert rejected.value.args[0] == message
    assert {name: sys.modules[name] for name in names} == before
    assert before["pack"].inner is before["pack.inner"]
    folder({"words.py": "WORD = 'three'"})
    assert run(siblings).view.inner.words.WORD == "three"


def test_a_mistake_of_the_file_names_its_own_line(folder):
    """And what it imported meanwhile is forgotten."""
    folder({"main.py": "import fresh_words\nwrong", "fresh_words.py": ""})
    with pytest.raises(EditRejected, match="^line 2: NameError"):
        run(Siblings(folder.path / "main.py"))

    assert "fresh_words" not in sys.modules


def test_two_apps_have_modules_of_their_own(folder):
    """Under the same names, however often and in whatever order they are loaded."""
    for one in ("a", "b"):
        folder({f"{one}/main.py": "from rooms import WORD\nimport rooms", f"{one}/rooms.py": f"WORD = '{one}'"})
    a, b = (Siblings(folder.path / one / "main.py") for one in ("a", "b"))
    first = run(a)
    found = [first.WORD, run(b).WORD, run(a).WORD, run(b).WORD]
    folder({"a/rooms.py": "WORD = 'new'"})

    assert [*found, run(a).WORD, run(b).WORD] == ["a", "b", "a", "b", "new", "b"]
    assert run(b).rooms is not run(a).rooms


def test_two_files_of_one_folder_share_their_modules(folder):
    """As in one program; what one has loaded again is not loaded again for the other."""
    folder(
        {"one.py": "import state, words", "two.py": "import state, words", "state.py": "import words", "words.py": ""}
    )
    one, two = Siblings(folder.path / "one.py"), Siblings(folder.path / "two.py")
    assert run(one).state is run(two).state
    folder({"words.py": "# saved"})
    state = run(one).state

    assert run(two).state is state
    assert two.reloaded == ()


def test_what_is_imported_by_name_or_later_counts_too(folder):
    """By `importlib`, or by a handler when it runs; the module that did the first is loaded again with it."""
    folder(
        {
            "main.py": "import plugins\ndef handler():\n    import late\n    return late.WORD",
            "plugins/__init__.py": "import importlib\nfound = importlib.import_module('.one', __name__)",
            "plugins/one.py": "WORD = 'one'",
            "late.py": "WORD = 'late'",
        }
    )
    siblings = Siblings(folder.path / "main.py")
    main = run(siblings)
    assert main.handler() == "late"
    assert {path.name for path in siblings.saved} == {"__init__.py", "one.py", "late.py"}
    folder({"plugins/one.py": "WORD = 'two'", "late.py": "WORD = 'new'"})
    again = run(siblings)

    assert siblings.reloaded == ("late", "plugins", "plugins.one")
    assert (again.plugins.found.WORD, again.handler()) == ("two", "new")


def test_a_package_that_is_loaded_again_keeps_its_modules(folder):
    """Those that were not saved; they are found in it as before."""
    folder({"main.py": "import pack, pack.rooms", "pack/__init__.py": "", "pack/rooms.py": "members = set()"})
    siblings = Siblings(folder.path / "main.py")
    run(siblings).pack.rooms.members.add("ada")
    folder({"pack/__init__.py": "WORD = 'new'"})
    pack = run(siblings).pack

    assert (pack.WORD, pack.rooms.members) == ("new", {"ada"})


def test_modules_that_import_each_other_are_loaded_together(folder):
    """A circle is no trap."""
    folder({"main.py": "import a", "a.py": "import b\nWORD = 1", "b.py": "import a"})
    siblings = Siblings(folder.path / "main.py")
    run(siblings)
    folder({"a.py": "import b\nWORD = 2"})

    assert run(siblings).a.b.a.WORD == 2
    assert siblings.reloaded == ("a", "b")


def test_a_module_that_is_missing_is_waited_for(folder):
    """Once its file is there, the file that needs it is worth another try."""
    folder({"main.py": "import coming"})
    siblings = Siblings(folder.path / "main.py")
    with pytest.raises(EditRejected, match="No module named 'coming'"):
        run(siblings)
    assert siblings.saved[folder.path / "coming.py"] is None
    folder({"coming.py": ""})
    run(siblings)

    assert siblings.saved == {folder.path / "coming.py": b""}
    (folder.path / "coming.py").unlink()
    with pytest.raises(EditRejected, match="No module named 'coming'"):
        run(siblings)


def test_names_of_python_and_of_others_stay(folder):
    """A file called like a module of Python does not take its place, and installed packages are left alone."""
    folder({"queue.py": "import json, starlette", "json.py": "WORD = 'mine'"})
    siblings = Siblings(folder.path / "queue.py")
    module = run(siblings)

    assert module.__name__ == "<app queue>"
    assert sys.modules["json"] is module.json
    assert module.json.loads("1") == 1
    assert siblings.saved == {}


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"\xef\xbb\xbfword = '\xc3\xa9'\r\n", "word = '\xe9'\n"),
        (b"# coding: latin-1\nword = '\xe9'\n", "# coding: latin-1\nword = '\xe9'\n"),
        (
            b"#!/usr/bin/python\n# -*- coding: cp1252 -*-\nword = '\x80'",
            "#!/usr/bin/python\n# -*- coding: cp1252 -*-\nword = '\u20ac'",
        ),
    ],
)
def test_a_file_is_read_as_python_reads_it(tmp_path, data, text):
    """Byte-order mark, line ends and coding line."""
    assert Siblings(tmp_path / "main.py").text(data) == text


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"a = 1\nb = '\xe9'\n", "line 2: byte 0xe9 is not utf-8; save the file as UTF-8, or name its encoding"),
        (b"# coding: klingon\n", "line 1: the file cannot be read as text: unknown encoding: klingon"),
    ],
)
def test_what_is_no_text_is_rejected_with_its_line(tmp_path, data, message):
    """And with what to do."""
    with pytest.raises(EditRejected, match=message):
        Siblings(tmp_path / "main.py").text(data)


def test_a_module_of_another_folder_is_not_there(folder):
    """Also under a name that this folder has not; a handler still gets its own, with its state."""
    folder(
        {
            "a/main.py": "import only_a\ndef handler():\n    import only_a\n    return only_a",
            "a/only_a.py": "members = set()",
            "b/main.py": "import only_a",
        }
    )
    first = run(Siblings(folder.path / "a/main.py"))
    with pytest.raises(EditRejected, match="No module named 'only_a'"):
        run(Siblings(folder.path / "b/main.py"))

    assert first.handler() is first.only_a


def test_what_connections_built_beside_the_file_stays(folder):
    """In a module that was saved, and for those who import its names; classes that did not change stay, too."""
    folder(
        {
            "main.py": "from rooms import Room, members, hall\nimport rooms\nclass Big(Room): ...\nlobby = Room()",
            "rooms.py": "LIMIT = 1\nclass Room:\n    def __init__(self):\n        self.names = []\n"
            "members = set()\nhall = Room()",
        }
    )
    siblings = Siblings(folder.path / "main.py")
    first = run(siblings)
    first.members.add("ada")
    first.hall.names.append("ada")
    folder({"rooms.py": (folder.path / "rooms.py").read_text().replace("LIMIT = 1", "LIMIT = 2")})
    main = run(siblings)

    assert (main.rooms.LIMIT, main.members, main.hall.names) == (2, {"ada"}, ["ada"])
    assert main.members is main.rooms.members is first.members
    assert isinstance(main.hall, main.Room)
    assert issubclass(main.Big, main.rooms.Room)
    assert isinstance(main.lobby, main.Room)


@pytest.mark.parametrize(
    "registry",
    [
        "commands = {}\ndef on(name):\n    return lambda function: commands.setdefault(name, function)",
        "commands = {}\ndef on(name):\n    def add(function):\n        commands[name] = function\n        return function\n    return add",
        "class Hooks:\n    def __init__(self):\n        self.all = {}\nhooks = Hooks()\ncommands = hooks.all\n"
        "def on(name):\n    def add(function):\n        hooks.all[name] = function\n        return function\n    return add",
    ],
)
def test_a_registry_beside_the_file_is_filled_as_by_a_fresh_start(folder, registry):
    """What was removed is gone, what is new is the new function; what connections added stays."""
    folder({"registry.py": registry + "\nseen = []\n"})
    text = "import registry\nfrom registry import on\n@on('{0}')\ndef {0}(): return '{1}'\n"
    siblings = Siblings(folder.path / "main.py")
    run(siblings, text.format("say", "one")).registry.seen.append("ada")
    same = run(siblings, text.format("say", "two")).registry
    found = {name: function() for name, function in same.commands.items()}
    other = run(siblings, text.format("shout", "three")).registry

    assert found == {"say": "two"}
    assert {name: function() for name, function in other.commands.items()} == {"shout": "three"}
    assert other.seen == ["ada"]
