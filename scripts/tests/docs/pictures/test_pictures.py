"""Pictures of running snapshots, and what makes them stale."""

from __future__ import annotations

import http.server
import re
import shutil
import struct
import threading
import time
import urllib.parse
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.docs.site_course import SiteCourse

from course import deadline
from course.commands.docs import docs
from course.docs import chromium
from course.docs.pictures import (
    browser,
    catalogue as pictures,
    drawing,
    fingerprints,
    screenshots,
    step_server,
    timestamps,
)
from course.docs.pictures.catalogue import Picture
from course.docs.pictures.fingerprints import NeedsBrowser
from course.errors import CourseError
from course.workspace import Workspace

ROOT = Path(__file__).resolve().parents[4]
LIST = """
[[picture]]
name = "home"
step = "second"
viewport = [300, 200]

[[picture]]
name = "inside"
step = "second"
theme = "dark"
viewport = [300, 200]

[[picture.action]]
goto = "/form"

[[picture.action]]
fill = "#who"
with = "Ada"

[[picture.action]]
click = "text=Go"
"""

SERVER = '''import datetime
import email
import http.server
import itertools
import sys
import urllib.parse

COUNT = itertools.count()
FORM = """<form method="post" action="/enter"><input type="hidden" name="csrfmiddlewaretoken"
value="{}"><input id="who" name="name"><input type="checkbox" name="c">
<input type="submit" name="s"><button>Go</button></form><a href="/">Back <b>home</b></a>
<form><input id="q" name="q" value="z"></form>
<form method="post" action="/up" enctype="multipart/form-data"><input id="note" name="note">
<input type="file" id="file" name="file"><button id="send">Send</button></form>"""
STORED = {}


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        path = self.path.partition("?")[0]
        kind = "text/html"
        if path == "/form":
            body = FORM.format(next(COUNT))
        elif path == "/dated":
            day = f"{datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d %H:%M}"
            day = "2026-01-15 12:00" if "?" in self.path else day
            body = f"<p>{day}</p><input value='{day}'><textarea>{day}</textarea>"
        elif path == "/style.css":
            body, kind = open("style.css").read(), "text/css"
        elif path == "/":
            who = self.headers.get("Cookie", "")
            body = "<link rel='stylesheet' href='/style.css'>"
            body += f"<p>Hello {who} 12:00:0{next(COUNT) % 9}"
            body += "<img src='/missing.png'>"
        elif path == "/late":
            body = "<button>Like</button><p></p><script>const p = document.querySelector('p');"
            body += "const said = () => { p.textContent = 'Liked'; p.id = 'done'; };"
            body += "document.querySelector('button').onclick = () => setTimeout(said, 400);"
            body += "</script>"
        elif path == "/restless":
            body = "<p>0</p><script>const p = document.querySelector('p');"
            body += "setInterval(() => { p.textContent = Number(p.textContent) + 1; }, 50);"
            body += "</script>"
        elif path == "/stored":
            body = "<p>" + STORED["note"] + "<img src='/stored.png'>"
        elif path == "/stored.png":
            body, kind = STORED["file"], "image/png"
        elif path == "/enter" or path == "/x":
            body = "entered " + self.path
        else:
            self.send_error(404)
            return
        self.answer(body, kind)

    def do_POST(self):
        length = int(self.headers["Content-Length"])
        if self.path == "/up":
            kind = "Content-Type: " + self.headers["Content-Type"] + "\\r\\n\\r\\n"
            sent = email.message_from_bytes(kind.encode() + self.rfile.read(length))
            for part in sent.get_payload():
                content = part.get_payload(decode=True)
                name = part.get_param("name", header="Content-Disposition")
                STORED[name] = content if part.get_filename() else content.decode()
            self.send_response(302)
            self.send_header("Location", "/stored")
            self.end_headers()
            return
        values = urllib.parse.parse_qs(self.rfile.read(length).decode())
        self.send_response(302)
        self.send_header("Set-Cookie", "who=" + values["name"][0])
        self.send_header("Location", "/")
        self.end_headers()

    def answer(self, body, kind):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.end_headers()
        self.wfile.write(body if isinstance(body, bytes) else body.encode())


http.server.ThreadingHTTPServer((sys.argv[1], int(sys.argv[2])), Handler).serve_forever()
'''

needs_chromium = pytest.mark.skipif(not chromium.find(), reason="no Chromium on this machine")


@pytest.fixture
def pictured(course: SiteCourse) -> SiteCourse:
    """A course whose second step has a server, with two pictures."""
    course.write("steps/02-second/server.py", SERVER)
    course.write("steps/02-second/style.css", "p { background: url(back.png) }")
    course.write("docs/pictures/pictures.toml", LIST)
    return course


@pytest.fixture
def without_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without a browser."""
    monkeypatch.setattr(chromium, "find", lambda: "")


@needs_chromium
def test_pictures_are_taken_once_and_then_only_when_stale(pictured: SiteCourse) -> None:
    first = screenshots.update(pictured.site, [], check=False)
    assert (first.taken, first.fresh) == (["home", "inside"], [])
    picture = pictured.root / "docs/pictures/home.png"
    assert picture.read_bytes().startswith(b"\x89PNG")
    again = screenshots.update(pictured.site, [], check=False)
    assert (again.taken, again.fresh) == ([], ["home", "inside"])
    pictured.write("steps/02-second/new.txt", "nothing that a picture shows")
    assert screenshots.update(pictured.site, [], check=True).stale == []
    before = picture.read_bytes()
    pictured.write("steps/02-second/style.css", "body { background: red }")
    stale = screenshots.update(pictured.site, [pictured.site.chain.find("2")], check=True)
    assert stale.stale == ["home", "inside"]
    assert picture.read_bytes() == before
    assert (pictured.root / ".course/pictures-new/home.png").read_bytes() != before
    none = screenshots.update(pictured.site, [pictured.site.chain.find("1")], check=True)
    assert none == screenshots.Outcome()


# -- what is remembered of pictures


@pytest.fixture
def shown(pictured: SiteCourse, monkeypatch: pytest.MonkeyPatch) -> SiteCourse:
    """A course with one picture that needs no browser, and is known to show what is so."""
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr(chromium, "find", lambda: "")
    pictured.write(pictures.LIST, '[[picture]]\nname = "home"\nstep = "second"\n')
    picture, site = pictures.read(pictured.root)[0], pictured.site
    with Workspace() as space, step_server.served(site, site.chain.find("second"), space) as base:
        print_ = fingerprints.of_picture(picture, base, pictured.root)
    pictured.write("docs/pictures/home.png", b"a picture")
    sums = {"home": pictures.sum_of(b"a picture")}
    pictures.keep(pictured.root, {"home": print_}, sums, [picture])
    assert looked(pictured) == (["home"], 0)
    assert looked(pictured) == (["home"], 1)
    return pictured


def looked(course: SiteCourse, **words: bool) -> tuple[list[str], int]:
    """Check the pictures; return which are fresh, and how many of them were known to be so."""
    outcome = screenshots.update(course.site, [], check=True, **words)
    return outcome.fresh, outcome.remembered


def test_a_picture_that_is_known_is_not_served(
    shown: SiteCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What another step, or a page, shows has no part in it.
    shown.write("steps/01-first/new.txt", "new\n")
    shown.page("index.md", "# Another home\n")
    assert looked(shown) == (["home"], 1)
    assert looked(shown, fresh=True) == (["home"], 0)
    monkeypatch.setenv("CI", "true")
    assert looked(shown) == (["home"], 0)


def _step(course: SiteCourse) -> None:
    course.write("steps/02-second/more.txt", "")


def _settings(course: SiteCourse) -> None:
    course.replace("steps/course.toml", "install = []\n", 'install = []\nmigrate = "python -V"\n')


def _service(course: SiteCourse) -> None:
    text = '\n[services.mail]\nvariables = { PORT = "{port}" }\n[[part]]\n'
    course.replace("steps/course.toml", "\n[[part]]\n", text)
    course.replace("steps/course.toml", 'slug = "second"', 'slug = "second"\nservices = ["mail"]')


def _definition(course: SiteCourse) -> None:
    course.write(pictures.LIST, '[[picture]]\nname = "home"\nstep = "second"\ntheme = "dark"\n')


def _file(course: SiteCourse) -> None:
    course.write("docs/pictures/home.png", b"another picture")


def _fingerprint(course: SiteCourse) -> None:
    course.write(pictures.FINGERPRINTS, '{"home": "another"}')


def _sum(course: SiteCourse) -> None:
    course.write(pictures.SUMS, "{}")


def _no_file(course: SiteCourse) -> None:
    course.delete("docs/pictures/home.png")


@pytest.mark.parametrize(
    "change",
    [_step, _settings, _service, _definition, _file, _fingerprint, _sum, _no_file],
)
def test_after_a_change_of_what_a_picture_depends_on_it_is_looked_at_again(
    shown: SiteCourse, change: Callable[[SiteCourse], None]
) -> None:
    change(shown)
    assert looked(shown)[1] == 0


def test_another_browser_another_machine_and_other_code_look_again(
    shown: SiteCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def serving(*words: object) -> Iterator[str]:
        raise CourseError("it is served")
        yield ""

    monkeypatch.setattr(screenshots, "served", serving)
    assert looked(shown)[1] == 1
    for target, value in (
        ("course.cache.code_version.version", "another"),
        ("course.cache.run_once.machine", "another"),
        ("course.install.environments.base_python", "another"),
        ("course.docs.chromium.find", __file__),
    ):
        with monkeypatch.context() as context:
            context.setattr(target, lambda *words, value=value: value)
            with pytest.raises(CourseError, match="it is served"):
                looked(shown)


def test_what_an_action_uploads_counts(shown: SiteCourse) -> None:
    action = '[[picture.action]]\nupload = "#file"\nwith = "up.png"\n'
    goto = '[[picture.action]]\ngoto = "/form"\n'
    shown.write(pictures.LIST, f'[[picture]]\nname = "home"\nstep = "second"\n{goto}{action}')
    shown.write("docs/pictures/up.png", b"one")
    [picture] = pictures.read(shown.root)
    with pytest.MonkeyPatch.context() as context:
        context.setattr(fingerprints, "of_picture", lambda *words: "the same")
        sums = {"home": pictures.sum_of(b"a picture")}
        pictures.keep(shown.root, {"home": "the same"}, sums, [picture])
        assert [looked(shown)[1], looked(shown)[1]] == [0, 1]
        shown.write("docs/pictures/up.png", b"another")
        assert [looked(shown)[1], looked(shown)[1]] == [0, 1]


def test_pictures_of_the_site_are_known_as_long_as_nothing_changed(
    shown: SiteCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown.write(pictures.LIST, '[[picture]]\nname = "home"\npage = "index.md"\n')
    monkeypatch.setattr(fingerprints, "of_picture", lambda *words: "the same")
    sums = {"home": pictures.sum_of(b"a picture")}
    pictures.keep(shown.root, {"home": "the same"}, sums, pictures.read(shown.root))
    assert [looked(shown)[1], looked(shown)[1]] == [0, 1]
    shown.write("steps/01-first/new.txt", "new\n")
    assert [looked(shown)[1], looked(shown)[1]] == [0, 1]
    shown.write("docs/pictures/home.png", b"another picture")
    assert looked(shown) == ([], 0)
    assert looked(shown) == ([], 0)


# -- which are stale


@needs_chromium
def test_two_pictures_that_changed_places_are_stale(pictured: SiteCourse) -> None:
    screenshots.update(pictured.site, [], check=False)
    one, two = (pictured.root / f"docs/pictures/{name}.png" for name in ("home", "inside"))
    first, second = one.read_bytes(), two.read_bytes()
    one.write_bytes(second)
    two.write_bytes(first)
    outcome = screenshots.update(pictured.site, [], check=True)
    assert (outcome.stale, outcome.fresh) == (["home", "inside"], [])
    said = [fault for fault in pictured.faults() if "pictures/" in fault]
    assert said == [
        f"docs/pictures/{name}.png: is not the picture that was taken under this name."
        " → course docs screenshots second"
        for name in ("home", "inside")
    ]
    outcome = screenshots.update(pictured.site, [], check=False)
    assert outcome.taken == ["home", "inside"]
    assert (one.read_bytes(), two.read_bytes()) == (first, second)
    assert screenshots.update(pictured.site, [], check=True).stale == []


@pytest.mark.usefixtures("without_browser")
def test_without_a_browser_pictures_that_changed_places_are_named(pictured: SiteCourse) -> None:
    root = pictured.root
    listed = pictures.read(root)
    for name in ("home", "inside"):
        pictured.write(f"docs/pictures/{name}.png", f"the picture {name}")
    assert [picture.name for picture in pictures.exchanged(root, listed)] == ["home", "inside"]
    sums = {name: pictures.sum_of(f"the picture {name}".encode()) for name in ("home", "inside")}
    with (
        Workspace() as space,
        step_server.served(pictured.site, pictured.site.chain.find("2"), space) as base,
    ):
        home = fingerprints.of_picture(listed[0], base, root)
    pictures.keep(root, {"home": home, "gone": "1"}, sums, listed)
    assert pictures.exchanged(root, listed) == []
    assert pictures.known(root) == {"home": home}
    assert not [fault for fault in pictured.faults() if "docs/pictures" in fault]
    # `inside` needs a browser: what it shows is not known, but whose file it is.
    pictured.replace("docs/pictures/pictures.toml", "#who", "form input")
    pictured.write("docs/pictures/home.png", "the picture inside")
    pictured.write("docs/pictures/inside.png", "the picture home")
    outcome = screenshots.update(pictured.site, [], check=True)
    assert (outcome.stale, outcome.fresh, outcome.unchecked) == (["home", "inside"], [], {})
    assert [fault for fault in pictured.faults() if "docs/pictures" in fault] == [
        f"docs/pictures/{name}.png: is not the picture that was taken under this name."
        " → course docs screenshots second"
        for name in ("home", "inside")
    ]
    pictured.write("docs/pictures/pictures.toml", "[")
    assert any("not valid TOML" in fault for fault in pictured.faults())


@needs_chromium
def test_what_lies_outside_of_a_picture_makes_it_not_stale(pictured: SiteCourse) -> None:
    screenshots.update(pictured.site, [], check=False)
    kept = pictures.known(pictured.root)
    pictured.write("steps/02-second/style.css", "p { background: url(back.png) } i { color: red }")
    found = screenshots.update(pictured.site, [], check=True)
    assert (found.stale, found.taken, found.fresh) == ([], [], ["home", "inside"])
    assert not (pictured.root / ".course/pictures-new/home.png").exists()
    assert pictures.known(pictured.root) == kept
    found = screenshots.update(pictured.site, [], check=False)
    assert (found.stale, found.fresh) == ([], ["home", "inside"])
    assert pictures.known(pictured.root) != kept
    assert screenshots.update(pictured.site, [], check=False, force=True).taken == [
        *("home", "inside")
    ]


@needs_chromium
def test_an_action_that_only_a_browser_can_do(pictured: SiteCourse) -> None:
    pictured.write("docs/pictures/pictures.toml", LIST.replace("text=Go", "button"))
    pictured.replace("docs/pictures/pictures.toml", "#who", "form input#who")
    assert screenshots.update(pictured.site, [], check=False).taken == ["home", "inside"]
    assert screenshots.update(pictured.site, [], check=True).fresh == ["home", "inside"]
    assert screenshots.update(pictured.site, [], check=False).fresh == ["home", "inside"]
    assert not (pictured.root / ".course/pictures-new/inside.png").exists()


@needs_chromium
def test_what_a_script_shows_late_is_waited_for(pictured: SiteCourse) -> None:
    after = '[[picture.action]]\nclick = "button"\n\n[[picture.action]]\nwait = "#done"\n'
    first = LIST.split('[[picture]]\nname = "inside"')[0].replace(
        "viewport", 'url = "/late"\nviewport'
    )
    pictured.write("docs/pictures/pictures.toml", f"{first}\n{after}")
    assert screenshots.update(pictured.site, [], check=False).taken == ["home"]
    assert screenshots.update(pictured.site, [], check=True).fresh == ["home"]
    pictured.replace("steps/02-second/server.py", "'Liked'", "'Loved'")
    assert screenshots.update(pictured.site, [], check=True).stale == ["home"]


@needs_chromium
def test_what_nobody_sees_of_a_script_s_page_makes_no_picture_stale(pictured: SiteCourse) -> None:
    click = '[[picture.action]]\nclick = "button"\n\n[[picture.action]]\nwait = "#done"\n'
    first = LIST.split('[[picture]]\nname = "inside"')[0].replace(
        "viewport", 'url = "/late"\nviewport'
    )
    pictured.write("docs/pictures/pictures.toml", f"{first}\n{click}")
    assert screenshots.update(pictured.site, [], check=False).taken == ["home"]
    pictured.replace("steps/02-second/server.py", "<p></p>", "<p data-round='2'></p>")
    assert screenshots.update(pictured.site, [], check=True).fresh == ["home"]
    assert not (pictured.root / ".course/pictures-new/home.png").exists()
    assert screenshots.update(pictured.site, [], check=False).fresh == ["home"]


@needs_chromium
def test_a_picture_that_cannot_be_taken(pictured: SiteCourse) -> None:
    pictured.replace("docs/pictures/pictures.toml", "text=Go", "text=Nothing")
    pictured.replace("docs/pictures/pictures.toml", 'fill = "#who"\nwith = "Ada"', 'goto = "/x"')
    with pytest.MonkeyPatch.context() as patch, pytest.raises(CourseError, match="inside"):
        patch.setattr("playwright.sync_api.Page.set_default_timeout", lambda self, timeout: None)
        patch.setattr("playwright.sync_api.Page.click", _fail)
        screenshots.update(pictured.site, [], check=False)
    pictured.write("docs/pictures/pictures.toml", LIST.split('[[picture]]\nname = "inside"')[0])
    pictured.replace("steps/02-second/server.py", "/missing.png", "http://127.0.0.2:9/x.png")
    with pytest.raises(CourseError, match="asks another host"):
        screenshots.update(pictured.site, [], check=False, force=True)


@needs_chromium
@pytest.mark.parametrize(
    ("added", "says"),
    [
        ("<script>notThere()</script>", "notThere is not defined"),
        ("<script>console.error(/no way/)</script>", "no way"),
    ],
)
def test_what_the_browser_reports_of_a_page_is_a_fault(
    pictured: SiteCourse, added: str, says: str
) -> None:
    only = LIST.split('[[picture]]\nname = "inside"')[0].replace(
        "viewport", 'url = "/late"\nviewport'
    )
    pictured.write("docs/pictures/pictures.toml", only)
    assert screenshots.update(pictured.site, [], check=False).taken == ["home"]
    pictured.replace("steps/02-second/server.py", "<p></p>", f"<p></p>{added}")
    with pytest.raises(CourseError, match=f"picture home: the browser reports: .*{says}"):
        screenshots.update(pictured.site, [], check=False)


def test_a_long_message_of_the_browser_loses_its_middle() -> None:
    assert browser._short("a\n b") == "a b"
    assert browser._short("a" * 500) == f"{'a' * 200} … {'a' * 200}"


def _fail(self: object, selector: str) -> None:
    from playwright.sync_api import Error

    raise Error("no such thing\nas that")


def test_what_there_is_no_time_for_is_named(
    pictured: SiteCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(deadline.VARIABLE, str(time.time() - deadline.LAST - 1))
    outcome = screenshots.update(pictured.site, [], check=True)
    assert (outcome.fresh, outcome.stale, outcome.taken) == ([], [], [])
    assert outcome.unchecked == {name: deadline.REASON for name in ("home", "inside")}


@pytest.mark.usefixtures("without_browser")
def test_without_a_browser_what_is_stale_is_named(
    pictured: SiteCourse, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pictured.replace("docs/pictures/pictures.toml", "#who", "form input")
    outcome = screenshots.update(pictured.site, [], check=True)
    assert (outcome.stale, outcome.taken) == (["home"], [])
    assert outcome.unchecked == {"inside": "it needs a browser, and there is none"}
    monkeypatch.chdir(pictured.root)
    done = CliRunner().invoke(docs, ["screenshots", "--check"])
    assert done.exit_code == 1


@needs_chromium
def test_the_command(pictured: SiteCourse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(pictured.root)
    assert CliRunner().invoke(docs, ["screenshots", "2"]).exit_code == 0
    assert CliRunner().invoke(docs, ["screenshots", "--check"]).exit_code == 0
    pictured.write("steps/02-second/style.css", "body { background: red }")
    assert CliRunner().invoke(docs, ["screenshots", "--check"]).exit_code == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[", "not valid TOML"),
        ("[[picture]]\nname = 'A B'\nstep = 'x'", "name: String should match"),
        ("[[pictures]]\nname = 'a'", "unknown table 'pictures'"),
        ("[[picture]]\nname='a'", "of a step (step = …) or of a page"),
        ("[[picture]]\nname='a'\nstep='1'\npage='a.md'", "of a step (step = …) or of a page"),
        ("[[picture]]\nname='a'\npage='a.md'\nurl='/b'", "is only an anchor"),
        ("[[picture]]\nname='a'\nstep='1'\nelement='p > a'", "element"),
        ("[[picture]]\nname='a'\nstep='1'\n[[picture]]\nname='a'\nstep='1'", "two pictures"),
    ],
)
def test_a_list_that_makes_no_sense(course: SiteCourse, text: str, said: str) -> None:
    course.write("docs/pictures/pictures.toml", text)
    with pytest.raises(CourseError) as caught:
        pictures.read(course.root)
    assert caught.value.problem.startswith("docs/pictures/pictures.toml: ")
    assert said in caught.value.problem


def test_no_list_and_kept_fingerprints_that_are_broken(course: SiteCourse) -> None:
    assert pictures.read(course.root) == []
    assert screenshots.update(course.site, [], check=True) == screenshots.Outcome()
    course.write("docs/pictures/fingerprints.json", "{")
    assert pictures.known(course.root) == {}
    course.write("docs/pictures/fingerprints.json", "[]")
    assert pictures.known(course.root) == {}


@pytest.fixture
def base(tmp_path: Path) -> Iterator[str]:
    """A server with a form."""
    spaces: dict[str, object] = {}
    source = SERVER.rsplit("\n\n\n", 1)[0]
    exec(compile(source, "server", "exec"), spaces)
    handler = spaces["Handler"]
    assert isinstance(handler, type)
    quiet = type("Quiet", (handler,), {"log_message": lambda self, *words: None})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), quiet) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_a_visitor_follows_links_and_fills_in_forms(base: str) -> None:
    visitor = fingerprints.Visitor(base, ROOT)
    visitor.go("/form")

    def act(**keys: str) -> None:
        visitor.do(pictures.Action.model_validate(keys))

    act(click="text=Back home") if "css" in visitor.html else None
    act(fill="[name=q]", **{"with": "x"})
    act(click="text=Go")
    assert urllib.parse.urlsplit(visitor.address).query == "q=x"
    visitor.go("/form")
    for keys in (
        {"click": "text=Nothing"},
        {"click": "button"},
        {"fill": "p > a", "with": "x"},
    ):
        with pytest.raises(NeedsBrowser):
            act(**keys)
    act(fill="#nothing", **{"with": "x"})
    with pytest.raises(NeedsBrowser):
        act(click="text=Go")
    visitor.go("/none")
    assert visitor.status == 404
    with pytest.raises(CourseError, match="/none answers 404, not 200"):
        act(goto="/")
    with pytest.raises(CourseError, match="/none answers 404, not 200"):
        visitor.fetch(base + "/none")


def test_a_picture_of_an_error(base: str) -> None:
    wanted = Picture(name="a", step="b", url="/none", status=404)
    assert fingerprints.of_picture(wanted, base, ROOT) == fingerprints.of_picture(
        wanted, base, ROOT
    )
    for picture, said in (
        (Picture(name="a", step="b", url="/none"), "answers 404, not 200. → .*status = 404"),
        (Picture(name="a", step="b", url="/form", status=404), "/form answers 200, not 404"),
    ):
        with pytest.raises(CourseError) as caught:
            fingerprints.of_picture(picture, base, ROOT)
        assert re.search(said, " ".join(str(caught.value).split()))


@needs_chromium
def test_a_browser_shows_an_error_and_no_date_of_today(base: str, tmp_path: Path) -> None:
    target = tmp_path / "a.png"
    with chromium.opened(chromium.find()) as opened:
        wanted = Picture(name="a", step="b", url="/none", status=404, viewport=(200, 100))
        assert "404" in browser.take(opened, wanted, base, ROOT, target)
        with pytest.raises(CourseError, match="answers 404, not 200"):
            browser.take(opened, wanted.model_copy(update={"status": 200}), base, ROOT, target)
        dated = wanted.model_copy(update={"url": "/dated", "status": 200})
        assert f"{datetime.now(timezone.utc):%Y-%m-%d}" in browser.take(
            opened, dated, base, ROOT, target
        )
        shown = target.read_bytes()
        fixed = dated.model_copy(update={"url": "/dated?fixed"})
        browser.take(opened, fixed, base, ROOT, target)
        assert target.read_bytes() == shown


@needs_chromium
def test_what_a_script_draws_later_by_itself_is_waited_for(
    base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clicked = Picture.model_validate(
        {"name": "a", "step": "b", "url": "/late", "action": [{"click": "button"}]}
    )
    restless = Picture(name="a", step="b", url="/restless")
    with chromium.opened(chromium.find()) as opened:
        assert ">Liked<" in browser.take(opened, clicked, base, ROOT, tmp_path / "a.png")
        # What never stands still is shown as it is.
        monkeypatch.setattr(browser, "_CHANGES", 2)
        found = browser.take(opened, restless, base, ROOT, tmp_path / "a.png")
    shown = re.search(r"<p>(\d+)</p>", found)
    assert shown and int(shown[1]) > 0


NOW = datetime(2026, 11, 23, 18, 15, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("shown", "name", "frozen"),
    [
        ("2026-11-23", "<iso-date>", "2026-01-15"),
        ("2026-11-23 18:15:10.123456+00:00", "<iso-date clock>", "2026-01-15 12:00:00"),
        ("2026-11-22T18:15Z", "<iso-date clock>", "2026-01-15T12:00"),
        ("Nov. 23, 2026, 6:15 p.m.", "<month-day-year clock>", "Jan. 15, 2026, noon"),
        ("Nov 24, 2026, midnight", "<month-day-year clock>", "Jan 15, 2026, noon"),
        ("November 23, 2026 - 18:15:10", "<month-day-year clock>", "January 15, 2026 - 12:00:00"),
        ("November 23, 2026", "<month-day-year>", "January 15, 2026"),
        ("Nov. 23, 2026, 6 p.m.", "<month-day-year clock>", "Jan. 15, 2026, noon"),
        ("23 Nov 2026 6:15 pm", "<day-month-year clock>", "15 Jan 2026 12:00 pm"),
        ("23/Nov/2026:18:15:10 +0000", "<day-month-year clock>", "15/Jan/2026:12:00:00"),
        ("Jan. 3, 2026", "<month-day-year>", "Jan. 3, 2026"),
        ("2026-19-39", "<iso-date>", "2026-19-39"),
        ("3 minutes ago", "<ago>", "3 minutes ago"),
        ("1 hour, 2 minutes ago", "<ago>", "1 hour, 2 minutes ago"),
        ("at 6:15 p.m. ", "at <clock> ", "at 6:15 p.m. "),
        ("noon", "<clock>", "noon"),
        ("Mayor 12 of 2026, afternoon, 3 a.map", None, None),
        ("2 days", None, None),
    ],
)
def test_moments(shown: str, name: str | None, frozen: str | None) -> None:
    assert timestamps.named(f"<p>{shown}</p>") == f"<p>{name or shown}</p>"
    assert timestamps.frozen(f"<p>{shown}</p>", NOW) == f"<p>{frozen or shown}</p>"
    if name and not name.startswith("<ago"):
        tomorrow = timestamps.named(f"<p>{frozen}</p>")
        assert tomorrow == f"<p>{name}</p>"


def test_a_server_that_is_gone() -> None:
    with pytest.raises(CourseError, match="does not answer"):
        fingerprints.Visitor("http://127.0.0.1:9", ROOT).go("/")


def test_a_fingerprint_is_about_what_is_seen() -> None:
    picture = Picture(name="a", step="b")
    css = {"/a.css": b"@import 'b.css';", "/b.css": b"x{background:url(c.png)}", "/c.png": b"1"}

    def of(html: str, files: dict[str, bytes], which: Picture = picture) -> str:
        return fingerprints.of_page(
            which, html, "http://h/p/", lambda a: files[urllib.parse.urlsplit(a).path]
        )

    page = '<link rel=stylesheet href="/a.css"><img src="http://other/x">{} nonce="{}"'
    first = of(page.format("10:00:00", "abc"), css)
    assert first == of(page.format("11:30:00", "def"), css)
    assert first != of(page.format("10:00:00 more", "abc"), css)
    assert first != of(page.format("10:00:00", "abc"), css | {"/c.png": b"2"})
    assert first != of(page.format("10:00:00", "abc"), css, Picture(name="a", step="b", url="/x"))


UPLOAD = """
[[picture]]
name = "sent"
step = "second"
url = "/form"
viewport = [300, 200]

[[picture.action]]
fill = "#note"
with = "With a picture"

[[picture.action]]
upload = "#file"
with = "drawn 40x30"

[[picture.action]]
click = "#send"
"""


@needs_chromium
def test_a_file_is_uploaded(pictured: SiteCourse) -> None:
    """By a browser and without one alike: what the picture shows has one fingerprint."""
    pictured.write("docs/pictures/pictures.toml", UPLOAD)
    assert screenshots.update(pictured.site, [], check=False).taken == ["sent"]
    assert screenshots.update(pictured.site, [], check=True).fresh == ["sent"]
    # An action that only a browser can do, in place of one that anybody can.
    pictured.replace("docs/pictures/pictures.toml", 'fill = "#note"', 'fill = "form #note"')
    assert screenshots.update(pictured.site, [], check=True).fresh == ["sent"]
    assert screenshots.update(pictured.site, [], check=False, force=True).taken == ["sent"]
    pictured.replace("docs/pictures/pictures.toml", "40x30", "30x40")
    assert screenshots.update(pictured.site, [], check=True).stale == ["sent"]


def test_a_visitor_uploads_a_file(base: str, tmp_path: Path) -> None:
    folder = tmp_path / "docs/pictures"
    folder.mkdir(parents=True)
    (folder / "heron.png").write_bytes(b"a heron\r\n")
    (tmp_path / "docs/secret.png").write_bytes(b"outside")
    visitor = fingerprints.Visitor(base, tmp_path)

    def act(**keys: str) -> None:
        visitor.do(pictures.Action.model_validate(keys))

    visitor.go("/form")
    act(fill="#note", **{"with": "Grüße"})
    act(upload="[name=file]", **{"with": "heron.png"})
    act(click="#send")
    assert urllib.parse.urlsplit(visitor.address).path == "/stored"
    assert "Grüße" in visitor.html
    assert visitor.fetch(base + "/stored.png") == b"a heron\r\n"
    visitor.go("/form")
    act(upload="#who", **{"with": "drawn 4x3"})
    with pytest.raises(NeedsBrowser):
        act(click="#send")
    for missing in ("none.png", "../secret.png", "", "drawn 0x9"):
        with pytest.raises(CourseError, match="there is no file"):
            act(upload="#file", **{"with": missing})


def test_a_drawn_picture_is_a_png_of_its_size() -> None:
    content = drawing.png(40, 30)
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", content[16:24]) == (40, 30)
    found = content.index(b"IDAT")
    (length,) = struct.unpack(">I", content[found - 4 : found])
    pixels = zlib.decompress(content[found + 4 : found + 4 + length])
    assert len(pixels) == 30 * (1 + 3 * 40)
    assert (
        zlib.crc32(content[found : found + 4 + length])
        == struct.unpack(">I", content[found + 4 + length : found + 8 + length])[0]
    )


def test_keys_that_came_later_leave_older_fingerprints_true() -> None:
    old = pictures.definition(Picture(name="a", step="b"))
    assert old == "ffdb273a04472ada19112206215f80dc10427cf2f152b7cb527ae4f64e67bcd2"
    assert old != pictures.definition(Picture(name="a", step="b", element="main"))


SITE = """
[[picture]]
name = "site"
page = "steps/second.md"
url = "#second"
element = "article"
viewport = [600, 200]
"""


class TestOfTheSite:
    """A picture of a page of the site shows the page as it is built."""

    @pytest.fixture(autouse=True)
    def _theme(self, pictured: SiteCourse) -> None:
        pictured.write("docs/pictures/pictures.toml", SITE)
        pictured.replace("theme/main.html", "<body>", "<body><nav>{{ page.title }}</nav>")
        pictured.replace("theme/main.html", "{{ page.content }}", "<article>{{ page.content }}")
        pictured.replace("theme/main.html", "</body>", "</article></body>")
        pictured.page("index.md", "# Home\n")
        pictured.page("steps/second.md", "# Second\n\n![x](../x.png)\n\n## More {#more}\n\nText.\n")
        pictured.write("docs/x.png", drawing.png(20, 20))

    @needs_chromium
    def test_it_is_taken_and_goes_stale_with_what_it_shows(self, pictured: SiteCourse) -> None:
        def stale() -> list[str]:
            return screenshots.update(pictured.site, [], check=True).stale

        # High enough for the image to be seen.
        pictured.replace("docs/pictures/pictures.toml", "[600, 200]", "[600, 700]")
        assert screenshots.update(pictured.site, [], check=False).taken == ["site"]
        content = (pictured.root / "docs/pictures/site.png").read_bytes()
        width, height = struct.unpack(">II", content[16:24])
        assert (width, height) != (600, 700)  # The element, and not the window.
        assert stale() == []
        pictured.page("index.md", "# Home\n\nAnother page.\n")
        pictured.replace("theme/main.html", "<nav>", "<nav>Steps ")
        assert stale() == []
        pictured.write("docs/x.png", drawing.png(20, 21))
        assert stale() == ["site"]
        assert screenshots.update(pictured.site, [], check=False).taken == ["site"]
        pictured.page("steps/second.md", "# Second\n\nOther words.\n")
        assert stale() == ["site"]

    @pytest.mark.usefixtures("without_browser")
    def test_steps_that_are_named_leave_it_out(self, pictured: SiteCourse) -> None:
        link = pictured.site.chain.find("second")
        assert screenshots.update(pictured.site, [link], check=True) == screenshots.Outcome()
        assert screenshots.update(pictured.site, [], check=True).stale == ["site"]

    @pytest.mark.usefixtures("without_browser")
    @pytest.mark.parametrize(
        ("old", "new", "said"),
        [
            ("second.md", "none.md", "/steps/none.html answers 404"),
            ('"article"', '"#none"', "no element #none"),
        ],
    )
    def test_what_is_not_there_is_said(
        self, pictured: SiteCourse, old: str, new: str, said: str
    ) -> None:
        pictured.replace("docs/pictures/pictures.toml", old, new)
        with pytest.raises(CourseError, match=said):
            screenshots.update(pictured.site, [], check=True)


def test_an_element_is_cut_out_with_what_is_in_it() -> None:
    def shown(html: str, element: str) -> str:
        picture = Picture(name="a", step="b", element=element)
        return fingerprints.of_page(picture, html, "http://h/", lambda address: b"")

    inner = '<div id="x">a<div>b</div>\n<br>c'
    first = shown(f"<p>1</p>\n{inner}</div><p>2</p>", "#x")
    assert first == shown(f"\n<p>3{inner}</div>", "#x")
    assert first != shown(f"{inner}!</div>", "#x")
    assert shown(f"{inner}</div>", "div") == shown(f"9{inner}</div>8", "div")


def test_a_snapshot_that_cannot_be_served(pictured: SiteCourse) -> None:
    site = pictured.site

    def serve(text: str, more: str = "") -> None:
        catalogue = pictured.root / "steps/course.toml"
        original = catalogue.read_text()
        catalogue.write_text(original.replace('serve = "python server.py {host} {port}"', text))
        try:
            again = pictured.site
            with Workspace() as workspace:
                with step_server.served(again, again.chain.find("second"), workspace):
                    raise AssertionError
        finally:
            catalogue.write_text(original)

    assert site.chain.links
    for text, said in (
        ("serve = []", "has no server"),
        ('serve = "no-such-program"', "there is no program no-such-program"),
        ('serve = "python -c 1/0"', "the server ended"),
        ('serve = "python"\nenv = "python -c 1/0"', "`python -c 1/0` failed"),
    ):
        with pytest.raises(CourseError) as caught:
            serve(text)
        assert said in str(caught.value)


def test_where_a_browser_is_looked_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "my-browser"
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("CHROMIUM", str(program))
    assert chromium.find() == str(program)
    with pytest.raises(CourseError, match="does not start"), chromium.opened(str(program)):
        pass
    monkeypatch.delenv("CHROMIUM")
    monkeypatch.setattr(shutil, "which", lambda name: "/x" if name == "google-chrome" else None)
    assert chromium.find() == "/x"
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert chromium.find() == "" or Path(chromium.find()).exists()
