"""The program `qdsl`, also as `python -m qdsl`: arguments in, exit code out."""

from __future__ import annotations

import sys
from contextlib import suppress


def main() -> int:
    """Answer `--version` at once; anything else is for the command line proper."""
    if sys.argv[1:] in (["--version"], ["-V"]) and sys.stdout is not None:
        from qdsl.version import VERSION

        with suppress(OSError):  # the command line tells of an output that cannot be written
            print(f"qdsl {VERSION}", flush=True)
            return 0
    from qdsl.cli.main import main as command_line

    return command_line(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
