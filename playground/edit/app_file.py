"""A file that defines a whole app, loaded again whenever it is saved."""

from __future__ import annotations

from pathlib import Path

from starlette.types import ASGIApp

from playground.common.errors import EditRejected
from playground.edit.keeping.built import Built
from playground.edit.keeping.merge import Kept, keep
from playground.edit.running import load_module


class AppFile:
    """
    The app in a file, as `uvicorn main:app` would find it.

    As in an endpoint, what an edit did not change keeps its value, and an unchanged class stays the same object.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self._built: Built | None = None
        self.kept = Kept()

    def load(self, text: str) -> ASGIApp:
        """
        Run the text and return its `app`.

        Raises:
            EditRejected: it does not parse, raises while it runs, or defines no app.
        """
        name = f"<app {self.file.stem}>"
        loaded = load_module(
            text, filename=str(self.file), module_name=name, before=self._built.tree if self._built else None
        )
        app = loaded.module.__dict__.get("app")
        if not callable(app):
            raise EditRejected(
                f"{self.file.name} defines no `app`; give it one, as app = Starlette(routes=[…]), "
                f"or say which path its endpoint has: watch({self.file.name!r}, '/echo')",
                stage="check",
            )
        built = Built.of_module(loaded.module, loaded.tree, None)
        if self._built:
            self.kept = keep(self._built, built, f"pg.watch({self.file.name!r})")
            self.kept.commit()
        self._built = built
        served: ASGIApp = app
        return served
