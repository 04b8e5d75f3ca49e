"""Patterns of paths are compared as Starlette would match them."""

import pytest
from starlette.routing import compile_path

from playground.edit.routes import paths


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("/items/{id}", "/items/{name}", True),
        ("/items/{id:int}", "/items/{name:int}", True),
        ("/items/{id}", "/items/{id:str}", True),
        ("/items/{id}", "/items/{id:int}", False),
        ("/items/{id}", "/items/x", False),
        ("/{a:path}", "/{a:own}", False),
    ],
)
def test_parameters_may_have_other_names(one, other, expected):
    """Two patterns are the same if they take the same paths."""
    assert paths.same(one, other) is expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("/echo", "/{name}", True),
        ("/items/special", "/items/{id:int}", False),
        ("/items/7", "/items/{id:int}", True),
        ("/{a}/b", "/c/{d}", True),
        ("/{a}/b", "/c/{d:int}", False),
        ("/x/{id}.json", "/x/{id}.xml", False),
        ("/x/{id:uuid}", "/x/{id:float}", True),
        ("/a/{rest:path}", "/a/", True),
        ("/a/{rest:path}", "/a", False),
        ("/a/b/c", "/{rest:path}", True),
        ("/a/b/c", "/{name}", False),
        ("/{x:own}", "/a/b", True),
        ("/", "/", True),
    ],
)
def test_two_patterns_overlap_where_one_path_fits_both(one, other, expected):
    """Whichever comes first."""
    assert (paths.overlap(one, other), paths.overlap(other, one)) == (expected, expected)


@pytest.mark.parametrize("path", ["/echo", "/{name}", "/r/{n:int}/{x:float}", "/{u:uuid}", "/f/{rest:path}"])
def test_an_example_is_taken_by_its_pattern(path):
    """So that a router can be asked about it."""
    assert compile_path(path)[0].match(paths.example(path))
