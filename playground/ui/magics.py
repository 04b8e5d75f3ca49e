"""`%%endpoint /path`: a cell that defines an endpoint."""

from __future__ import annotations

import sys
from typing import Any

from IPython.core.error import UsageError
from IPython.core.magic import Magics, cell_magic, magics_class

from playground.common.errors import EditRejected
from playground.common.text import printable, source_lines
from playground.edit.versions import Report
from playground.playground import Playground


@magics_class
class PlaygroundMagics(Magics):
    """The notebook's cell magic."""

    @cell_magic
    def endpoint(self, line: str, cell: str) -> Report | None:
        """
        Make this cell the code of an endpoint; run it again to change it while clients stay connected.

            %%endpoint /echo
            class Echo(WebSocketEndpoint): …

        `%%endpoint /echo lab` uses the playground in the variable `lab`; without a name it is the one in `pg`, or
        the only one there is. Starlette's own names need no import here.
        """
        words = line.split()
        if len(words) > 1 and words[0].isupper() and words[1].startswith("/"):
            # A method, for a path that has several: %%endpoint POST /items.
            words[:2] = [" ".join(words[:2])]
        if not words or len(words) > 2:
            raise UsageError("say which path, as in %%endpoint /echo")
        pg = self._playground(words[1] if len(words) == 2 else None)
        try:
            return pg.edit(words[0], cell)
        except EditRejected as error:
            _show(error, cell)
            # A traceback through this package would hide the line with the mistake; the cell still fails.
            known = words[0] in pg.endpoints
            raise UsageError(f"{words[0]} is unchanged" if known else f"no endpoint was made at {words[0]}") from None

    def _playground(self, name: str | None) -> Playground:
        assert self.shell is not None
        variables: dict[str, Any] = self.shell.user_ns
        if name is not None:
            found = variables.get(name)
            if isinstance(found, Playground):
                return found
            raise UsageError(f"{name} is not a playground; write {name} = playground.start() in a cell before")
        if isinstance(variables.get("pg"), Playground):
            return variables["pg"]  # type: ignore[no-any-return]  # a name of the notebook holds anything
        running = {id(one): one for one in variables.values() if isinstance(one, Playground) and one.running}
        if len(running) == 1:
            return next(iter(running.values()))
        if running:
            raise UsageError("several playgrounds run; name one, as in %%endpoint /echo lab")
        raise UsageError("no playground runs; write pg = playground.start() in a cell before")


def _show(error: EditRejected, cell: str) -> None:
    """Print the mistake with its line of the cell."""
    print(printable(f"{error.stage} error: {error}"), file=sys.stderr)
    lines = source_lines(cell)
    if error.line and error.line <= len(lines):
        text = lines[error.line - 1]
        print(printable(f"  {error.line:>3} | {text}"), file=sys.stderr)
        if error.column:
            print(f"      | {' ' * (error.column - 1)}^", file=sys.stderr)
