"""The chain is the links of the catalogue in order, as they are in the working copy now."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from tests import small_course
from tests.small_course import SmallCourse

from course import catalogue
from course.catalogue import Course
from course.chain import links
from course.difference import line_counts
from course.errors import CourseError
from course.git import EMPTY_TREE, Store


@pytest.fixture
def course(tmp_path: Path) -> SmallCourse:
    return small_course.make(tmp_path, steps=2)


def described(count: int, final: bool = False) -> Course:
    step = '[[step]]\nslug = "s{0}"\ntitle = "T"\nsummary = "S"\npart = 1\nminutes = 1\n'
    text = '[course]\ntitle = "C"\n[[part]]\ntitle = "P"\n'
    text += "".join(step.format(number) for number in range(count))
    if final:
        text += '[final]\ntitle = "T"\nsummary = "S"\npart = 1\nminutes = 1\n'
    return catalogue.parse(text, "course.toml")


def test_the_links_are_the_steps_and_then_the_last_snapshot() -> None:
    chain = links(described(2, final=True))
    assert [link.name for link in chain] == ["01-s0", "02-s1", "final"]
    assert [link.label for link in chain] == ["01", "02", "final"]
    assert [link.folder for link in chain] == ["steps/01-s0", "steps/02-s1", "final"]
    assert [link.position for link in chain] == [0, 1, 2]
    assert not any(link.is_copy for link in chain)


def test_from_a_hundred_steps_on_numbers_have_three_digits() -> None:
    chain = links(described(100))
    assert chain[0].name == "001-s0" and chain[99].label == "100"


def test_neighbours_of_the_first_and_of_the_last_link_are_none(course: SmallCourse) -> None:
    chain = course.chain
    first, second, final = chain
    assert chain.before(first) is None and chain.after(final) is None
    assert chain.before(final) == second and chain.after(first) == second
    assert final.is_copy


@pytest.mark.parametrize(
    "text",
    [
        "2",
        "02",
        "002",
        "notes",
        "02-notes",
        "steps/02-notes",
        "steps/02-notes/",
        "./steps/02-notes",
    ],
)
def test_a_link_is_found_by_number_slug_folder_and_path(course: SmallCourse, text: str) -> None:
    assert course.chain.find(text).name == "02-notes"


def test_a_link_is_found_by_a_path_from_wherever_a_person_is(
    course: SmallCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(course.folder("02-notes"))
    assert course.chain.find(".").name == "02-notes"
    assert course.chain.find("../01-greeting").name == "01-greeting"
    assert course.chain.find(str(course.folder("final"))).name == "final"
    with pytest.raises(CourseError, match="There is no step 'tests'"):
        course.chain.find("tests")


@pytest.mark.parametrize("text", ["", " ", "3", "0", "nots", "steps/", "x" * 5000, "-1"])
def test_a_link_that_is_not_there_is_answered_with_those_that_are(
    course: SmallCourse, text: str
) -> None:
    with pytest.raises(CourseError, match="There are: 01-greeting, 02-notes, final") as caught:
        course.chain.find(text)
    assert caught.value.remedy == "course list"


def test_the_files_of_a_link_are_read_as_they_lie_there_now(course: SmallCourse) -> None:
    chain = course.chain
    link = chain.find("1")
    assert chain.read(link, "README.md") == b"# Notes\n"
    course.write("01-greeting", "README.md", "# Other\n")
    assert chain.read(link, "README.md") == b"# Notes\n"
    chain.refresh()
    assert chain.read(link, "README.md") == b"# Other\n"
    assert chain.path(link) == course.root.resolve() / "steps/01-greeting"
    with pytest.raises(CourseError, match="has no file nothing.py") as caught:
        chain.read(link, "nothing.py")
    assert caught.value.remedy == "course show 01"


def test_what_a_link_changes_is_seen_against_the_link_before(course: SmallCourse) -> None:
    chain = course.chain
    first, second, final = chain
    assert {change.status for change in chain.changes(first)} == {"A"}
    assert "notes.py" in {change.path for change in chain.changes(second)}
    assert chain.changes(final) == []


def test_a_link_without_a_folder_is_empty(course: SmallCourse) -> None:
    shutil.rmtree(course.folder("final"))
    chain = course.chain
    assert chain.tree_of(chain.find("final")) == EMPTY_TREE
    assert chain.entries(chain.find("final")) == {}


def test_the_trees_of_a_commit_are_those_of_the_commit(course: SmallCourse) -> None:
    chain = course.chain
    root = chain.store.commit_tree("HEAD")
    assert chain.trees_at(root) == {link.name: chain.tree_of(link) for link in chain}
    assert set(chain.trees_at("").values()) == {EMPTY_TREE}


def test_folders_in_which_git_sees_nothing_are_no_folders(course: SmallCourse) -> None:
    (course.root / "steps" / "09-left" / "__pycache__").mkdir(parents=True)
    (course.root / "steps" / "09-left" / "__pycache__" / "a.pyc").write_text("x")
    assert course.chain.folders() == {"01-greeting", "02-notes"}


def test_a_course_whose_steps_are_not_there_has_no_folders(course: SmallCourse) -> None:
    chain = course.chain
    shutil.rmtree(course.root / "steps")
    assert chain.folders() == set()


def test_a_link_in_the_place_of_a_folder_is_named_with_what_puts_the_folder_there(
    course: SmallCourse, tmp_path: Path
) -> None:
    folder, other = course.folder("02-notes"), tmp_path.resolve() / "else where"
    folder.rename(other)
    folder.symlink_to(other, target_is_directory=True)
    for remedy in (f"rm steps/02-notes && mv '{other}' steps/02-notes", "&& git checkout -- steps"):
        with pytest.raises(CourseError, match="^steps/02-notes is a symbolic link") as raised:
            _ = course.chain.tree
        assert remedy in raised.value.remedy
        shutil.rmtree(other, ignore_errors=True)


def test_generated_and_vendored_files_are_told_apart_from_written_ones(
    course: SmallCourse,
) -> None:
    (course.root / ".gitattributes").write_text(
        "*.lock linguist-generated\n**/vendor/** linguist-vendored\n"
        "steps/02-notes/own.lock -linguist-generated\n"
    )
    chain = course.chain
    names = ["a.lock", "vendor/x y.js", "own.lock", "notes.py"]
    assert chain.marked(chain.find("2"), names) == {
        "a.lock": "generated",
        "vendor/x y.js": "vendored",
    }


def test_git_is_asked_once_for_what_all_links_change(
    course: SmallCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain = course.chain
    expected = [chain.store.changes(*chain.pair_of(link)) for link in chain]
    asked: list[str] = []
    run = Store.run

    def counted(store: Store, *words: str | Path, **options: Any) -> bytes:
        asked.append(str(words[0]))
        return run(store, *words, **options)

    monkeypatch.setattr(Store, "run", counted)
    found = [chain.changes(link) for link in chain]
    sizes_of = [line_counts.of_link(chain, link) for link in chain]
    assert found == expected and sizes_of[1]["notes.py"][0] > 0
    assert sorted(asked) == ["check-attr", "diff-tree", "diff-tree"]
    # What is done to an answer changes no other.
    found[0].clear()
    chain.line_counts(chain.links[1]).clear()
    assert chain.changes(chain.links[0]) == expected[0]
    assert line_counts.of_link(chain, chain.links[1]) == sizes_of[1]


def test_what_was_asked_of_git_is_asked_again_when_the_working_copy_is_read_again(
    course: SmallCourse,
) -> None:
    chain = course.chain
    second = chain.find("2")
    before = line_counts.of_link(chain, second)
    assert chain.marked(second, ["notes.py"]) == {}
    (course.root / ".gitattributes").write_text("notes.py linguist-generated\n")
    course.write("02-notes", "more.py", "one = 1\n")
    assert chain.marked(second, ["notes.py"]) == {} and line_counts.of_link(chain, second) == before
    chain.refresh()
    assert chain.marked(second, ["notes.py"]) == {"notes.py": "generated"}
    after = line_counts.of_link(chain, second)
    assert "notes.py" in before and "notes.py" not in after
    assert after["more.py"] == (1, 0)
