"""What a snapshot may hold, and where it may lie, without a check being misled."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests import small_course
from tests.small_course import SmallCourse
from tests.verify.helpers import fault, passes, ran, states

from course.verify.outcome import PASSED

HEAD = "import os\nimport pathlib\nimport subprocess\nimport unittest\n\n\n"


def with_test(course: SmallCourse, *lines: str) -> None:
    """Give the first step a test."""
    body = "\n".join(f"        {line}" for line in lines)
    text = f"{HEAD}class More(unittest.TestCase):\n    def test_more(self):\n{body}\n"
    course.write("01-greeting", "tests/test_more.py", text)


@pytest.fixture
def course(tmp_path: Path) -> SmallCourse:
    """One step with tests."""
    return small_course.make(tmp_path, steps=1, final=False, only=["test"])


def test_a_course_may_lie_in_a_path_with_spaces_and_letters_of_any_script(tmp_path: Path) -> None:
    course = small_course.make(tmp_path, steps=3, name="my μ course")
    found = passes(course)
    assert ("03-stars", "upgrade") in found
    done = course.run("verify")
    assert done.returncode == 0
    assert "0 passed, 0 failed, 21 remembered" in done.stdout


def test_files_may_have_any_name(course: SmallCourse) -> None:
    names = ["with space.txt", "é.txt", "μ/ñ ü.txt", "quote'\".txt", "-dash.txt", "x\udcff.txt"]
    for name in names:
        course.write("01-greeting", name, name.encode("utf-8", "surrogateescape"))
    with_test(
        course,
        f"for name in {names!r}:",
        "    content = pathlib.Path(name).read_bytes()",
        "    self.assertEqual(content, name.encode('utf-8', 'surrogateescape'))",
    )
    passes(course)


def test_modes_and_links_are_kept(course: SmallCourse) -> None:
    course.write("01-greeting", "run.sh", "#!/bin/sh\necho ran\n").chmod(0o755)
    (course.folder("01-greeting") / "link.txt").symlink_to("README.md")
    (course.folder("01-greeting") / "tests-too").symlink_to("tests")
    with_test(
        course,
        "self.assertEqual(subprocess.check_output('./run.sh'), b'ran\\n')",
        "self.assertEqual(os.readlink('link.txt'), 'README.md')",
        "self.assertTrue(os.path.isdir('tests-too'))",
        "self.assertFalse(os.access('README.md', os.X_OK))",
    )
    passes(course)


def test_line_endings_are_kept_byte_for_byte(course: SmallCourse) -> None:
    (course.root / ".gitattributes").write_text("* text=auto eol=lf\n")
    course.write("01-greeting", "dos.txt", b"one\r\ntwo\r\n")
    with_test(
        course, "self.assertEqual(pathlib.Path('dos.txt').read_bytes(), b'one\\r\\ntwo\\r\\n')"
    )
    passes(course)


def test_the_working_copy_counts_as_it_stands(course: SmallCourse) -> None:
    course.write("01-greeting", "ignored.log", "x")
    (course.root / ".gitignore").write_text("/.course/\n*.log\n")
    course.write("01-greeting", "untracked.txt", "new")
    course.edit("01-greeting", "README.md", "Notes", "My notes")
    course.delete("01-greeting", "lint.py")
    course.git("add", "steps/01-greeting/README.md")
    with_test(
        course,
        "self.assertEqual(pathlib.Path('README.md').read_text(), '# My notes\\n')",
        "self.assertEqual(pathlib.Path('untracked.txt').read_text(), 'new')",
        "self.assertFalse(os.path.exists('lint.py'))",
        "self.assertFalse(os.path.exists('ignored.log'))",
    )
    status = course.git("status", "--short")
    passes(course)
    assert course.git("status", "--short") == status


def test_a_copy_is_a_repository_of_its_own_with_nothing_left_to_commit(
    course: SmallCourse,
) -> None:
    with_test(
        course,
        "def git(*words):",
        "    return subprocess.check_output(['git', *words], text=True).strip()",
        "self.assertEqual(git('rev-parse', '--show-toplevel'), os.getcwd())",
        "self.assertEqual(git('rev-list', '--count', 'HEAD'), '1')",
        "self.assertEqual(git('status', '--short', '--untracked-files=no'), '')",
    )
    passes(course)


def test_checks_do_not_see_what_another_check_wrote(tmp_path: Path) -> None:
    course = small_course.make(tmp_path, steps=1, final=False, only=["test", "check"])
    line = "import pathlib\npathlib.Path('written').touch(exist_ok=False)\n"
    course.write("01-greeting", "check.py", line)
    course.write("01-greeting", "greeting.py", line + course.read("01-greeting", "greeting.py"))
    passes(course)
    assert not (course.folder("01-greeting") / "written").exists()


def test_what_the_env_command_writes_is_in_every_copy(course: SmallCourse) -> None:
    course.set("01-greeting", env="python -c \"open('.env', 'w').write('A=1')\"")
    with_test(course, "self.assertEqual(pathlib.Path('.env').read_text(), 'A=1')")
    passes(course)


def test_variables_of_a_command_hold_for_it_alone(course: SmallCourse) -> None:
    course.set("01-greeting", test=f"GREETING='a b' {small_course.COMMANDS['test']}")
    with_test(course, "self.assertEqual(os.environ['GREETING'], 'a b')")
    passes(course)


def test_output_that_is_not_utf_8_does_no_harm(course: SmallCourse) -> None:
    with_test(course, "os.write(1, b'\\xff\\xfe \\x1b[31mred\\x1b[0m \\n')", "self.fail('no')")
    found = fault(course)
    assert found.message == (
        "1 of 2 tests failed: tests.test_more.More.test_more (AssertionError: no)"
    )


def test_a_test_that_prints_before_its_verdict_is_understood(course: SmallCourse) -> None:
    with_test(course, "self.assertEqual(os.write(2, b'no line end'), 11)")
    outcomes = course.verify()
    assert states(outcomes)["01-greeting", "test"] == PASSED
    assert ("01-greeting", "test") in ran(outcomes)


def test_a_folder_that_its_owner_may_not_write_is_taken_away_too(course: SmallCourse) -> None:
    with_test(
        course,
        "folder = pathlib.Path('closed/inner')",
        "folder.mkdir(parents=True)",
        "(folder / 'file').touch()",
        "self.assertTrue((folder / 'file').exists())",
        "folder.chmod(0o500)",
        "folder.parent.chmod(0o000)",
    )
    passes(course)


def test_tests_may_be_a_file_or_a_link_to_a_folder(tmp_path: Path) -> None:
    course = small_course.make(tmp_path, steps=2, final=False, only=["test"])
    for link in ("01-greeting", "02-notes"):
        text = course.read(link, "tests/test_greeting.py")
        if link == "02-notes":
            text = course.read(link, "tests/test_notes.py")
        course.delete(link, "tests")
        course.write(link, "tests.py", text)
    course.set_all(test="python -m unittest --verbose tests", tests=["tests.py"])
    assert passes(course)["02-notes", "proof"].facts["failing"] == 1
    for link in ("01-greeting", "02-notes"):
        folder = course.folder(link)
        (folder / "suite").mkdir()
        os.replace(folder / "tests.py", folder / "suite" / "__init__.py")
        (folder / "tests").symlink_to("suite")
    course.set_all(tests=["tests", "suite"])
    assert passes(course)["02-notes", "proof"].facts["failing"] == 1


def test_every_copy_has_a_folder_of_its_own_for_temporary_files(
    tmp_path: Path, temporary: Path
) -> None:
    course = small_course.make(tmp_path / "course", steps=2, only=("check", "test"))
    said = tmp_path / "said.txt"
    for link in ("01-greeting", "02-notes"):
        course.write(
            link,
            "tests/test_temporary.py",
            "import pathlib\nimport tempfile\nimport unittest\n\n\n"
            "class Temporary(unittest.TestCase):\n    def test_is_its_own(self):\n"
            "        folder = pathlib.Path(tempfile.mkdtemp())\n"
            "        (folder / 'left behind').write_text('x')\n"
            "        self.assertEqual(len(list(folder.iterdir())), 1)\n"
            f"        with open({str(said)!r}, 'a') as file:\n"
            "            print(folder.parent, file=file)\n",
        )
    passes(course, "01-greeting", "02-notes")
    # Once each, and once more for the proof of the second.
    folders = said.read_text().split()
    assert len(folders) == len(set(folders)) >= 2
    assert all(Path(folder).is_relative_to(temporary.resolve()) for folder in folders)
    assert not any(Path(folder).exists() for folder in folders)
