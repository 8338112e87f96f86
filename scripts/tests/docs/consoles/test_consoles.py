"""Console blocks are run in a clean copy of the step, and what they print is compared."""

from __future__ import annotations

import http.server
import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.docs.site_course import SiteCourse
from tests.verify.helpers import wait_for

from course import deadline, ports, processes, site_check
from course.docs.checked import Checked
from course.docs.consoles import check as consoles, output_comparison, port_redirection
from course.docs.consoles.check import Results, Tell
from course.docs.consoles.terminal import Shell
from course.docs.pages import Page
from course.errors import CourseError
from course.ports import any_port
from course.workspace import Workspace


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    consoles.has.cache_clear()
    yield
    processes.resume()


def ran(course: SiteCourse, text: str, front: str = "step: second") -> Results:
    """Return what becomes of the blocks of a page."""
    course.page("try.md", f"---\n{front}\n---\n# Try\n\n{text}\n")
    return course.run_consoles()


def test_a_true_block_is_run_once_and_remembered(course: SiteCourse) -> None:
    text = "```console\n$ cat new.txt\none line\n…\nand a fourth\n$ echo any\n```\n"
    first = ran(course, text)
    assert (first.faults, first.run, first.remembered) == ([], 1, 0)
    again = course.run_consoles()
    assert (again.run, again.remembered) == (1, 1)
    course.write("steps/02-second/new.txt", "another\n")
    changed = course.run_consoles()
    assert changed.remembered == 0
    assert len(changed.faults) == 1


def test_what_a_page_leaves_goes_with_it(
    course: SiteCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    left: list[bool] = []
    made: list[Path] = []

    def of_page(_checked: Checked, _page: Page, workspace: Workspace, _tell: Tell) -> Results:
        left.append(any(path.exists() for path in made))
        made.append(workspace.new("project"))
        made[-1].mkdir()
        return Results()

    monkeypatch.setattr(consoles, "_of_page", of_page)
    monkeypatch.setattr(site_check, "at_once", lambda: 1)
    course.run_consoles()
    assert len(left) > 1 and not any(left)


def test_output_that_is_not_as_shown(course: SiteCourse) -> None:
    results = ran(course, "```console\n$ echo one\n$ echo two\nthree\n```\n")
    (fault,) = results.faults
    assert (fault.place, fault.line) == ("docs/try.md", 8)
    assert "this line is not in the output: 'three'" in fault.problem
    assert "two" in fault.problem


def test_a_command_that_fails(course: SiteCourse) -> None:
    (fault,) = ran(course, "```console\n$ false\n```\n\n```console\n$ echo\n```\n").faults
    assert "`false`: ended with 1, not 0" in fault.problem


def test_a_command_that_should_fail(course: SiteCourse) -> None:
    assert ran(course, '```console exit="3"\n$ exit 3\n```\n').faults == []
    (fault,) = ran(course, '```console exit="3"\n$ true\n```\n').faults
    assert "ended with 0, not 3" in fault.problem


def test_folders_and_variables_stay_from_command_to_command(course: SiteCourse) -> None:
    text = "```console\n$ mkdir a && cd a\n$ export WHO=me\n```\n"
    text += "```console\n$ echo $WHO in $(basename $PWD)\nme in a\n$ echo a \\\n> b\na b\n```\n"
    assert ran(course, text).faults == []


def test_a_command_goes_on_over_an_empty_line(course: SiteCourse) -> None:
    text = "# Second\n\n```console\n$ printf '%s' 'one\n>\n> two'\none\n\ntwo\n```\n"
    assert not ran(course, text).faults


def test_a_command_that_hangs(course: SiteCourse) -> None:
    course.replace("steps/course.toml", "[[part]]", "[defaults]\ntimeout = 0.5\n\n[[part]]")
    (fault,) = ran(course, "```console\n$ sleep 60\n```\n").faults
    assert "had not ended after 0.5 seconds" in fault.problem


def test_a_command_in_the_background(course: SiteCourse) -> None:
    port = any_port()
    text = (
        f'```console background port="{port}"\n'
        f"$ python -m http.server --bind 127.0.0.1 {port}\nServing HTTP on …\n```\n"
        f'```console\n$ python -c "import urllib.request as u;'
        f"print(u.urlopen('http://127.0.0.1:{port}/new.txt').read().decode())\"\none line\n…\n```\n"
    )
    assert ran(course, text).faults == []


def test_a_server_ends_when_no_later_block_talks_to_it(course: SiteCourse) -> None:
    port = any_port()
    asks = f"import socket as s; print(s.socket().connect_ex(('127.0.0.1', {port})) == 0)"
    text = (
        f'```console background port="{port}"\n'
        f"$ python -m http.server --bind 127.0.0.1 {port}\n```\n"
        f'```console\n$ python -c "{asks}"  # :{port}\nTrue\n```\n'
        f'```console\n$ python -c "{asks}"\nFalse\n```\n'
    )
    assert ran(course, text).faults == []


def test_a_command_in_the_background_that_ends(course: SiteCourse) -> None:
    (fault,) = ran(course, "```console background\n$ echo no && exit\nyes\n```\n").faults
    assert "ended by itself. It printed: no" in " ".join(fault.problem.split())


def test_a_command_in_the_background_that_never_listens(course: SiteCourse) -> None:
    course.replace("steps/course.toml", "[[part]]", "[defaults]\nstart_timeout = 0.3\n\n[[part]]")
    port = any_port()
    text = f'```console background port="{port}"\n$ sleep 30\n```\n'
    (fault,) = ran(course, text).faults
    assert f"nothing listens on port {port}" in fault.problem


def test_a_port_that_is_taken_on_this_machine_changes_nothing(course: SiteCourse) -> None:
    ask = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:{0}/new.txt').status)"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        results = ran(
            course,
            f'```console background port="{port}"\n$ python3 -m http.server {port}\n'
            f"Serving HTTP on 0.0.0.0 port {port} …\n```\n"
            f'```console\n$ python -c "{ask.format(port)}"\n200\n'
            f"$ curl --silent http://localhost:{port}/new.txt\none line\n…\n"
            f"$ curl --silent --show-error http://127.0.0.1:{port}/no.txt --output /dev/null"
            " --write-out '%{http_code}\\n'\n404\n```\n",
        )
        taken.settimeout(0)
        with pytest.raises(BlockingIOError):
            taken.accept()
    assert (results.faults, results.not_run, results.run) == ([], [], 2)


def test_two_pages_listen_on_one_port_at_the_same_time(course: SiteCourse) -> None:
    served = (
        '```console background port="8000"\n$ python3 -m http.server 8000\n```\n'
        "```console\n$ curl --silent http://127.0.0.1:8000/{0}\n…\n"
        # Each waits for the other, so that both listen at once.
        "$ touch {1}/{0}; while [ ! -e {1}/{2} ]; do sleep 0.1; done\n```\n"
    )
    meeting = course.root / ".course"
    for own, other in (("one", "two"), ("two", "one")):
        text = served.format(own, meeting, other)
        course.page(f"{own}.md", f"---\nstep: second\n---\n# Try\n\n{text}\n")
    checked = site_check.read(course.site, course.root / "site")
    results = site_check.run(checked, 4)[0]
    assert results.faults == []


def test_no_port_is_left(course: SiteCourse, monkeypatch: pytest.MonkeyPatch) -> None:
    port = any_port()
    monkeypatch.setattr(ports, "_OWN", range(port, port + 3))
    with (
        ports.lock(port),
        socket.socket() as taken,
        ports.reserved() as given,
    ):
        assert given == port + 1
        taken.bind(("127.0.0.1", port + 2))
        taken.listen()
        (fault,) = ran(course, '```console background port="8000"\n$ sleep 30\n```\n').faults
    assert f"no port of 127.0.0.1 from {port} to {port + 2} is free" in fault.problem


def test_progress_names_each_block(course: SiteCourse) -> None:
    block = "```console\n$ true\n```\n"
    course.page("try.md", f"---\nstep: second\n---\n# Try\n\n{block}\n{block}")
    told: list[str] = []
    checked = site_check.read(course.site, course.root / "site")
    for _ in ("run", "known from before"):
        told.clear()
        site_check.run(checked, tell=told.append)
        assert [text for text in told if "try.md" in text][-1].endswith(": docs/try.md:10")
        assert told[0].startswith(f"console block 1 of {len(told)}: ")


@pytest.mark.parametrize(
    "block",
    [
        "```console\n$ touch {told}; sleep 600\n```\n",
        '```console background port="{port}"\n$ touch {told}; sleep 600\n```\n',
    ],
    ids=["while a command runs", "while nothing listens"],
)
def test_stopping_waits_for_no_command(course: SiteCourse, tmp_path: Path, block: str) -> None:
    told = tmp_path / "told"
    text = block.format(told=told, port=any_port())

    def stop() -> None:
        wait_for(told.exists)
        processes.end_all()

    stopper = threading.Thread(target=stop)
    stopper.start()
    with pytest.raises(processes.Interrupted):
        ran(course, text)
    stopper.join()


def test_what_a_person_types(course: SiteCourse) -> None:
    course.write(
        "steps/02-second/ask.py",
        "import getpass\nname = input('Name: ')\nword = getpass.getpass('Password: ')\n"
        "print(f'{name} has {len(word)} letters')\n",
    )
    text = "```console\n$ python ask.py\nName: «Ada»\nPassword: «secret»\nAda has 6 letters\n```\n"
    assert ran(course, text).faults == []
    (fault,) = ran(course, text.replace("6 letters", "7 letters")).faults
    assert "7 letters" in fault.problem


def test_a_terminal_is_ended_when_its_time_is_up(tmp_path: Path) -> None:
    shell = Shell(tmp_path, {"PATH": "/usr/bin:/bin"}, tmp_path / "scratch")
    done = shell.run("read x; read y", 0.4, ["only one"])
    assert done.timed_out


def test_blocks_that_are_not_run_are_counted_with_their_reasons(course: SiteCourse) -> None:
    text = (
        '```console not-run="a cloud account"\n$ deploy\n```\n'
        "```powershell\nGet-Item\n```\n"
        '```console needs="no-such-program"\n$ no-such-program\n```\n'
    )
    results = ran(course, text)
    assert results.faults == []
    assert [block.reason for block in results.not_run] == [
        "a cloud account",
        "for another system",
        "there is no no-such-program on this machine",
    ]


def test_a_shell_block_that_nobody_would_run(course: SiteCourse) -> None:
    (fault,) = ran(course, "```bash\necho\n```\n").faults
    assert "nobody knows whether it is true" in fault.problem


def test_a_block_that_cannot_be_read(course: SiteCourse) -> None:
    (fault,) = ran(course, "```console nothing\n$ x\n```\n").faults
    assert "knows no word `nothing`" in fault.problem


def test_other_steps(course: SiteCourse) -> None:
    assert ran(course, '```console step="before"\n$ cat old.txt\n```\n').faults == []
    assert ran(course, '```console step="first"\n$ cat gone.txt\n```\n').faults == []
    (fault,) = ran(course, '```console step="before"\n$ ls\n```\n', "step: first").faults
    assert "01-first is the first step" in fault.problem
    (fault,) = ran(course, "```console\n$ ls\n```\n", "x: y").faults
    assert "nobody knows where to run it" in fault.problem


def test_a_block_in_the_root_of_the_course(course: SiteCourse) -> None:
    course.write("notes.txt", "not committed\n")
    text = (
        '```console at="course"\n$ course list\n…\n…The second…\n$ cat notes.txt\nnot committed\n'
    )
    text += "$ git status --short\n$ touch made.txt\n```\n"
    text += '```console at="course" exit="1"\n$ course diff 01 02 --stat\n…\n…new.txt…\n…\n```\n'
    text += '```console at="course"\n$ ls made.txt site\nmade.txt\n```\n'
    (fault,) = ran(course, text, "x: y").faults
    assert "`ls made.txt site`: ended with 2" in fault.problem
    assert not (course.root / "made.txt").exists()
    text = text.replace("made.txt site", "made.txt")
    assert ran(course, text, "x: y").faults == []
    assert course.run_consoles().remembered == 3
    course.write("notes.txt", "another\n")
    assert "not in the output" in course.run_consoles().faults[0].problem


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ('at="home"', "nobody knows where"),
        ('at="course" step="first"', "one place, not two"),
        ("at", "console at without a value"),
    ],
)
def test_a_place_that_makes_no_sense(course: SiteCourse, words: str, said: str) -> None:
    (fault,) = ran(course, f"```console {words}\n$ ls\n```\n").faults
    assert said in fault.problem


def test_commands_that_come_before(course: SiteCourse) -> None:
    course.replace(
        "steps/course.toml",
        "install = []",
        'install = []\nenv = "A=1 python -c \'open(\\"x\\", \\"w\\")\'"',
    )
    front = "step: second\nbefore-console: env"
    assert ran(course, "```console\n$ ls x\nx\n```\n", front).faults == []
    (fault,) = ran(course, "```console\n$ ls y\n```\n", "step: second\nbefore-console: x").faults
    assert "before-console: x is no verb" in fault.problem
    course.replace("steps/course.toml", "python -c 'open", "python -c '1/0;open")
    (fault,) = ran(course, "```console\n$ ls x\nx\n```\n", front).faults
    assert "failed" in fault.problem


def test_what_this_machine_has(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert consoles.has("python3") == ""
    monkeypatch.setattr(
        "course.install.package_index.variables",
        lambda: {"POETRY_PYPI_MIRROR_URL": "http://127.0.0.1:9/"},
    )
    assert consoles.has("network") == "the package index does not answer on this machine"
    consoles.has.cache_clear()
    with http.server.HTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler) as index:
        address = f"http://127.0.0.1:{index.server_address[1]}/"
        monkeypatch.setattr(
            "course.install.package_index.variables", lambda: {"POETRY_PYPI_MIRROR_URL": address}
        )
        (tmp_path / "pip").mkdir()
        monkeypatch.chdir(tmp_path)
        one = threading.Thread(target=index.handle_request)
        one.start()
        assert consoles.has("network") == ""
        one.join()
    docker = tmp_path / "docker"
    monkeypatch.setenv("PATH", str(tmp_path))
    assert consoles.has("docker") == "no container engine: docker is not on the PATH"
    for code, said in ((1, "no container engine responds: it fails"), (0, "")):
        consoles.has.cache_clear()
        docker.write_text(f"#!/bin/sh\necho it fails\nexit {code}\n")
        docker.chmod(0o755)
        assert consoles.has("docker") == said


def test_without_bash_nothing_is_run(course: SiteCourse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consoles.shutil, "which", lambda name: None)  # type: ignore[attr-defined]
    (fault,) = ran(course, "```console\n$ ls\n```\n").faults
    assert "there is no bash on this machine" in fault.problem
    assert "--no-consoles" in fault.remedy


class FakeSocket:
    """Notes what it is told."""

    address: object = None

    def bind(self, address: object) -> None:
        self.address = address

    connect = connect_ex = bind

    def getsockname(self) -> object:
        return self.address

    getpeername = getsockname


@pytest.mark.parametrize(
    ("named", "used"),
    [
        (("127.0.0.1", 8000), ("127.0.0.1", 20001)),
        (("", 8000), ("", 20001)),
        (("::1", 8000, 0, 0), ("::1", 20001, 0, 0)),
        (("127.0.0.1", 8002), ("127.0.0.1", 8002)),
        (("192.0.2.1", 8000), ("192.0.2.1", 8000)),
        ("/run/a.socket", "/run/a.socket"),
        ((1,), (1,)),
    ],
)
def test_a_detour_is_seen_by_nobody(named: object, used: object) -> None:
    class Led(FakeSocket):
        pass

    ports = port_redirection.read("8000=20001 x=1 8001=20002 9=")
    port_redirection.install(ports, Led)  # type: ignore[arg-type]
    for verb in ("bind", "connect", "connect_ex"):
        led = Led()
        getattr(led, verb)(named)
        assert led.address == used
        assert led.getsockname() == led.getpeername() == named


def test_a_detour_keeps_the_path_of_python(tmp_path: Path) -> None:
    assert port_redirection.lay(tmp_path / "none", {}, {}) == {}
    laid = port_redirection.lay(tmp_path / "some", {8000: 20001}, {"PYTHONPATH": "/a"})
    assert laid["PYTHONPATH"] == os.pathsep.join([str(tmp_path / "some"), "/a"])


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("Ran 3 tests in 0.012s", "Ran 3 tests in 1.5s"),
        ("Serving on http://127.0.0.1:8000/", "Serving on http://127.0.0.1:53211/"),
        ("Django version 5.2.1", "Django version 5.2.19"),
        ("wrote /home/ada/project/x.txt", "wrote /tmp/work/a/project/x.txt"),
        ("November 23, 2026 - 10:00:00", "January 1, 2027 - 23:59:59"),
        ("[23/Nov/2026 10:00:00] GET", "[24/Nov/2026 10:00:01] GET"),
        ("commit 1a2b3c4d", "commit deadbee1"),
        ("['posts/263e8...104dc15.webp']", "['posts/8eabc...dbbbfab.webp']"),
        ("plain", "\x1b[1mplain\x1b[0m"),
        ("starts … ends", "starts with this and ends"),
    ],
)
def test_what_differs_from_run_to_run_is_not_compared(shown: str, printed: str) -> None:
    assert output_comparison.difference([shown], [printed]) == ""


@pytest.mark.parametrize(
    ("shown", "printed", "said"),
    [
        (["a"], ["a", "b"], "there is more output than shown"),
        (["a", "b"], ["a"], "this line is not in the output: 'b'"),
        (["…", "b"], ["a"], "this line is not in the output: 'b'"),
        (["coverage 99%"], ["coverage 100%"], "not in the output"),
        (["3 tests"], ["4 tests"], "not in the output"),
        (["a"], [], "(nothing)"),
    ],
)
def test_what_must_be_the_same(shown: list[str], printed: list[str], said: str) -> None:
    assert said in output_comparison.difference(shown, printed)


def test_a_terminal_leaves_the_last_state_of_a_line() -> None:
    assert output_comparison.lines_of("10 %\r20 %\r\nb \n\n") == ["20 %", "b"]


def test_an_ellipsis_may_stand_for_very_many_lines() -> None:
    many = [f"line {number}" for number in range(5000)]
    assert output_comparison.difference(["line 0", "…", "line 4999"], many) == ""
    assert "'line x'" in output_comparison.difference(["…", "line x"], many)
    assert "more output" in output_comparison.difference(["…", "line 7"], [*many[:8], "end"])


def test_pytest_has_a_root_of_its_own_on_every_page(course: SiteCourse) -> None:
    text = "```console\n$ ls -d $PYTEST_DEBUG_TEMPROOT | grep -c course-work-\n1\n```\n"
    assert ran(course, text).faults == []


def test_what_has_not_begun_at_the_deadline_is_named(
    course: SiteCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    block = "```console\n$ cat app.py\n```\n"
    monkeypatch.setenv(deadline.VARIABLE, "1000")
    results = ran(course, f"{block}\n{block}")
    assert results.run == 0 and results.faults == []
    assert [block.reason for block in results.not_run] == [deadline.REASON] * 2
    monkeypatch.setenv(deadline.VARIABLE, str(time.time() + 1000))
    assert ran(course, f"{block}\n{block}").run == 2
    # What is known needs no time.
    monkeypatch.setenv(deadline.VARIABLE, "1000")
    assert ran(course, f"{block}\n{block}").remembered == 2


def test_a_deadline_that_is_no_time_is_refused(
    course: SiteCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(deadline.VARIABLE, "soon")
    with pytest.raises(CourseError, match="COURSE_DEADLINE is 'soon', which is no time"):
        ran(course, "```console\n$ true\n```\n")
