"""The file of ``course check --export``: its fields, and limits on its size and its names.

It names tests and files, and nothing else: no text of a failure, no value, no folder of a machine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from course.errors import CourseError
from course.play.diagnosis import Mistake
from course.play.folder import Playground
from course.play.next_step_tests import Trial
from course.repository import write_if_changed

# What a learner's file may hold at most; an honest one has a few hundred bytes.
MOST_BYTES = 256 * 1024
_MOST_NAMES = 200

# No control characters: a name is shown on a terminal.
_Name = Annotated[
    str, StringConstraints(min_length=1, max_length=300, pattern=r"^[^\x00-\x1f\x7f-\x9f]+$")
]
_Count = Annotated[int, Field(ge=0, le=1_000_000)]


class Report(BaseModel):
    """The outcome of one `course check`.

    Attributes:
        format: the version of this form.
        course: the course's title.
        name: who the learner is, in their own words.
        step: the slug of the step that was checked.
        done: whether it is finished.
        passed: how many tests passed.
        failed: the names of the tests and commands that failed.
        look: the files that are to be looked at, the weightiest first.
        checked: when.
        finished: by slug, the day on which each step was finished.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal[1] = 1
    course: _Name
    name: _Name
    step: _Name
    done: bool
    passed: _Count
    failed: Annotated[tuple[_Name, ...], Field(max_length=_MOST_NAMES)]
    look: Annotated[tuple[_Name, ...], Field(max_length=_MOST_NAMES)]
    checked: AwareDatetime
    finished: Annotated[Mapping[_Name, _Name], Field(max_length=_MOST_NAMES)] = {}


@dataclass
class Found:
    """What a check has found so far; filled in while it goes on.

    Attributes:
        trial: the tests, if it came to them.
        mistakes: what is wrong.
        unwritten: files of the step that are still to be written.
    """

    trial: Trial | None = None
    mistakes: Sequence[Mistake] = ()
    unwritten: Sequence[str] = field(default_factory=tuple)


def prepared(path: Path, name: str) -> str:
    """Return the name under which a file is to be written, after a look whether it may be.

    Args:
        path: the file.
        name: the learner's name; empty for the file's.

    Raises:
        CourseError: when something else is there, or the name cannot be used.
    """
    name = name.strip() or path.name.removesuffix(".json").strip()
    known = None
    if path.is_dir():
        raise CourseError(f"{path} is a folder.", f"--export {path / 'NAME.json'}")
    try:
        known = read(path)
    except FileNotFoundError:
        pass
    except CourseError as error:
        raise CourseError(
            f"{path} is there, and is no result of a check: {error.problem}",
            "Give --export a file that is not there yet.",
        ) from None
    if known is not None and known.name != name:
        raise CourseError(
            f"{path} holds the result of {known.name!r}, and not of {name!r}.",
            f"Give --export another file, or say: --name {known.name!r}",
        )
    try:
        _report("x", name, "x", Found(), False, {})
    except ValidationError:
        raise CourseError(
            f"{name!r} cannot be a name: 1 to 300 characters that can be printed.", "--name NAME"
        ) from None
    return name


def write(
    path: Path, name: str, playground: Playground, step: str, found: Found, done: bool
) -> None:
    """Write the outcome of a check.

    Args:
        path: the file; `prepared` has looked at it.
        name: the learner's name.
        playground: the playground, as it was when the check began.
        step: the slug of the step that was checked.
        found: what was found.
        done: whether the step is finished.
    """
    finished = dict(playground.progress.finished)
    if done:
        finished.setdefault(step, datetime.now().date().isoformat())
    title = playground.chain.course.about.title
    report = _report(title, name, step, found, done, finished)
    write_if_changed(path, (report.model_dump_json(indent=1) + "\n").encode())


def _report(
    course: str, name: str, step: str, found: Found, done: bool, finished: Mapping[str, str]
) -> Report:
    trial = found.trial
    failed = [_printable(failure.name) for failure in trial.failures] if trial else []
    paths = [mistake.path for mistake in found.mistakes if mistake.path]
    look = dict.fromkeys(_printable(path) for path in [*paths, *found.unwritten])
    return Report(
        course=course,
        name=name,
        step=step,
        done=done,
        passed=trial.passed if trial else 0,
        failed=tuple(failed[:_MOST_NAMES]),
        look=tuple(look)[:_MOST_NAMES],
        checked=datetime.now(UTC).replace(microsecond=0),
        finished=dict(sorted(finished.items())[-_MOST_NAMES:]),
    )


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)[:300] or "?"


def read(path: Path) -> Report:
    """Return what a file says.

    Raises:
        FileNotFoundError: when there is none.
        CourseError: when it is not the result of a check, with what is wrong.
    """
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise CourseError("it is no ordinary file.")
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise CourseError(f"it cannot be read: {error.strerror}.") from None
    if len(content) > MOST_BYTES:
        raise CourseError(f"it is larger than {MOST_BYTES // 1024} kB.")
    try:
        return Report.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        said = f"{place}: {first['msg']}" if place else first["msg"]
        raise CourseError(_printable(said).rstrip(".") + ".") from None
