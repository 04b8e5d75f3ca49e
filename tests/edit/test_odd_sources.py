"""What Python accepts and a plain start would serve is accepted by an edit too, however odd, and served."""

import json
import sys

import pytest

from playground import EditRejected
from playground.ui.rows import state_of

ECHO = """
class Echo(WebSocketEndpoint):
    encoding = "text"
    async def on_receive(self, websocket, data):
        await websocket.send_text(data)
"""

METACLASS = """
class Meta(type(WebSocketEndpoint)):
    def {0}
class Helper(metaclass=Meta): pass
helper = Helper()
class Echo(WebSocketEndpoint, metaclass=Meta):
    encoding = "text"
    async def on_receive(self, websocket, data):
        await websocket.send_text(data)
"""

VALUE = (
    """
class Odd:
    def {0}
odd = Odd()
again = [odd, {{"odd": odd}}]
pair, = odd,
"""
    + ECHO
)

RAISES = "(self, *a, **k): raise ValueError('odd')"

SOURCES = {
    # deep, and long
    "a sum of 1,500": "x = " + " + ".join(["1"] * 1500) + ECHO,
    "800 elif": "v = 0\nif v: pass\n" + "".join(f"elif v == {n}: pass\n" for n in range(800)) + ECHO,
    "deep lists": "x = " + "[" * 150 + "]" * 150 + ECHO,
    "deep calls": "def f(*a): return 0\nx = " + "f(" * 90 + ")" * 90 + ECHO,
    "a long chain": "class A:\n    def m(self): return self\nx = A()" + ".m()" * 400 + ECHO,
    "deep blocks": "".join(" " * n + "if 1:\n" for n in range(90)) + " " * 90 + "pass" + ECHO,
    "deep in a hook": ECHO.replace("        await", "        x = " + " + ".join(["1"] * 1500) + "\n        await"),
    "deep in a class": ECHO.replace("encoding", "x = " + " + ".join(["1"] * 1500) + "\n    encoding"),
    "deep in a helper": "class Helper:\n    x = " + " + ".join(["1"] * 1500) + "\nhelpers = [Helper()]" + ECHO,
    "a deep value": "x = []\nfor n in range(5000): x = [x]" + ECHO,
    "a value that holds itself": "x = []\nx.append(x)\nclass A: pass\na = A()\na.a = a" + ECHO,
    "many lines": "x = 1\n" * 10_000 + ECHO,
    "many strings": "x = " + "'a' " * 5000 + ECHO,
    # text
    "old line ends": ECHO.replace("\n", "\r"),
    "line ends of Windows": ECHO.replace("\n", "\r\n"),
    "tabs and form feeds": "\f" + ECHO.replace("    ", "\t") + "\f\nx = '\f'\n",
    "line separators": "x = 'a\u2028b\u2029c\x0bd\x1ce\x85f'\n" + ECHO,
    "a byte-order mark": "\ufeff" + ECHO,
    "names that are not ASCII": ECHO.replace("Echo", "Échö") + "\nπ = 3\nﬁ = 1\n",
    "no end of line": ECHO + "\n# end",
    "an encoding that is not": "# -*- coding: latin-1 -*-\nx = 'é'" + ECHO,
    "a surrogate, escaped": "x = '\\ud800'" + ECHO,
    # values
    "a reference to what is gone": "import weakref\nclass Thing: pass\nref = weakref.proxy(Thing())" + ECHO,
    "a dead one in a class": ECHO
    + "\nimport weakref\nclass Thing: pass\nclass Holder:\n    ref = weakref.proxy(Thing())\n    refs = [ref]\n",
    "repr raises": VALUE.format("__repr__" + RAISES),
    "eq raises": VALUE.format("__eq__" + RAISES),
    "eq without hash": VALUE.format("__eq__(self, other): return True"),
    "ne raises": VALUE.format("__ne__" + RAISES),
    "hash raises": VALUE.format("__hash__" + RAISES),
    "bool raises": VALUE.format("__bool__" + RAISES),
    "len raises": VALUE.format("__len__" + RAISES),
    "iter never ends": VALUE.format("__iter__(self):\n        while True: yield self"),
    "getattr raises": VALUE.format("__getattr__" + RAISES),
    "getattribute raises": VALUE.format("__getattribute__" + RAISES),
    "getattribute exits": VALUE.format("__getattribute__(self, name): raise SystemExit"),
    "everything is there": VALUE.format("__getattr__(self, name): return self"),
    "copy raises": VALUE.format("__deepcopy__" + RAISES) + "\nOdd.__copy__ = Odd.__reduce_ex__ = Odd.__deepcopy__\n",
    "class lies": VALUE.format("dummy(self): pass\n    __class__ = property(lambda self: WebSocketEndpoint)"),
    "class raises": VALUE.format("dummy(self): pass\n    @property\n    def __class__" + RAISES),
    "module lies": VALUE.format("dummy(self): pass\n    __module__ = property(lambda self: __name__)"),
    "module raises": VALUE.format("dummy(self): pass\n    __module__ = property(lambda self: 1/0)"),
    "module is no text": VALUE.format("dummy(self): pass\n    __module__ = 5"),
    "an array": VALUE.format(
        "__eq__(self, other): return Array()\n    __ne__ = __eq__\n    __hash__ = None\n"
        "class Array:\n    def __bool__(self): raise ValueError('the truth value is ambiguous')"
    ),
    "slots": "class S:\n    __slots__ = ('a',)\ns = S()" + ECHO,
    "a descriptor that raises": ECHO + "\nclass D:\n    def __get__" + RAISES + "\nclass Holder:\n    d = D()\n",
    # classes of classes
    "getattr of a class raises": METACLASS.format("__getattr__(cls, name): raise ValueError(name)"),
    "instancecheck raises": METACLASS.format("__instancecheck__(cls, one): raise ValueError"),
    "subclasscheck raises": METACLASS.format("__subclasscheck__(cls, one): raise ValueError"),
    "subclasses of all": METACLASS.format("__subclasscheck__(cls, one): return True"),
    "eq of a class raises": METACLASS.format("__eq__(cls, one): raise ValueError\n    __hash__ = type.__hash__"),
    "hash of a class raises": METACLASS.format("__hash__(cls): raise ValueError"),
    "bool of a class raises": METACLASS.format("__bool__(cls): raise ValueError"),
    "repr of a class raises": METACLASS.format("__repr__(cls): raise ValueError"),
    "name of a class raises": METACLASS.format("dummy(cls): pass\n    __name__ = property(lambda cls: 1/0)"),
    "dict of a class raises": METACLASS.format("dummy(cls): pass\n    __dict__ = property(lambda cls: 1/0)"),
    # names and modules
    "a name of ours": "__kept_values__ = 5\nmembers = set()" + ECHO,
    "a deleted name": "members = set()\nx = 1\ndel x" + ECHO,
    "deleted and made again": "x = []\ndel x\nx = []" + ECHO,
    "deleted builtins": "import builtins\nprint = builtins.print\ndel print" + ECHO,
    "another module in its place": "import sys, types\nsys.modules[__name__] = types.ModuleType('other')" + ECHO,
    "no module in its place": "import sys\nsys.modules[__name__] = 5" + ECHO,
    "not in sys.modules": "import sys\ndel sys.modules[__name__]" + ECHO,
    "none in sys.modules": "import sys\nsys.modules[__name__] = None" + ECHO,
    "star import": "from math import *\nfrom os.path import *" + ECHO,
    "all": "__all__ = ['Echo', 'nothing']" + ECHO,
    "exec": f"exec({ECHO!r})",
    "exec in a namespace": f"space = {{'WebSocketEndpoint': WebSocketEndpoint, '__name__': __name__}}\n"
    f"exec({ECHO!r}, space)\nEcho = space['Echo']",
    "made by type": "async def on_receive(self, websocket, data): await websocket.send_text(data)\n"
    "Echo = type('Echo', (WebSocketEndpoint,), {'encoding': 'text', 'on_receive': on_receive})",
    "globals updated": "globals().update(x=1)\nglobals()['a b'] = 2" + ECHO,
    "globals that are no text": "globals()[5] = 5" + ECHO,
    "a module's getattr": "def __getattr__(name): raise ValueError(name)\ndef __dir__(): raise ValueError" + ECHO,
    "another module's name": "__name__ = '__main__'" + ECHO,
    "no file": "__file__ = None\n__spec__ = None\n__doc__ = 5" + ECHO,
    "the future": "from __future__ import annotations\nx: nothing = 1" + ECHO,
    "a docstring": "'''what it is'''\nfrom __future__ import annotations" + ECHO,
    "annotations alone": "x: int\ny: 'nothing'" + ECHO,
    "match and walrus": "match (n := 5):\n    case int(): pass" + ECHO,
    "warnings": "import warnings\nwarnings.simplefilter('ignore')\nx = 1 is 1\ny = '\\d'" + ECHO,
    "encoding is computed": ECHO.replace('encoding = "text"', 'encoding = property(lambda self: "text")'),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_an_odd_source_is_edited_in_and_served(echo, source):
    """On a connection from before and on a new one; edited once more, tried, reset and gone back to as well."""
    limit = sys.getrecursionlimit()
    with echo.connect("/echo") as before:
        echo.edit("/echo", source)
        before.send("a")
        assert before.receive() == "a"
        echo.edit("/echo", source + "\n# changed\n")
        with echo.connect("/echo") as after:
            for client in (before, after):
                client.send("b")
                assert client.receive() == "b"
        assert echo.try_edit("/echo", source).same
        echo.reset("/echo")
        echo.revert("/echo", to=2)
        assert json.dumps(state_of(echo))
        before.send("c")
        assert before.receive() == "c"

    endpoint = echo.endpoints["/echo"]
    assert [version.number for version in endpoint.versions] == [1, 2, 3, 4, 5]
    assert endpoint.diff(2, 3) and repr(endpoint) and repr(endpoint.versions)
    assert sys.getrecursionlimit() == limit


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("x = '\0'" + ECHO, "null byte"),
        ("x = '\ud800'" + ECHO, "cannot be read: .*surrogates not allowed"),
        ("globals().clear()\nclass Echo: pass", "no endpoint"),
        ("raise SystemExit" + ECHO, "line 1: SystemExit"),
        ("", "defines no endpoint"),
        ("x = " + "(" * 300 + ")" * 300 + ECHO, "too many nested parentheses"),
        (
            "".join(" " * n + "if 1:\n" for n in range(120)) + " " * 120 + "pass" + ECHO,
            "too many levels of indentation",
        ),
    ],
    ids=["null byte", "surrogate", "cleared", "exit", "empty", "parentheses", "indentation"],
)
def test_what_python_refuses_is_rejected_with_its_reason(echo, source, said):
    """And the endpoint goes on."""
    with pytest.raises(EditRejected, match=said):
        echo.edit("/echo", source)
    with echo.connect("/echo") as client:
        client.send("a")

        assert client.receive() == "a"
    assert echo.endpoints["/echo"].current.number == 1


@pytest.mark.parametrize(
    "odd", ["a sum of 1,500", "800 elif", "deep in a class", "deep in a helper", "a dead one in a class"]
)
def test_what_connections_built_stays_beside_it(pg, odd):
    """What is odd elsewhere in the source costs no state."""
    source = SOURCES[odd].replace("class Echo(", "seen = []\nclass Echo(")
    source = source.replace("send_text(data)", "send_text(str(seen.append(data) or len(seen)))")
    pg.edit("/state", source)
    with pg.connect("/state") as client:
        for count in ("1", "2"):
            client.send("x")
            assert client.receive() == count
        report = pg.edit("/state", source + "\n")
        client.send("x")

        assert client.receive() == "3"
        assert "seen" in report.kept
