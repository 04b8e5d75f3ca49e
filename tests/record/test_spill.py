"""What no longer fits goes to a file, and nothing is lost on the way."""

import json
import os
import socket
import stat
import sys
import threading
from contextlib import contextmanager

import pytest

from playground import Log, Playground, open_log
from playground.record import line_file
from playground.record import spill as spilling
from playground.record.line_file import LineFile
from playground.record.records import Connection
from playground.record.spill import SpillFile
from playground.serve.server import Server
from tests.conftest import PATIENCE

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="pipes, modes and limits of files are those of POSIX")


def test_kept_spilled_and_dropped_add_up(tmp_path):
    """The newest are in memory, the rest in the file, in order."""
    log = Log(limit=100)
    log.spill = spill = SpillFile(tmp_path / "log.jsonl", log.zero).start()
    for number in range(1000):
        log.note("receive", data=f"message {number}")
    log.trim()
    assert spill.flush()

    counts = log.counts
    first, *lines = map(json.loads, (tmp_path / "log.jsonl").read_text("utf-8").splitlines())
    assert counts == (1000, 100, 900, 0, 0)
    assert (first["format"], first["began"]) == ("websocket-playground log", pytest.approx(log.began, abs=60))
    assert [line["data"] for line in lines] == [f"message {number}" for number in range(900)]
    assert [row.data for row in log.rows()][0] == "message 900"
    spill.close()


def test_bytes_and_surrogates_survive_the_file(tmp_path):
    """Bytes as base64; a lone surrogate as JSON escapes it."""
    log = Log(limit=0)
    log.spill = spill = SpillFile(tmp_path / "log.jsonl", log.zero).start()
    log.note("send", data=b"\x00\xff")
    log.note("send", data="\ud800")
    log.trim()
    spill.close()

    _, first, second = map(json.loads, (tmp_path / "log.jsonl").read_text("utf-8").splitlines())
    assert (first.get("data"), first["data_base64"]) == (None, "AP8=")
    assert second["data"] == "\ud800"


def test_more_than_may_wait_is_dropped(tmp_path, monkeypatch):
    """Recording never waits for a disk."""
    monkeypatch.setattr("playground.record.spill.LIMIT", 0)
    log = Log(limit=1)
    log.spill = spill = SpillFile(tmp_path / "log.jsonl", log.zero).start()
    for _ in range(5):
        log.note("log")

    assert log.counts == (5, 1, 0, 4, 0)
    spill.close()


def test_a_playground_spills(tmp_path):
    """By a setting, and the file is complete when it has stopped."""
    file = tmp_path / "trace.jsonl"
    with Playground(log_limit=5, spill=file) as pg:
        with pg.connect("/ws") as client:
            for number in range(20):
                client.send(str(number))
                client.receive()
        pg.log.wait_for("end")
        pg.restart()
        with pytest.raises(ValueError, match="spills to .*trace.jsonl already"):
            pg.restart(spill=tmp_path / "other.jsonl")
        assert pg.running

    counts = pg.log.counts
    assert counts.total == counts.kept + counts.spilled
    lines = map(json.loads, file.read_text("utf-8").splitlines())
    assert counts.spilled == len({line["seq"] for line in lines if "kind" in line and "aside" not in line}) > 30


def test_a_path_that_cannot_be_written_says_so_at_once(tmp_path):
    """In the cell that asked."""
    with pytest.raises(FileNotFoundError):
        Playground(spill=tmp_path / "missing" / "log.jsonl")


def test_what_is_completed_later_gets_a_later_line(tmp_path):
    """Here a request that is answered after it was written."""
    log = Log(limit=0)
    log.spill = spill = SpillFile(tmp_path / "log.jsonl", log.zero).start()
    request = log.note("request", data="GET /", path="/")
    log.trim()
    assert spill.flush()
    request.ended, request.code = request.at + 0.5, 200
    spill.close()

    _, early, late = map(json.loads, (tmp_path / "log.jsonl").read_text("utf-8").splitlines())
    assert ("ended" in early, late["seq"], late["code"]) == (False, early["seq"], 200)
    assert [(row.duration, row.code) for row in open_log(tmp_path / "log.jsonl").rows()] == [(0.5, 200)]


def test_an_open_connection_is_written_again_at_the_end(tmp_path):
    """With the counts it has by then."""
    log = Log(limit=0)
    log.spill = spill = SpillFile(tmp_path / "log.jsonl", log.zero).start()
    alice = Connection(1, "/ws", "alice")
    log.note("receive", connection=alice, data="hi")
    log.trim()
    assert spill.flush()
    alice.state, alice.received = "open", 1
    spill.close()

    [opened] = open_log(tmp_path / "log.jsonl").connections
    assert (opened.client, opened.state, opened.received) == ("alice", "open", 1)


def test_a_value_that_cannot_be_written_costs_only_itself(tmp_path):
    """The row is there, the rows after it too, and the file tells what is missing."""

    class Hopeless:
        def __repr__(self):
            raise RuntimeError

    log = Log(limit=0)
    log.spill = spill = SpillFile(tmp_path / "log.jsonl", log.zero).start()
    record = log.note("close")
    record.reason, record.code, record.error = ValueError("x"), 10**5000, Hopeless()
    log.note("log", data="after")
    log.trim()
    spill.close()

    with pytest.warns(UserWarning, match="could not be written"):
        opened = open_log(tmp_path / "log.jsonl")
    assert [(row.kind, row.data) for row in opened.rows()] == [("close", None), ("log", "after")]
    assert "ValueError('x')" in str(opened.problems[0]) and "Hopeless" in str(opened.problems[0])
    assert log.counts == (2, 0, 2, 0, 0)


def test_whatever_goes_wrong_with_one_record_the_others_are_written(tmp_path, monkeypatch):
    """The thread goes on, and the file says that something is missing."""
    log = Log(limit=0)
    log.spill = spill = SpillFile(tmp_path / "log.jsonl", log.zero).start()
    monkeypatch.setattr("playground.record.log_file.may_be_referred", lambda record: record.nothing)
    for data in ("one", "two"):
        log.note("receive", data=data, connection=Connection(1, "/ws"))
    log.note("log", data="three")
    log.trim()
    spill.close()

    with pytest.warns(UserWarning, match="AttributeError"):
        opened = open_log(tmp_path / "log.jsonl")
    assert [row.data for row in opened.rows()] == ["three"]
    assert opened.damaged == 2


def test_a_second_run_begins_on_a_line_of_its_own(tmp_path):
    """Also when the first was cut off in the middle of a line."""
    file = tmp_path / "log.jsonl"
    for data in ("first", "second"):
        log = Log(limit=0)
        log.spill = spill = SpillFile(file, log.zero).start()
        log.note("log", data=data)
        log.trim()
        spill.close()
        with file.open("a") as cut:
            cut.write('{"seq": 2, "at"')

    with pytest.warns(UserWarning, match="2 lines of log.jsonl"):
        opened = open_log(file)
    assert [(row.seq, row.data) for row in opened.rows()] == [(1, "first"), (2, "second")]
    assert [problem.line for problem in opened.problems] == [3, 6]


# Paths


def spilling_to(path, **options):
    """A log that keeps nothing, and the file it spills to."""
    log = Log(limit=0)
    log.spill = SpillFile(path, log.zero, log.began, **options)
    return log, log.spill


def test_constructing_makes_nothing(tmp_path):
    """Neither file nor thread; what is taken before the start is written when it starts."""
    before = threading.active_count()
    log, spill = spilling_to(tmp_path / "log.jsonl")
    log.note("log", data="early")
    log.trim()
    made = list(tmp_path.iterdir()), threading.active_count() - before
    with spill:
        assert spill.flush()

    assert made == ([], 0)
    assert log.counts == (1, 0, 1, 0, 0)
    assert [row.data for row in open_log(spill.path).rows()] == ["early"]
    assert "1 written, 0 waiting, 0 lost" in repr(spill)


def a_fifo(path):
    os.mkfifo(path)


def a_socket(path):
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


def a_dangling_link(path):
    path.symlink_to(path.with_name("nowhere"))


@POSIX
@pytest.mark.parametrize(
    ("make", "kind", "says"),
    [
        (os.mkdir, IsADirectoryError, "is a folder"),
        (a_fifo, OSError, "is a named pipe"),
        (a_socket, OSError, "is a socket"),
        (a_dangling_link, FileNotFoundError, "a file that does not exist"),
    ],
    ids=["folder", "fifo", "socket", "dangling link"],
)
def test_what_is_no_file_is_refused_in_the_cell_that_asked(tmp_path, make, kind, says):
    """When the playground is made, and without blocking it."""
    path = tmp_path / "odd"
    make(path)
    with pytest.raises(kind, match=f"the log cannot spill to .*{says}"):
        Playground(spill=path)
    with pytest.raises(kind, match=says):
        LineFile(path).open()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="the system has no device that is always full")
def test_a_disk_that_is_full_from_the_start_is_told_in_the_cell():
    """Nothing is served, and no thread is left."""
    pg = Playground(spill="/dev/full")
    before = set(threading.enumerate())
    with pytest.raises(OSError, match="cannot spill to /dev/full: No space left on device"):
        pg.start()

    pg._spill._run.thread.join(PATIENCE)
    assert set(threading.enumerate()) <= before
    assert not pg.running


def test_a_folder_that_is_read_only_is_told_in_the_cell(tmp_path, monkeypatch):
    """With the system's reason and what to do."""

    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(LineFile, "_opened", refuse)
    with pytest.raises(PermissionError, match="cannot spill to .*: Permission denied; name another file in spill="):
        Playground(spill=tmp_path / "log.jsonl").start()


def test_a_setting_that_cannot_be_opened_stops_no_server(tmp_path, monkeypatch):
    """`restart` refuses it before anything ends."""
    monkeypatch.setattr(LineFile, "_opened", lambda self: os.open(tmp_path, os.O_RDWR))
    with Playground() as pg:
        with pytest.raises(OSError, match="cannot spill to"):
            pg.restart(spill=tmp_path / "log.jsonl")

        assert pg.running
        assert pg.log.spill is None
        assert pg.log.trouble is None


@POSIX
def test_only_the_owner_can_read_what_is_made(tmp_path):
    """Whatever the umask is; the mode of a file that is there stays."""
    there = tmp_path / "there.jsonl"
    there.touch()
    there.chmod(0o640)
    before = os.umask(0)
    try:
        for path in (tmp_path / "made.jsonl", there):
            with SpillFile(path, 0.0):
                pass
    finally:
        os.umask(before)

    modes = [stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "made.jsonl", there)]
    assert modes == [0o600, 0o640]


@POSIX
def test_a_link_stands_for_its_file(tmp_path):
    """Which is the one that is written and locked."""
    (tmp_path / "link.jsonl").symlink_to(tmp_path / "log.jsonl")
    (tmp_path / "log.jsonl").touch()
    log, spill = spilling_to(tmp_path / "link.jsonl")
    with spill:
        log.note("log", data="through a link")
        log.trim()
        with pytest.raises(BlockingIOError):
            SpillFile(tmp_path / "log.jsonl", 0.0).start()

    assert [row.data for row in open_log(tmp_path / "log.jsonl").rows()] == ["through a link"]


@POSIX
def test_two_writers_do_not_share_a_file(tmp_path):
    """The second one is refused, in the cell that asked, until the first has ended."""
    file = tmp_path / "log.jsonl"
    with Playground(spill=file), pytest.raises(BlockingIOError, match="another playground writes to it"):
        Playground(spill=file).start()
    with Playground(spill=file) as pg:
        assert pg.running


@pytest.mark.skipif(line_file.fcntl is None, reason="the system has no such locks")
def test_a_drive_without_locks_is_written_all_the_same(tmp_path, monkeypatch):
    """As network drives may be."""

    def unlocked(fd, operation):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(line_file.fcntl, "flock", unlocked)
    log, spill = spilling_to(tmp_path / "log.jsonl")
    with spill:
        log.note("log", data="written")
        log.trim()

    assert log.counts.spilled == 1


# Disks


@contextmanager
def room(size):
    """Let files of this process grow to so many bytes: a write that goes beyond is cut short, the next one fails."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@POSIX
@pytest.mark.parametrize("size", range(2000, 2300, 13))
def test_a_full_disk_tears_no_line_and_each_row_is_counted(tmp_path, size):
    """What is in the file is what counts as written, wherever in a line the disk is full; the reason is a row."""
    told = []
    log, spill = spilling_to(tmp_path / "log.jsonl", on_failure=told.append)
    spill.start()
    with room(size):
        for number in range(100):
            log.note("log", data=f"row {number}")
        log.trim()
        assert spill.flush()
    log.note("log", data="afterwards")
    counts = log.counts
    assert not spill.close()

    opened = open_log(spill.path)
    assert [row.data for row in opened.rows()] == [f"row {number}" for number in range(counts.spilled)]
    assert opened.damaged == 0
    assert (counts.total, counts.kept, counts.spilled + counts.dropped) == (101, 0, 101)
    assert spill.taken == spill.written + spill.lost == 100
    assert 5 < spill.written < 50
    assert len(told) == 1
    assert "File too large" in told[0] and "pg.restart() tries again" in told[0]
    assert told[0].partition(" so far")[0][:80] in repr(log)


@POSIX
def test_a_full_disk_is_told_where_a_person_looks_and_can_be_emptied(tmp_path):
    """A row, the log's repr, the panel's header, the still picture; `restart` goes on in the same file."""
    from playground.ui import frozen, rows

    file = tmp_path / "log.jsonl"
    with Playground(log_limit=0, spill=file) as pg:
        with room(5000):
            for number in range(200):
                pg.log.note("log", data=f"row {number}")
            pg.log.trim()
            assert pg._spill.flush()
        pg.log.limit = 100
        pg.log.wait_for("error", timeout=PATIENCE) if not pg.log.filter("kind:error") else None
        trouble = pg.log.trouble
        shown = rows.state_of(pg)["server"]["message"], frozen.frozen_html(pg), repr(pg.log)
        pg.restart(log_limit=0)
        pg.log.note("log", data="after the restart")
        pg.log.trim()
        assert pg._spill.flush()

        assert pg.log.trouble is None

    assert "File too large" in trouble
    assert all("File too large" in one for one in shown)
    counts, opened = pg.log.counts, open_log(file)
    assert opened.damaged == 0
    assert "after the restart" in [row.data for row in opened.rows()]
    assert counts.total == counts.kept + counts.spilled + counts.dropped
    assert counts.spilled == opened.counts.kept


class Disk:
    """A disk that takes nothing until it is told to."""

    def __init__(self, monkeypatch):
        self.asked = threading.Event()
        self.answers = threading.Event()
        append = LineFile.append

        def hangs(file, data):
            if b'"format"' not in data:
                self.asked.set()
                self.answers.wait()
            return append(file, data)

        monkeypatch.setattr(LineFile, "append", hangs)


@pytest.fixture
def disk(monkeypatch):
    """A disk that hangs once the file is open, and answers when the test is over."""
    hanging = Disk(monkeypatch)
    yield hanging
    hanging.answers.set()


def test_what_waits_for_a_disk_is_bounded_in_bytes(tmp_path, disk, monkeypatch):
    """Recording goes on, what has no room is dropped and counted, and all is told."""
    monkeypatch.setattr(spilling, "LIMIT_BYTES", 100_000)
    monkeypatch.setattr(spilling, "SILENCE", 0.0)
    log, spill = spilling_to(tmp_path / "log.jsonl")
    spill.start()
    for number in range(300):
        log.note("receive", data=f"{number:09}" * 1000)
        log.trim()
    assert disk.asked.wait(PATIENCE)
    counts, trouble = log.counts, spill.trouble
    news = spill.news(), spill.news()

    assert 80_000 < spill._bytes_taken - spill._bytes_done <= 100_000
    assert (counts.total, counts.kept, counts.spilled) == (300, spill.waiting, 0)
    assert counts.dropped == 300 - spill.taken > 250
    assert "its disk has not answered for 0 s; 11 rows wait, the rest is dropped and counted" in trouble
    assert trouble in repr(log)
    assert news == (trouble, None)
    disk.answers.set()
    assert spill.close(timeout=PATIENCE)
    assert log.counts == (300, 0, spill.taken, 300 - spill.taken, 0)
    assert [row.seq for row in open_log(spill.path).rows()][:3] == [1, 2, 3]


def test_one_record_larger_than_the_bound_is_still_written(tmp_path, monkeypatch):
    """When nothing else waits."""
    monkeypatch.setattr(spilling, "LIMIT_BYTES", 1000)
    log, spill = spilling_to(tmp_path / "log.jsonl")
    with spill:
        log.note("receive", data="x" * 5000)
        log.trim()

    assert log.counts == (1, 0, 1, 0, 0)


def test_the_file_is_written_also_where_stopping_the_server_fails(tmp_path, monkeypatch):
    """With all that waited, and its thread ends."""

    class Mistake(Exception):
        pass

    def fails(self, **_):
        stop(self)
        raise Mistake

    stop = Server.stop
    monkeypatch.setattr(Server, "stop", fails)
    pg = Playground(spill=tmp_path / "log.jsonl", log_limit=0).start()
    with pytest.raises(Mistake):
        pg.stop()

    assert not pg._spill._run.thread.is_alive()
    assert '"stop"' in (tmp_path / "log.jsonl").read_text("utf-8")


def test_a_playground_stops_also_when_its_disk_hangs(tmp_path, disk, monkeypatch):
    """What was not taken is counted as lost; a disk that answers afterwards ends the thread and closes the file."""
    with Playground(log_limit=0, spill=tmp_path / "log.jsonl") as pg:
        pg.log.trim()
        assert disk.asked.wait(PATIENCE)
        pg.log.note("log", data="waits")
        pg.log.trim()
        pg.stop(timeout=0.01)
        spill, counts = pg._spill, pg.log.counts
        thread = spill._run.thread
        hung = thread.is_alive()

        assert hung
        assert "TimeoutError: its disk did not take them" in pg.log.trouble
        assert counts.total == counts.kept + counts.spilled + counts.dropped
        assert counts.kept == spill.waiting
        with pytest.raises(TimeoutError, match="has not finished the last write"):
            pg.start()
        disk.answers.set()
        thread.join(PATIENCE)
        assert not thread.is_alive()
        assert spill.taken == spill.written + spill.lost
        assert open_log(spill.path).damaged == 0
        pg.start()
        assert pg.running


def test_a_disk_that_hangs_becomes_a_row(tmp_path, disk, monkeypatch):
    """Without anybody asking, while nothing else happens."""
    from playground.serve import heartbeat

    monkeypatch.setattr(heartbeat, "SILENCE", 0.05)
    monkeypatch.setattr(spilling, "SILENCE", 0.0)
    with Playground(log_limit=3, spill=tmp_path / "log.jsonl") as pg:
        for _ in range(10):
            pg.log.note("log")
        pg.log.trim()
        error = pg.log.wait_for("error").error
        disk.answers.set()

    assert "its disk has not answered" in error


def test_another_file_takes_over_from_one_that_failed(tmp_path, disk):
    """And the rows are counted on."""
    with Playground(log_limit=0, spill=tmp_path / "slow.jsonl") as pg:
        pg.log.trim()
        assert disk.asked.wait(PATIENCE)
        pg.stop(timeout=0.01)
        lost = pg.log.counts.dropped
        disk.answers.set()
        pg.restart(log_limit=0, spill=tmp_path / "other.jsonl")
        pg.log.note("log", data="in the other")

    counts = pg.log.counts
    assert lost > 0
    assert counts.total == counts.spilled + counts.dropped + counts.kept
    assert "in the other" in [row.data for row in open_log(tmp_path / "other.jsonl").rows()]


@pytest.mark.parametrize("path", [3, b"log.jsonl", True, "a\0b"])
def test_what_cannot_be_a_path_is_an_error_that_says_so(path):
    with pytest.raises((TypeError, ValueError), match=r"spill has to be a file's path.*, (not|and) .*"):
        Playground(spill=path)


def test_thread_and_file_end_with_the_playground(tmp_path):
    """Another start goes on in the file, as the same run."""
    file = tmp_path / "log.jsonl"
    pg = Playground(log_limit=0, spill=file)
    before = threading.enumerate()
    for _ in range(3):
        pg.start()
        pg.stop()
        left = [one.name for one in threading.enumerate() if one.name == "playground-spill" and one not in before]

        assert left == []
        assert pg._spill._file._fd == -1
    lines = list(map(json.loads, file.read_text("utf-8").splitlines()))
    assert [line.get("kind", "run") for line in lines] == ["run", *["start", "stop"] * 3]
    assert pg.log.counts == (6, 0, 6, 0, 0)


def test_a_file_that_changed_between_two_starts_begins_a_new_run(tmp_path):
    """Somebody has removed it, for one."""
    file = tmp_path / "log.jsonl"
    pg = Playground(log_limit=0, spill=file)
    pg.start()
    pg.stop()
    file.unlink()
    pg.start()
    pg.stop()

    assert [row.kind for row in open_log(file).rows()] == ["start", "stop"]


def _delete(path):
    path.unlink()


def _replace(path):
    path.rename(path.with_name("moved.jsonl"))
    path.write_text("another\n")


def _shorten(path):
    os.truncate(path, 0)


@POSIX
@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_delete, "the file was deleted or moved while it was written"),
        (_replace, "the file was deleted or moved while it was written, and another is there now"),
        (_shorten, "another program made the file shorter while it was written"),
    ],
)
def test_rows_that_nobody_would_find_are_not_called_written(tmp_path, spoil, said):
    """Somebody takes the file away: that is told, the rest is counted as lost, and a new start writes again."""
    path, told = tmp_path / "log.jsonl", []
    log = Log(limit=0)
    log.spill = spill = SpillFile(path, log.zero, on_failure=told.append).start()
    log.note("send", data="one")
    log.trim()
    assert spill.flush()
    spoil(path)
    log.note("send", data="two")
    log.trim()
    spill.flush()
    failed = (spill.written, spill.lost)
    spill.close()
    path.unlink(missing_ok=True)
    spill.start()
    log.note("send", data="three")
    log.trim()
    spill.close()

    assert failed == (1, 1)
    assert len(told) == 1 and f"{said}; they are dropped" in told[0]
    assert [row.data for row in open_log(path).rows()] == ["three"]


def test_a_relative_path_stays_in_the_folder_where_it_was_opened(tmp_path, monkeypatch):
    """A notebook may change its folder."""
    monkeypatch.chdir(tmp_path)
    file = LineFile("log.jsonl")
    file.open()
    monkeypatch.chdir("/")
    appended = file.append(b"one\n")
    file.close()

    assert appended == (4, None)
    assert (tmp_path / "log.jsonl").read_bytes() == b"one\n"
