"""What is a secret, and how it is masked in texts, addresses and headers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.record.secrets import (
    MASK,
    is_secret_name,
    mask_head,
    mask_header,
    mask_target,
    mask_text,
    summary,
    values_in,
)

HEADERS = [
    ("Authorization", "Bearer s3cret", "Bearer (masked)"),
    ("Proxy-Authorization", "Basic s3cret==", "Basic (masked)"),
    ("authorization", "s3cret", "(masked)"),
    ("AUTHORIZATION", "s3cret more s3cret", "(masked)"),
    ("Cookie", "session=s3cret; theme=s3cret", "session=(masked); theme=(masked)"),
    ("Cookie", "s3cret", "(masked)"),
    ("Set-Cookie", "session=s3cret; Path=/; HttpOnly", "session=(masked); Path=/; HttpOnly"),
    ("X-API-Key", "s3cret", "(masked)"),
    ("X-Auth-Token", "s3cret", "(masked)"),
    ("X-CSRFToken", "s3cret", "(masked)"),
    ("Api-Key", "s3cret", "(masked)"),
    ("Sec-WebSocket-Protocol", "chat, access_token, s3cret", "chat, access_token, (masked)"),
    ("Sec-WebSocket-Protocol", "Authorization, Bearer, s3cret", "Authorization, Bearer, (masked)"),
    ("Sec-WebSocket-Protocol", "v1, bearer.s3cret", "v1, bearer.(masked)"),
    ("Sec-WebSocket-Protocol", "base64url.bearer.authorization.k8s.io.s3cret", None),
    ("Sec-WebSocket-Protocol", "chat, eyJhbGci.eyJs3cret.s3cret", "chat, (masked)"),
    ("Referer", "http://127.0.0.1:8888/lab?token=s3cret&reset=1", "http://127.0.0.1:8888/lab?token=(masked)&reset=1"),
    ("Location", "/login?next=%2Fws%3Ftoken%3Ds3cret", "/login?next=(masked)"),
]
TARGETS = [
    ("/ws?token=s3cret&room=1", "/ws?token=(masked)&room=1"),
    ("/ws?access_token=s3cret", "/ws?access_token=(masked)"),
    ("/ws?api_key=s3cret;sig=s3cret", "/ws?api_key=(masked);sig=(masked)"),
    ("/ws?PASSWORD=s3cret", "/ws?PASSWORD=(masked)"),
    ("/ws?authToken=s3cret", "/ws?authToken=(masked)"),
    ("/ws?X-Amz-Signature=s3cret", "/ws?X-Amz-Signature=(masked)"),
    ("/ws?t%6Fken=s3cret", "/ws?t%6Fken=(masked)"),
    ("/ws?token=a=s3cret=", "/ws?token=(masked)"),
    ("/ws;jsessionid=s3cret?x=1", "/ws;jsessionid=(masked)?x=1"),
    ("wss://bob:s3cret@host/ws", "wss://bob:(masked)@host/ws"),
    ("wss://s3cret@host/ws", "wss://(masked)@host/ws"),
    ("/ws?url=wss://bob:s3cret@host", "/ws?url=(masked)"),
    ("/ws?url=/a?next=/b?token=s3cret", "/ws?url=(masked)"),
    ("/ws?url=%252Fa%253Ftoken%253Ds3cret", "/ws?url=(masked)"),
]


@pytest.mark.parametrize(("name", "value", "masked"), HEADERS)
def test_headers_that_authenticate_are_masked(name, value, masked):
    """The scheme, a cookie's name and the names of subprotocols stay; masking again changes nothing."""
    found = []
    shown = mask_header(name, value, found)

    assert "s3cret" not in shown and MASK in shown
    assert masked in (None, shown)
    assert len(found) == 1
    assert mask_header(name, shown, found) == shown and len(found) == 1


@pytest.mark.parametrize(("target", "masked"), TARGETS)
def test_queries_and_users_in_addresses_are_masked(target, masked):
    """As a request's target, and where the address stands in a text."""
    found = []

    assert mask_target(target, found) == masked
    assert found
    assert "s3cret" not in mask_text(f"cannot connect to {target}: refused", [])
    assert mask_target(masked, again := []) == masked and again == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("Sec-WebSocket-Protocol", "graphql-transport-ws, chat.v2, json"),
        ("Host", "127.0.0.1:8000"),
        ("Origin", "http://127.0.0.1:8888"),
        ("Access-Control-Allow-Credentials", "true"),
        ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64)"),
    ],
)
def test_other_headers_stay(name, value):
    """The key of a handshake is no secret (RFC 6455, section 11.3.1)."""
    assert mask_header(name, value, found := []) == value
    assert found == []


@pytest.mark.parametrize("name", ["monkey", "keyboard", "tokenizer", "author", "room", "path", "passenger", "design"])
def test_a_name_that_only_contains_such_a_word_is_no_secret(name):
    """Words count, not letters."""
    assert not is_secret_name(name)


@pytest.mark.parametrize(
    "text",
    [
        "Headers({'host': 'x', 'authorization': 'Bearer s3cret', 'cookie': 'a=s3cret; b=s3cret'})",
        "[(b'x-api-key', b's3cret'), (b'cookie', b's3cret')]",
        "> Cookie: session=s3cret\n< Set-Cookie: id=s3cret; Path=/",
        "curl -H 'Authorization: Basic s3cret' http://bob:s3cret@host/?sig=s3cret",
        "expired: eyJs3cret.eyJs3cret.s3cret",
    ],
)
def test_what_prints_a_handshake_is_masked(text):
    """Secrets that can be told by their form, wherever they stand."""
    shown = mask_text(text, found := [])

    assert "s3cret" not in shown and found
    assert mask_text(shown, again := []) == shown and again == []


@pytest.mark.parametrize("text", ["no cookie, no session", "KeyError: 'token'", "token = query['token']", "a@b.c", ""])
def test_other_texts_stay(text):
    """Words about secrets are none."""
    assert mask_text(text, found := []) == text
    assert found == []


def test_the_head_of_a_handshake_is_masked_byte_by_byte():
    """Its first line and headers, also one that goes on in the next line; the rest stays as it travelled."""
    head = (
        b"GET /ws?token=s3cret&x=1 HTTP/1.1\r\nHost: a\r\nAuthorization:  Bearer s3cret\r\n\ts3cret\r\n"
        b"Cookie: a=s3cret\n Referer: b=s3cret\r\nX-Text: caf\xe9\r\n\r\n"
    )
    found = []

    assert mask_head(head, found) == (
        b"GET /ws?token=(masked)&x=1 HTTP/1.1\r\nHost: a\r\nAuthorization:  Bearer (masked)\r\n\t(masked)\r\n"
        b"Cookie: a=(masked)\n Referer: b=(masked)\r\nX-Text: caf\xe9\r\n\r\n"
    )
    assert "query token" in found and "header authorization" in found and "header cookie" in found


@given(st.binary(max_size=200))
def test_any_bytes_can_be_a_head(data):
    """Nothing raises, masking again changes nothing, and what is no secret stays."""
    masked = mask_head(data, found := [])

    assert mask_head(masked, []) == masked
    assert found or masked == data


def test_secrets_of_a_handshake_are_known_elsewhere():
    """In what the app prints or raises; the longest first, so that a part of another leaves nothing."""
    headers = [(b"cookie", b"id=hunter2; b=1"), (b"authorization", b"Bearer hunter2hunter3"), (b"host", b"example")]
    values = values_in("/ws?token=two%20words", headers)

    assert values == ["hunter2hunter3", "two%20words", "two words", "hunter2"]
    assert mask_text("bad: hunter2hunter3, two words", [], values) == "bad: (masked), (masked)"


def test_the_summary_names_what_was_masked():
    """Once each, with how many there were."""
    assert summary([]) == ""
    assert summary(["query token"]) == "1 secret is masked (query token)"
    assert (
        summary(["header cookie", "query token", "header cookie"])
        == "3 secrets are masked (header cookie, query token)"
    )


LONG = 30_000
RUNS = [
    "a",
    "&",
    "=",
    ";",
    "?",
    " ",
    "'",
    '"',
    "<",
    ":",
    "/",
    "@",
    ".",
    "-",
    "\n",
    "\\'",
    "a&",
    "a=",
    "a://",
    "eyJ",
    "key-",
    "x-",
]
RUNS += ["Bearer ", "authorization:", "authorization:\n", "'cookie': ", "auth.", "\r\n ", "%3D", "?a="]


@pytest.mark.parametrize("start", ["", "?", "a://", "'authorization':'", "eyJaaaa.", "Bearer"])
@pytest.mark.parametrize("run", RUNS)
def test_no_head_of_a_peer_takes_long(start, run):
    """Each function looks at a text about once; one that began anew at each character would take minutes here."""
    text = (start + run * (LONG // len(run)))[:LONG]

    mask_text(text, [])
    mask_target(f"/{text}", [])
    for name in ("authorization", "cookie", "sec-websocket-protocol", "x-text"):
        mask_header(name, text, [])
    mask_head(f"GET /{text} HTTP/1.1\r\nx: {text}\r\n\r\n".encode(), [])
    values_in(f"/?{text}", [(b"cookie", text.encode()), (b"sec-websocket-protocol", text.encode())])
    assert mask_text(mask_text(text, []), found := []) and found == []
