"""Where in the user's source something happened."""

import json

from playground.record import lines
from playground.record.lines import describe_error


def failed_in(function):
    """Return what a record keeps of what a function raises, called from a file that is no endpoint's source."""
    try:
        function()
    except ValueError as error:
        return describe_error(error, {})


def test_a_traceback_begins_outside_of_this_package(monkeypatch):
    """Where nothing of it is in the user's source: what a decoder of Starlette's raises, for one."""
    here = failed_in(lambda: json.loads("{"))
    monkeypatch.setattr(lines, "PACKAGE", __file__)
    elsewhere = failed_in(lambda: json.loads("{"))

    assert "in failed_in" in here.traceback
    assert "in failed_in" not in elsewhere.traceback
    assert elsewhere.traceback.splitlines()[1].endswith("in loads")
    assert here.error == elsewhere.error


def test_an_error_is_kept_with_the_name_of_its_class():
    """So nobody has to read it off the text."""
    record = failed_in(lambda: json.loads("{"))

    assert record.error_type == "JSONDecodeError"
    assert record.error.startswith("JSONDecodeError: ")
