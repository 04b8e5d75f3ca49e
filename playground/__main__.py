"""`python3 -m playground …`: makes sure that the command can run, then runs it."""

import sys

from playground import bootstrap


def main() -> int:
    """Run the command in `sys.argv`, in an environment that has what it needs; return its exit code."""
    try:
        bootstrap.check_python()
        # Only now, because all modules but bootstrap may use the grammar of a newer Python.
        from playground.ui import cli

        options = cli.parse(sys.argv[1:])
        bootstrap.ensure(options.command, sys.argv[1:])
        return cli.run(options)
    except bootstrap.CannotStart as refusal:
        print("playground: {}".format(refusal), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
