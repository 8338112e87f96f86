"""Every fault that is planted in a chain is found, in its place, with what fixes it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests import small_course
from tests.small_course import SmallCourse

from course import cli
from course.chain import Chain
from course.lint.chain_rules import _RULES, LONG, MOST_LINES, Finding, fix, lint, lint_known

POSIX = os.name == "posix"
# No address of a real index stands in a file of this repository.
HOST = "https://" + "index.example"


@pytest.fixture
def course(tmp_path: Path) -> SmallCourse:
    made = small_course.make(tmp_path, steps=2)
    fix(made.chain)
    return made


def only(course: SmallCourse) -> Finding:
    """Return the one finding there is."""
    found = lint(course.chain)
    assert len(found) == 1, found
    return found[0]


def test_a_chain_without_fault_has_no_findings(course: SmallCourse) -> None:
    assert lint(course.chain) == []


# Folders


def test_a_number_that_was_skipped_is_found(course: SmallCourse) -> None:
    (course.root / "steps/02-notes").rename(course.root / "steps/03-notes")
    found = {finding.where: finding for finding in lint(course.chain)}
    assert found["steps/03-notes"].problem == "the catalogue's order makes it 02-notes"
    assert found["steps/03-notes"].remedy == "git mv steps/03-notes steps/02-notes"


def test_a_step_whose_name_only_ends_like_another_is_not_taken_for_it(course: SmallCourse) -> None:
    (course.root / "steps/02-notes").rename(course.root / "steps/02-my-notes")
    problems = {finding.where: finding.problem for finding in lint(course.chain)}
    assert problems["steps/02-my-notes"] == "is no step of the catalogue"
    assert problems["steps/02-notes"].endswith(
        "there is no such folder (02-my-notes has its number)"
    )


def test_a_step_without_a_folder_is_a_gap(course: SmallCourse) -> None:
    shutil.rmtree(course.root / "steps/02-notes")
    first = lint(course.chain)[0]
    assert first.where == "steps/02-notes"
    assert first.problem == "the catalogue has this step, but there is no such folder"
    assert "course remove notes" in first.remedy


def test_a_folder_that_is_no_step_is_found(course: SmallCourse) -> None:
    (course.root / "steps/03-more").mkdir()
    (course.root / "steps/03-more/a.py").write_text("x")
    assert only(course).where == "steps/03-more"


def test_a_second_folder_of_a_step_is_found(course: SmallCourse) -> None:
    shutil.copytree(course.root / "steps/02-notes", course.root / "steps/07-notes")
    assert only(course) == Finding(
        "steps/07-notes",
        "is no step of the catalogue",
        "Describe it in steps/course.toml, or take the folder away.",
    )


def test_a_folder_of_which_only_ignored_files_are_left_is_no_fault(course: SmallCourse) -> None:
    (course.root / "steps/03-more/__pycache__").mkdir(parents=True)
    (course.root / "steps/03-more/__pycache__/a.pyc").write_text("x")
    (course.root / "steps/04-empty").mkdir()
    assert lint(course.chain) == []


def test_a_file_that_the_persons_own_git_ignores_is_named(course: SmallCourse) -> None:
    exclude = course.root / ".git" / "info" / "exclude"
    exclude.parent.mkdir(exist_ok=True)
    exclude.write_text("*.mine\n")
    course.write("01-greeting", "a b.mine", "x\n")
    finding = only(course)
    assert finding.where == "steps/01-greeting/a b.mine" and finding.warning
    assert finding.problem.endswith("your git ignores it, by a rule in .git/info/exclude")
    assert finding.remedy.startswith("git add --force -- 'steps/01-greeting/a b.mine'")


def test_a_last_snapshot_that_is_missing_is_found(course: SmallCourse) -> None:
    shutil.rmtree(course.folder("final"))
    assert only(course) == Finding("final", "is missing", "course lint --fix")
    course.set("final", copy=False)
    assert lint(course.chain)[0].remedy == "git checkout -- final"


def test_a_last_snapshot_that_the_catalogue_lacks_is_found(course: SmallCourse) -> None:
    del course.tables["final"]
    course.save()
    fix(course.chain)
    assert only(course).where == "final"


# Copies, files


def test_a_copy_that_differs_is_found_with_the_files(course: SmallCourse) -> None:
    course.write("final", "README.md", "# Other\n")
    finding = only(course)
    assert finding.where == "final" and finding.problem.endswith("in README.md")
    assert "steps/02-notes" in finding.remedy
    for name in ("a", "b", "c"):
        course.write("final", name, "x")
    assert only(course).problem.endswith("README.md, a, b and 1 more")


@pytest.mark.parametrize(
    ("path", "pattern"),
    [
        ("db.sqlite3", "*.sqlite3"),
        ("deep/er/db.sqlite3", "*.sqlite3"),
        (".env", ".env"),
        ("deep/node_modules/x/y.js", "node_modules/*"),
        ("node_modules/x.js", "node_modules/*"),
    ],
)
def test_a_forbidden_file_is_found_at_any_depth(
    course: SmallCourse, path: str, pattern: str
) -> None:
    course.tables["course"]["forbidden"] = [pattern, "never"]
    course.save()
    course.write("01-greeting", path, "x")
    finding = only(course)
    assert finding.where == f"steps/01-greeting/{path}" and f"({pattern})" in finding.problem


def test_a_file_that_is_only_named_like_a_forbidden_one_is_none(course: SmallCourse) -> None:
    course.tables["course"]["forbidden"] = [".env"]
    course.save()
    course.write("01-greeting", "x.env", "x")
    assert lint(course.chain) == []


def test_a_snapshot_that_names_a_number_is_found_with_the_line(course: SmallCourse) -> None:
    course.write("01-greeting", "compose.yml", "a: 1\nname: 02-notes\n")
    finding = only(course)
    assert finding.where == "steps/01-greeting/compose.yml"
    assert finding.problem.startswith("line 2 names 02-notes")


def test_a_conflict_marker_that_is_left_is_found_as_such(course: SmallCourse) -> None:
    text = "a: 1\n<<<<<<< 02-notes\nb\n=======\nc\n>>>>>>> edited-01-greeting\n"
    course.write("01-greeting", "compose.yml", text)
    finding = only(course)
    assert finding.where == "steps/01-greeting/compose.yml"
    assert finding.problem == "a conflict marker is left in lines 2, 6"
    assert "course propagate --continue" in finding.remedy
    course.write("01-greeting", "compose.yml", "a: 1\n>>>>>>> 02-notes\nname: 02-notes\n")
    problems = [finding.problem for finding in lint(course.chain)]
    assert problems[0] == "a conflict marker is left in line 2"
    assert problems[1].startswith("line 3 names 02-notes")


@pytest.mark.skipif(not POSIX, reason="symbolic links need more rights on Windows")
@pytest.mark.parametrize("target", ["../x", "/etc/hosts", "tests/../../x", "C:\\x", ".."])
def test_a_symbolic_link_that_leads_outside_is_found(course: SmallCourse, target: str) -> None:
    (course.folder("01-greeting") / "link").symlink_to(target)
    finding = only(course)
    assert finding.where == "steps/01-greeting/link" and target in finding.problem


@pytest.mark.skipif(not POSIX, reason="symbolic links need more rights on Windows")
def test_a_symbolic_link_inside_is_none(course: SmallCourse) -> None:
    (course.folder("01-greeting") / "tests" / "link").symlink_to("../greeting.py")
    (course.folder("01-greeting") / "dots").symlink_to("..data")
    assert lint(course.chain) == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("poetry.lock", '[[package]]\nname = "a"\nversion = "1"\n\n[package.source]\nurl = "{}"\n'),
        ("package-lock.json", '{{\n"resolved": "{}/a.tgz"\n}}\n'),
        ("yarn.lock", 'a@1:\n  version "1"\n  resolved "{}/a.tgz"\n'),
        ("uv.lock", 'source = {{ registry = "{}/simple" }}\n'),
        ("requirements.txt", "# x\n--extra-index-url {}\n"),
        ("requirements.txt", "# x\n-i {}\n"),
        ("requirements.txt", "a @ {}/a.whl\n"),
        (".npmrc", "registry={}\n"),
        ("pyproject.toml", '[[tool.poetry.source]]\nurl = "{}"\n'),
    ],
)
def test_the_address_of_an_index_is_found(course: SmallCourse, path: str, text: str) -> None:
    course.write("01-greeting", path, text.format(HOST))
    found = [finding for finding in lint(course.chain) if "package index" in finding.problem]
    assert [finding.where for finding in found] == [f"steps/01-greeting/{path}"]


def test_the_address_of_an_index_is_found_beside_the_chain_too(course: SmallCourse) -> None:
    lock = course.root / "tool/package-lock.json"
    lock.parent.mkdir()
    lock.write_text(f'{{\n"resolved": "{HOST}/a.tgz"\n}}\n', encoding="utf-8")
    (course.root / "tool/notes.md").write_text(f"registry={HOST}\n", encoding="utf-8")
    found = [finding for finding in lint(course.chain) if "package index" in finding.problem]
    assert [str(finding.where) for finding in found] == ["tool/package-lock.json"]


def test_an_address_in_prose_is_none(course: SmallCourse) -> None:
    course.write("01-greeting", "docs.txt", f"See {HOST}/simple for more.\n")
    course.write("01-greeting", "README.md", f"registry={HOST}\n")
    assert not [f for f in lint(course.chain) if "package index" in f.problem]


# Locks


def test_locks_that_disagree_are_found_also_with_pins_by_hand(course: SmallCourse) -> None:
    course.write("01-greeting", "requirements.txt", "a==1\n")
    course.write("02-notes", "poetry.lock", '[[package]]\nname = "a"\nversion = "2"\n')
    course.renew_copy()
    finding = only(course)
    assert finding.where == "steps/01-greeting/requirements.txt"
    assert finding.problem == "a 1, but steps/02-notes/poetry.lock has 2"
    assert finding.remedy == "course lock"


def test_an_export_with_a_package_that_the_lock_lacks_is_found(course: SmallCourse) -> None:
    course.write("02-notes", "poetry.lock", '[[package]]\nname = "a"\nversion = "2"\n')
    course.write("02-notes", "requirements.txt", "a==2\nb==1\n")
    course.renew_copy()
    finding = only(course)
    assert finding.where == "steps/02-notes/requirements.txt"
    assert finding.problem == "holds b, which poetry.lock does not"


def test_a_lock_that_cannot_be_read_is_a_finding_and_hides_no_other(course: SmallCourse) -> None:
    course.write("02-notes", "poetry.lock", "<<<<<<< ours\n")
    course.renew_copy()
    (course.root / "STEP_BY_STEP.md").unlink()
    found = {finding.where for finding in lint(course.chain)}
    assert found == {"steps/02-notes/poetry.lock", "STEP_BY_STEP.md"}


# Sizes


@pytest.mark.parametrize(
    ("lines", "warning"), [(LONG - 30, None), (LONG + 20, True), (MOST_LINES + 20, False)]
)
def test_a_step_that_adds_too_much_is_found(
    course: SmallCourse, lines: int, warning: bool | None
) -> None:
    # The step adds a few dozen lines by itself.
    from course import listing

    own = listing.size(course.chain, course.chain.find("2"))[0]
    course.write("02-notes", "long.py", "x = 1\n" * (lines - own))
    course.renew_copy()
    if warning is None:
        assert lint(course.chain) == []
    else:
        finding = only(course)
        assert finding.where == "steps/02-notes" and f"adds {lines} lines" in finding.problem
        assert finding.warning is warning


# Pages and what is made from the catalogue


def test_steps_without_pages_and_pages_without_steps_are_found(course: SmallCourse) -> None:
    course.tables["course"]["pages"] = "docs"
    course.save()
    (course.root / "docs").mkdir()
    for name in ("index", "greeting", "stray"):
        (course.root / "docs" / f"{name}.md").write_text("x")
    fix(course.chain)
    found = {finding.where: finding.problem for finding in lint(course.chain)}
    assert found == {
        "docs/notes.md": "steps/02-notes has no page",
        "docs/stray.md": "is the page of no step",
    }


def test_an_overview_that_is_stale_is_found_and_made_anew(course: SmallCourse) -> None:
    (course.root / "README.md").write_text("<!-- steps -->\n<!-- /steps -->\n")
    course.set("01-greeting", title="Other")
    assert {finding.where for finding in lint(course.chain)} == {"STEP_BY_STEP.md", "README.md"}
    assert sorted(fix(course.chain)) == ["README.md", "STEP_BY_STEP.md"]
    assert lint(course.chain) == []
    assert fix(course.chain) == []


def test_a_readme_without_a_place_for_the_table_is_a_finding(course: SmallCourse) -> None:
    (course.root / "README.md").write_text("# R\n")
    assert "no place for the table" in only(course).problem


# Lines that return

LINE = "a_line_that_is_long_enough_to_tell = 1\n"


def test_a_line_that_returns_is_a_warning(tmp_path: Path) -> None:
    course = small_course.make(tmp_path)
    text = course.read("01-greeting", "greeting.py")
    course.write("01-greeting", "greeting.py", text + LINE)
    course.write("03-stars", "greeting.py", text + LINE)
    course.renew_copy()
    fix(course.chain)
    finding = only(course)
    assert finding.warning and finding.where == "steps/03-stars/greeting.py"
    assert LINE.strip() in finding.problem and "02-notes removed" in finding.problem


@pytest.mark.parametrize("name", ["two words.sql", "a.lock"])
def test_lines_that_look_like_a_patch_and_generated_files_confuse_nothing(
    tmp_path: Path, name: str
) -> None:
    course = small_course.make(tmp_path)
    (course.root / ".gitattributes").write_text("*.lock linguist-generated\n")
    lines = "-- a/comment that looks like a header of a file\n++ b/another one of that kind\n"
    for link in ("01-greeting", "03-stars"):
        course.write(link, name, lines + "same\n")
    course.write("02-notes", name, "same\n")
    course.renew_copy()
    fix(course.chain)
    found = [(finding.where, finding.warning) for finding in lint(course.chain)]
    expected = [] if name.endswith(".lock") else [(f"steps/03-stars/{name}", True)] * 2
    assert found == expected


def test_a_line_that_moves_within_a_file_does_not_return(tmp_path: Path) -> None:
    course = small_course.make(tmp_path)
    course.write("01-greeting", "x.py", LINE + "b = 1\n" * 5)
    course.write("02-notes", "x.py", "b = 1\n" * 5 + LINE)
    course.write("03-stars", "x.py", LINE + "b = 1\n" * 5)
    course.renew_copy()
    fix(course.chain)
    assert lint(course.chain) == []


# The verb


def test_the_verb_prints_faults_with_what_mends_them_and_ends_with_their_code(
    course: SmallCourse,
) -> None:
    course.write("final", "[x].md", "# Other\n")
    done = course.run("lint")
    assert done.returncode == 1
    assert "error final: differs from the last numbered step" in done.stdout
    assert "[x].md" in done.stdout and "→ Make the change in steps/02-notes" in done.stdout
    assert "3 links: 1 errors, 0 warnings" in done.stderr
    fixed = course.run("lint", "--fix")
    assert fixed.returncode == 0
    assert "regenerated: final/[x].md" in fixed.stderr
    assert fixed.stdout == ""


def test_the_verb_does_the_same_in_this_process(
    course: SmallCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(course.root)
    course.write("final", "[x].md", "# Other\n")
    assert "[x].md" in CliRunner().invoke(cli.cli, ["lint"]).output
    fixed = CliRunner().invoke(cli.cli, ["lint", "--fix"])
    assert fixed.exit_code == 0 and "regenerated: final/[x].md" in fixed.output


# -- what is remembered


@pytest.fixture
def looked(course: SmallCourse, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names each time that the chain is looked at, and not the memory."""
    monkeypatch.delenv("CI", raising=False)
    times: list[str] = []

    def rule(chain: Chain) -> Iterator[Finding]:
        times.append(chain.tree)
        yield Finding("here", "something", "fix it", warning=True)

    monkeypatch.setattr("course.lint.chain_rules._RULES", (*_RULES, rule))
    return times


def test_what_was_found_is_told_again_without_looking(
    course: SmallCourse, looked: list[str]
) -> None:
    first = lint_known(course.chain)
    assert first[-1].problem == "something" and first == lint(course.chain)
    looked.clear()
    assert lint_known(course.chain) == first and looked == []
    assert lint_known(course.chain, fresh=True) == first and len(looked) == 1


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("steps/01-greeting/greeting.py", "<<<<<<< ours\n=======\n>>>>>>> theirs\n"),
        ("docs/steps/greeting.md", "# Greeting\n"),
        ("docs/wording.toml", '[[word]]\nforms = ["hello"]\nwrite = "hi"\n'),
        ("steps/poetry.lock", "x\n"),
        (".gitattributes", "*.py linguist-generated\n"),
    ],
)
def test_after_a_change_the_chain_is_looked_at_again(
    course: SmallCourse, looked: list[str], path: str, text: str
) -> None:
    lint_known(course.chain)
    file = course.root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    looked.clear()
    assert lint_known(course.chain) == lint(course.chain)
    assert len(looked) == 2


def test_after_a_change_of_the_catalogue_the_chain_is_looked_at_again(
    course: SmallCourse, looked: list[str]
) -> None:
    lint_known(course.chain)
    course.set("01-greeting", minutes_because="")
    looked.clear()
    found = lint_known(course.chain)
    assert len(looked) == 1 and any("without a reason" in one.problem for one in found)


def test_what_a_person_s_git_ignores_is_looked_at_each_time(
    course: SmallCourse, looked: list[str]
) -> None:
    course.write("01-greeting", "mine.txt", "")
    assert not any("your git ignores" in one.problem for one in lint_known(course.chain))
    (course.root / ".git/info/exclude").write_text("mine.txt\n")
    looked.clear()
    [found] = [one for one in lint_known(course.chain) if "your git ignores" in one.problem]
    assert found.where == "steps/01-greeting/mine.txt" and looked == []
