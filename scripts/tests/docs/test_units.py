"""Fences, symbols, selections and colours, each by itself."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.docs.site_course import APP_1, APP_2, OLD, SiteCourse
from tests.docs.views.test_round_trip import change_of

from course.difference import symbols
from course.difference.changes import Lines
from course.docs import fences, highlight, pieces, selection
from course.docs.consoles import transcripts
from course.docs.fences import Fence
from course.docs.views import diff, excerpt, tree as tree_view
from course.errors import CourseError


def block(text: str) -> fences.Block:
    """Return the first fenced block of some text."""
    return next(fences.blocks(text.split("\n")))


def test_a_block_inside_a_block_is_text() -> None:
    text = "````md\n```diff-file\na\n```\n````\n\n  ~~~text x y\n  a\n   b\nc\n  ~~~\n```open\nx"
    found = list(fences.blocks(text.split("\n")))
    assert [(b.language, b.info, b.first, b.last) for b in found] == [
        ("md", "", 0, 4),
        ("text", "x y", 6, 10),
        ("open", "", 11, 12),
    ]
    assert found[1].lines == ("a", " b", "c")


def test_a_fence_has_a_path_and_keys() -> None:
    fence = fences.read(block("```diff-file\n./a.py\nsymbol: A\n\nsymbol: B\nrest: Yes\n```"))
    assert (fence.path, fence.all("symbol"), fence.yes("rest")) == ("a.py", ("A", "B"), True)
    assert selection.written(fence) == "```diff-file\na.py\nsymbol: A\nsymbol: B\nrest: Yes\n```"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("```diff-file\n```", "with no path"),
        ("```diff-file\na\nb\n```", "with 2 paths"),
        ("```diff-file\na\nlines: 1-2\n```", "no key `lines`"),
        ("```diff-file\na\nsymbol: x\nb\n```", "neither a key nor a path"),
        ("```waive\na\n```", "without a reason"),
    ],
)
def test_a_fence_that_makes_no_sense(text: str, said: str) -> None:
    with pytest.raises(CourseError, match=said):
        fences.read(block(text))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("```console x\n$ a\n```", "knows no word `x`"),
        ("```console port\n$ a\n```", "without a value"),
        ('```console port="x"\n$ a\n```', "not a number"),
        ('```console port="x\n$ a\n```', "Close the quotes"),
        ("```console\n```", "without a command"),
        ("```console\noutput\n```", "begins with output"),
    ],
)
def test_a_console_block_that_makes_no_sense(text: str, said: str) -> None:
    with pytest.raises(CourseError) as caught:
        transcripts.read(block(text), 1)
    assert said in str(caught.value)


def test_comments_in_a_console_block() -> None:
    found = transcripts.read(block("```console\n# why\n# and\n$ a\n# out\n\n# last\n```"), 1)
    assert [(c.text, c.output) for c in found.commands] == [("a", ("# out", "", "# last"))]


PYTHON = '''"""Doc."""
import a
from b import c

# Over it.
# Twice.
X: int = 1
X += 2
D = {"default": {"engine": 1}, **X}
p, q = 1, 2
if X:
    Y = 1
else:
    Y = 2
try:
    Z = 1
except E:
    Z = 2
finally:
    W = 1


@deco
class A:
    """Doc."""

    f = 1

    @property
    def m(self):
        def inner(): pass


async def g(): pass
o.attr = 1
'''


@pytest.mark.parametrize(
    ("path", "text", "name", "expected"),
    [
        ("a.py", PYTHON, "docstring", [(0, 1)]),
        ("a.py", PYTHON, "imports", [(1, 3)]),
        ("a.py", PYTHON, "X", [(4, 8)]),
        ("a.py", PYTHON, "D.default.engine", [(8, 9)]),
        ("a.py", PYTHON, "q", [(9, 10)]),
        ("a.py", PYTHON, "Y", [(11, 12), (13, 14)]),
        ("a.py", PYTHON, "Z", [(15, 16), (17, 18)]),
        ("a.py", PYTHON, "W", [(19, 20)]),
        ("a.py", PYTHON, "A", [(22, 31)]),
        ("a.py", PYTHON, "A.m", [(28, 31)]),
        ("a.py", PYTHON, "g", [(33, 34)]),
        ("a.py", PYTHON, "o.attr", [(34, 35)]),
        ("a.py", PYTHON, "none", []),
        ("Makefile", "# c\na b: x\n\techo \\\n\tmore\n\nV := 1 \\\n  2\n", "b", [(0, 4)]),
        ("Makefile", "# c\na b: x\n\techo \\\n\tmore\n\nV := 1 \\\n  2\n", "V", [(5, 7)]),
        ("a.toml", "x = 1\n# c\n[t]\ny = [\n 1,\n]\n\n[[u]]\n", "t", [(1, 6)]),
        ("a.toml", "x = 1\n# c\n[t]\ny = [\n 1,\n]\n\n[[u]]\n", "t.y", [(3, 6)]),
        ("a.toml", "x = 1\n# c\n[t]\ny = [\n 1,\n]\n\n[[u]]\n", "x", [(0, 1)]),
        ("a.toml", "x = [\n", "x", [(0, 2)]),
        ("a.yml", "a:\n  b: 1\n  # c\n  d:\n    - x\n\ne: 2\n", "a.d", [(2, 5)]),
        ("a.yml", "a:\n  b: 1\n  # c\n  d:\n    - x\n\ne: 2\n", "a", [(0, 5)]),
        ("a.json", '{\n  "a": {\n    "b": 1\n  },\n  "c": 2\n}\n', "a", [(1, 4)]),
        (
            "a.html",
            '<div id="x">\n<br>\n<p>\n</div>\n{% block a %}\nb\n{% endblock %}\n',
            "#x",
            [(0, 4)],
        ),
        ("a.html", "<div>\n<br\n>\n</i></div>\n<p>", "br", [(1, 3)]),
        ("a.html", "<div>\n<br>\n</div>\n<p>\nx", "p", [(3, 4)]),
        ("a.html", "{% endblock %}\n{% block a %}\nb\n{% endblock %}\n", "block a", [(1, 4)]),
        ("a.css", "/* c */\na,\nb {\n  x: y;\n}\n.c { d: e; }\n", "b", [(0, 5)]),
        ("a.css", "/* c */\na,\nb {\n  x: y;\n}\n.c { d: e; }\n", ".c", [(5, 6)]),
        ("a.js", "// c\nexport function f() {\n  g('{');\n}\nconst k = 1;\n", "f", [(0, 4)]),
        ("a.js", "class A {\n  m(x) {\n  }\n}\nlet z = [\n", "m", [(1, 3)]),
        ("a.js", "class A {\n  m(x) {\n  }\n}\nlet z = [\n", "z", [(4, 6)]),
        ("a.md", "# A\n\nx\n\n## B\n```\n# no\n```\n\n# C\n", "A", [(0, 8)]),
        ("a.md", "# A\n\nx\n\n## B\n```\n# no\n```\n\n# C\n", "B", [(4, 8)]),
        ("Dockerfile", "FROM a AS one\nRUN x\n\nFROM b\n", "one", [(0, 2)]),
        (".env.template", "# c\nA=1\nB=2\n", "A", [(0, 2)]),
        ("a.sh", "f() {\n  x\n}\nexport V=1\n", "f", [(0, 3)]),
    ],
)
def test_where_symbols_lie(
    path: str, text: str, name: str, expected: list[tuple[int, int]]
) -> None:
    assert symbols.find(path, text.split("\n"), name) == expected


def test_files_without_symbols() -> None:
    with pytest.raises(CourseError, match="files of this kind have no symbols"):
        symbols.find("a.txt", [], "x")
    with pytest.raises(CourseError, match="not Python that can be read"):
        symbols.find("a.py", ["def"], "x")
    assert symbols.names("a.txt", []) == {} == symbols.names("a.py", ["def"])


def test_selections_say_what_there_is_instead() -> None:
    file = change_of(APP_1.encode(), APP_2.encode())
    for keys, said in (
        ({"symbol": ("nothing",)}, "has no symbol `nothing`.*It has: .*NAME"),
        ({"symbol": ("LIMIT",)}, "does not change `LIMIT`.*It changes: .*Counter.up"),
        ({"hunk": ("nothing",)}, "no changed line contains `nothing`"),
    ):
        with pytest.raises(CourseError) as caught:
            selection.of_fence(Fence("diff-file", ("a.py",), keys), file)
        assert re.search(said, str(caught.value), re.DOTALL)
    whole = Fence("diff-file", ("a.py",))
    with pytest.raises(CourseError, match="leave nothing over"):
        selection.of_fence(Fence("diff-file", ("a.py",), {"rest": ("yes",)}), file, [whole])


def test_a_hunk_by_a_phrase_and_what_is_suggested_without_symbols() -> None:
    file = change_of(b"a\nb\nc\nd\n", b"a\nB\nc\nD\n", "a.txt")
    fence = Fence("diff-file", ("a.txt",), {"hunk": ("B",)})
    assert selection.of_fence(fence, file) == Lines(frozenset({1}), frozenset({1}))
    (suggested,) = selection.suggest(file, Lines(frozenset({3}), frozenset({3})))
    assert suggested.keys == {"hunk": ("D",)}
    assert selection.suggest(file, file.lines)[0].keys == {}
    broken = change_of(b"def a(\n", b"def (\n")
    assert selection.suggest(broken, Lines(added=frozenset({0})))[0].keys == {"hunk": ("def (",)}


def test_many_names_are_cut_short() -> None:
    assert selection._listed([str(n) for n in range(20)]).endswith("11, …")


def test_blank_lines_between_symbols_belong_to_both() -> None:
    file = change_of(b"", b"A = 1\n\n\nB = 2\n")
    one = selection.of_fence(Fence("diff-file", ("a.py",), {"symbol": ("A",)}), file)
    two = selection.of_fence(Fence("diff-file", ("a.py",), {"symbol": ("B",)}), file)
    assert one.added | two.added == {0, 1, 2, 3}


@settings(deadline=None)
@pytest.mark.parametrize("path", ["a.py", "a.html", "a.unknown", "Makefile", ".env", "a.js"])
@given(content=st.text(st.sampled_from("ab \t\r\n\"'#{%}<>&:=/\\é…\u2028"), max_size=60))
def test_colours_never_change_the_text(path: str, content: str) -> None:
    coloured = "".join(highlight.lines(path, content))
    assert html.unescape(re.sub(r"<[^>]+>", "", coloured)) == content


def test_python_is_coloured() -> None:
    text = "@app.task\nasync def f(x=1):\n    match = len(x)  # c\n    return x.len, 'é'\n"
    text += "class A: ...\n"
    shown = "".join(highlight.lines("a.py", text))
    for piece in (
        '<b class="d">@app.task</b>',
        '<b class="k">def</b> <b class="f">f</b>(x=<b class="m">1</b>)',
        ' match = <b class="b">len</b>(x)  <b class="c"># c</b>',
        "return</b> x.len, ",
        """<b class="s">'é'</b>""",
        '<b class="k">class</b> <b class="f">A</b>',
    ):
        assert piece in shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("x = 1", 'x = <b class="m">1</b>'),
        ('"""a\n\n b"""', '<b class="s">"""a</b>\n\n<b class="s"> b"""</b>'),
        ('rb"\\"" + y', '<b class="s">rb"\\""</b> + y'),
        ("'left open", '\'left <b class="b">open</b>'),
        ("\n  match x:  # c\n", '\n  <b class="k">match</b> x:  <b class="c"># c</b>\n'),
        (
            "a if b < c else 0x1F",
            'a <b class="k">if</b> b &lt; c <b class="k">else</b> <b class="m">0x1F</b>',
        ),
        ("\n    @a . b\n", '\n    <b class="d">@a</b> . b\n'),
    ],
)
def test_python_in_detail(text: str, shown: str) -> None:
    assert "".join(highlight.lines("a.py", text)) == shown


def test_a_long_file_has_no_view_of_the_whole() -> None:
    old = "".join(f"line {n}\n" for n in range(2000))
    shown = diff.render(change_of(old.encode(), (old + "end\n").encode(), "a.txt"), Lines())
    assert "cd-whole" not in shown
    assert "line 1000" not in shown


def test_a_long_symbol_shows_its_first_line_and_what_changes() -> None:
    old = "def f():\n" + "".join(f"    x{n} = 1\n" for n in range(60))
    new = old.replace("x50 = 1", "x50 = 2")
    file = change_of(old.encode(), new.encode())
    fence = Fence("diff-file", ("a.py",), {"symbol": ("f",)})
    ranges = selection.symbol_ranges(fence, file)
    shown = diff.render(file, selection.of_fence(fence, file), ranges, "a title", "a reason")
    assert '<b class="f">f</b>' in shown
    assert "<summary>a reason</summary>" in shown
    assert "a title" in shown


def test_excerpts() -> None:
    text = b"class A:\n    def m(self):\n        return 1\n"
    shown = excerpt.render(Fence("excerpt", ("a.py",), {"symbol": ("A.m",)}), text, "Then")
    assert ">Then</span>" in shown
    assert "</b> <b" in shown and "\n    <b" in shown
    keys = {"from": ("def",), "to": ("return",), "title": ("A title",)}
    assert "A title" in excerpt.render(Fence("excerpt", ("a.py",), keys), text)
    assert "class" in excerpt.render(Fence("excerpt", ("a.py",)), text)
    for fence, said in (
        (Fence("excerpt", ("a.py",), {"from": ("nothing",)}), "no line contains"),
        (Fence("excerpt", ("a.py",), {"symbol": ("nothing",)}), "has no symbol"),
    ):
        with pytest.raises(CourseError, match=said):
            excerpt.render(fence, text)
    with pytest.raises(CourseError, match="is not text"):
        excerpt.render(Fence("excerpt", ("a.py",)), b"\0")


def test_trees(course: SiteCourse) -> None:
    site = course.site
    link = site.chain.find("second")
    course.write("steps/02-second/folder/deep/a.py", "")
    site.refresh()
    entries, changes = site.entries(link), site.changes(link)

    def tree(path: str, **keys: str) -> str:
        fence = Fence("tree", (path,), {key: (value,) for key, value in keys.items()})
        return tree_view.render(fence, link.name, entries, changes)

    assert ">gone.txt <" in tree(".")
    assert "<details open>" in tree(".") and "<details open>" not in tree(".", depth="1")
    assert "app.py" not in tree("folder") and "a.py" in tree("folder/")
    assert "app.py" in tree(".", only="changed")


def test_a_folder_is_new_when_the_step_before_has_nothing_in_it(course: SiteCourse) -> None:
    course.write("steps/01-first/tests/inside/old.py", "a = 1\n")
    course.write("steps/02-second/tests/inside/old.py", "a = 1\n")
    course.write("steps/02-second/tests/new.py", "b = 1\n")
    course.write("steps/02-second/tests/fresh/new.py", "c = 1\n")
    course.write("steps/02-second/moved/new.txt", OLD)
    course.delete("steps/02-second/new.txt")
    site = course.site
    link = site.chain.find("2")
    for keys in ({}, {"only": ("changed",)}):
        fence = Fence("tree", (".",), keys)
        shown = tree_view.render(fence, link.name, site.entries(link), site.changes(link))
        new = re.findall(r'>(\w+)/</span> <span class="cd-badge cd-new">', shown)
        assert new == ["moved", "fresh"]


def test_trees_that_make_no_sense(course: SiteCourse) -> None:
    site = course.site
    link = site.chain.find("2")

    def tree(path: str, **keys: str) -> str:
        fence = Fence("tree", (path,), {key: (value,) for key, value in keys.items()})
        return tree_view.render(fence, link.name, site.entries(link), site.changes(link))

    with pytest.raises(CourseError, match="no folder none"):
        tree("none")
    with pytest.raises(CourseError, match="only: new"):
        tree(".", only="new")
    with pytest.raises(CourseError, match="is not a number"):
        tree(".", depth="x")


@pytest.mark.parametrize(
    ("path", "pattern", "expected"),
    [
        ("a/b.py", "a/*.py", True),
        ("a/b/c.py", "a/*.py", False),
        ("a/b/c.py", "a/**/*.py", True),
        ("a/c.py", "a/**/*.py", True),
        ("a", "a/b", False),
        ("a/b", "a", False),
    ],
)
def test_patterns_of_waivers(path: str, pattern: str, expected: bool) -> None:
    assert pieces.matches(path, pattern) is expected
