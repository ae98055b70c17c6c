"""The console script, and ``python -m planner``."""

from __future__ import annotations

import gc

#: Python's default is 700
_OBJECTS_BETWEEN_COLLECTIONS = 250_000


def main() -> None:
    """Run the program.

    Nearly all that a command makes lives as long as the process, from its first import on, so
    looking for garbage in it is seldom worth the time, and never at the end.
    """
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    from planner.cli.app import main as program  # not before the line above

    try:
        program()
    finally:
        gc.freeze()


if __name__ == "__main__":
    main()
