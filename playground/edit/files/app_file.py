"""A file that defines a whole app, loaded again whenever it is saved."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from starlette.types import ASGIApp

from playground.common.errors import EditRejected
from playground.edit.files.added import is_of_app
from playground.edit.files.siblings import LoadAgain, Siblings
from playground.edit.keeping.built import Built
from playground.edit.keeping.merge import Kept, keep
from playground.edit.source.running import LoadedModule, load_module


class AppFile:
    """
    The app in a file, as `uvicorn main:app` would find it.

    As in an endpoint, what an edit did not change keeps its value, and an unchanged class stays the same object; but
    apps, routers and routes are always those that the new text makes.

    Args:
        siblings: the file, with the modules that it imports from its folder.
    """

    def __init__(self, siblings: Siblings) -> None:
        self.siblings = siblings
        self.file = siblings.file
        self.kept = Kept()
        """What the last load kept of what connections had built."""
        self._built: Built | None = None
        self._app: Any = None
        self._next: tuple[Built | None, Any] | None = None

    @property
    def serves(self) -> bool:
        """Whether an app of this file is served already."""
        return self._built is not None

    def load(self, text: str) -> ASGIApp:
        """
        Run the text and return its `app`, which is to be served; then `commit` or `undo` has to follow.

        Raises:
            EditRejected: it does not parse, raises while it runs, or makes no app.
        """
        loaded, app = self.siblings.load(text, lambda: self._run(text))
        self.siblings.carried.put_in(vars(loaded.module))
        self._next = self._keep(loaded), app
        return app

    def commit(self) -> None:
        """Take the text as the current one, just before its app is served: what the apps have in common is changed."""
        assert self._next is not None
        self.siblings.carried.commit()
        self.kept.commit()
        self._built, self._app = self._next
        self._next = None

    def undo(self) -> None:
        """Go back to the text before, whose app goes on; does nothing after `commit`."""
        if self._next is not None:
            self._next = None
            self.siblings.undo()

    def _run(self, text: str) -> tuple[LoadedModule, ASGIApp]:
        loaded = load_module(
            text,
            filename=str(self.file),
            module_name=self.siblings.module_name,
            attributes=self.siblings.attributes,
            before=self._built.tree if self._built else None,
        )
        app = self._app_of(loaded.module)
        if app is self._app:
            self._ask_for_another()
        return loaded, app

    def _keep(self, loaded: LoadedModule) -> Built:
        """Give the new module what connections have built; apps, routers and routes are those that it has made."""
        built = Built.of_module(loaded.module, loaded.tree, None)
        if self._built:
            made = {name: value for name, value in built.names.items() if is_of_app(value)}
            self.kept = keep(self._built, built, f"pg.watch({self.file.name!r})")
            built.names.update(made)
        return built

    def _app_of(self, module: ModuleType) -> ASGIApp:
        app = vars(module).get("app")
        if not callable(app):
            raise EditRejected(
                f"{self.file.name} defines no `app`; give it one, as app = Starlette(routes=[…]), "
                f"or say which path its endpoint has: watch({self.file.name!r}, '/echo')",
                stage="check",
            )
        made: ASGIApp = app
        return made

    def _ask_for_another(self) -> None:
        """Have the module loaded again that has made the app, since that is the one that is served already."""
        holders = {name for name, one in self.siblings.modules().items() if _holds(one, self._app)}
        if holders - self.siblings.with_file:
            raise LoadAgain(holders)
        raise EditRejected(
            f"`app` is the object that is served already, which neither {self.file.name} nor a module in its folder "
            "makes, so a save does not change it; make it in the file, as app = Starlette(routes=[…])",
            stage="check",
        )


def _holds(module: ModuleType, value: Any) -> bool:
    return any(one is value for one in list(vars(module).values()))
