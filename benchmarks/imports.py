"""
What `import playground` costs on top of the packages it needs anyway.

    python benchmarks/imports.py

Every measurement is a fresh interpreter that times its own import statement.
"""

from __future__ import annotations

import subprocess
import sys
from statistics import median

from measure import parser, print_table, take_turns, verdict

ADDS_TARGET = 100.0
"""Milliseconds that everything the server needs may add, without IPython."""

NEEDED = "starlette, uvicorn, websockets"
PACKAGE = "playground"
SERVER = "playground.Playground"

STATEMENTS = {
    NEEDED: "import starlette.applications, starlette.endpoints, uvicorn, websockets.asyncio.client",
    PACKAGE: "import playground",
    SERVER: "from playground import Playground",
}

TIMED = """
import sys, time
began = time.perf_counter()
{statement}
print(1000 * (time.perf_counter() - began))
assert "IPython" not in sys.modules and "ipywidgets" not in sys.modules
"""


def time_import(statement: str) -> float:
    """Return the milliseconds that a statement takes in a new interpreter."""
    program = TIMED.format(statement=statement)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return float(done.stdout)


def main() -> None:
    """Measure and print."""
    rounds = parser(__doc__, rounds=20).parse_args().rounds
    taken = take_turns({name: lambda code=code: time_import(code) for name, code in STATEMENTS.items()}, rounds)
    bare = median(taken[NEEDED])
    rows = []
    for name, times in taken.items():
        adds = median(times) - bare
        row = [name, f"{min(times):.1f}", f"{median(times):.1f}", f"{median(times) / bare:.3f}"]
        target = [f"{adds:.1f}", f"< {ADDS_TARGET:g} ms", verdict(adds, ADDS_TARGET)] if name == SERVER else [""] * 3
        rows.append(row + target)
    heads = ["import", "min ms", "median ms", "ratio", "adds ms", "target", "result"]
    print_table(f"Import in a fresh interpreter, {rounds} rounds", heads, rows)


if __name__ == "__main__":
    main()
