"""The deadline in COURSE_DEADLINE: the reason given for what no longer begins, the extra time.

CI ends a run that takes too long, and then shows nothing of it. So `.ci/run` names a time in
``COURSE_DEADLINE``, and what is still to be done then is not run instead.
"""

from __future__ import annotations

import os
import time

from course.errors import CourseError

VARIABLE = "COURSE_DEADLINE"
REASON = f"the time was up ({VARIABLE})"
# Seconds beyond it for what comes last, and is short one by one: pictures, and pages in a browser.
LAST = 600.0


def named() -> bool:
    """Return whether the run has to come to its end at some time."""
    return bool(os.environ.get(VARIABLE))


def missed(later: float = 0.0) -> bool:
    """Return whether ``COURSE_DEADLINE``, in seconds since 1970, is over; not if it is not set.

    Args:
        later: seconds beyond it in which this kind of work may still begin.

    Raises:
        CourseError: when it is no number.
    """
    value = os.environ.get(VARIABLE, "")
    if not value:
        return False
    try:
        return time.time() >= float(value) + later
    except ValueError:
        raise CourseError(
            f"{VARIABLE} is {value!r}, which is no time.",
            f"Set it to seconds since 1970, as `date +%s` prints them; or: unset {VARIABLE}",
        ) from None
