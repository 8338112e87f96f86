"""Insert, rename and take out a step: all of it or nothing, and back again byte for byte."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from course import catalogue, overview
from course.chain import Chain
from course.commands import restructure as verbs
from course.docs import navigation
from course.docs.pictures import catalogue as pictures
from course.docs.publish import redirects
from course.errors import CourseError
from course.propagate.operation import Propagation
from course.repository import Repository
from course.restructure import catalogue_text, references, steps
from course.restructure.references import Renaming
from tests import propagation_chains as made

SCRIPTS = Path(__file__).parents[2]
Everything = dict[str, tuple[str, bytes]]


@pytest.fixture
def course(tmp_path: Path) -> Repository:
    """Four steps with pages, pictures, and files that speak of them; a copy at the end."""
    snapshots: list[made.Files] = [
        {f"n{n}": (made.FILE, b"%d\n" % n) for n in range(position + 1)} for position in range(4)
    ]
    repository = made.make(
        tmp_path / "course", [*snapshots, snapshots[3]], final="copy = true", pages="docs/steps"
    )
    root = repository.root
    for path, text in {
        "docs/steps/s2.md": "# Two\n\n![](../pictures/s2/a.png) [three](s3.md#top)\n\n[r]: s3.md\n",
        "docs/steps/s3.md": "# Three\n\n[two](s2.md), [site](https://s2.md), [x](#s2.md)\n",
        "docs/index.md": "[two](steps/s2.md 'Two') `steps/03-s3`, `course run 03`, `STEP=03`\n",
        "docs/pictures/s2/a.png": "a picture",
        "docs/note.md": "---\nstep: s2\n---\n",
        "mkdocs.yml": "nav:\n  - steps/s2.md\n",
        "README.md": "<!-- steps -->\n<!-- /steps -->\n\nSee steps/02-s2/n1 and 03-s3-not.\n",
        "STEP_BY_STEP.md": "",
        ".gitattributes": "steps/*-s2/x -merge\n",
        "logo.bin": "\0steps/02-s2",
        "latin.txt": "",
    }.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    (root / "latin.txt").write_bytes(b"caf\xe9 steps/02-s2")
    for path, content in overview.generated(Chain(repository)).items():
        (root / path).write_bytes(content)
    made.commit(root)
    return repository


def text(course: Repository, path: str) -> str:
    return (course.root / path).read_text()


def names(course: Repository) -> list[str]:
    return sorted(os.listdir(course.root / "steps"))


# -- new ---------------------------------------------------------------------------------------


def test_a_new_step_is_a_copy_of_the_one_before(course: Repository) -> None:
    done = steps.new(course, "2", "fresh", title="Fresh air", summary="It breathes.")
    assert done.folder == "steps/03-fresh"
    assert names(course) == ["01-s1", "02-s2", "03-fresh", "04-s3", "05-s4", "course.toml"]
    chain = Chain(course)
    assert chain.tree_of(chain.find("fresh")) == chain.tree_of(chain.find("s2"))
    step = chain.find("fresh").step
    assert (step.title, step.summary, step.part) == ("Fresh air", "It breathes.", 1)
    assert text(course, "docs/steps/fresh.md").startswith("# Fresh air\n\nIt breathes.")
    assert "| [03 · Fresh air](steps/03-fresh) | It breathes. |" in text(course, "README.md")
    assert "Fresh air" in text(course, "STEP_BY_STEP.md")


def test_what_speaks_of_later_steps_follows(course: Repository) -> None:
    steps.new(course, "2", "fresh")
    line = text(course, "docs/index.md")
    assert "`steps/04-s3`, `course run 04`, `STEP=04`" in line
    assert "03-s3-not" in text(course, "README.md")


def test_new_and_remove_leave_everything_byte_for_byte(course: Repository) -> None:
    before = made.everything(course.root)
    for after in ("1", "2", "4"):
        steps.new(course, after, "fresh")
        assert made.everything(course.root) != before
        steps.remove(course, "fresh")
        assert made.everything(course.root) == before


def test_ignored_and_uncommitted_files_move_along(course: Repository) -> None:
    (course.root / "steps/03-s3/.env").write_text("a secret")
    (course.root / "steps/03-s3/n1").write_text("edited")
    (course.root / "steps/03-s3/untracked").write_text("new")
    before = made.everything(course.root)
    steps.new(course, "1", "fresh")
    moved = course.root / "steps/04-s3"
    assert (moved / ".env").read_text() == "a secret"
    assert (moved / "n1").read_text() == "edited"
    assert (moved / "untracked").read_text() == "new"
    assert not (course.root / "steps/02-fresh/.env").exists()
    steps.remove(course, "fresh")
    assert made.everything(course.root) == before


def test_an_insertion_is_written_on_and_carried(course: Repository) -> None:
    steps.new(course, "2", "fresh")
    (course.root / "steps/03-fresh/idea.py").write_text("an idea\n")
    with Propagation(course) as propagation:
        propagation.begin()
    for folder in ("steps/04-s3", "steps/05-s4", "final"):
        assert (course.root / folder / "idea.py").exists()
    assert not (course.root / "steps/02-s2/idea.py").exists()


@pytest.mark.parametrize("slug", ["s3", "final", "Über", "a--b", "-a", ""])
def test_a_slug_that_is_taken_or_none_is_refused(course: Repository, slug: str) -> None:
    before = made.everything(course.root)
    with pytest.raises(CourseError):
        steps.new(course, "1", slug)
    with pytest.raises(CourseError):
        steps.rename(course, "1", slug)
    assert made.everything(course.root) == before


def test_nothing_follows_the_end(course: Repository) -> None:
    with pytest.raises(CourseError, match="Nothing follows final"):
        steps.new(course, "final", "fresh")
    with pytest.raises(CourseError, match="has no name of its own"):
        steps.rename(course, "final", "fresh")
    with pytest.raises(CourseError, match="is the end of the chain"):
        steps.remove(course, "final")


def test_something_in_the_way_stops_it(course: Repository) -> None:
    (course.root / "steps/04-s3").mkdir()
    before = made.everything(course.root)
    with pytest.raises(CourseError, match="steps/04-s3 is in the way"):
        steps.new(course, "1", "fresh")
    assert made.everything(course.root) == before


def test_it_waits_for_a_propagation_that_stopped(course: Repository) -> None:
    (course.root / "steps/01-s1/n0").write_text("edit\n")
    (course.root / "steps/02-s2/n0").write_text("other\n")
    with Propagation(course) as propagation:
        assert propagation.begin().stopped is not None
    with pytest.raises(CourseError, match="must wait"):
        steps.new(course, "1", "fresh")
    with pytest.raises(CourseError, match="must wait"):
        steps.rename(course, "1", "fresh")
    with pytest.raises(CourseError, match="must wait"):
        steps.remove(course, "1")


def test_more_than_ninety_nine_steps_get_three_digits(tmp_path: Path) -> None:
    snapshot: made.Files = {"a": (made.FILE, b"a")}
    course = made.make(tmp_path / "course", [snapshot] * 99)
    before = made.everything(course.root)
    steps.new(course, "99", "fresh")
    assert names(course)[0] == "001-s1"
    assert Chain(course).find("fresh").folder == "steps/100-fresh"
    steps.remove(course, "fresh")
    assert made.everything(course.root) == before


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a process is copied at each operation")
def test_killed_at_any_moment_it_is_inserted_or_not(tmp_path: Path) -> None:
    snapshots: list[made.Files] = [{"a": (made.FILE, b"%d" % n)} for n in range(3)]
    course = made.make(tmp_path / "template", snapshots, pages="docs")
    (course.root / "steps/02-s2/.env").write_text("a secret")
    before = made.everything(course.root)
    steps.new(Repository(_copy(course, tmp_path / "after")), "1", "fresh")
    after = made.everything(tmp_path / "after")
    program = SCRIPTS / "tests/journal/kills.py"
    work = "tests.journal.works:insertion"
    done = subprocess.run(
        [sys.executable, str(program), str(SCRIPTS), work, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    left = [
        made.everything(tmp_path / f"case-{number}")
        for number in range(1, len(done.stdout.splitlines()) + 1)
    ]
    assert all(found in (before, after) for found in left)
    assert before in left and left[-1] == after


def _copy(course: Repository, target: Path) -> Path:
    made.sh(course.root.parent, "clone", "-q", str(course.root), str(target))
    (target / "steps/02-s2/.env").write_text("a secret")
    return target


# -- rename ------------------------------------------------------------------------------------


def test_folder_page_pictures_and_links_follow_a_new_slug(course: Repository) -> None:
    done = steps.rename(course, "s2", "second", title='The "second"')
    assert done.folder == "steps/02-second"
    assert Chain(course).find("second").step.title == 'The "second"'
    assert text(course, "docs/steps/second.md") == (
        "# Two\n\n![](../pictures/second/a.png) [three](s3.md#top)\n\n[r]: s3.md\n"
    )
    assert "[two](second.md), [site](https://s2.md), [x](#s2.md)" in text(
        course, "docs/steps/s3.md"
    )
    assert "[two](steps/second.md 'Two')" in text(course, "docs/index.md")
    assert text(course, "docs/note.md") == "---\nstep: second\n---\n"
    assert text(course, "mkdocs.yml") == "nav:\n  - steps/second.md\n"
    assert "steps/02-second/n1" in text(course, "README.md")
    assert text(course, ".gitattributes") == "steps/*-second/x -merge\n"
    assert (course.root / "latin.txt").read_bytes() == b"caf\xe9 steps/02-s2"
    assert redirects.read(course.root) == {"steps/s2.md": "steps/second.md"}


LIST = """# The pictures.

[[picture]]
name = "s2"
step = "s2"  # the second

[[picture.action]]
fill = "#a"
with = "s2"

[[picture]]
name = "s2-phone"
step = "s2"

[[picture]]
name = "other"
step = "s2"

[[picture]]
name = "s2-taken"
step = "s3"

[[picture]]
name = "site"
page = "steps/s2.md"
url = "#two"
"""


@pytest.fixture
def pictured(course: Repository) -> Repository:
    """The same, with single pictures, listed, one of which shows the site."""
    folder = course.root / "docs/pictures"
    (folder / "pictures.toml").write_text(LIST)
    kept = {name: "1" for name in ("other", "s2", "s2-phone", "s2-taken", "site")}
    (folder / "fingerprints.json").write_text(json.dumps(kept, indent=2) + "\n")
    for name in kept:
        (folder / f"{name}.png").write_text(name)
    page = course.root / "docs/steps/s2.md"
    page.write_text(page.read_text() + "\n![](../pictures/s2-phone.png)\n")
    made.commit(course.root)
    return course


def listed(course: Repository) -> dict[str, str]:
    """Return what each listed picture shows, by its name."""
    return {p.name: p.step or p.page for p in pictures.read(course.root)}


def test_pictures_follow_a_new_slug(pictured: Repository) -> None:
    steps.rename(pictured, "s2", "second")
    assert listed(pictured) == {
        "second": "second",
        "second-phone": "second",
        "other": "second",
        "s2-taken": "s3",
        "site": "steps/second.md",
    }
    assert 'step = "second"  # the second' in text(pictured, "docs/pictures/pictures.toml")
    assert 'with = "s2"' in text(pictured, "docs/pictures/pictures.toml")
    assert text(pictured, "docs/pictures/second-phone.png") == "s2-phone"
    assert "![](../pictures/second-phone.png)" in text(pictured, "docs/steps/second.md")
    assert sorted(pictures.known(pictured.root)) == sorted(listed(pictured))


def test_pictures_are_called_as_before_when_their_step_is(pictured: Repository) -> None:
    before = made.everything(pictured.root)
    steps.rename(pictured, "s2", "second")
    made.commit(pictured.root)
    steps.rename(pictured, "second", "s2")
    after = made.everything(pictured.root)
    after.pop("docs/redirects.toml")
    assert after == before


def test_a_name_that_is_taken_stays(pictured: Repository) -> None:
    file = pictured.root / "docs/pictures/pictures.toml"
    file.write_text(LIST.replace('"other"', '"second"'))
    steps.rename(pictured, "s2", "second")
    assert listed(pictured)["s2"] == "second"
    assert text(pictured, "docs/pictures/s2.png") == "s2"


def test_pictures_of_a_step_that_is_taken_out_go_too(pictured: Repository) -> None:
    done = steps.remove(pictured, "s2")
    assert listed(pictured) == {"s2-taken": "s3", "site": "steps/s1.md"}
    assert text(pictured, "docs/pictures/pictures.toml").startswith("# The pictures.\n\n[[")
    assert sorted(pictures.known(pictured.root)) == ["s2-taken", "site"]
    assert not (pictured.root / "docs/pictures/s2-phone.png").exists()
    assert text(pictured, f"{done.backup}/docs/pictures/s2-phone.png") == "s2-phone"


@pytest.mark.parametrize("broken", ["{", "[]"])
def test_lists_that_cannot_be_read_stay_as_they_are(pictured: Repository, broken: str) -> None:
    kept = pictured.root / "docs/pictures/fingerprints.json"
    kept.write_text(broken)
    steps.rename(pictured, "s2", "second")
    assert kept.read_text() == broken
    (pictured.root / "docs/pictures/pictures.toml").write_text("[")
    steps.rename(pictured, "second", "third")
    assert text(pictured, "docs/pictures/pictures.toml") == "["


def test_renamed_twice_an_address_leads_straight_on(course: Repository) -> None:
    steps.rename(course, "s2", "second")
    made.commit(course.root)
    steps.rename(course, "second", "zweiter")
    assert redirects.read(course.root) == {
        "steps/s2.md": "steps/zweiter.md",
        "steps/second.md": "steps/zweiter.md",
    }


def test_renamed_and_back_nothing_is_left_but_the_redirects(course: Repository) -> None:
    before = made.everything(course.root)
    steps.rename(course, "s2", "second")
    made.commit(course.root)
    steps.rename(course, "second", "s2")
    assert redirects.read(course.root) == {"steps/second.md": "steps/s2.md"}
    after = made.everything(course.root)
    after.pop("docs/redirects.toml")
    assert after == before


def test_only_the_title_may_change(course: Repository) -> None:
    steps.rename(course, "s2", "s2", title="Other")
    assert names(course)[1] == "02-s2"
    assert "Other" in text(course, "README.md")


def test_what_was_carried_follows_a_new_slug(course: Repository) -> None:
    (course.root / "steps/01-s1/n0").write_text("edit\n")
    with Propagation(course) as propagation:
        propagation.begin()
    steps.rename(course, "s2", "second")
    with Propagation(course) as propagation:
        report = propagation.begin()
    assert not any(outcome.changed for outcome in report.outcomes)


def test_a_redirect_that_is_there_already_stays(course: Repository) -> None:
    head = '# Mine.\n\n[redirects]\n"old.md" = "index.md"  # long ago\n'
    (course.root / "docs/redirects.toml").write_text(head)
    steps.rename(course, "s2", "second")
    assert text(course, "docs/redirects.toml").startswith(head)
    assert redirects.read(course.root)["steps/s2.md"] == "steps/second.md"


def test_before_the_first_commit_no_page_has_an_address(course: Repository) -> None:
    made.sh(course.root, "update-ref", "-d", "HEAD")
    steps.rename(course, "s2", "second")
    assert not redirects.read(course.root)


# -- remove ------------------------------------------------------------------------------------


def test_a_step_that_is_taken_out_lies_in_the_backups(course: Repository) -> None:
    (course.root / "steps/02-s2/.env").write_text("a secret")
    done = steps.remove(course, "s2")
    assert names(course) == ["01-s1", "02-s3", "03-s4", "course.toml"]
    backup = course.root / done.backup
    assert (backup / "steps/02-s2/.env").read_text() == "a secret"
    assert (backup / "docs/steps/s2.md").exists()
    assert (backup / "docs/pictures/s2/a.png").exists()
    assert redirects.read(course.root) == {"steps/s2.md": "steps/s1.md"}
    assert "[two](s1.md)" in text(course, "docs/steps/s3.md")
    assert done.look == [
        *(f"{path} still speaks of 02-s2" for path in ("README.md", "latin.txt")),
        "steps/02-s3 still has from 02-s2: n1. Take out of it what is to go as well, then: course"
        " propagate",
    ]


def carry(course: Repository) -> None:
    with Propagation(course) as propagation:
        assert propagation.begin().stopped is None


def test_what_was_carried_stays_in_the_later_steps_and_is_named(course: Repository) -> None:
    before = made.everything(course.root)
    steps.new(course, "2", "fresh")
    for number in range(7):
        (course.root / f"steps/03-fresh/idea{number}.py").write_text("an idea\n")
    (course.root / "steps/03-fresh/n0").write_text("changed\n")
    carry(course)
    (line,) = steps.remove(course, "fresh").look
    names = ", ".join(f"idea{number}.py" for number in range(5))
    assert line.startswith(f"steps/03-s3 still has from 03-fresh: {names} and 3 more.")
    assert "then: course propagate" in line
    for number in range(7):
        (course.root / f"steps/03-s3/idea{number}.py").unlink()
    (course.root / "steps/03-s3/n0").write_text("0\n")
    carry(course)
    assert made.everything(course.root) == before


def test_what_was_carried_and_taken_back_leaves_everything_byte_for_byte(
    course: Repository,
) -> None:
    before = made.everything(course.root)
    steps.new(course, "2", "fresh")
    idea = course.root / "steps/03-fresh/idea.py"
    idea.write_text("an idea\n")
    carry(course)
    idea.unlink()
    carry(course)
    assert steps.remove(course, "fresh").look == []
    assert made.everything(course.root) == before


def test_of_what_was_not_carried_nothing_is_named(course: Repository) -> None:
    steps.new(course, "2", "fresh")
    (course.root / "steps/03-fresh/idea.py").write_text("an idea\n")
    (course.root / "steps/03-fresh/n0").unlink()
    assert steps.remove(course, "fresh").look == []


def test_a_copy_at_the_end_keeps_nothing(course: Repository) -> None:
    assert not any("still has" in line for line in steps.remove(course, "4").look)


def test_the_recipe_of_the_contributors_speaks_of_no_step_that_they_make() -> None:
    """Otherwise it would be changed by `rename`, and found to speak of the step by `remove`."""
    text = (SCRIPTS.parent / "CONTRIBUTING.md").read_bytes()
    for name in ("04-feature-flags", "05-feature-flags"):
        assert name.encode() not in text
        renaming = Renaming(
            names={name: "04-other"}, slugs={"feature-flags": "other"}, gone="feature-flags"
        )
        assert references.follow("CONTRIBUTING.md", text, renaming) == text


# -- the navigation ----------------------------------------------------------------------------

MARKS = "site_name: x\n# nav: begin\nnav: []\n# nav: end\nplugins: [steps/s2.md]\n"


@pytest.fixture
def navigated(course: Repository) -> Repository:
    """The same, with a navigation that is up to date."""
    (course.root / "mkdocs.yml").write_text(MARKS)
    for position in (1, 4):
        (course.root / f"docs/steps/s{position}.md").write_text("# A page\n")
    navigation.write(Chain(course))
    made.commit(course.root)
    return course


def listed_pages(course: Repository) -> list[str]:
    """Return the steps' pages of the navigation, which must be what `course docs nav` makes."""
    assert navigation.is_current(Chain(course))
    found = text(course, "mkdocs.yml").partition("# nav: end")[0]
    return re.findall(r"steps/(.+)\.md", found)


def test_the_navigation_follows_each_verb(navigated: Repository) -> None:
    before = text(navigated, "mkdocs.yml")
    assert listed_pages(navigated) == ["s1", "s2", "s3", "s4"]
    done = steps.new(navigated, "2", "fresh")
    assert listed_pages(navigated) == ["s1", "s2", "fresh", "s3", "s4"]
    assert "mkdocs.yml" in done.files
    done = steps.rename(navigated, "fresh", "other")
    assert listed_pages(navigated) == ["s1", "s2", "other", "s3", "s4"]
    assert "mkdocs.yml" in done.files
    steps.remove(navigated, "other")
    assert text(navigated, "mkdocs.yml") == before


def test_a_page_that_goes_is_not_its_neighbours_twice(navigated: Repository) -> None:
    done = steps.remove(navigated, "s2")
    assert listed_pages(navigated) == ["s1", "s3", "s4"]
    assert done.files.count("mkdocs.yml") == 1
    assert text(navigated, "mkdocs.yml").endswith("# nav: end\nplugins: [steps/s1.md]\n")


def test_line_ends_of_the_configuration_survive(navigated: Repository) -> None:
    path = navigated.root / "mkdocs.yml"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    before = path.read_bytes()
    steps.new(navigated, "2", "fresh")
    assert path.read_bytes().count(b"\n") == before.count(b"\n") + 1
    assert path.read_bytes().count(b"\n") == path.read_bytes().count(b"\r\n")
    steps.remove(navigated, "fresh")
    assert path.read_bytes() == before


def test_a_configuration_without_marks_only_has_its_links_followed(course: Repository) -> None:
    steps.new(course, "2", "fresh")
    assert text(course, "mkdocs.yml") == "nav:\n  - steps/s2.md\n"
    steps.rename(course, "s2", "second")
    assert text(course, "mkdocs.yml") == "nav:\n  - steps/second.md\n"


def test_without_the_last_step_the_copy_is_of_the_one_before(course: Repository) -> None:
    steps.remove(course, "4")
    assert made.read(course.root / "final") == made.read(course.root / "steps/03-s3")


def test_the_first_step_may_go(course: Repository) -> None:
    steps.remove(course, "1")
    assert names(course) == ["01-s2", "02-s3", "03-s4", "course.toml"]


def test_the_only_step_stays(tmp_path: Path) -> None:
    course = made.make(tmp_path / "course", [{"a": (made.FILE, b"a")}])
    with pytest.raises(CourseError, match="at least one step"):
        steps.remove(course, "1")


def test_a_step_without_folder_may_go(course: Repository) -> None:
    made.write(course.root / "steps/02-s2", {})
    (course.root / "steps/02-s2").rmdir()
    steps.remove(course, "s2")
    assert names(course) == ["01-s1", "02-s3", "03-s4", "course.toml"]


def test_a_course_without_pages(tmp_path: Path) -> None:
    course = made.make(tmp_path / "course", [{"a": (made.FILE, b"a")}] * 2)
    before = made.everything(course.root)
    steps.new(course, "1", "fresh")
    steps.rename(course, "fresh", "other")
    steps.remove(course, "other")
    assert made.everything(course.root) == before
    assert not redirects.read(course.root)


# -- the catalogue as text ---------------------------------------------------------------------

HAND_WRITTEN = """# A course.
[course]
title = "Hand-written"

[[part]]
title = "One"

# The first.
[[step]]
slug = "a"  # a comment
title = "A"
summary = "S"
part = 1
minutes = 5
services = ["db"]

[step.commands]
test = ["x", "y"]

# Of the second part.
[[part]]
title = "Two"

[[step]]
title = 'B'
slug = 'b'
summary = \"\"\"
[step]
[[stop]]
\"\"\"
part = 2
minutes = 5"""


@pytest.mark.parametrize("end", ["", "\n", "\n\n", "\n# The end.\n", "\n\n# The end.\n"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("after", ["a", "b"])
def test_the_catalogue_survives_byte_for_byte(end: str, newline: str, after: str) -> None:
    text = (HAND_WRITTEN + end).replace("\n", newline)
    if "stop" in text:
        text = text.replace("[step]" + newline + "[[stop]]", "no table")
    more = catalogue_text.insert(text, after, "new", "N", "S")
    course = catalogue.parse(more, "x")
    assert [s.slug for s in course.steps] == {"a": ["a", "new", "b"], "b": ["a", "b", "new"]}[after]
    made_step = next(s for s in course.steps if s.slug == "new")
    model = next(s for s in course.steps if s.slug == after)
    assert (made_step.commands, made_step.services) == (model.commands, model.services)
    assert catalogue_text.remove(more, "new") == text
    other = catalogue_text.rename(text, after, "c-d", 'T "x"')
    assert catalogue_text.rename(other, "c-d", after) != text
    assert catalogue.parse(other, "x").steps[1 if after == "b" else 0].title == 'T "x"'


def test_comments_right_above_another_table_stay_with_it() -> None:
    text = HAND_WRITTEN.replace("[step]\n[[stop]]", "")
    assert "# Of the second part.\n[[part]]" in catalogue_text.remove(text, "a")
    more = catalogue_text.insert(text, "a", "new", "N", "S")
    assert "# Of the second part.\n[[part]]" in more


@pytest.mark.parametrize("line", ["[[step]]", "[[part]]"])
def test_a_catalogue_that_cannot_be_changed_safely_is_refused(line: str) -> None:
    text = HAND_WRITTEN.replace("[step]\n[[stop]]", line)
    with pytest.raises(CourseError, match="cannot change safely"):
        catalogue_text.insert(catalogue_text.rename(text, "b", "c"), "c", "new", "N", "S")


def test_tables_written_in_one_line_are_refused() -> None:
    text = 'step = [{slug = "a", title = "A", part = 1, summary = "", minutes = 5}]\n'
    with pytest.raises(CourseError, match="cannot change safely"):
        catalogue_text.insert(text, "a", "new", "N", "S")


# -- random ------------------------------------------------------------------------------------


@settings(
    max_examples=int(os.environ.get("COURSE_EXAMPLES", "8")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(st.lists(st.tuples(st.integers(1, 9), st.sampled_from("pqrs")), min_size=1, max_size=4))
def test_insertions_taken_back_in_any_order(
    tmp_path_factory: pytest.TempPathFactory, insertions: list[tuple[int, str]]
) -> None:
    course = made.make(tmp_path_factory.mktemp("c") / "course", made.chain(3, 9), pages="docs")
    before = made.everything(course.root)
    slugs = list(dict(((slug, 0) for _, slug in insertions)))
    for slug, (after, _) in zip(slugs, insertions, strict=False):
        steps.new(course, str(after), slug)
    for slug in sorted(slugs):
        steps.remove(course, slug)
    assert made.everything(course.root) == before


# -- the command line --------------------------------------------------------------------------


def test_the_verbs(
    course: Repository, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(course.root)
    for verb, words, said in (
        (verbs.new, ["--after", "2", "fresh"], "course propagate"),
        (verbs.rename, ["fresh", "other"], "It is in steps/03-other now."),
        (verbs.remove, ["2"], "still speaks of 02-s2"),
    ):
        done = CliRunner().invoke(verb, words, catch_exceptions=False)
        assert done.exit_code == 0
        assert said in capfd.readouterr().err + done.output


def test_a_verb_says_where_an_edit_of_the_copy_went(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    snapshots: list[made.Files] = [{"a": (made.FILE, b"%d" % n)} for n in (1, 2, 2)]
    course = made.make(tmp_path / "course", snapshots, final="copy = true")
    (course.root / "final/a").write_text("an edit in the wrong place")
    monkeypatch.chdir(course.root)
    done = CliRunner().invoke(verbs.new, ["--after", "1", "fresh"], catch_exceptions=False)
    said = capfd.readouterr().err + done.output
    assert "What was replaced is in" in said
    (backup,) = (course.state / "backups").iterdir()
    assert (backup / "final/a").read_text() == "an edit in the wrong place"
