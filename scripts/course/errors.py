"""The one exception that a person may meet: what is wrong, where, and the command that fixes it."""


class CourseError(Exception):
    """A problem that its reader can fix.

    Args:
        problem: what is wrong, and where (a path, a step, a key of the catalogue).
        remedy: what to do about it, with the command to type; empty if ``problem`` says it.
    """

    def __init__(self, problem: str, remedy: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.problem}\n  → {self.remedy}" if self.remedy else self.problem


class Lacking(CourseError):
    """This machine lacks what something needs, which can therefore not be done here."""
