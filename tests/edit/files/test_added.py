"""What is added to containers while a file is loaded is told from what connections add, and can be taken back."""

import types
import weakref

import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from playground.edit.files.added import Holdings, is_of_app


def page(request):
    return None


class Registry:
    known: dict = {}

    def __init__(self):
        self.all = []


def module_with(**values):
    module = types.ModuleType("registry")
    vars(module).update(values)
    return module


class Handler:
    def __init__(self, function):
        self.function = function


@pytest.mark.parametrize(
    ("held", "add"),
    [
        ({}, lambda held: held.update(say=page)),
        ([], lambda held: held.append(page)),
        ([], lambda held: held.append(("say", page))),
        (set(), lambda held: held.add(Registry)),
        ([], lambda held: held.append(Handler(page))),
        (Registry(), lambda held: held.all.append(page)),
        (Starlette(), lambda held: held.routes.append(Route("/", page))),
        (Starlette(), lambda held: held.add_middleware(Registry)),
    ],
)
def test_definitions_are_noticed_and_taken_back(held, add):
    """In containers, in objects that have some, and in apps."""
    holdings = Holdings({"registry": module_with(held=held)})
    add(held)
    added = holdings.added()
    holdings.take_back()

    assert added == {"registry"}
    assert holdings.added() == set()


def test_what_a_definition_replaced_is_put_back():
    """The old function goes on."""
    held = {"say": page, "members": {"ada"}}
    holdings = Holdings({"registry": module_with(held=held)})
    held.update(say=lambda request: None, members={"bob"})
    holdings.take_back()

    assert held == {"say": page, "members": {"bob"}}


def test_what_connections_add_is_let_be():
    """Text, numbers, sockets and objects of classes; also when something is taken back beside it."""
    held = [page]
    holdings = Holdings({"registry": module_with(held=held)})
    held += ["ada", 7, object(), ("ada", 7)]
    added = holdings.added()
    held.append(Registry)
    holdings.take_back()

    assert added == set()
    assert held[:3] == [page, "ada", 7]
    assert len(held) == 5


def test_what_belongs_to_an_app_is_known():
    """Apps, routers, routes, and what holds routes."""
    route = Route("/", page)

    assert all(map(is_of_app, (Starlette(), Starlette().router, route, [route], {"a": route}, (route,))))
    assert not any(map(is_of_app, (None, [], {}, "app", page, Registry, {"a": 1})))


class Odd:
    def __getattribute__(self, name):
        raise RuntimeError("odd")


def test_values_that_raise_are_passed_over():
    """Such as a dead weak reference, an object whose attributes raise, or a class's own registry beside them."""
    module = module_with(dead=weakref.proxy(Registry()), odd=Odd(), Registry=Registry, held=[Odd()])
    Registry.__module__ = module.__name__
    holdings = Holdings({"registry": module})
    Registry.known["page"] = page
    added = holdings.added()
    holdings.take_back()

    assert added == {"registry"}
    assert Registry.known == {}
    assert not is_of_app(module.odd)
    assert not is_of_app(module.dead)
