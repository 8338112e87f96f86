"""The mistakes that a measurement makes fit the steps that they are made in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests import benches
from tests.small_course import SCRIPTS

from course import workspace
from course.chain import Chain
from course.repository import Repository

bench = benches.load("mistakes")


@pytest.fixture(scope="module")
def chain() -> Chain:
    return Chain(Repository(SCRIPTS.parent))


@pytest.mark.parametrize("mistake", bench.MISTAKES, ids=lambda mistake: mistake.name)
def test_a_mistake_can_be_made_in_its_step(chain: Chain, tmp_path: Path, mistake: Any) -> None:
    link = next(link for link in chain if link.step.slug == mistake.step)
    before = chain.before(link)
    assert before is not None
    workspace.write_entries(chain.store, chain.entries(link), tmp_path)
    mistake.make(tmp_path, chain.repository.root / before.folder)
    wanted = chain.entries(link)
    found = {
        path: (tmp_path / path).read_bytes() if (tmp_path / path).is_file() else None
        for path in wanted
    }
    contents = chain.store.blobs(entry.blob for entry in wanted.values())
    assert any(found[path] != contents[entry.blob] for path, entry in wanted.items())


def test_a_mistake_that_no_longer_fits_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    with pytest.raises(SystemExit, match="'y' 0 times: fix the bench"):
        bench.edit("a.py", "y", "z")(tmp_path, tmp_path)
