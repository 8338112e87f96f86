"""What scripts/bench/attacks sends, and what it says of an answer; no server is needed."""

from __future__ import annotations

import http.server
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, unquote

import pytest
from tests import benches

bench = benches.load("attacks")
MEMBER = bench.Member("a-session", "a-token")
NAMES = {"function views", "class views", "REST functions", "REST classes", "GraphQL"}


def answer(status: int = 200, seconds: float = 0.1, *codes: str, **more: Any) -> Any:
    return bench.Answer(
        status, seconds, frozenset(codes), **({"before": 80.0, "peak": 90.0} | more)
    )


def attack(expected: str = "either") -> Any:
    return bench.Attack("a kind", "GraphQL", bench.Request("GET", "/"), expected)


# Requests.


@pytest.mark.parametrize(
    ("name", "path", "sent"),
    [
        ("function views", "/fbv/accounts/sign-in/", {"username": ["a@b"], "password": ['"é&']}),
        ("class views", "/cbv/accounts/sign-in/", {"username": ["a@b"], "password": ['"é&']}),
        ("REST functions", "/api/fbv/token/", {"email": "a@b", "password": '"é&'}),
        ("REST classes", "/api/cbv/token/", {"email": "a@b", "password": '"é&'}),
        ("GraphQL", "/graphql/", {"email": "a@b", "password": '"é&'}),
    ],
)
def test_each_implementation_says_an_action_in_its_language(
    name: str, path: str, sent: object
) -> None:
    (one,) = [one for one in bench.IMPLEMENTATIONS if one.name == name]
    request = one.act("sign-in", email="a@b", password='"é&')
    assert (request.method, request.path) == ("POST", path)
    if name.endswith("views"):
        assert request.headers["Content-Type"] == bench.FORM
        assert parse_qs(request.body.decode()) == sent
        return
    assert request.headers["Content-Type"] == bench.JSON
    body = json.loads(request.body)
    assert (body["variables"] if name == "GraphQL" else body) == sent
    if name == "GraphQL":
        document = "mutation($email:String!,$password:String!)"
        assert body["query"] == document + "{signIn(email:$email,password:$password){me{id}}}"


def test_a_form_sends_quotes_as_they_are() -> None:
    assert bench.form_body({"a": "\"'<", "b": "&=+ %"}) == b"a=\"'<&b=%26%3D%2B+%25"


def test_json_has_each_character_in_the_bytes_of_utf_8_where_it_has_one() -> None:
    assert bench.json_body("é") == '"é"'.encode()
    assert bench.json_body("\ud800") == b'"\\ud800"'


def test_a_multipart_body_has_each_part_between_boundaries() -> None:
    line = b"--" + bench.BOUNDARY.encode()
    assert bench.multipart_body({"text": "a"}, {"image": b"\xff"}, "; x=y") == b"\r\n".join(
        [
            line,
            b'Content-Disposition: form-data; name="text"; x=y',
            b"",
            b"a",
            line,
            b'Content-Disposition: form-data; name="image"; filename="image"; x=y',
            b"",
            b"\xff",
            line + b"--",
            b"",
        ]
    )


def test_a_member_signs_in_the_way_of_each_implementation() -> None:
    for one in bench.IMPLEMENTATIONS:
        for request in (one.page(MEMBER), one.own(MEMBER)):
            assert ("Cookie" in request.headers) == one.name.endswith("views")
            assert ("Authorization" in request.headers) != one.name.endswith("views")
        visitor = one.page()
        assert not {"Cookie", "Authorization"} & set(visitor.headers)


def test_a_number_is_one_in_graphql_and_what_is_none_stays_text() -> None:
    def variables(**query: str) -> object:
        return json.loads(bench.GRAPHQL.page(**query).body)["variables"]

    assert variables(before="12", q="x") == {"before": 12, "search": "x"}
    assert variables(before="1e9") == {"before": "1e9"}


def test_files_of_graphql_have_a_place_each() -> None:
    body = bench.GRAPHQL.upload("mutation{x}", {"a": b"1", "b": b"2"}).body.decode()
    assert '{"a": ["variables.a"], "b": ["variables.b"]}' in body
    assert '"variables": {"a": null, "b": null}' in body


# Kinds.


@dataclass(frozen=True)
class Row:
    """What is kept of an attack: all of them, with their bodies, take gigabytes."""

    kind: str
    name: str
    expected: str
    path: str
    size: int


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    folder = tmp_path_factory.mktemp("images")
    for name, _ in bench.IMAGES:
        (folder / name).write_bytes(b"drawn " + name.encode())
    return [
        Row(one.kind, one.implementation, one.expected, one.request.path, len(one.request.body))
        for one in bench.attacks(MEMBER, folder)
    ]


def test_no_row_comes_twice(rows: list[Row]) -> None:
    names = [(row.kind, row.name) for row in rows]
    assert len(names) == len(set(names))


def test_what_is_tried_has_room_in_the_table(rows: list[Row]) -> None:
    room = bench.HEADER.index("implementation") - 1
    assert [row.kind for row in rows if len(row.kind) > room] == []
    assert {row.expected for row in rows} == {bench.TAKEN, bench.REFUSED, bench.ANY}


@pytest.mark.parametrize(
    "kind",
    [
        "GET, charset=punycode",
        "POST of 150 kB, charset*=utf-8''punycode",
        "sign-up, address of 5 MB: letters",
        "sign-in, password of 5 MB",
        "text, 150 kB of combining characters",
        "image, jpeg-RGB-444 of 5 MB",
        "image, webp-RGBA-lossy",
        "the largest page",
        "before=-1",
        "Host evil.example",
        "a body just below the limit",
        "a body just above the limit",
    ],
)
def test_what_applies_to_all_is_sent_to_all(kind: str, rows: list[Row]) -> None:
    assert {row.name for row in rows if row.kind == kind} - {"admin"} == NAMES


def test_bodies_are_as_large_as_their_names_say(rows: list[Row]) -> None:
    sizes = {(row.kind, row.name): row.size for row in rows}
    for name in NAMES:
        assert sizes["a body just below the limit", name] == bench.BODY
        assert sizes["a body just above the limit", name] == bench.BODY + 1
        assert sizes["sign-up, address of 5 MB: letters", name] > bench.LARGE
        assert bench.UPLOAD > sizes["image, jpeg-RGB-444 of 5 MB", name] > 5 * bench.MEGA
    # All but these are as large as the application takes, at least with files.
    above = {row.kind for row in rows if row.size > bench.UPLOAD}
    assert above == {"a body of 60 MB", "a body of 60 MB, in chunks"}


def test_documents_are_as_long_as_is_read_but_those_that_are_to_be_too_long() -> None:
    found = {name: document for name, document, _ in bench.documents()}
    long = {name for name, document in found.items() if len(document) > bench.DOCUMENT}
    assert long == {
        "one character too long",
        "a document of 5.9 MB",
        "inline fragments, 2000 deep",
    }
    assert len(found["the longest document"]) == bench.DOCUMENT
    assert len(found["one character too long"]) == bench.DOCUMENT + 1
    assert found["one field 600 times, merged"].count("post(id:1){id}") == 600
    for name, document in found.items():
        if "number of" not in name and "deep" not in name:
            assert document.count("{") == document.count("}"), name


def test_a_document_has_as_many_units_as_fit() -> None:
    assert bench.repeated("{", lambda number: f"a{number} ", "}", 10) == "{a0 a1 }"
    assert bench.repeated("{", lambda number: f"a{number} ", "}", 11) == "{a0 a1 a2 }"


def test_an_image_is_filled_up_and_never_cut() -> None:
    assert bench.padded(b"ab", 4) == b"ab\0\0"
    assert bench.padded(b"abc", 2) == b"abc"


def test_addresses_stay_below_what_gunicorn_takes(rows: list[Row]) -> None:
    """Otherwise gunicorn answers, and the application is not measured."""
    longest = max(rows, key=lambda row: len(row.path))
    assert len(longest.path) < 4094 - len("POST  HTTP/1.1"), longest
    assert all(row.path.isascii() for row in rows)
    (path,) = [
        row.path
        for row in rows
        if (row.kind, row.name) == ("search, combining characters", "REST classes")
    ]
    assert unquote(path).startswith("/api/cbv/posts/?q=a\u0301\u0301")


# Verdicts.


@pytest.mark.parametrize(
    ("given", "expected", "words"),
    [
        (answer(), "taken", []),
        (answer(303), "taken", []),
        (answer(400), "refused", []),
        (answer(415), "either", []),
        (answer(200, 0.1, "BAD_USER_INPUT"), "refused", []),
        (answer(400, 0.1, "LIMIT_EXCEEDED"), "refused", []),
        (answer(200, 0.1, "UNAVAILABLE"), "either", []),
        (answer(503, retry=True), "either", []),
        (answer(503), "either", ["a 5xx"]),
        (answer(500, retry=True), "refused", ["a 5xx"]),
        (answer(0), "refused", ["no answer"]),
        (answer(200, 0.1, "INTERNAL_SERVER_ERROR"), "either", ["an internal error"]),
        (answer(403), "refused", ["was to be refused"]),
        (answer(200, 0.1, "FORBIDDEN"), "refused", ["was to be refused"]),
        (answer(400), "taken", ["was to be taken"]),
        (answer(200), "refused", ["was to be refused"]),
        (answer(200, 0.1, "BAD_USER_INPUT"), "taken", ["was to be taken"]),
        (answer(200, 1.0), "taken", []),
        (answer(200, 1.01), "taken", ["above 1 s"]),
        (answer(peak=200.0), "taken", []),
        (answer(peak=200.5), "taken", ["above 200 MB"]),
        (answer(peak=None), "taken", []),
        (answer(500, 2.0, peak=300.0), "taken", ["a 5xx", "above 1 s", "above 200 MB"]),
    ],
)
def test_a_verdict_names_each_fault(given: Any, expected: str, words: list[str]) -> None:
    assert bench.verdict(attack(expected), given) == words


def test_codes_are_those_of_the_errors_of_graphql() -> None:
    codes = bench.codes_of(b'{"errors":[{"extensions":{"code":"A"}},{"extensions":{"code":"B"}}]}')
    assert codes == {"A", "B"}
    for other in (b'{"data":{}}', b"<p>", b"[]", b'{"errors":[1]}', b"\xff"):
        assert bench.codes_of(other) == frozenset()


def test_several_answers_count_as_their_best_time_their_highest_peak_and_their_worst_status() -> (
    None
):
    several = [
        answer(200, 0.3, peak=90.0, before=80.0),
        answer(500, 0.2, peak=95.0, before=85.0),
        answer(400, 0.4, peak=92.0, before=86.0),
    ]
    assert bench.worst(several) == answer(500, 0.2, peak=95.0, before=80.0)
    assert bench.worst([answer(500), answer(0)]).status == 0
    assert bench.worst([answer(), answer(200, 0.1, "INTERNAL_SERVER_ERROR")]).codes == {
        "INTERNAL_SERVER_ERROR"
    }
    assert bench.worst([answer(), answer(peak=None)]).peak is None
    assert bench.worst([answer(peak=None, before=None)]).before is None


def test_a_row_has_the_figures_and_the_marks() -> None:
    line = bench.row(attack(), answer(200, 1.5, "BAD_USER_INPUT", peak=250.4))
    assert line.split() == (
        "a kind GraphQL 200 BAD_USER_INPUT 1.500 250 80 ABOVE 1 S, ABOVE 200 MB".split()
    )
    assert bench.row(attack(), answer(0, peak=None)).split()[3:] == "- 0.100 - 80 NO ANSWER".split()
    # Columns stand below their names.
    assert bench.row(attack(), answer()).index("80") + 2 == len(bench.HEADER)


def test_the_summary_repeats_what_has_a_mark_and_fails() -> None:
    lines, code = bench.summary([(attack(), answer()), (attack(), answer(500))])
    assert code == 1
    assert lines[0] == "2 rows, 1 of them with a mark."
    assert lines[1:] == [bench.row(attack(), answer(500))]
    assert bench.summary([(attack(), answer())]) == (["1 rows, 0 of them with a mark."], 0)


def test_a_summary_of_nothing_is_no_success() -> None:
    assert bench.summary([])[1] == 1


def test_rows_without_a_measured_memory_are_named() -> None:
    lines, code = bench.summary([(attack(), answer(peak=None)), (attack(), answer())])
    assert code == 0
    assert lines[1:] == [
        "Not measured, since this machine has no /proc/PID/clear_refs: the memory of",
        "    a kind, GraphQL",
    ]


# What sends, and what looks at a process.


class Site(http.server.BaseHTTPRequestHandler):
    """Answers each path in a way of its own, and notes the headers."""

    seen: ClassVar[list[dict[str, str]]] = []

    def do_POST(self) -> None:
        self.seen.append(dict(self.headers))
        if self.path == "/silent":
            self.close_connection = True
            return
        self.send_response(503)
        self.send_header("Retry-After", "5")
        self.end_headers()
        self.wfile.write(b"busy")

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    Site.seen.clear()
    server = http.server.HTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_request_is_sent_with_the_secret_of_a_form_in_cookie_and_header(port: int) -> None:
    request = bench.Request("POST", "/", b"x", {"Cookie": "sessionid=y"})
    assert bench.send(port, request) == (503, b"busy", True)
    (headers,) = Site.seen
    assert headers["Cookie"] == f"csrftoken={bench.SECRET}; sessionid=y"
    assert headers["X-CSRFToken"] == bench.SECRET
    assert headers["Content-Length"] == "1"


def test_a_body_in_chunks_has_no_length(port: int) -> None:
    bench.send(port, bench.Request("POST", "/", b"x", chunked=True))
    (headers,) = Site.seen
    assert "Content-Length" not in headers
    assert headers["Transfer-Encoding"] == "chunked"


def test_no_answer_is_a_status_of_0(port: int) -> None:
    assert bench.send(port, bench.Request("POST", "/silent", b"x")) == (0, b"", False)


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="Linux alone has it")
def test_the_peak_of_a_process_is_measured_from_when_it_is_asked_for() -> None:
    code = (
        "import sys; text = bytes(range(256)) * 400_000; del text\n"
        "print(flush=True); sys.stdin.readline()\n"
        "text = bytes(range(256)) * 160_000; del text\n"
        "print(flush=True); sys.stdin.readline()"
    )
    with subprocess.Popen(
        [sys.executable, "-I", "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdin and child.stdout
        child.stdout.readline()
        first = bench.memory(child.pid, "VmHWM")
        assert bench.forget_peak(child.pid)
        before = bench.memory(child.pid, "VmRSS")
        child.stdin.write("\n")
        child.stdin.flush()
        child.stdout.readline()
        second = bench.memory(child.pid, "VmHWM")
        child.stdin.write("\n")
    assert first > before + 90
    assert before + 30 < second < before + 60


def test_a_process_that_is_not_there_has_no_memory_to_measure() -> None:
    with subprocess.Popen([sys.executable, "-I", "-c", ""]) as child:
        pass
    assert bench.memory(child.pid, "VmRSS") is None
    assert bench.memory(os.getpid(), "VmNothing") is None
    assert not bench.forget_peak(child.pid)


def test_other_benches_are_found_and_have_what_is_taken_of_them() -> None:
    app, images = benches.load("app"), benches.load("images")
    assert all(map(callable, [app.install, app.copy, app.fill, app.manage, app.variables]))
    assert callable(images.run)
    # Some names are put together there, of a format and a mode.
    for name, _ in bench.IMAGES:
        assert all(f"{part}" in images.DRAW for part in name.split("-")), name
