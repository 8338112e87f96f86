"""Words listed in ``docs/wording.toml`` are found: which files are searched, exceptions.

The list is a file of the course, with what to write instead, so that anyone can extend it. What
must keep such a word (a quotation, a name) is an exception, with its reason.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from course import git, names
from course.chain import FINAL, GENERATED, STEPS, VENDORED, Chain
from course.errors import CourseError

FILE = "docs/wording.toml"
# What people write and read; the rest is data, pictures and what programs make.
_ENDINGS = (
    ".css .html .js .md .mjs .py .sh .template .toml .ts .txt .yaml .yml .graphql .ini .cfg .conf"
).split()
# Between two words: blanks, or the end of a line and the sign of a comment that goes on.
_BETWEEN = re.compile(r"\s+(?:(?:#|//|\*)\s*)?")
_NAMES = frozenset({"Makefile", "Dockerfile", "run", ".flake8", ".gitignore", ".gitattributes"})


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Word(_Table):
    """A word, or several, that are not written.

    Attributes:
        forms: the word in each of its forms; upper and lower case are the same.
        write: what to write instead.
    """

    forms: tuple[str, ...] = Field(min_length=1)
    write: str = Field(min_length=1)


class Allowed(_Table):
    """Where a form may stand.

    Attributes:
        form: the form.
        where: paths from the root; ``*`` stands for anything, slashes too.
        reason: why.
    """

    form: str = Field(min_length=1)
    where: tuple[str, ...] = Field(min_length=1)
    reason: str = Field(min_length=1)


class _File(_Table):
    word: tuple[Word, ...] = ()
    exception: tuple[Allowed, ...] = ()


@dataclass(frozen=True)
class Found:
    """A form that was found, or a fault of the list itself.

    Attributes:
        path: the file, from the root.
        problem: which form, in which lines.
        remedy: what to write.
    """

    path: str
    problem: str
    remedy: str


def read(text: str) -> tuple[tuple[Word, ...], tuple[Allowed, ...]]:
    """Return the words and the exceptions of the list.

    Raises:
        CourseError: when the text is no such list.
    """
    try:
        file = _File.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise CourseError(f"{FILE}: not valid TOML: {error}", "Fix that line.") from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise CourseError(f"{FILE}: {place}: {first['msg']}", f"Fix {FILE}.") from None
    return file.word, file.exception


def check(chain: Chain) -> Iterator[Found]:
    """Yield each file that has a word of the list, and each exception that nothing needs.

    Raises:
        CourseError: when the list cannot be read.
    """
    root = chain.repository.root
    try:
        words, exceptions = read((root / FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return
    except (OSError, UnicodeDecodeError) as error:
        problem = f"{FILE}: cannot be read: {error}"
        raise CourseError(problem, f"git checkout -- {FILE}") from None
    instead = {form.lower(): word.write for word in words for form in word.forms}
    pattern = _pattern(instead)
    needed: set[int] = set()
    # Most files are the same in many steps.
    known: dict[str, list[tuple[str, int]]] = {}
    for path, text in _texts(chain):
        if text not in known:
            known[text] = [*_written(pattern, text)]
        lines: dict[str, list[int]] = {}
        for form, number in known[text]:
            excepted = _exception(exceptions, form, path)
            if excepted is not None:
                needed.add(excepted)
                continue
            lines.setdefault(form, []).append(number)
        for form, numbers in lines.items():
            yield Found(path, f"{_lines(numbers)}: “{form}”", f"Write: {instead[form]}")
    for index, exception in enumerate(exceptions):
        if index not in needed:
            places = ", ".join(exception.where)
            problem = f"the exception of “{exception.form}” in {places} is not needed"
            yield Found(FILE, problem, "Take it out.")


def _written(pattern: re.Pattern[str] | None, text: str) -> Iterator[tuple[str, int]]:
    """Yield each form of the list that a text has, with its line."""
    for match in pattern.finditer(text) if pattern else ():
        form = _BETWEEN.sub(" ", match[0].lower())
        yield form, text.count("\n", 0, match.start()) + 1


def _pattern(instead: Mapping[str, str]) -> re.Pattern[str] | None:
    forms = sorted(instead, key=len, reverse=True)
    if not forms:
        return None
    # Over the end of a line, too: what follows begins with a comment sign there, or with none.
    spaced = "|".join(_BETWEEN.pattern.join(map(re.escape, form.split())) for form in forms)
    return re.compile(rf"(?<![\w-])(?:{spaced})(?![\w-])", re.IGNORECASE)


def _exception(exceptions: tuple[Allowed, ...], form: str, path: str) -> int | None:
    for index, exception in enumerate(exceptions):
        if exception.form.lower() == form and any(fnmatchcase(path, w) for w in exception.where):
            return index
    return None


def _lines(numbers: list[int]) -> str:
    return ("line " if len(numbers) == 1 else "lines ") + names.some([*map(str, numbers)], 5)


def _texts(chain: Chain) -> Iterator[tuple[str, str]]:
    """Yield what people read in the repository, by path; copies of a step are left out."""
    root = chain.repository.root
    copies = tuple(f"{link.folder}/" for link in chain if link.is_copy)
    paths = [
        path
        for path in sorted(git.listed(root, unversioned=True))
        if path != FILE and _is_text(path) and not path.startswith(copies)
    ]
    marks = chain.store.attributes([GENERATED, VENDORED], paths)
    for path in paths:
        if {"set", "true"} & {*marks.get(path, {}).values()}:
            continue
        file = root / path
        try:
            if file.is_file() and not file.is_symlink():
                yield path, file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            continue  # What cannot be read is other rules' to say.


def _is_text(path: str) -> bool:
    name = path.rsplit("/", 1)[-1]
    return (
        name in _NAMES
        or name.endswith(tuple(_ENDINGS))
        or path.startswith((STEPS, FINAL))
        and ("." not in name)
    )
