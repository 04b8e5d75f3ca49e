"""
Matcher: a filter's tree as functions, which are made once and then called for every row.

`frontend/src/filter/matcher.ts` is the same in TypeScript.
"""

from __future__ import annotations

from collections.abc import Callable

from playground.record.events import Event
from playground.record.filter.terms import Test, test_of
from playground.record.filter.tree import All, Either, Node, Not, Term
from playground.record.patterns import Budget
from playground.record.records import Record
from playground.record.row import Row
from playground.record.selection import all_of, any_of


class Query:
    """A compiled filter: what has to hold, each a test of an event, a row, or many records at once."""

    def __init__(self, tests: tuple[Test, ...]) -> None:
        self._of_event = _every([test.of_event for test in tests])
        self._of_row = _every([test.of_row for test in tests])
        self._selects = [test.select for test in tests if test.select]
        # The others are decided once the candidates are selected.
        open_tests = [test for test in tests if not test.exact]
        self._event_is_left = _every([test.of_event for test in open_tests])
        self._row_is_left = _every([test.of_row for test in open_tests]) if open_tests else None

    def candidates(self, records: list[Record]) -> list[Record]:
        """Return the records of which an event or the row may pass; all others certainly do not."""
        for select in self._selects:
            records = select(records)
        return records

    def event(self, event: Event, row: Row) -> bool:
        """Return whether an event of this row passes."""
        return self._of_event(event, row)

    def row(self, row: Row) -> bool:
        """Return whether a row passes."""
        return self._of_row(row, row.as_event)

    def candidates_event(self, event: Event, row: Row) -> bool:
        """Return whether an event of a candidate passes."""
        return self._event_is_left(event, row)

    def candidates_row(self, row: Row) -> bool:
        """Return whether the row of a candidate passes."""
        return self._row_is_left is None or self._row_is_left(row, row.as_event)


def query_of(node: Node, budget: Budget) -> Query:
    """
    Return the compiled filter of a tree.

    Raises:
        QueryError: one of its terms cannot be read.
    """
    return Query(tuple(_test(part, budget) for part in (node.parts if isinstance(node, All) else (node,))))


def _test(node: Node, budget: Budget) -> Test:
    if isinstance(node, Term):
        return test_of(node.token, budget)
    if isinstance(node, Not):
        return _negated(_test(node.part, budget))
    return _joined([_test(part, budget) for part in node.parts], either=isinstance(node, Either))


def _negated(test: Test) -> Test:
    of_event, of_row = test.of_event, test.of_row
    return Test(
        lambda event, row: not of_event(event, row),
        lambda row, view: not of_row(row, view),
        any_of([test.select], negated=True) if test.exact and test.select else None,
        test.exact,
    )


def _joined(tests: list[Test], *, either: bool) -> Test:
    selects = [test.select for test in tests if test.select]
    exact = all(test.exact for test in tests)
    if not either:
        every = _every([test.of_event for test in tests]), _every([test.of_row for test in tests])
        return Test(*every, all_of(selects), exact)
    one = _some([test.of_event for test in tests]), _some([test.of_row for test in tests])
    # A part that leaves nothing out lets all records pass.
    return Test(*one, any_of(selects) if len(selects) == len(tests) else None, exact)


def _every(tests: list[Callable[..., bool]]) -> Callable[..., bool]:
    if len(tests) == 1:
        return tests[0]
    return lambda one, other: all(test(one, other) for test in tests)


def _some(tests: list[Callable[..., bool]]) -> Callable[..., bool]:
    return lambda one, other: any(test(one, other) for test in tests)
