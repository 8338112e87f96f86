"""What a page of a step quotes is in the step; what is somebody else's is listed with a reason."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from tests.docs.site_course import SiteCourse

from course.commands.docs import docs
from course.docs.gates import quotes

PAGE = "docs/steps/second.md"
TESTS = """def test_one():
    pass

class TestMore:
    def test_two(self):
        pass

    async def test_three(self):
        pass
"""


def said(course: SiteCourse, words: str) -> list[str]:
    """Return the faults of a step's page with some more words."""
    text = (course.root / PAGE).read_text()
    course.write(PAGE, f"{text}\n{words}\n")
    found = [fault for fault in course.faults() if "quotes" in fault or "example:" in fault]
    course.write(PAGE, text)
    return found


@pytest.mark.parametrize(
    "words",
    [
        "`def greet(name: str)`, `greet`, `Counter.up`, `Counter.up()`, `up()`, `Counter.down`",
        "`def greet(…) -> str:` and `class Counter…`",
        "`app.py`, `cat new.txt`, `soon gone`",
        "```console\n$ echo 417 shown\n417 shown\n```\n`417 shown`, and 417 too",
        "```python\ndef greet(name: str) -> str:\n```\n",
        '=== "Tab"\n\n    ```python\n    class Counter:\n    ```\n',
        "<!-- example: of what not to write -->\n\n```python\nx = old()\n```\n",
        "```text\n\n```\n",
        "```powershell\nGet-Item\n```",
        "7. A list\n8. goes on\n",
        "[words](../index.md#a-9977) <a id='x-9977'></a>",
    ],
)
def test_what_the_step_has_may_be_quoted(course: SiteCourse, words: str) -> None:
    assert said(course, words) == []


@pytest.mark.parametrize(
    ("words", "about"),
    [
        ("`greeting`", "`greeting`: neither the step"),
        ("`greet(name, salute)`", "`greet(name, salute)`"),
        ("`Counter.sideways()`", "`Counter.sideways()`"),
        ("`cat nothing-here`", "`cat nothing-here`"),
        ("`git nothing-here`", "`git nothing-here`"),
        ("It does so 9977 times.", "the number 9977"),
        ("It does so 9,977 times.", "the number 9,977"),
        ("```python\nx = old()\n```", "a block of python that is not in the step"),
        ("```\nx = old()\n```", "a block of text that is not in the step"),
        ("~~~ python\nclass Counter:\n\n    x = 1\n~~~", "a block of python"),
        ("<!-- example: -->\n\n```python\nx = old()\n```", "a block of python"),
        ("<!-- example: a -->\n\nWords.\n\n```python\nx = old()\n```", "a block of python"),
    ],
)
def test_what_it_has_not_is_named_with_its_line(course: SiteCourse, words: str, about: str) -> None:
    (fault,) = said(course, words)
    assert fault.startswith(f"{PAGE}:")
    assert about in fault


FIGURE = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 40">
<title>T</title><desc>D</desc><text x="4" y="20">Words</text></svg>
"""


@pytest.mark.parametrize(
    ("words", "line", "about"),
    [
        ("```figure\nwords.svg\ncaption: What `greeting` does.\n```", 3, "`greeting`"),
        ("```figure\nwords.svg\ncaption: It takes 9977 of them.\n```", 3, "the number 9977"),
        ("```excerpt\napp.py\nsymbol: greet\ntitle: not `Counter.sideways`\n```", 4, "sideways"),
        (
            "```excerpt\napp.py\nsymbol: greet\ntitle: all seventeen tests\n```",
            4,
            "seventeen tests",
        ),
        ('```console not-run="needs `greeting`"\n$ echo 1\n```', 1, "`greeting`"),
        ("```waive\nempty.txt\nreason: `greeting` is made of it\n```", 3, "`greeting`"),
        ("```diff-file\nnew.txt\nfold: 9977 lines of words\n```", 3, "the number 9977 lines"),
        ("```diff-file\nnew.txt\ntitle: with 1 line\n```", 3, "the number 1 line"),
        ("```diff-file\nnew.txt\ntitle: the 9977th, with `greeting`\n```", 3, "`greeting`"),
    ],
)
def test_the_words_of_fences_quote_too(
    course: SiteCourse, words: str, line: int, about: str
) -> None:
    course.write("docs/figures/words.svg", FIGURE)
    before = (course.root / PAGE).read_text().count("\n") + 1
    (fault,) = said(course, words)
    assert fault.startswith(f"{PAGE}:{before + line}:")
    assert about in fault


def test_the_words_of_fences_may_quote_what_is_there(course: SiteCourse) -> None:
    course.write("docs/figures/words.svg", FIGURE)
    count = (course.root / "steps/02-second/new.txt").read_text().count("\n")
    words = (
        "```figure\nwords.svg\ncaption: What `greet` does, once `app.py` has it.\n```\n\n"
        f"```diff-file\nnew.txt\nfold: {count} lines, and 0 lines new to `Counter`\n```\n\n"
        "```diff-file\ndata.bin\ntitle: has no 7 lines\n```\n\n"
        "```diff-file\nnowhere.txt\ntitle: has no 7 lines\n```\n\n"
        "```console not-run\n$ echo 1\n```\n\n```console quietly\n$ echo 1\n```\n"
    )
    assert said(course, words) == []


def test_old_code_is_old_as_soon_as_the_step_changes(course: SiteCourse) -> None:
    words = "`def greet(name: str) -> str:`"
    assert said(course, words) == []
    for step in ("01-first", "02-second"):
        course.replace(f"steps/{step}/app.py", "name: str", "who: str")
    assert "neither the step nor the step before" in said(course, words)[0]


def test_tests_are_counted(course: SiteCourse) -> None:
    course.write("steps/02-second/tests/test_it.py", TESTS)
    for right in ("three tests", "Two tests", "3 tests"):
        assert said(course, f"It has {right}.") == []
    assert "the number four tests" in said(course, "It has four tests.")[0]
    assert "the number 12 tests" in said(course, "It has 12\ntests.")[0]
    printed = '```console not-run="x"\n$ pytest\n12 passed\n```\n'
    assert said(course, f"{printed}\nIt has twelve tests.") == []


def test_somebody_else_s_words_are_listed_with_the_reason(
    course: SiteCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(course.root)
    text = (course.root / PAGE).read_text()
    course.write(PAGE, f"{text}\n`ModuleNotFoundError` in 9977 cases, `unheard_of` one.\n")
    runner = CliRunner()
    done = runner.invoke(docs, ["quotes"])
    assert (done.exit_code, done.stderr.count("neither the step")) == (1, 3)
    done = runner.invoke(docs, ["quotes", "--write"])
    assert done.output == "docs/quotes.toml: 3 came, 0 went\n"
    (fault,) = [fault for fault in course.faults() if "quotes" in fault]
    assert fault.startswith("docs/quotes.toml: steps/second.md: no reason for ModuleNotFoundError")
    course.replace("docs/quotes.toml", '"?"', '"Python says so."')
    assert runner.invoke(docs, ["quotes"]).exit_code == 0
    course.replace(PAGE, "`unheard_of`", "no other")
    (fault,) = [fault for fault in course.faults() if "quotes" in fault]
    assert "'unheard_of' is listed for steps/second.md, which does not need it" in fault
    course.replace(PAGE, "9977", "9978")
    done = runner.invoke(docs, ["quotes", "--write"])
    assert done.output == "docs/quotes.toml: 1 came, 2 went\n"
    assert '"Python says so."' in (course.root / "docs/quotes.toml").read_text()
    course.write(PAGE, text)
    assert runner.invoke(docs, ["quotes", "--write"]).output.endswith(" 2 went\n")
    assert "[[quoted]]" not in (course.root / "docs/quotes.toml").read_text()
    assert runner.invoke(docs, ["quotes"]).exit_code == 0


@pytest.mark.parametrize("broken", ["[", "[[quoted]]\npage = 1\n", "[[quoted]]\nmore = 1\n"])
def test_a_list_that_cannot_be_read(course: SiteCourse, broken: str) -> None:
    course.write("docs/quotes.toml", broken)
    (fault,) = [fault for fault in course.faults() if "quotes" in fault]
    assert fault.startswith("docs/quotes.toml: cannot be read: ")


def test_other_pages_may_quote_anything(course: SiteCourse) -> None:
    course.page("more.md", "# More\n\n`whatever()` 9977 times.\n\n```python\nx = old()\n```\n")
    assert [fault for fault in course.faults() if "more.md" in fault] == []
    assert quotes._stands("b", "ab b_ b")
    assert not quotes._stands("b", "ab b_")
