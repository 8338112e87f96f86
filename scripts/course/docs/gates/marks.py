"""What is said of a page that shows unread Markdown, as `built_page` finds it."""

from __future__ import annotations

from course.docs.checked import Checked
from course.docs.site import Fault

_REMEDY = "Close the code span; in HTML of your own, write <code>…</code>."


def check(checked: Checked) -> list[Fault]:
    """Check that no built page shows a backtick outside of code: a caption, a title, a table."""
    return [
        Fault(
            page.place, checked.line_of(page, text[:40]), f"shows a raw backtick: {text}", _REMEDY
        )
        for uri, page in checked.pages.items()
        if uri in checked.built
        for text in checked.built[uri].raw
    ]
