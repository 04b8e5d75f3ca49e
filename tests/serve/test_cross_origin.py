"""Which pages may do what."""

import pytest

from playground.serve.cross_origin import Origins

HERE, PAGE, EVIL = "127.0.0.1:5000", "http://127.0.0.1:5000", "https://evil.example"


def headers(**given):
    """A request's headers, each once."""
    return {name.lower().replace("_", "-"): [value] for name, value in {"host": HERE, **given}.items()}


@pytest.mark.parametrize(
    ("method", "given", "refused"),
    [
        # A program.
        ("POST", {}, None),
        ("DELETE", {"host": ""}, None),
        # The server's own page, in browsers with and without Fetch Metadata.
        ("POST", {"origin": PAGE}, None),
        ("POST", {"origin": PAGE, "sec_fetch_site": "same-origin"}, None),
        # A form of the server's own page that sends no referrer.
        ("POST", {"origin": "null", "sec_fetch_site": "same-origin"}, None),
        # Behind a proxy that changes the Host header.
        ("POST", {"origin": "https://hub.example", "sec_fetch_site": "same-origin"}, None),
        # The person's own doing, such as a bookmark.
        ("POST", {"sec_fetch_site": "none"}, None),
        # A foreign page asks for something, which it cannot read.
        ("GET", {"origin": EVIL, "sec_fetch_site": "cross-site"}, None),
        ("HEAD", {"origin": EVIL}, None),
        ("OPTIONS", {"origin": EVIL}, None),
        ("TRACE", {"origin": EVIL}, None),
        # It changes something.
        ("POST", {"origin": EVIL}, "a POST request from a page of Origin 'https://evil.example'"),
        ("PUT", {"origin": EVIL}, "a PUT request from a page of Origin 'https://evil.example'"),
        ("PATCH", {"origin": EVIL}, "a PATCH request from a page of Origin 'https://evil.example'"),
        ("DELETE", {"origin": EVIL}, "a DELETE request from a page of Origin 'https://evil.example'"),
        ("get", {"origin": EVIL}, "an HTTP request from a page of Origin 'https://evil.example'"),
        ("EVIL" * 99, {"origin": EVIL}, "an HTTP request from a page of Origin 'https://evil.example'"),
        (
            "POST",
            {"origin": EVIL, "sec_fetch_site": "cross-site"},
            "a POST request from a page of Origin 'https://evil.example'",
        ),
        # A page of another port of this machine, which the browser calls the same site.
        ("POST", {"origin": "http://127.0.0.1:3000"}, "a POST request from a page of Origin 'http://127.0.0.1:3000'"),
        ("POST", {"origin": "http://localhost:5000"}, "a POST request from a page of Origin 'http://localhost:5000'"),
        (
            "POST",
            {"origin": PAGE, "sec_fetch_site": "same-site"},
            "a POST request from a page of Origin 'http://127.0.0.1:5000'",
        ),
        # A page in a sandbox, a file, a page that was redirected.
        ("POST", {"origin": "null"}, "a POST request from a page of Origin 'null'"),
        ("POST", {"sec_fetch_site": "cross-site"}, "a POST request that the browser calls 'cross-site'"),
        ("POST", {"sec_fetch_site": "something new"}, "a POST request that the browser calls 'something new'"),
        ("POST", {"origin": ""}, "a POST request from a page of Origin ''"),
    ],
)
def test_a_foreign_page_may_change_nothing(method, given, refused):
    """The rule of Go's `net/http.CrossOriginProtection`."""
    found = Origins([]).refused_request(method, headers(**given))

    assert (found and found.subject) == refused


@pytest.mark.parametrize(
    "given", [{"origin": EVIL}, {"origin": EVIL, "sec_fetch_site": "cross-site"}, {"origin": "null"}]
)
@pytest.mark.parametrize("allowed", [["https://evil.example", "null"], ["https://EVIL.example/", "null"], ["*"]])
def test_a_page_that_is_named_may(given, allowed):
    """By its Origin, "null" among them, or all of them."""
    assert Origins(allowed).refused_request("POST", headers(**given)) is None
    assert Origins(allowed).refused_handshake(headers(**given)) is None


def test_one_without_an_origin_can_only_be_allowed_with_all_others():
    """There is nothing to name it by."""
    sent = headers(sec_fetch_site="cross-site")
    refused = Origins([EVIL]).refused_request("POST", sent)

    assert (
        refused.advice
        == "it does not tell the Origin of its page; to allow every page: playground.start(origins=['*'])"
    )
    assert Origins(["*"]).refused_request("POST", sent) is None


@pytest.mark.parametrize("site", ["same-origin", "none", "cross-site"])
def test_a_handshake_is_judged_by_its_origin_alone(site):
    """Every browser sends it with handshakes; not every one sends Sec-Fetch-Site."""
    origins = Origins([])

    assert origins.refused_handshake(headers(origin=PAGE, sec_fetch_site=site)) is None
    assert origins.refused_handshake(headers(origin=EVIL, sec_fetch_site=site)) is not None


def test_of_several_headers_each_has_to_be_good():
    """Whichever the app would read."""
    origins = Origins([])

    assert origins.refused_handshake({"host": [HERE], "origin": [PAGE, EVIL]}).value == EVIL
    assert origins.refused_handshake({"host": [HERE, "evil.example"], "origin": [PAGE]}).value == PAGE
    assert (
        origins.refused_request("POST", {"host": [HERE], "sec-fetch-site": ["same-origin", "cross-site"]}) is not None
    )


@pytest.mark.parametrize(
    ("origin", "host", "same"),
    [
        ("http://localhost", "localhost:80", True),
        ("https://localhost", "localhost", True),
        ("https://localhost:443", "localhost", True),
        ("http://localhost.:5000", "localhost:5000", True),
        ("http://[::1]:5000", "[0:0:0:0:0:0:0:1]:5000", True),
        ("http://localhost", "localhost:5000", False),
        ("http://user@localhost:5000", "localhost:5000", False),
        ("http://[", "[", False),
        ("null", "null", False),
    ],
)
def test_the_same_origin_can_be_written_in_several_ways(origin, host, same):
    """Default ports, a trailing dot, another spelling of an address."""
    assert Origins([]).allows(origin, [host]) is same


def test_a_long_origin_is_shortened():
    """It may have 64 KB, and rows are read by people."""
    found = Origins([]).refused_handshake(headers(origin="https://" + "a" * 60_000))

    assert len(str(found)) < 1000


@pytest.mark.parametrize(
    ("given", "better"),
    [
        ("hub.example.org", "https://hub.example.org"),
        ("https://hub.example.org/lab", "https://hub.example.org"),
        ("hub.example.org:8000", "https://hub.example.org:8000"),
        ("https://", "https://hub.example.org"),
        ("", "https://hub.example.org"),
    ],
)
def test_what_is_no_origin_is_an_error(given, better):
    """At once: a page with that Origin does not exist."""
    with pytest.raises(ValueError, match=f"such as '{better}' or 'null', not '{given}'"):
        Origins([given])


def test_origins_have_names():
    """Of those with a host."""
    assert Origins(["https://hub.example.org:8000", "null", "*"]).host_names() == ["hub.example.org"]
