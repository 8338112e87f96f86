"""Each drawing of ``docs/figures`` may be part of a page, and is shown on one."""

from __future__ import annotations

from course.docs import figures, fences
from course.docs.checked import Checked
from course.docs.site import Fault
from course.errors import CourseError


def check(checked: Checked) -> list[Fault]:
    """Check the files; a fence that names none of them is a fault that the build has found."""
    used = set()
    for page in checked.pages.values():
        for block in page.blocks:
            if block.language == "figure":
                try:
                    used.add(fences.read(block).path)
                except CourseError:
                    # Heard of when the page was built.
                    pass
    faults = []
    for path in figures.every(checked.site.chain.repository.root):
        place = f"{figures.FOLDER}/{path.name}"
        _, problems = figures.examine(path)
        faults += [Fault(place, each.line, each.text, each.remedy) for each in problems]
        if path.name not in used:
            remedy = f"Show it: ```figure ⏎ {path.name} ⏎ ```; or: git rm {place}"
            faults.append(Fault(place, 0, "is on no page.", remedy))
    return faults
