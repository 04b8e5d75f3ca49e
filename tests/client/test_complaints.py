"""A client that ends a connection because of what came knows the Close frame it sent, and why."""

import zlib

import pytest

from playground import ConnectionEnded, MessagesLost
from playground.client import inbox, wire

from .servers import CLOSE, CONT, DEFLATE, PING, TEXT, accept, frame, opens, read_head, serving, until_gone


def compressed(text):
    """Return a message's payload as permessage-deflate has it (RFC 7692, section 7.2.1)."""
    squeeze = zlib.compressobj(wbits=-15)
    return (squeeze.compress(text) + squeeze.flush(zlib.Z_SYNC_FLUSH))[:-4]


def close(code, reason=b""):
    return frame(CLOSE, code.to_bytes(2, "big") + reason)


CASES = {
    "a large message": (frame(TEXT, b"x" * 5000), 1009, "a message of 5000 bytes is over max_size=1000"),
    "a large message in parts": (
        frame(TEXT, b"x" * 800, fin=False) + frame(CONT, b"x" * 801),
        1009,
        "a message of 1601 bytes so far is over max_size=1000",
    ),
    "a large message once it is decompressed": (
        frame(TEXT, compressed(b"x" * 5000), rsv=0x40),
        1009,
        "a message is over max_size=1000 bytes once it is decompressed",
    ),
    "invalid UTF-8": (frame(TEXT, b"ab\xff"), 1007, "is not UTF-8 (invalid start byte at position 2)"),
    "UTF-8 cut short": (frame(TEXT, b"\xc3"), 1007, "is not UTF-8 (unexpected end of data at position 0)"),
    "a masked frame": (frame(TEXT, b"hi", mask=b"abcd"), 1002, "the server broke the protocol: incorrect masking"),
    "a reserved bit": (frame(TEXT, b"hi", rsv=0x20), 1002, "the server broke the protocol: reserved bits must be 0"),
    "a reserved opcode": (frame(3, b"hi"), 1002, "the server broke the protocol: invalid opcode"),
    "bad compression": (frame(TEXT, b"\xff\xff\xff", rsv=0x40), 1002, "the server broke the protocol: decompression failed"),
    "no beginning": (frame(CONT, b"hi"), 1002, "the server broke the protocol: unexpected continuation frame"),
    "no end": (frame(TEXT, b"a", fin=False) + frame(TEXT, b"b"), 1002, "expected a continuation frame"),
    "a long ping": (frame(PING, b"x" * 126), 1002, "the server broke the protocol: control frame too long"),
    "a ping in parts": (frame(PING, b"x", fin=False), 1002, "the server broke the protocol: fragmented control frame"),
    "half a code": (frame(CLOSE, b"\x03"), 1002, "the server broke the protocol: close frame too short"),
    "a code that must not be sent": (close(1005), 1002, "the server broke the protocol: invalid status code"),
    "a reason that is no UTF-8": (close(1000, b"\xff"), 1007, "is not UTF-8"),
    "a Close within a message": (frame(TEXT, b"a", fin=False) + close(1000), 1002, "incomplete fragmented message"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_everybody_says_why_the_client_ended_it(pg, case):
    """The client, its error, the row and the autopsy; a message that came before is still received."""
    what, code, why = CASES[case]
    with serving(opens(frame(TEXT, b"first"), what, extra=DEFLATE)) as port:
        alice = pg.connect(f"ws://127.0.0.1:{port}/", name="alice", max_size=1000)
        first = alice.receive()
        with pytest.raises(ConnectionEnded) as ended:
            alice.receive()
        end = pg.log.wait_for("end", "alice")
    found = pg.why("alice")

    assert first == "first"
    assert (alice.close_code, ended.value.code, ended.value.by_client) == (code, code, True)
    assert why in alice.close_reason and alice.close_reason == ended.value.reason
    assert f"the client ended it: sent Close {code} " in str(ended.value)
    assert ("raise max_size=" in str(ended.value)) == (code == 1009)
    assert end.data == found.verdict and end.code == code
    assert found.verdict.startswith(f"the client ended it: sent Close {code} ") and found.verdict.endswith(
        alice.close_reason
    )
    assert f"the client sent Close {code}" in found.wire.text
    assert (found.client.reported, found.wire.reported, found.handler.reported) == (True, True, False)


def test_a_server_that_does_not_let_go_is_left(pg, monkeypatch):
    """The client has sent its Close frame and reads no more; TCP ends soon, whatever the server does."""
    monkeypatch.setattr(wire, "FAREWELL", 0.01)

    def behave(peer):
        peer.sendall(accept(read_head(peer)) + frame(3, b"hi"))
        until_gone(peer)

    with serving(behave) as port:
        alice = pg.connect(f"ws://127.0.0.1:{port}/", name="alice")
        with pytest.raises(
            ConnectionEnded, match="sent Close 1002 protocol error, because the server broke the protocol"
        ):
            alice.receive()


@pytest.mark.parametrize(
    ("sent", "kind", "said"),
    [
        (frame(TEXT, b"\xff"), "send", "never reached the client as a message"),
        (frame(TEXT, b"half", fin=False), "send", "never reached the client as a message"),
        (frame(3, b"hi"), "frame", "reserved 0x3"),
    ],
)
def test_a_row_without_a_payload_says_why(pg, sent, kind, said):
    """In the list of the panel it would be empty."""
    with serving(lambda peer: peer.sendall(accept(read_head(peer)) + sent)) as port:
        alice = pg.connect(f"ws://127.0.0.1:{port}/", name="alice")
        with pytest.raises(ConnectionEnded):
            alice.receive()
        pg.log.wait_for("end", "alice")
    [row] = pg.log.rows(f"alice kind:{kind}")

    assert (row.data, row.record.reason) == (None, said)
    assert said in repr(row)


@pytest.mark.parametrize("code", [1000, 1001, 1011, 4000])
def test_a_server_that_closes_is_no_complaint(pg, code):
    """Whatever its code is; the client answers and has nothing to say against it."""
    with serving(lambda peer: peer.sendall(accept(read_head(peer)) + close(code, b"bye"))) as port:
        alice = pg.connect(f"ws://127.0.0.1:{port}/", name="alice")
        with pytest.raises(ConnectionEnded) as ended:
            alice.receive()
        pg.log.wait_for("end", "alice")

    assert (ended.value.code, ended.value.reason, ended.value.by_client) == (code, "bye", False)
    assert pg.why("alice").verdict.startswith(f"the server closed it with {code} ")


@pytest.mark.parametrize(
    ("behave", "verdict"),
    [
        (lambda peer: peer.sendall(accept(read_head(peer))), "the server closed TCP without a Close frame"),
        (
            lambda peer: peer.sendall(accept(read_head(peer)) + frame(TEXT, b"half")[:3]),
            "the server closed TCP in the middle of a frame (TEXT 4 B, 3 B on the wire, cut short after 3 B) without a Close",
        ),
    ],
)
def test_a_server_that_vanishes_is_no_complaint(pg, behave, verdict):
    """TCP tells how."""
    with serving(behave) as port:
        alice = pg.connect(f"ws://127.0.0.1:{port}/", name="alice")
        with pytest.raises(ConnectionEnded, match="1006") as ended:
            alice.receive()
        pg.log.wait_for("end", "alice")

    assert not ended.value.by_client
    assert pg.why("alice").verdict.startswith(verdict)


def test_an_inbox_is_bounded_in_bytes(pg, monkeypatch):
    """The oldest go and are counted, in messages and in bytes of UTF-8."""
    monkeypatch.setattr(inbox, "INBOX_BYTES", 1000)
    frames = [frame(TEXT, ("ü" * 200).encode()) for _ in range(5)]
    with serving(opens(*frames, frame(CLOSE, b""))) as port:
        alice = pg.connect(f"ws://127.0.0.1:{port}/", name="alice")
        pg.log.wait_for("end", "alice")
        with pytest.raises(MessagesLost, match="alice: 3 unread messages of 1200 bytes in all were dropped") as lost:
            alice.receive()
        kept = [alice.receive() for _ in range(2)]

    assert (lost.value.messages, lost.value.size) == (3, 1200)
    assert kept == ["ü" * 200] * 2
    assert alice.waiting == 0


def test_a_single_message_is_kept_whatever_its_size(pg, monkeypatch):
    """`max_size` bounds it already."""
    monkeypatch.setattr(inbox, "INBOX_BYTES", 10)
    with serving(opens(frame(TEXT, b"x" * 100), frame(CLOSE, b""))) as port:
        alice = pg.connect(f"ws://127.0.0.1:{port}/")

        assert alice.receive() == "x" * 100


def test_the_inbox_holds_no_more_than_it_says(pg):
    """40 MB that nobody receives: the newest 16 MiB stay."""
    size = 2**20
    frames = [frame(TEXT, bytes([65 + number]) * size) for number in range(40)]
    with serving(opens(*frames, frame(CLOSE, b""))) as port:
        alice = pg.connect(f"ws://127.0.0.1:{port}/", name="alice")
        pg.log.wait_for("end", "alice")
        with pytest.raises(MessagesLost, match=f"alice: 24 unread messages of {24 * size} bytes in all"):
            alice.receive()

    assert alice.waiting == 16
    assert alice.receive()[0] == chr(65 + 24)


def test_a_message_that_is_given_back_is_the_next():
    """And what was lost can be told again."""
    messages = inbox.Inbox()
    for text in ("one", "two"):
        messages.add(text)
    messages.put_back(messages.take())
    messages.put_back_lost(MessagesLost("", messages=2, size=5))
    lost = messages.take_lost("alice")

    assert [messages.take() for _ in range(2)] == ["one", "two"]
    assert (lost.messages, lost.size) == (2, 5)
    assert messages.take_lost("alice") is None


@pytest.mark.parametrize(
    ("what", "why"),
    [
        (frame(3, b"hi"), "the server broke the protocol: invalid opcode"),
        (frame(TEXT, b"hi", mask=b"abcd") + close(1000), "the server broke the protocol: incorrect masking"),
        (frame(TEXT, b"x" * 5000), "a message of 5000 bytes is over max_size=1000"),
    ],
)
def test_what_breaks_the_protocol_after_our_own_close_is_told(pg, what, why):
    """The code is 1006, because no Close frame was read; that is not the server's silence."""

    def behave(peer):
        peer.sendall(accept(read_head(peer)))
        peer.recv(100)
        peer.sendall(what)
        until_gone(peer)

    with serving(behave) as port:
        alice = pg.connect(f"ws://127.0.0.1:{port}/", name="alice", max_size=1000)
        alice.close()
        pg.log.wait_for("end", "client:alice")
    found = pg.why("alice")

    assert alice.close_code == 1006
    assert found.verdict == f"the client closed it with 1000 normal closure; after that, {why}"
    assert found.client.note.endswith(f"nothing more after its own Close frame, because {why}")


def test_a_close_that_is_not_answered_is_only_that(pg):
    """Nothing was broken."""

    def behave(peer):
        peer.sendall(accept(read_head(peer)))
        peer.recv(100)

    with serving(behave) as port:
        alice = pg.connect(f"ws://127.0.0.1:{port}/", name="alice")
        alice.close()
        pg.log.wait_for("end", "client:alice")

    assert pg.why("alice").verdict.endswith("the server did not answer the Close frame")
