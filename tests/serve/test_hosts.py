"""The names that a server goes by."""

import socket

import pytest

from playground.serve.hosts import Hosts, is_loopback, machine_names, split


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", ("localhost", "")),
        ("LocalHost:8000", ("localhost", "8000")),
        ("localhost.:8000", ("localhost", "8000")),
        ("my.example:", ("my.example", "")),
        ("127.0.0.1:80", ("127.0.0.1", "80")),
        ("[::1]:8000", ("::1", "8000")),
        ("[0:0:0:0:0:0:0:1]", ("::1", "")),
        ("[127.0.0.1]", None),
        ("[localhost]", None),
        ("::1", None),
        ("", None),
        (":8000", None),
        ("localhost:8000:1", None),
        ("localhost:port", None),
        ("localhost:123456", None),
        ("http://localhost", None),
        ("evil.example@localhost", None),
        ("localhost@evil.example", None),
        ("localhost/evil.example", None),
        ("localhost#.evil.example", None),
        ("localhost, evil.example", None),
        ("local host", None),
        ("localhost\t", None),
    ],
)
def test_a_host_is_a_name_and_a_port(host, expected):
    """In one spelling; what is no host is none."""
    assert split(host) == expected


@pytest.mark.parametrize("name", ["localhost", "a.localhost", "127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1"])
def test_loopback_has_many_names(name):
    """They never leave this machine."""
    assert is_loopback(name)


@pytest.mark.parametrize("name", ["localhost.example", "notlocalhost", "128.0.0.1", "0.0.0.0", "::", "::ffff:10.0.0.1"])
def test_what_only_looks_like_loopback_is_not(name):
    """Somebody else may have it."""
    assert not is_loopback(name)


OWN = ["localhost", "localhost:1", "sub.localhost:1", "LOCALHOST.:1", "127.0.0.1", "127.0.0.9:5000", "[::1]:5000"]
FOREIGN = [
    "evil.example",
    "evil.example:5000",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "nothost",
    "evil@localhost",
]


@pytest.mark.parametrize("bound", ["127.0.0.1", "localhost", "::1", "0.0.0.0", "::", "", "192.0.2.1", "my.example"])
def test_loopback_names_are_always_known_and_foreign_names_never(bound):
    """On every port, since ports are forwarded: `ssh -L`, Docker and VS Code."""
    hosts = Hosts(bound)

    assert [host for host in OWN if not hosts.knows(host)] == []
    assert [host for host in FOREIGN if hosts.knows(host)] == []


@pytest.mark.parametrize(
    ("bound", "host"),
    [
        ("0.0.0.0", "0.0.0.0:80"),
        ("::", "[::]:80"),
        ("192.0.2.1", "192.0.2.1"),
        ("My.Example", "my.example:80"),
        ("fe80:0::1", "[fe80::1]"),
    ],
)
def test_the_host_that_it_is_bound_to_is_known(bound, host):
    """`pg.http_url` names it."""
    assert Hosts(bound).knows(host)


def test_a_server_on_loopback_goes_by_no_other_address():
    """What reaches it comes from this machine."""
    assert not any(Hosts("127.0.0.1").knows(host) for host in ("192.0.2.1", "[2001:db8::1]:80", "0.0.0.0"))


@pytest.mark.parametrize("bound", ["0.0.0.0", "::", "", "192.0.2.1"])
def test_a_server_in_the_network_goes_by_every_address_and_the_machines_names(bound, monkeypatch):
    """A router forwards from addresses that it does not know; and no page's address can be rebound."""
    monkeypatch.setattr(socket, "gethostname", lambda: "Ada.office.example")
    hosts = Hosts(bound)

    assert all(
        hosts.knows(host) for host in ("198.51.100.7:80", "[2001:db8::1]", "ada", "ada.local", "ADA.office.example:1")
    )
    assert not any(hosts.knows(host) for host in ("office.example", "eve.office.example", "local"))


def test_a_machine_without_a_name_has_none(monkeypatch):
    """Not the empty one."""
    monkeypatch.setattr(socket, "gethostname", lambda: "")

    assert machine_names() == []


@pytest.mark.parametrize(
    ("allowed", "host", "known"),
    [
        ("my.example", "my.example:80", True),
        ("My.Example.", "my.example", True),
        ("my.example", "a.my.example", False),
        ("*.example.org", "a.example.org", True),
        ("*.example.org", "a.b.example.org:1", True),
        ("*.example.org", "example.org", False),
        ("*.example.org", "badexample.org", False),
        ("*", "anything.example", True),
        ("*", "what is no host", True),
        ("192.0.2.7", "192.0.2.7:80", True),
        ("2001:db8::7", "[2001:db8::7]:80", True),
        ("[2001:db8:0::7]", "[2001:db8::7]", True),
        ("bücher.example", "xn--bcher-kva.example", True),
    ],
)
def test_other_names_can_be_given(allowed, host, known):
    """As in Starlette's TrustedHostMiddleware, a star stands for what is below a name."""
    assert Hosts("127.0.0.1", [allowed]).knows(host) is known


@pytest.mark.parametrize(
    "name", ["https://my.example", "my.example:80", "my.example/path", "", "a.*.example", "*example", "a b", "ü" * 70]
)
def test_what_is_no_name_is_an_error(name):
    """At once, and not when somebody wonders why it has no effect."""
    with pytest.raises(ValueError, match="hosts has"):
        Hosts("127.0.0.1", [name])


def test_the_error_shows_the_name_that_was_meant():
    """Without scheme and port."""
    with pytest.raises(ValueError, match=r"such as 'a\.example', .* not 'https://a\.example:80/'"):
        Hosts("127.0.0.1", ["https://a.example:80/"])


def test_a_single_name_is_an_error():
    """It would become a list of letters."""
    with pytest.raises(TypeError, match=r"hosts has to be a list, as in \['my.example'\]"):
        Hosts("127.0.0.1", "my.example")
