"""Builds, previews, archives, redirects, navigation, and the commands over them."""

from __future__ import annotations

import socket
import zipfile
from io import BytesIO
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from tests.docs import site_course
from tests.docs.site_course import SECOND_PAGE, SiteCourse

from course import ports
from course.commands.docs import docs
from course.docs import extension, navigation, pages, rendered_cache, site as sites
from course.docs.publish import archives, build, redirects
from course.docs.publish.preview import Preview, Server
from course.docs.site import Fault
from course.docs.views import step_header
from course.errors import CourseError
from course.repository import Repository


def test_a_page_has_its_header_and_its_list(course: SiteCourse) -> None:
    assert course.build() == []
    html = course.built("steps/second.html")
    assert '<a rel="prev" href="first.html">← The first</a>' in html
    assert "II Dependencies, III Config" in html
    assert '<a download href="../zips/02-second.zip">' in html
    assert 'data-marked="app.lock"' in html
    assert html.count('id="app-py"') == 1
    assert html.count('name="cd-1"') == 2
    assert "COURSE-FIGURE-ID" not in html and "data-course-piece" not in html


def test_a_build_is_the_same_whether_it_defers_or_not(
    course: SiteCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    course.build()
    deferred = course.built("steps/second.html")
    never = property(lambda self: False, lambda self, value: None)
    monkeypatch.setattr(rendered_cache.Memory, "deferring", never, raising=False)
    course.build()
    assert course.built("steps/second.html") == deferred


def test_many_figures_are_made_with_help(
    course: SiteCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rendered_cache, "_WORTH_HELP", 2)
    monkeypatch.setattr(rendered_cache.os, "cpu_count", lambda: 2)  # type: ignore[attr-defined]
    assert course.build() == []
    alone = course.built("steps/second.html")
    monkeypatch.setattr(rendered_cache, "_WORTH_HELP", 99)
    for path in (course.root / ".course/docs/rendered").rglob("*"):
        if path.is_file():
            path.unlink()
    assert course.build() == []
    assert course.built("steps/second.html") == alone


def test_fences_in_lists_and_admonitions(course: SiteCourse) -> None:
    text = (
        "# Home\n\n- in a list\n\n    ```excerpt\n    app.py\n    symbol: NAME\n"
        "    step: first\n    ```\n\n"
        '!!! note "N"\n\n    ```tree\n    .\n    step: first\n    ```\n'
    )
    course.page("index.md", text)
    assert course.build() == []
    html = course.built("index.html")
    assert html.index("<li>") < html.index("cd-excerpt") < html.index("</li>")
    assert html.index("admonition") < html.index("cd-tree")
    assert ">The first</span>" in html


@pytest.mark.parametrize(
    ("fence", "said"),
    [
        ("```excerpt\nnothing.py\n```", "02-second has no file nothing.py"),
        ("```diff-file\nold.txt\n```", "old.txt is new.txt now"),
        ("```waive\nnothing\nreason: x\n```", "the step changes no file nothing"),
        ("```tree\n.\nstep: none\n```", "There is no step 'none'"),
        ("```diff-file\napp.py\nlines: 1\n```", "no key `lines`"),
    ],
)
def test_what_is_wrong_with_a_fence_is_said_on_the_page_too(
    course: SiteCourse, fence: str, said: str
) -> None:
    course.page("steps/second.md", f"---\ntitle: x\n---\n\n{SECOND_PAGE}\n{fence}\n")
    (fault,) = course.build()
    assert said in fault.problem
    assert fault.line == SECOND_PAGE.count("\n") + 6
    assert 'class="cd-error" role="alert"' in course.built("steps/second.html")


def test_a_file_that_the_step_leaves_as_it_is(course: SiteCourse) -> None:
    course.write("steps/01-first/same.py", "")
    course.write("steps/02-second/same.py", "")
    course.page("steps/second.md", SECOND_PAGE + "\n```diff-file\nsame.py\n```\n")
    (fault,) = course.build()
    assert "does not change same.py" in fault.problem


def test_a_fence_on_a_page_of_no_step(course: SiteCourse) -> None:
    course.page("index.md", "# Home\n\n```diff-file\napp.py\n```\n")
    (fault,) = course.build()
    assert str(fault).startswith("docs/index.md:3: this page belongs to no step.")


def test_a_page_of_no_step_quotes_the_end_of_the_chain(course: SiteCourse) -> None:
    """A badge names the step only where it is another one."""
    fence = "```excerpt\napp.py\nsymbol: Counter\n{}```\n"
    course.page("index.md", f"# Home\n\n{fence.format('')}\n```tree\n.\n```\n")
    assert course.build() == []
    html = course.built("index.html")
    assert "down" in html and "cd-badge>" not in html
    course.page("index.md", f"# Home\n\n{fence.format('step: first' + chr(10))}")
    assert course.build() == []
    html = course.built("index.html")
    assert "down" not in html and "<span class=cd-badge>The first</span>" in html


def test_the_list_of_generated_files_may_stand_elsewhere(course: SiteCourse) -> None:
    course.page(
        "steps/second.md", SECOND_PAGE.replace("It runs", "```generated\n*\n```\n\nIt runs")
    )
    assert course.faults() == []
    html = course.built("steps/second.html")
    assert html.count('id="cd-generated"') == 1
    assert html.index("cd-generated") < html.index("It runs")


def test_a_generated_file_that_goes(course: SiteCourse) -> None:
    course.delete("steps/02-second/app.lock")
    assert course.faults() == []
    assert "generated, deleted" in course.built("steps/second.html")


def test_the_words_for_generated_files(course: SiteCourse, monkeypatch: pytest.MonkeyPatch) -> None:
    link = course.site.chain.find("second")
    monkeypatch.setattr("course.cli.VERBS", {})
    assert "steps/02-second/" in step_header._fetched(link)
    monkeypatch.setattr("course.cli.VERBS", {"take": ""})
    assert "course take second PATH" in step_header._fetched(link)


def test_a_warning_of_mkdocs_is_a_fault_when_strict(course: SiteCourse) -> None:
    course.page("index.md", "# Home\n\n[x](nowhere.md)\n")
    assert course.build() == []
    (fault,) = course.build(strict=True)
    assert str(fault).startswith("docs/index.md: contains a link 'nowhere.md'")
    assert build._fault("something else") == Fault("mkdocs.yml", 0, "something else")


def test_a_site_that_cannot_be_built(course: SiteCourse) -> None:
    course.write("theme/main.html", "{{ nothing.at.all }}")
    with pytest.raises(Exception, match="nothing"):
        course.build()
    course.write("theme/main.html", site_course.TEMPLATE)
    text = site_course.CONFIGURATION
    course.write("mkdocs.yml", text + "strict: true\n")
    course.page("index.md", "# Home\n\n[x](nowhere.md)\n")
    with pytest.raises(CourseError, match="MkDocs cannot build the site: .*nowhere.md"):
        course.build()
    course.write("mkdocs.yml", text.replace("name: null", "name: no-such-theme"))
    with pytest.raises(CourseError, match="mkdocs.yml: "):
        course.build()
    course.delete("mkdocs.yml")
    with pytest.raises(CourseError, match="there is no mkdocs.yml"):
        course.build()


def test_a_page_that_is_not_utf_8(course: SiteCourse) -> None:
    course.write("docs/index.md", b"\xff")
    with pytest.raises(CourseError, match="not UTF-8"):
        course.build()


def test_hidden_folders_hold_no_pages(course: SiteCourse) -> None:
    course.write("docs/.hidden/x.md", "# X\n")
    assert [page.uri for page in pages.every(course.root)] == [
        "index.md",
        "steps/first.md",
        "steps/second.md",
    ]


def test_zips_have_the_same_bytes_for_the_same_snapshot(course: SiteCourse) -> None:
    course.build()
    zips = course.root / "site/zips"
    first = (zips / "02-second.zip").read_bytes()
    site = course.site
    assert archives.content(site.chain.find("second"), site) == first
    with zipfile.ZipFile(BytesIO(first)) as archive:
        assert archive.namelist()[0] == "02-second/app.lock"
        assert archive.getinfo("02-second/tool.sh").external_attr >> 16 == 0o100755
    course.write("steps/02-second/new.txt", "x")
    course.build()
    assert (zips / "02-second.zip").read_bytes() != first
    assert len(list((course.root / ".course/docs/zips").iterdir())) == 2


def test_pages_that_moved(course: SiteCourse) -> None:
    course.write("docs/redirects.toml", '[redirects]\n"old/a.md" = "steps/first.md#app-py"\n')
    assert course.faults() == []
    assert 'url=../steps/first.html#app-py"' in course.built("old/a.html")


@pytest.mark.parametrize(
    "text", ["redirects = 1", '[redirects]\n"a.html" = "b.md"', '[redirects]\n"../a.md" = "b.md"']
)
def test_a_table_of_redirects_that_makes_no_sense(course: SiteCourse, text: str) -> None:
    course.write("docs/redirects.toml", text)
    with pytest.raises(CourseError, match="redirects.toml"):
        redirects.read(course.root)


def test_the_navigation_follows_the_catalogue(course: SiteCourse) -> None:
    for name in ("reference", "instructors", "contributors/index", "contributors/a", "another"):
        course.page(f"{name}.md", f"# {name}\n")
    chain = course.site.chain
    assert not navigation.is_current(chain)
    assert navigation.write(chain)
    assert navigation.is_current(chain)
    assert not navigation.write(chain)
    assert (
        (course.root / "mkdocs.yml")
        .read_text()
        .endswith(
            "# nav: begin (written by `course docs nav` from the catalogue)\nnav:\n  - index.md\n"
            '  - "1 · All of it":\n      - "1 · The first": steps/first.md\n'
            '      - "2 · The second": steps/second.md\n'
            '  - "Look it up":\n      - reference.md\n      - another.md\n'
            '  - "Teach":\n      - instructors.md\n'
            '  - "Contribute":\n      - contributors/index.md\n      - contributors/a.md\n'
            "# nav: end\n"
        )
    )


def test_a_configuration_without_marks(course: SiteCourse) -> None:
    course.write("mkdocs.yml", "site_name: x\n")
    with pytest.raises(CourseError, match="has no lines"):
        navigation.write(course.site.chain)
    course.delete("mkdocs.yml")
    with pytest.raises(CourseError, match="there is no mkdocs.yml"):
        navigation.write(course.site.chain)


def test_a_preview_builds_again_what_changed_and_nothing_else(course: SiteCourse) -> None:
    folder = course.root / "preview"
    shown = Preview(Repository(course.root), folder, "http://127.0.0.1:1/")
    assert shown.update() == ["index.md", "steps/first.md", "steps/second.md"]
    assert shown.update() == []
    course.page("index.md", "# Home\n\nNew words.\n")
    assert shown.update() == ["index.md"]
    assert "New words." in (folder / "index.html").read_text()
    course.write("steps/02-second/new.txt", "one line\n")
    assert shown.update() == ["steps/second.md"]
    course.write("steps/01-first/app.py", "X = 1\n")
    assert shown.update() == ["steps/first.md", "steps/second.md"]
    course.page("more.md", "# More\n")
    assert len(shown.update()) == 4
    shown.close()


def test_a_preview_says_what_is_wrong_and_goes_on(
    course: SiteCourse, capsys: pytest.CaptureFixture[str]
) -> None:
    with Server(Repository(course.root)) as server:
        course.page("index.md", "# Home\n\n[x](nowhere.md)\n\n```diff-file\na\n```\n")
        server._rebuild()
        assert "belongs to no step" in capsys.readouterr().err
        catalogue = (course.root / "steps/course.toml").read_text()
        course.write("steps/course.toml", "[")
        server._rebuild()
        assert "not valid TOML" in capsys.readouterr().err
        course.write("steps/course.toml", catalogue)
        folder = server.folder
    assert not folder.exists()


def test_a_port_that_is_taken(course: SiteCourse) -> None:
    with socket.socket() as taken:
        taken.bind((ports.HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with Server(Repository(course.root), port) as server:
            with pytest.raises(CourseError, match="cannot listen on"):
                server.run()


def test_a_server_that_is_stopped(course: SiteCourse, monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[str] = []
    monkeypatch.setattr(
        "mkdocs.livereload.LiveReloadServer.serve", lambda self: served.append(self.url)
    )
    monkeypatch.chdir(course.root)
    done = CliRunner().invoke(docs, ["serve"])
    assert done.exit_code == 0
    assert len(served) == 1


def run(course: SiteCourse, monkeypatch: pytest.MonkeyPatch, *words: str) -> click.testing.Result:
    """Run ``course docs …`` in the course."""
    monkeypatch.chdir(course.root)
    return CliRunner().invoke(docs, words)


def test_the_commands(course: SiteCourse, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(course, monkeypatch, "nav").exit_code == 0
    assert run(course, monkeypatch, "nav").exit_code == 0
    assert run(course, monkeypatch, "build", "--strict").exit_code == 0
    assert (course.root / "site/index.html").is_file()
    assert run(course, monkeypatch, "build", "--site-dir", "elsewhere").exit_code == 0
    assert run(course, monkeypatch, "check").exit_code == 0
    page = course.root / "docs/steps/first.md"
    text = page.read_text()
    page.write_text(text + '\n```console not-run="why"\n$ x\n```\n')
    assert run(course, monkeypatch, "check", "--no-consoles").exit_code == 0
    assert run(course, monkeypatch, "check").exit_code == 0
    page.write_text(text + "\n`nothing.py` and `none.py`\n")
    assert run(course, monkeypatch, "check").exit_code == 1
    page.write_text(text + "\n```diff-file\nx\n```\n")
    assert run(course, monkeypatch, "build").exit_code == 1


def test_without_the_tool_the_extension_finds_its_course_itself(
    course: SiteCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    from markdown import Markdown

    from mkdocs.commands.build import build as mkdocs_build
    from mkdocs.config import load_config

    monkeypatch.chdir(course.root)
    navigation.write(course.site.chain)
    mkdocs_build(load_config(str(course.root / "mkdocs.yml")))
    plain = course.built("steps/second.html")
    assert "data-diff" in plain
    sites.forget(course.root)
    course.build()
    assert course.built("steps/second.html") == plain
    assert extension.locate(Markdown()) is None
    assert Markdown(extensions=["course.docs.extension"]).convert("a") == "<p>a</p>"


def test_a_site_of_its_own_is_read_again_after_a_while(
    course: SiteCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = sites.current(course.root)
    assert sites.current(course.root) is first
    monkeypatch.setattr(sites, "_FRESH_FOR", -1.0)
    again = sites.current(course.root)
    assert again is not first
    assert again.memory is first.memory
    sites.use(first)
    assert sites.current(course.root) is first
    sites.forget(course.root)


def test_the_page_is_found_under_zensical_too(course: SiteCourse) -> None:
    from types import SimpleNamespace

    from markdown import Markdown
    from markdown.preprocessors import Preprocessor

    for path in ("index.md", str(course.root / "docs/index.md")):
        md = Markdown()
        context = Preprocessor(md)
        page = SimpleNamespace(path=path)
        setattr(context, "page", page)
        setattr(context, "config", {"docs_dir": str(course.root / "docs")})
        md.preprocessors.register(context, "rendering_context", 0)
        assert extension.locate(md) == (course.root, "index.md")
        setattr(context, "page", None)
        assert extension.locate(md) is None


def test_the_memory_forgets_when_it_has_grown(
    course: SiteCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    course.build()
    folder = course.root / ".course/docs/rendered"
    assert any(folder.rglob("*"))
    monkeypatch.setattr(rendered_cache, "_MOST", 0)
    course.build()
    assert not folder.exists()
    memory = rendered_cache.Memory(Repository(course.root))
    stand_in = '<figure data-course-piece="ab" data-anchor="" data-number="1">x</figure>'
    with pytest.raises(CourseError, match="a piece of a page is gone"):
        memory.settle(stand_in)
    assert memory.get("key", lambda: "made") == memory.get("key", lambda: "again") == "made"


def test_a_place_on_the_page(tmp_path: Path) -> None:
    assert str(Fault("a.md", 0, "x\n  y")) == "a.md: x y"
    assert extension._source(tmp_path / "none") == ""
