"""Addresses as people write them and as they travel."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from websockets.uri import parse_uri

from playground import HandshakeRefused
from playground.client.addresses import encoded
from playground.client.async_client import AsyncClient


@pytest.mark.parametrize(
    ("written", "travels"),
    [
        ("/a b?msg=hello world", "/a%20b?msg=hello%20world"),
        ("/Zoë?city=Köln", "/Zo%C3%AB?city=K%C3%B6ln"),
        ("/Zoë%20x?p=50%", "/Zo%C3%AB%20x?p=50%"),
        ("/日本?絵=🎉", "/%E6%97%A5%E6%9C%AC?%E7%B5%B5=%F0%9F%8E%89"),
        ("/50%?p=%&q=%zz", "/50%?p=%&q=%zz"),
        ("/a%2Fb%20c?q=%26", "/a%2Fb%20c?q=%26"),
        ("/a?x=a+b%2B", "/a?x=a+b%2B"),
        ("/a?token=a/b=c==&x", "/a?token=a/b=c==&x"),
        ("/a;v=1?x=;", "/a;v=1?x=;"),
        ('/a?filter={"a":[1]}', "/a?filter={%22a%22:[1]}"),
        ('/{a}"<b>`^?<>"`', "/%7Ba%7D%22%3Cb%3E%60%5E?%3C%3E%22`"),
        ("/a'b?it's", "/a'b?it%27s"),
        ("/a\\b?c\\d", "/a%5Cb?c\\d"),
        ("/a\x00b\x7f?\x1b", "/a%00b%7F?%1B"),
        ("/a\u2028b\x85?\xa0", "/a%E2%80%A8b%C2%85?%C2%A0"),
        ("/a?", "/a"),
        ("/a?b?c", "/a?b?c"),
        ("//a/../b", "//a/../b"),
        ("", ""),
        ("?x=1", "?x=1"),
        ("/a ", "/a%20"),
    ],
)
def test_what_a_browser_encodes_is_encoded(written, travels):
    """What is encoded already stays, also next to what is not; the rest stays as it is."""
    address = encoded("ws://host:80" + written)

    assert address == "ws://host:80" + travels
    assert address.isascii()
    assert encoded(address) == address
    assert parse_uri(address).resource_name == (travels if travels.startswith("/") else "/" + travels)


@pytest.mark.parametrize(
    ("written", "travels"),
    [
        ("ws://bücher.example/ä", "ws://xn--bcher-kva.example/%C3%A4"),
        ("wss://[::1]:8000/a b", "wss://[::1]:8000/a%20b"),
        ("ws://[fe80::1%25eth0]/", "ws://[fe80::1%25eth0]/"),
        ("ws://zoë:pass wört@h/", "ws://zo%C3%AB:pass%20w%C3%B6rt@h/"),
        ("ws://a%40b:c@h:81/", "ws://a%40b:c@h:81/"),
        ("WS://Host/A", "WS://Host/A"),
    ],
)
def test_hosts_and_users_are_encoded_in_their_own_way(written, travels):
    """A host's name by IDNA, and what stands before it by percent signs."""
    assert encoded(written) == travels
    assert urlsplit(travels).hostname


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("ws://h/a#b", r"has a fragment, '#b', which a WebSocket's address cannot have .*write # as %23"),
        ("ws://h/#", r"has a fragment, '#'"),
        ("ws://h/?x=1#", r"has a fragment"),
        ("ws://h/a?x=\n", r"has '\\n' at position 11, .*write it as %0A"),
        ("ws://h/a\r\nX-Admin: 1", r"has '\\r' at position 8, .*write it as %0D"),
        ("ws://h/a\tb", r"write it as %09"),
        ("\nws://h/", r"at position 0"),
        ("ws://h/\ud800", r"has a lone surrogate at position 7"),
        ("ws://[::1/", r"is not a WebSocket address: Invalid IPv6 URL"),
        ("ws://h:99999/", r"is not a WebSocket address: Port out of range"),
        ("ws://h:port/", r"is not a WebSocket address: Port could not be cast"),
        ("ws://h:0/", r"nothing listens on port 0"),
        ("ws://a b/", r"a host's name cannot have ' '"),
        ("ws://h\\@evil/", r"has a user's name without a password"),
        ("ws://h%2Fa/", r"a host's name cannot have '%'"),
        ("ws://user@h/", r"has a user's name without a password"),
        ("ws://ä..b/", r"'ä..b' is not a host's name"),
        ("ws:///a", r"one starts with ws:// or wss://"),
        ("http://h/", r"one starts with ws:// or wss://"),
        ("ws:h", r"one starts with ws:// or wss://"),
        ("", r"'' is not a WebSocket address"),
    ],
)
def test_what_is_no_address_is_refused_at_the_call(written, message):
    """With its value, and what to do; a line break never gets into the request."""
    with pytest.raises(ValueError, match=message):
        AsyncClient(written)


@pytest.mark.parametrize("written", [b"ws://h/", Path("/ws"), None, 3])
def test_an_address_is_text(written):
    """Whatever else it is, it is named."""
    with pytest.raises(TypeError, match="a client's address has to be text, such as 'ws://host/ws', not "):
        AsyncClient(written)


def test_an_endpoint_gets_what_was_written(pg):
    """In its path and its query."""
    pg.edit(
        "/room/{name}",
        """
        async def room(websocket):
            await websocket.accept()
            await websocket.send_json([websocket.path_params["name"], dict(websocket.query_params)])
        """.replace("\n        ", "\n"),
    )
    told = []
    for path in (
        "/room/a b?msg=hello world",
        "/room/Zoë%20x?city=Köln",
        "/room/50%?p=50%",
        '/room/"{a}"\\?x={"a":"\\\\"}',
    ):
        with pg.connect(path) as client:
            told.append(client.receive_json())

    assert told == [
        ["a b", {"msg": "hello world"}],
        ["Zoë x", {"city": "Köln"}],
        ["50%", {"p": "50%"}],
        ['"{a}"\\', {"x": '{"a":"\\\\"}'}],
    ]


def test_a_path_is_refused_as_it_was_written(pg):
    """Without the address of our server, and no client is left over."""
    with pytest.raises(ValueError, match=r"^'/ws\?x=\\n' has '\\n' at position 6"):
        pg.connect("/ws?x=\n")
    assert not pg.clients


@pytest.mark.parametrize("path", ["/room/a%2Fb", "/room/a/b?x=/room/a", "//room/a"])
def test_a_path_that_no_route_takes_is_shown_as_the_app_sees_it(pg, path):
    """`%2F` is a slash to Starlette, so the hint has it as one."""
    pg.edit("/room/{name}", "async def room(websocket): await websocket.accept()")
    shown = path.partition("?")[0].replace("%2F", "/")

    with pytest.raises(HandshakeRefused, match=f"no endpoint at '{shown}'; did you mean '/room/{{name}}'"):
        pg.connect(path)
