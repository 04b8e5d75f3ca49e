"""Source text -> syntax tree: tried again where only another thread made it fail."""

import ast

import pytest

from playground import EditRejected
from playground.edit.source import parsing
from playground.edit.source.parsing import ATTEMPTS, parse

MISMATCH = "AST constructor recursion depth mismatch (before=9, after=27)"


@pytest.fixture
def failing(monkeypatch):
    """Make `ast.parse` raise what is in a list, one after the other, and return the list of its calls."""
    monkeypatch.setattr(parsing, "PARSER_IS_SHARED", True)
    calls = []
    real = ast.parse

    def set_up(errors):
        def failing_parse(source, *rest):
            calls.append(source)
            if errors:
                raise errors.pop(0)
            return real(source, *rest)

        monkeypatch.setattr(ast, "parse", failing_parse)
        return calls

    return set_up


def test_a_parse_that_another_thread_made_fail_is_tried_again(failing):
    """The source has no mistake."""
    calls = failing([SystemError(MISMATCH)])
    tree = parse("x = 1", "<live>")

    assert calls == ["x = 1"] * 2
    assert isinstance(tree.body[0], ast.Assign)


def test_it_is_not_tried_for_ever(failing):
    """The message says what to do."""
    calls = failing([SystemError(MISMATCH)] * 100)
    with pytest.raises(EditRejected, match="because other threads parse at the same time .* edit again"):
        parse("x = 1", "<live>")

    assert len(calls) == ATTEMPTS


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (SystemError("something else"), SystemError),
        (RecursionError("maximum recursion depth exceeded during ast construction"), EditRejected),
        (SyntaxError("invalid syntax"), EditRejected),
    ],
    ids=["another fault", "too deep", "a mistake"],
)
def test_what_another_thread_did_not_cause_is_not_tried_again(failing, error, raised):
    """It would only be found again."""
    calls = failing([error])
    with pytest.raises(raised):
        parse("x = 1", "<live>")

    assert len(calls) == 1


def test_other_versions_do_not_have_the_fault(failing, monkeypatch):
    """There it would be something new, which nobody should hide."""
    calls = failing([SystemError(MISMATCH)])
    monkeypatch.setattr(parsing, "PARSER_IS_SHARED", False)
    with pytest.raises(SystemError, match="mismatch"):
        parse("x = 1", "<live>")

    assert len(calls) == 1


@pytest.mark.parametrize(
    "text",
    ["x = " + "-" * 20_000 + "1", "x = 1" + " + 1" * 20_000, "x = 1\nif x: pass\n" + "elif x: pass\n" * 20_000],
    ids=["signs", "sums", "elif"],
)
def test_a_source_that_is_nested_too_deeply_is_rejected(pg, text):
    """Whichever step finds it; nothing has changed."""
    with pytest.raises(EditRejected, match="nested too deeply .*; split a long expression") as caught:
        pg.edit("/ws", text)

    assert caught.value.stage == "parse"
    assert pg.endpoints["/ws"].current.number == 1
