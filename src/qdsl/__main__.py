"""The program `qdsl`, also as `python -m qdsl`: arguments in, exit code out."""

from __future__ import annotations

import sys


def main() -> int:
    """Answer `--version` at once; anything else is for the command line proper."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        from qdsl.version import VERSION

        print(f"qdsl {VERSION}")
        return 0
    from qdsl.cli.main import main as command_line

    return command_line(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
