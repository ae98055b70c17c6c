"""The console script, and ``python -m planner``."""

from __future__ import annotations

import gc
import sys

#: Python's default is 700
_OBJECTS_BETWEEN_COLLECTIONS = 250_000
#: as ``errors.ExitCode``, which is not imported when somebody is that quick
_INTERRUPTED = 130


def main() -> None:
    """Run the program.

    Nearly all that a command makes lives as long as the process, from its first import on, so
    looking for garbage in it is seldom worth the time, and never at the end.
    """
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    try:
        from planner.cli.app import main as program  # not before the line above

        program()
    except KeyboardInterrupt:
        # while modules are imported; what is interrupted later answers for itself
        sys.exit(_INTERRUPTED)
    finally:
        gc.freeze()


if __name__ == "__main__":
    main()
