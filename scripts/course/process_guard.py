"""Ends what a run of the program started, when the run itself was killed and could not.

The program holds the other end of this process's standard input, and no one else does. The system
closes it with the program, however that ends: a ``kill -9`` cannot be caught, but it is seen here.

    python -I process_guard.py MARK
"""

import os
import sys

# A server that is being started again by its own supervisor may be missed by one look.
_LOOKS = 10


def main(mark: str) -> None:
    """Wait for the end of the program, then end every process that bears its mark."""
    # Only the end of the input matters. Nothing is imported before: most runs end by themselves.
    while os.read(0, 4096):
        pass
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    from course import processes

    for _ in range(_LOOKS):
        if not processes.end_strays(mark):
            break


if __name__ == "__main__":
    main(sys.argv[1])
