"""What an edit did, as fields and in words."""

import pytest

from playground.edit.versions import BusyConnection, Report, Version


def report(number=2, connections=2, live=0, **more):
    return Report("/live", Version(number, "", object, "", ""), connections=connections, live=live, **more)


@pytest.mark.parametrize(
    ("report", "outcome", "said"),
    [
        (report(live=2), "live", "v2 live on 2 of 2"),
        (report(connections=0), "live", "v2 live, nobody connected"),
        (report(number=1, connections=0), "live", "new endpoint /live, v1 live"),
        (report(live=1, busy=(BusyConnection(7, 1, 12),)), "moving", "1 on v2, 1 busy on v1 line 12"),
        (report(live=1, pinned=1), "pinned", "1 on v2, 1 keep their version until they close"),
        (report(live=1, stuck=("TypeError: x",)), "stuck", "1 on v2, 1 stuck: TypeError: x"),
        (report(busy=(BusyConnection(7, 1, None),), stuck=("x",)), "stuck", "0 on v2, 1 busy on v1, 1 stuck: x"),
        (
            report(blocked=True),
            "blocked",
            "v2 published; the server's loop is busy, connections follow when it is free",
        ),
        (report(connections=0, stopped=True), "stopped", "v2 is ready; the server is stopped"),
        (
            report(number=1, connections=0, stopped=True),
            "stopped",
            "new endpoint /live, v1 is ready; the server is stopped",
        ),
    ],
)
def test_a_report_has_one_outcome_and_a_sentence(report, outcome, said):
    """Neither is made from the other, and the path's name is no part of the outcome."""
    assert (report.outcome, str(report)) == (outcome, said)
