"""The reader of frames: the same frames however the bytes are cut, and never an exception."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Close, Opcode
from websockets.frames import Frame as Sent

from playground.record.frames import Frame, FrameReader, unmask


def read(*chunks):
    reader = FrameReader()
    frames = [frame for chunk in chunks for frame in reader.feed(chunk, 0.0)]
    return frames, reader


opcodes = st.sampled_from([Opcode.TEXT, Opcode.BINARY, Opcode.CONT, Opcode.PING, Opcode.PONG])
sizes = st.sampled_from([0, 1, 4, 125, 126, 127, 300, 65_535, 65_536])


@st.composite
def streams(draw):
    """Return frames as another implementation writes them, and the bytes of each."""
    frames = []
    for _ in range(draw(st.integers(1, 4))):
        opcode = draw(opcodes)
        control = opcode in (Opcode.PING, Opcode.PONG)
        size = draw(sizes) % 126 if control else draw(sizes)
        mask = draw(st.booleans())
        frame = Sent(opcode, bytes(size), fin=control or draw(st.booleans()))
        raw = bytearray(frame.serialize(mask=mask))
        compressed = draw(st.booleans())
        raw[0] |= compressed << 6
        frames.append((frame, compressed, mask, bytes(raw)))
    return frames


@given(streams(), st.lists(st.integers(0, 200_000), max_size=6))
def test_frames_are_the_same_however_the_bytes_are_cut(sent, cuts):
    stream = b"".join(raw for *_, raw in sent)
    edges = sorted({0, len(stream), *(cut % (len(stream) + 1) for cut in cuts)})
    chunks = [stream[a:b] for a, b in zip(edges, edges[1:], strict=False)]

    frames, reader = read(*chunks)

    assert [(one.opcode, one.fin, one.rsv1, one.masked, one.payload_size, one.size) for one in frames] == [
        (frame.opcode, frame.fin, compressed, mask, len(frame.data), len(raw)) for frame, compressed, mask, raw in sent
    ]
    assert all(one.complete for one in frames)
    assert [one.head for one in frames] == [raw if frame.opcode == 8 else raw[:64] for frame, *_, raw in sent]
    assert reader.between_frames


@pytest.mark.parametrize("mask", [True, False])
def test_the_longest_reason_of_a_close_is_whole(mask):
    """A Close frame has 125 bytes at most, 123 of them for its reason (RFC 6455, section 5.5.1)."""
    reason = "ü" * 61 + "!"
    frames, _ = read(Sent(Opcode.CLOSE, (4000).to_bytes(2, "big") + reason.encode()).serialize(mask=mask))

    assert [(one.code, one.reason) for one in frames] == [(4000, reason)]


def test_a_close_that_is_too_long_is_kept_as_far_as_one_may_be_long():
    frames, _ = read(b"\x88\x7e\xff\xff" + bytes(65535))

    assert [(len(one.head), one.size) for one in frames] == [(131, 65539)]


@given(st.binary(max_size=60))
def test_a_stream_cut_at_every_offset_gives_the_same_frames(payload):
    stream = Sent(Opcode.TEXT, payload).serialize(mask=True) + Sent(Opcode.PING, payload[:9]).serialize(mask=False)
    whole, _ = read(stream)

    for cut in range(len(stream) + 1):
        assert read(stream[:cut], stream[cut:])[0] == whole
    assert read(*(stream[i : i + 1] for i in range(len(stream))))[0] == whole


@given(st.lists(st.binary(max_size=200)))
def test_garbage_never_raises_and_every_byte_is_counted(chunks):
    frames, reader = read(*chunks)

    rest = reader.rest(0.0)
    shown = [*frames, *([rest] if rest else [])]
    assert sum(one.size for one in shown) == sum(map(len, chunks))
    for frame in shown:
        assert str(frame)
        assert frame.parts() is not None
        assert isinstance(frame.reason, str)
        assert frame.code is None or 0 <= frame.code <= 65_535


def test_a_frame_that_was_cut_short_says_so():
    raw = Sent(Opcode.TEXT, b"hello").serialize(mask=False)

    frames, reader = read(raw[:4])

    assert frames == []
    rest = reader.rest(1.5)
    assert rest is not None and not rest.complete
    assert str(rest) == "TEXT 5 B, 4 B on the wire, cut short after 4 B"


@given(st.binary(max_size=300), st.binary(min_size=4, max_size=4))
def test_unmasking_is_its_own_inverse(data, mask):
    assert unmask(unmask(data, mask), mask) == data


def test_the_payload_is_shown_without_its_mask():
    frame = Frame(0.0, Sent(Opcode.TEXT, b"hello").serialize(mask=True), 11)

    assert frame.payload == b"hello"
    assert len(frame.mask) == 4


@pytest.mark.parametrize(
    ("close", "code", "reason"), [(Close(4001, "bye"), 4001, "bye"), (None, None, ""), (Close(1000, ""), 1000, "")]
)
def test_a_close_frame_tells_code_and_reason(close, code, reason):
    payload = close.serialize() if close else b""
    frames, _ = read(Sent(Opcode.CLOSE, payload).serialize(mask=True))

    assert (frames[0].code, frames[0].reason) == (code, reason)


def test_the_parts_of_a_frame_name_each_bit_of_its_header():
    [frame], _ = read(bytes([0xC1, 0xFE, 0x00, 0x82, 1, 2, 3, 4]) + bytes(130))

    shown = [(part.label, part.bits, part.hex) for part in frame.parts()]
    assert shown[:9] == [
        ("FIN", "1", None),
        ("RSV1", "1", None),
        ("RSV2", "0", None),
        ("RSV3", "0", None),
        ("opcode", "0001", None),
        ("MASK", "1", None),
        ("payload length", "1111110", None),
        ("extended length", None, "00 82"),
        ("masking key", None, "01 02 03 04"),
    ]
    assert shown[9][0] == "payload"
    assert frame.parts()[9].meaning == "compressed … 74 more bytes"
    assert (frame.parts()[1].meaning, frame.parts()[1].source) == ("compressed", "RFC 7692")


def test_a_reserved_opcode_and_a_half_close_code_are_shown_as_they_are():
    frames, _ = read(b"\x83\x00", b"\x88\x01\x03")

    assert [one.name for one in frames] == ["reserved 0x3", "CLOSE"]
    assert frames[1].code is None
    assert frames[1].parts()[-1].meaning == "cut short"
