"""The whole course as one PDF: every page, contents that say where, links that lead there."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from click.testing import CliRunner
from pypdf import PdfReader
from tests.docs.site_course import SiteCourse

from course.commands.docs import docs
from course.docs import chromium
from course.docs.publish import book
from course.docs.publish.book import Chapter, Document, Heading
from course.errors import CourseError

needs_browser = pytest.mark.skipif(not chromium.find(), reason="there is no browser")


def built(root: Path, uri: str, body: str, head: str = "") -> None:
    path = root / uri
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"<html><head>{head}</head><body>{body}</body></html>", encoding="utf-8")


@pytest.fixture
def document(tmp_path: Path) -> Document:
    """A document of two pages that lead to each other."""
    sheet = '<link rel="stylesheet" href="../assets/a.css">'
    built(
        tmp_path,
        "steps/one.html",
        '<nav>not this</nav><article class="x"><h1 id="top">One &amp; <code>more</code>'
        '<a class="headerlink" href="#top">#</a></h1><h2>Plain &#8230;</h2><h3 id="t">Third</h3>'
        '<p><a href="two.html#deep">there</a> <a href="#top">up</a> <a href="https://x.y/">out</a>'
        '<a href="../zips/one.zip">zip</a><a href="two.html">all</a></p><img src="../p.png">'
        "<button>Copy <b>it</b></button><script>alert(1)</script><br/>"
        "<details><summary>More</summary></details>"
        '<svg viewBox="0 0 400 90" aria-labelledby="f-title f-desc"><title id="f-title">T</title>'
        '<desc id="f-desc">D</desc><marker id="f-head"></marker>'
        '<path d="M0 0" marker-end="url(#f-head)"></path></svg></article>',
        sheet,
    )
    built(tmp_path, "steps/two.html", '<h1 id="deep">Two</h1>', sheet)
    chapters = [Chapter("steps/one.md", "Part"), Chapter("steps/two.md"), Chapter("gone.md")]
    return Document.of("A course", tmp_path, chapters)


def test_a_drawing_keeps_its_words_and_its_arrow_heads(document: Document) -> None:
    assert 'aria-labelledby="steps-one--f-title steps-one--f-desc"' in document.body
    for anchor in ("steps-one--f-title", "steps-one--f-desc", "steps-one--f-head"):
        assert f'id="{anchor}"' in document.body
    assert 'marker-end="url(#steps-one--f-head)"></path></svg>' in document.body


def test_pages_become_one_document_with_ids_and_links_of_its_own(document: Document) -> None:
    assert document.headings == (
        Heading("part-0", "Part", 0),
        Heading("steps-one--top", "One & more", 1),
        Heading("steps-one--h1", "Plain …", 2),
        Heading("steps-two--deep", "Two", 1),
    )
    html = document.html({"steps-two--deep": 7})
    assert 'href="#steps-two--deep">there' in html and 'href="#steps-one--top">up' in html
    assert 'href="#steps-two">all' in html and 'href="https://x.y/"' in html
    assert 'src="p.png"' in html and 'href="zips/one.zip"' in html
    assert '<details open="">' in html and 'href="assets/a.css"' in html
    assert "<b>7</b>" in html and "<b>000</b>" in html
    # Drawings take their colours from the theme: on paper from the light one.
    assert '<body data-md-color-scheme="default"' in html
    for gone in ("not this", "Copy", "alert", "headerlink"):
        assert gone not in html


@needs_browser
def test_the_contents_say_where_each_page_lies(course: SiteCourse, tmp_path: Path) -> None:
    course.page("index.md", "# All of it\n\n[On](steps/second.md#deep)\n\n## Deep\n\nWords.\n")
    target = tmp_path / "made" / "book.pdf"
    count, faults = book.make(course.site, target)
    assert faults == []
    reader = PdfReader(target)
    assert len(reader.pages) == count
    # Fonts join some letters ("fi") to one.
    texts = [
        " ".join(unicodedata.normalize("NFKC", page.extract_text()).split())
        for page in reader.pages
    ]
    contents = next(text for text in texts if text.startswith("Contents"))
    for title in ("All of it", "The first", "The second"):
        number = int(contents.split(title)[1].split()[0])
        assert title in texts[number - 1]
        assert texts[number - 1].endswith(f"· {number}")
    titles = [str(entry.title) for entry in reader.outline if not isinstance(entry, list)]
    assert "The first" in titles and "The second" in titles


def drawn(name: str, height: int) -> str:
    """Return a drawing with words in its first and in its last line, and a box between them."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 {height}">'
        f"<title>{name}</title><desc>Words and a box.</desc>"
        f'<text class="bold" x="4" y="20">{name}-begins</text>'
        f'<rect class="box" x="4" y="30" width="390" height="{height - 60}" rx="6"/>'
        f'<text class="code" x="4" y="{height - 6}">{name}-ends</text></svg>\n'
    )


@needs_browser
def test_each_figure_is_on_one_page_whole(course: SiteCourse, tmp_path: Path) -> None:
    names = [f"drawing{number}" for number in range(6)]
    fences = ["# All of it\n"]
    for number, name in enumerate(names):
        # At every height of a sheet, and the highest drawing that there may be.
        height = 600 if number == 3 else 200 + 40 * number
        course.write(f"docs/figures/{name}.svg", drawn(name, height))
        fences += ["Words.\n"] * (number * 4)
        fences.append(f"```figure\n{name}.svg\ncaption: {name}-caption\n```\n")
    course.page("index.md", "\n".join(fences))
    target = tmp_path / "book.pdf"
    _, faults = book.make(course.site, target)
    assert faults == []
    texts = [page.extract_text() for page in PdfReader(target).pages]
    for name in names:
        parts = [f"{name}-{part}" for part in ("begins", "ends", "caption")]
        (holding,) = [text for text in texts if any(part in text for part in parts)]
        assert all(part in holding for part in parts)


@needs_browser
def test_the_verb_says_where_it_is_and_what_is_wrong(
    course: SiteCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    course.page("steps/second.md", "# The second\n\n```diff-file\nnowhere.txt\n```\n")
    monkeypatch.chdir(course.root)
    done = CliRunner().invoke(docs, ["book"])
    assert done.exit_code == 0, done.output
    assert "book.pdf: " in done.output and "nowhere.txt" in done.output
    assert (course.root / "book.pdf").read_bytes().startswith(b"%PDF")


@needs_browser
def test_what_another_host_would_have_to_give_is_refused(
    course: SiteCourse, tmp_path: Path
) -> None:
    course.page("index.md", '# All\n\n<img alt="" src="http://127.0.0.2:9/x.png">\n')
    with pytest.raises(CourseError, match="another host"):
        book.make(course.site, tmp_path / "book.pdf")
    assert not (tmp_path / "book.pdf").exists()


def test_without_a_browser_it_says_so(
    course: SiteCourse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chromium, "find", lambda: "")
    with pytest.raises(CourseError, match="no browser"):
        book.make(course.site, tmp_path / "book.pdf")


def test_a_browser_that_does_not_print_is_said(
    course: SiteCourse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chromium, "find", lambda: "/bin/false")
    with pytest.raises(CourseError, match="does not start"):
        book.make(course.site, tmp_path / "book.pdf")
