"""The clients of a playground, by name."""

from playground import Log
from playground.client import clients as module
from playground.client.async_client import AsyncClient
from playground.client.clients import Clients
from playground.record.recorder.client import ClientWitness
from playground.record.recorder.server import Recorder


def add(clients, name, state):
    client = clients.named(name, lambda name: AsyncClient("ws://127.0.0.1:1/", name=name))
    clients.add(client)
    client.state = state
    return client.name


def test_names_are_free(monkeypatch):
    """An open client keeps its name; a closed one's can be had again; numbers are not reused while remembered."""
    clients = Clients()
    names = [add(clients, name, state) for name, state in
             [(None, "open"), (None, "closed"), (None, "open"), ("a", "open"), ("a", "open"), ("a", "open"), ("b", "closed"), ("b", "open")]]  # fmt: skip

    assert names == ["c1", "c2", "c3", "a", "a-2", "a-3", "b", "b"]


def test_closed_clients_are_bounded(monkeypatch):
    """The oldest go; open ones never do."""
    monkeypatch.setattr(module, "LIMIT", 3)
    clients = Clients()
    add(clients, "open", "open")
    for number in range(10):
        add(clients, f"x{number}", "closed")
    add(clients, "last", "open")

    assert list(clients) == ["open", "x7", "x8", "x9", "last"]


def test_addresses_are_remembered_for_a_while(monkeypatch):
    """So that the server can tell whose handshake it is."""
    monkeypatch.setattr(module, "LIMIT", 1)
    clients = Clients()
    for port in range(20):
        clients.announce(ClientWitness(Recorder(Log()), f"c{port}"), ("127.0.0.1", port))

    assert clients.witness_at(("127.0.0.1", 19)).name == "c19"
    assert clients.witness_at(("127.0.0.1", 19)) is None, "the port may be another program's by now"
    assert clients.witness_at(("127.0.0.1", 1)) is None
    assert clients.witness_at(None) is None
