"""
How a package is built, in numbers: its modules, its public names, and which way its imports lean.

    python benchmarks/structure.py
    python benchmarks/structure.py playground site-packages/websockets --without legacy

Nothing is imported, only read. What is counted:

    modules       Python files, each package's __init__.py among them
    lines         of a file, as an editor numbers them; lines of code are those without comments and documentation
    public names  functions and classes at the top of modules, without an underscore
    imports       of modules of the same package, while a module is imported: not in functions, nor for type checking;
                  of `import a.b.c` it is a.b.c alone, not the __init__.py of a and b
    chain         modules of which each imports the next; modules that import each other in a circle count as one
    fan-out       how many modules one module imports
    function      its lines of code, from `def` or its first decorator to its end
"""

from __future__ import annotations

import argparse
import ast
import io
import tokenize
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from statistics import median
from typing import TypeAlias

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
Circle: TypeAlias = tuple[str, ...]
"""Names of modules that import each other in a circle; of nearly every module, its own alone."""

NO_CODE = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}


@dataclass(frozen=True)
class Module:
    """One file of a package."""

    name: str
    """Dotted, from the package on, such as "playground.record.log"; a package's __init__.py has the package's name."""

    text: str

    is_package: bool

    @cached_property
    def tree(self) -> ast.Module:
        """The file, parsed."""
        return ast.parse(self.text)

    @cached_property
    def code(self) -> set[int]:
        """The numbers of the lines that hold code."""
        lines: set[int] = set()
        for token in tokenize.generate_tokens(io.StringIO(self.text).readline):
            if token.type not in NO_CODE:
                lines |= set(range(token.start[0], token.end[0] + 1))
        for node in ast.walk(self.tree):
            match node:
                # A string that is a statement documents something.
                case ast.Expr(value=ast.Constant(value=str())):
                    lines -= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
        return lines

    def public_names(self) -> set[str]:
        """Functions and classes at its top."""
        defined = [node.name for node in self.tree.body if isinstance(node, ast.ClassDef | Function)]
        return {name for name in defined if not name.startswith("_")}

    def functions(self) -> Iterator[tuple[int, str]]:
        """Each function's lines of code and its place, methods and inner functions included."""
        for node in ast.walk(self.tree):
            if isinstance(node, Function):
                first = min(each.lineno for each in (node, *node.decorator_list))
                own = self.code & set(range(first, (node.end_lineno or first) + 1))
                yield len(own), f"{self.name}:{node.name}"

    def imports(self, modules: Mapping[str, Module]) -> set[str]:
        """The names of those of the modules that it imports while it is imported itself."""
        named = {name for node in run_at_import(self.tree) for name in self._names(node, modules)}
        return (named & modules.keys()) - {self.name}

    def _names(self, node: ast.AST, modules: Mapping[str, Module]) -> Iterator[str]:
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            parts = self.name.split(".") + ["__init__"] * self.is_package
            base = ".".join([*parts[: -node.level], *([node.module] if node.module else [])])
            source = base if node.level else node.module or ""
            for each in node.names:
                whole = f"{source}.{each.name}"
                yield whole if whole in modules else source


def run_at_import(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a tree that are neither in a function nor under `if TYPE_CHECKING:`."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test).rpartition(".")[2] == "TYPE_CHECKING":
            for other in node.orelse:
                yield from (other, *run_at_import(other))
        elif not isinstance(node, Function | ast.Lambda):
            yield from (node, *run_at_import(node))


def read(folder: Path, without: Iterable[str] = ()) -> dict[str, Module]:
    """Return the modules of a package by name, leaving out folders of certain names."""
    left_out = {"node_modules", *without}
    modules = {}
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder).with_suffix("").parts
        if left_out.isdisjoint(parts):
            is_package = parts[-1] == "__init__"
            name = ".".join([folder.name, *(parts[:-1] if is_package else parts)])
            modules[name] = Module(name, path.read_text("utf-8"), is_package)
    return modules


def circles(graph: Mapping[str, set[str]]) -> dict[str, Circle]:
    """Return with which modules each module is in a circle of imports; in most cases that is itself alone."""
    reached = {name: reachable(graph, name) for name in graph}
    return {
        name: tuple(sorted({name} | {other for other in reached[name] if name in reached[other]})) for name in graph
    }


def reachable(graph: Mapping[str, set[str]], start: str) -> set[str]:
    """Return what a module imports, and what that imports, and so on."""
    found: set[str] = set()
    todo = [start]
    while todo:
        new = graph[todo.pop()] - found
        found |= new
        todo += new
    return found


def longest_chain(graph: Mapping[str, set[str]]) -> tuple[Circle, ...]:
    """Return the longest chain of imports from its top to its end, the first in the alphabet if there are several."""
    circle_of = circles(graph)

    @cache
    def below(circle: Circle) -> tuple[Circle, ...]:
        imported = {circle_of[name] for member in circle for name in graph[member]} - {circle}
        return (circle, *max(map(below, sorted(imported)), key=len, default=()))

    return max(map(below, sorted(set(circle_of.values()))), key=len, default=())


def describe(modules: Mapping[str, Module]) -> dict[str, str]:
    """Return what there is to say of a package, in the order in which it is printed."""
    graph = {name: module.imports(modules) for name, module in modules.items()}
    sizes = [len(module.text.splitlines()) for module in modules.values()]
    widest = max(sorted(graph), key=lambda name: len(graph[name]))
    longest, place = max(function for module in modules.values() for function in module.functions())
    chain = longest_chain(graph)
    around = sorted({circle for circle in circles(graph).values() if len(circle) > 1})
    return {
        "modules": f"{len(modules)}",
        "lines of code": f"{sum(len(module.code) for module in modules.values())}",
        "public names": f"{sum(len(module.public_names()) for module in modules.values())}",
        "longest chain": f"{len(chain)}",
        "largest fan-out": f"{len(graph[widest])} ({widest})",
        "circles": "; ".join([f"{len(around)}", *(", ".join(circle) for circle in around)]),
        "lines of a file": f"median {median(sizes):.0f}, at most {max(sizes)}",
        "longest function": f"{longest} ({place})",
        "the chain": "\n    ".join(["", *(", ".join(circle) for circle in chain)]),
    }


def main() -> None:
    """Read and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ours = Path(__file__).resolve().parent.parent / "playground"
    options.add_argument("folders", type=Path, nargs="*", default=[ours], help="of packages (the playground)")
    options.add_argument("--without", nargs="+", default=[], help="names of folders in them that are left out")
    given = options.parse_args()
    for folder in given.folders:
        print(f"{folder.name}\n")
        for label, said in describe(read(folder.resolve(), given.without)).items():
            print(f"{label:<16}  {said}")
        print()


if __name__ == "__main__":
    main()
