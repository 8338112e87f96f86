"""Each picture is the one that was taken under its name."""

from __future__ import annotations

from course.docs.checked import Checked
from course.docs.pictures import catalogue as pictures
from course.docs.site import Fault
from course.errors import CourseError


def check(checked: Checked) -> list[Fault]:
    """Check the files of the pictures that are listed; what they show, `screenshots` looks at."""
    chain = checked.site.chain
    root = chain.repository.root
    try:
        listed = pictures.read(root)
    except CourseError as error:
        return [Fault(pictures.LIST, 0, error.problem, error.remedy)]
    return [
        Fault(
            f"{pictures.FOLDER}/{picture.name}.png",
            0,
            "is not the picture that was taken under this name.",
            f"course docs screenshots {picture.step}".strip(),
        )
        for picture in pictures.exchanged(root, listed)
    ]
