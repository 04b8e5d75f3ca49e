"""
Copies of what connections have built, with which a draft can be tried.

Containers and objects are copied, so that a draft changes nothing that is being served. A WebSocket among them is
copied without its socket: what the draft sends to other people's connections reaches nobody.
"""

from __future__ import annotations

import copy
import sys
from typing import Any

from starlette.types import Message
from starlette.websockets import WebSocket

from playground.edit.keeping.parts import write_part
from playground.edit.keeping.shapes import BUFFERS, Attribute, Own, attributes_of, kind_of, parts_of
from playground.edit.values import is_a

COPIED = {"asyncio.locks", "asyncio.queues", "collections", "types"}
"""Modules of Python's own whose objects are copied; others, such as loggers and event loops, are shared."""


class Copier:
    """Copies values, each of them once."""

    def __init__(self, own: Own) -> None:
        self._own = own
        self._copies: dict[int, tuple[Any, Any]] = {}
        """Each value, which has to live as long as its id is used, and its copy."""
        self._made: set[int] = set()

    def copy(self, value: Any) -> Any:
        """Return a copy of a value, or the value itself if it has no parts or cannot be copied."""
        known = self._copies.get(id(value))
        if known is not None:
            return known[1]
        if is_a(value, WebSocket):
            return self._remember(value, _without_socket(value))
        if is_a(value, BUFFERS):
            return self._remember(value, value[:])
        kind = kind_of(value, self._own)
        if kind == "object":
            return self._copy_object(value) if self._is_copied(type(value)) else value
        if kind not in ("sequence", "mapping", "set"):
            return value
        if is_a(value, tuple | frozenset):
            return self._remember(value, self._copy_immutable(value))
        try:
            duplicate = self._remember(value, copy.copy(value))
        except Exception:
            return value
        self._fill(duplicate, kind)
        return duplicate

    def is_shared(self, value: Any) -> bool:
        """Return whether a value is the one that is being served, and not a copy of it."""
        return id(value) not in self._made

    def _remember(self, value: Any, duplicate: Any) -> Any:
        self._copies[id(value)] = value, duplicate
        self._made.add(id(duplicate))
        return duplicate

    def _is_copied(self, cls: type) -> bool:
        if self._own.has(cls):
            return True
        module = str(cls.__module__)
        # An object that cleans up would close what it shares with its copy.
        return not hasattr(cls, "__del__") and (
            module in COPIED or module.partition(".")[0] not in sys.stdlib_module_names
        )

    def _copy_object(self, value: Any) -> Any:
        try:
            duplicate = self._remember(value, object.__new__(type(value)))
        except TypeError:
            # A class written in C, such as `SimpleNamespace`, makes its objects itself.
            duplicate = self._remember(value, copy.copy(value))
        for key, part in list(attributes_of(value)):
            write_part(duplicate, key, self.copy(part))
        return duplicate

    def _copy_immutable(self, value: Any) -> Any:
        parts = [self.copy(one) for one in value]
        if type(value) not in (tuple, frozenset) or all(one is part for one, part in zip(value, parts, strict=True)):
            return value
        return type(value)(parts)

    def _fill(self, duplicate: Any, kind: Any) -> None:
        """Replace the parts of a copied container by their copies."""
        items = [(key, part) for key, part in parts_of(duplicate, kind) if not isinstance(key, Attribute)]
        if kind == "set":
            set.clear(duplicate)
            set.update(duplicate, [self.copy(part) for _, part in items])
            return
        if kind == "mapping" and any(self.copy(key) is not key for key, _ in items):
            duplicate.clear()
        for key, part in items:
            duplicate[self.copy(key)] = self.copy(part)


def _without_socket(websocket: WebSocket) -> WebSocket:
    duplicate = copy.copy(websocket)

    async def send(message: Message) -> None:
        pass

    duplicate._send = send
    return duplicate
