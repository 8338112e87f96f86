"""The site, published below a path: a missing page has its styles, its links, and an address."""

from __future__ import annotations

import functools
import gzip
import http.server
import json
import re
import shutil
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from tests.docs.site_course import SiteCourse
from tests.small_course import SCRIPTS

from course.docs import built_page, navigation
from course.docs.publish import build, preview
from course.errors import CourseError
from course.ports import HOST

ROOT = SCRIPTS.parent
BELOW = "/mublog/"


class _Published(http.server.SimpleHTTPRequestHandler):
    """Answers below a path alone, and with the site's own page where there is nothing."""

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def translate_path(self, path: str) -> str:
        if not path.startswith(BELOW):
            return str(Path(self.directory) / "outside the site")
        return super().translate_path(path[len(BELOW) - 1 :])

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        text = (Path(self.directory) / "404.html").read_bytes()
        self.send_response(code)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


@contextmanager
def published(folder: Path) -> Iterator[str]:
    handler = functools.partial(_Published, directory=str(folder))
    with http.server.ThreadingHTTPServer((HOST, 0), handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield f"http://{HOST}:{server.server_port}{BELOW}"
        finally:
            server.shutdown()


def ask(address: str) -> tuple[int, str]:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(address, timeout=10) as answer:
            return answer.status, answer.read().decode("utf-8", "replace")
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode("utf-8", "replace")


@pytest.fixture
def real(course: SiteCourse, monkeypatch: pytest.MonkeyPatch) -> SiteCourse:
    """The small course with the configuration, the theme and the assets of the real site."""
    shutil.copy(ROOT / "mkdocs.yml", course.root / "mkdocs.yml")
    for folder in ("assets", "templates"):
        shutil.copytree(ROOT / "docs" / folder, course.root / "docs" / folder, dirs_exist_ok=True)
    (course.root / "docs/index.md").write_text("# Home\n\n[first](steps/first.md)\n")
    navigation.write(course.site.chain)
    for name in (build.ADDRESS, "CI_PAGES_URL"):
        monkeypatch.delenv(name, raising=False)
    return course


@pytest.mark.parametrize("variable", [build.ADDRESS, "CI_PAGES_URL"])
def test_a_missing_page_below_a_path_has_its_styles_and_its_links_stay_inside(
    real: SiteCourse, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    folder = real.root / "site"
    folder.mkdir()
    with published(folder) as home:
        # GitHub names it without the slash at its end.
        monkeypatch.setenv(variable, home.rstrip("/"))
        real.build()
        code, text = ask(urljoin(home, "steps/deep/no-such-page.html"))
        assert code == 404
        page = built_page.read(text)
        addresses = [a for a in dict.fromkeys([*page.links, *page.loads]) if not a.startswith("#")]
        inside = [urljoin(urljoin(home, "steps/deep/"), address) for address in addresses]
        inside = [a for a in inside if urlsplit(a).netloc == urlsplit(home).netloc]
        assert [a for a in inside if a.endswith(".css")] and urljoin(home, "index.html") in (
            inside + [urljoin(a, "index.html") for a in inside]
        )
        assert [a for a in inside if not a.startswith(home)] == []
        assert {a: ask(a)[0] for a in inside} == dict.fromkeys(inside, 200)


def test_the_sitemap_and_the_canonical_addresses_name_where_it_is_published(
    real: SiteCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = "https://example.org/mublog/"
    monkeypatch.setenv(build.ADDRESS, home)
    real.build()
    sitemap = real.built("sitemap.xml")
    assert set(re.findall("<loc>(.*)</loc>", sitemap)) == {
        home + page for page in ("index.html", "steps/first.html", "steps/second.html")
    }
    packed = (real.root / "site/sitemap.xml.gz").read_bytes()
    assert gzip.decompress(packed).decode() == sitemap
    assert f'<link rel="canonical" href="{home}steps/second.html">' in real.built(
        "steps/second.html"
    )


def test_windows_and_titles_say_the_step_and_its_part(real: SiteCourse) -> None:
    real.replace("steps/course.toml", 'slug = "second"', 'slug = "second"\ngroup = "More"')
    real.replace("steps/course.toml", 'slug = "first"', 'slug = "first"\ngroup = "Some"')
    real.page("getting-started.md", "# Getting started\n")
    navigation.write(real.site.chain)
    real.build()
    html = real.built("steps/second.html")
    title = "2 · The second – Part 1 · All of it – μblog, step by step"
    assert f"<title>{title}</title>" in html
    kicker = re.search(r'<p class="cs-kicker">(.*?)</p>', html, re.DOTALL)
    assert kicker and re.sub(r"<[^>]+>|\s+", " ", kicker[1]).split() == (
        "Part 1 · All of it › More Step 2".split()
    )
    # The search reads the page alone, and so begins with its heading.
    index = json.loads(real.built("search/search_index.json"))
    (first,) = [d for d in index["docs"] if d["location"] == "steps/second.html"]
    assert first["title"] == "The second"
    other = real.built("getting-started.html")
    assert "<title>Getting started – μblog, step by step</title>" in other
    assert "cs-kicker" not in other
    assert "<title>μblog, step by step</title>" in real.built("index.html")


def test_without_an_address_the_site_is_built_and_no_sitemap_lies(real: SiteCourse) -> None:
    real.build()
    assert not list((real.root / "site").glob("sitemap*"))
    assert 'rel="canonical"' not in real.built("steps/second.html")
    assert (real.root / "site/404.html").is_file()


@pytest.mark.parametrize(
    "address",
    [
        "example.org/x",
        "ftp://example.org/",
        "https:///x",
        "https://a.b:x/",
        "https://a.b/?x",
        "h t",
    ],
)
def test_what_is_no_address_is_refused_with_an_example(
    course: SiteCourse, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv(build.ADDRESS, address)
    with pytest.raises(CourseError, match=f"{build.ADDRESS} is ") as caught:
        course.build()
    assert "https://example.org/course/" in caught.value.remedy


def test_the_preview_shows_the_page_for_what_is_missing(course: SiteCourse) -> None:
    with preview.Server(course.site.chain.repository) as server:
        (server.folder / "404.html").write_text("nothing here")
        assert server._instead(404) == b"nothing here"
        assert server._instead(500) is None
