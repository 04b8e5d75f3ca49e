"""
Print the oldest version of every package that pyproject.toml allows, as constraints for pip.

    python3 .ci/lowest.py > lowest.txt && pip install -c lowest.txt -e '.[lab,test]'

What our packages need in turn is not pinned. Runs on the standard library alone.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from playground.bootstrap import Requirement, declared  # noqa: E402


def lowest(requirement: Requirement) -> str:
    """The requirement as `name==version`; every one has to say what it begins with."""
    for bound in requirement.bounds.split(","):
        if bound.startswith(">="):
            return f"{requirement.name}=={bound[2:]}"
    raise SystemExit(f"{requirement} has no lower bound; write it as {requirement.name}>=1.0")


if __name__ == "__main__":
    for group in declared(ROOT).values():
        for requirement in group:
            print(lowest(requirement))
