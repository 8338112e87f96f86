"""``python -m course`` is ``course``, and so is this file when it is run by its path.

Nothing is imported before it is sure that only the tool's own modules can be found.
"""

import os
import sys

if __name__ == "__main__":
    _SCRIPTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    if sys.path[:1] != [_SCRIPTS]:
        sys.path.insert(0, _SCRIPTS)
    from course import isolation

    isolation.ensure(os.path.abspath(__file__))

    from course.entry import main

    main()
