"""The versions of a snapshot that are deployed one after the other, in one copy of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from course.catalogue import Change
from course.planted_faults import Wrong


@dataclass(frozen=True)
class Copy:
    """A copy of a snapshot that is changed.

    Attributes:
        folder: where it is.
        log: what is named when a change does not fit.
    """

    folder: Path
    log: Path

    def change(self, changes: Iterable[Change]) -> None:
        """Change files.

        Raises:
            Wrong: when what is to be replaced is not there, or not once, or a new file is there.
        """
        for change in changes:
            file = self.folder / change.path
            text = file.read_text("utf-8") if file.is_file() else ""
            if change.old:
                found = text.count(change.old)
                if found != 1:
                    problem = f"{change.path} has {change.old!r} {found} times"
                    raise self._misfit(problem)
                text = text.replace(change.old, change.new)
            elif file.exists():
                raise self._misfit(f"{change.path} is there already")
            else:
                text = change.new
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")

    @contextmanager
    def changed(self, changes: Iterable[Change]) -> Iterator[None]:
        """Change files for a while.

        Raises:
            Wrong: as `change`.
        """
        wanted = tuple(changes)
        files = [self.folder / change.path for change in wanted]
        before = {file: file.read_bytes() if file.is_file() else None for file in files}
        self.change(wanted)
        try:
            yield
        finally:
            for file, content in before.items():
                if content is None:
                    file.unlink()
                else:
                    file.write_bytes(content)

    def _misfit(self, problem: str) -> Wrong:
        return Wrong(
            f"a version cannot be made: {problem}. Fix `deployment` in the catalogue.", self.log
        )
