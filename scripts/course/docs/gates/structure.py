"""Each step has a page, each page its step; navigation, reference, map, redirects are current."""

from __future__ import annotations

from pathlib import PurePosixPath

from course.docs import navigation, pages, reference, tool_map
from course.docs.checked import Checked
from course.docs.publish import redirects
from course.docs.site import Fault
from course.errors import CourseError


def check(checked: Checked) -> list[Fault]:
    """Check that each step has a page and each page of a step its step."""
    chain = checked.site.chain
    faults = []
    wanted = {}
    for link in chain:
        uri = pages.uri_of(chain, link)
        wanted[uri] = link
        if uri not in checked.pages and not link.is_copy:
            faults.append(
                Fault(
                    f"{pages.DOCS}/{uri}",
                    0,
                    f"{link.name} has no page.",
                    "Write one: see " f"{pages.DOCS}/contributors/writing-pages.md.",
                )
            )
    for uri, page in checked.pages.items():
        if str(PurePosixPath(uri).parent) == pages.folder(chain) and uri not in wanted:
            slugs = ", ".join(link.step.slug for link in chain)
            faults.append(
                Fault(page.place, 0, "there is no step of this name.", f"The steps: {slugs}.")
            )
    configuration = chain.repository.root / navigation.CONFIGURATION
    if not navigation.is_current(chain):
        faults.append(
            Fault(configuration.name, 0, "its navigation is not up to date.", "course docs nav")
        )
    for place, is_current, source in (
        (reference.PAGE, reference.SECTION.is_current, "help"),
        (tool_map.SECTION.page, tool_map.SECTION.is_current, "code"),
    ):
        place = f"{pages.DOCS}/{place}"
        try:
            if not is_current(chain.repository):
                problem = f"differs from the tool's own {source}."
                faults.append(Fault(place, 0, problem, "course docs nav"))
        except CourseError as error:
            faults.append(Fault(place, 0, error.problem, error.remedy))
    try:
        moved = redirects.read(chain.repository.root)
    except CourseError as error:
        return [*faults, Fault(redirects.FILE, 0, error.problem, error.remedy)]
    for old, new in moved.items():
        if new.partition("#")[0] not in checked.pages:
            faults.append(Fault(redirects.FILE, 0, f"there is no page {new}.", f"Fix {old!r}."))
        if old in checked.pages:
            faults.append(Fault(redirects.FILE, 0, f"{old} is a page.", "Take the line out."))
    return faults
