"""In what order checks run: no processor waits for what another one makes."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests import small_course
from tests.verify.helpers import states

from course.verify.outcome import FAILED, PASSED, Outcome
from course.verify.plan import Task
from course.workspace import Workspace


def test_of_links_that_share_an_environment_one_makes_it_and_the_others_do_something_else(
    tmp_path: Path,
) -> None:
    course = small_course.make(tmp_path)
    events: list[tuple[str, str, str]] = []

    def tell(news: Outcome | Task) -> None:
        if isinstance(news, Task):
            events.append(("start", news.link.name, news.check))
        else:
            events.append(("end", news.link, news.check))

    small_course.verify(course.chain, course.chain.links, jobs=8, tell=tell)
    made = events.index(("end", "01-greeting", "install"))
    assert ("start", "01-greeting", "install") in events[:made]
    for other in ("02-notes", "03-stars"):
        assert events.index(("start", other, "install")) > made


def test_a_link_that_cannot_be_installed_keeps_none_from_it_that_shares_its_environment(
    tmp_path: Path,
) -> None:
    course = small_course.make(tmp_path, steps=2, final=False)
    course.set("01-greeting", env="python -c 1/0")
    found = states(course.verify())
    assert ("01-greeting", "env") in {key for key, state in found.items() if state == FAILED}
    assert found["02-notes", "install"] == PASSED


def test_links_with_environments_of_their_own_are_installed_side_by_side(tmp_path: Path) -> None:
    course = small_course.make(tmp_path, steps=2, final=False)
    course.set("02-notes", install="python -c pass")
    first: list[str] = []

    def tell(news: Outcome | Task) -> None:
        if isinstance(news, Task):
            first.append(f"{news.link.name} {news.check}")

    small_course.verify(course.chain, course.chain.links, jobs=2, tell=tell)
    assert first[:2] == ["01-greeting install", "02-notes install"]


def test_link_comes_after_link_and_what_was_copied_for_it_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Few copies lie about at once, however long the chain."""
    course = small_course.make(tmp_path)
    spaces: list[Workspace] = []

    def enter(space: Workspace) -> Workspace:
        spaces.append(space)
        return space

    monkeypatch.setattr(Workspace, "__enter__", enter)
    order: list[str] = []
    lying: list[int] = []

    def tell(news: Outcome | Task) -> None:
        if isinstance(news, Task) and news.check != "install":
            order.append(news.link.name)
        elif isinstance(news, Outcome) and news.check == "copy":
            lying.append(len(list(spaces[0].folder.iterdir())))

    outcomes = small_course.verify(course.chain, course.chain.links, jobs=1, tell=tell)
    assert {outcome.state for outcome in outcomes} == {PASSED}
    assert order == sorted(order, key=["01-greeting", "02-notes", "03-stars", "final"].index)
    assert lying == [0]
