"""A small course with pages, and its verbs called in this process."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests import small_course
from tests.small_course import SmallCourse

from course import cli

NOTES = """# Notes

## What you will have

Rows in a database.

```waive
demo.py
reason: it only makes something to look at
```

## The table

First comes the table. It has *two* columns:

```diff-file
migrations/001.sql
```

```diff-file
migrate.py
```

## The code

### Titles

A note has a title, as `titled` says.

```diff-file
notes.py
```

## The tests

```diff-file
tests/test_notes.py
```
"""

STARS = """# Stars

## A second column

```diff-file
migrations/002.sql
```

## Show them

Two things change. First what a note has:

```diff-file
notes.py
symbol: FIELDS
symbol: docstring
```

And a function:

```diff-file
notes.py
symbol: starred
```

```diff-file
tests/test_stars.py
```
"""


class Learner:
    """Somebody who works along in the playground of a small course."""

    def __init__(self, course: SmallCourse) -> None:
        self.course = course
        self.root = course.root / "playground"

    def type(self, *words: str, code: int = 0) -> str:
        """Call a verb, and return what it prints, results and notes together."""
        done = self.result(*words)
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert done.exit_code == code, done.output
        return done.output

    def result(self, *words: str) -> Result:
        return CliRunner().invoke(cli.cli, words, catch_exceptions=True)

    def write(self, path: str, text: str | bytes) -> Path:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
        return target

    def read(self, path: str) -> str:
        return (self.root / path).read_text(encoding="utf-8")

    def edit(self, path: str, old: str, new: str) -> None:
        text = self.read(path)
        assert old in text
        self.write(path, text.replace(old, new))

    def files(self) -> dict[str, bytes]:
        """Everything of the learner's, but for git's own files and the environment."""
        return {
            path.relative_to(self.root).as_posix(): path.read_bytes()
            for path in sorted(self.root.rglob("*"))
            if path.is_file() and path.relative_to(self.root).parts[0] not in (".git", ".venv")
        }


@pytest.fixture
def course(tmp_path: Path) -> SmallCourse:
    """A small course with a page for each of its steps after the first."""
    made = small_course.make(tmp_path)
    made.tables["course"]["pages"] = "docs/steps"
    made.save()
    for name, text in (("notes", NOTES), ("stars", STARS)):
        page = made.root / "docs" / "steps" / f"{name}.md"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(text, encoding="utf-8")
    made.commit("Pages")
    return made


@pytest.fixture
def learner(course: SmallCourse, monkeypatch: pytest.MonkeyPatch) -> Learner:
    """Somebody who stands in the folder of the course."""
    monkeypatch.chdir(course.root)
    monkeypatch.setenv("COLUMNS", "200")
    return Learner(course)
