"""The mail catcher: real SMTP in, MailHog's API and a page out."""

from __future__ import annotations

import json
import os
import queue
import signal
import smtplib
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage, Message
from email.policy import SMTP
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.services.helpers import wait_for

from course.ports import HOST
from course.services import daemons, mail, mailbox
from course.services.mailbox import Mail, Mailbox


@dataclass
class Catcher:
    """A catcher that runs in this process."""

    smtp: int
    http: int
    box: Mailbox

    def send(self, raw: bytes, sender: str = "ann@a.test", *to: str) -> None:
        with smtplib.SMTP(HOST, self.smtp, local_hostname="here", timeout=10) as client:
            client.sendmail(sender, list(to) or ["bob@b.test"], raw)

    def ask(self, method: str, path: str, **headers: str) -> tuple[int, bytes, dict[str, str]]:
        link = HTTPConnection(HOST, self.http, timeout=10)
        try:
            link.request(method, path, headers=headers)
            answer = link.getresponse()
            return answer.status, answer.read(), dict(answer.getheaders())
        finally:
            link.close()

    def get(self, path: str) -> Any:
        status, body, _ = self.ask("GET", path)
        assert status == 200, (status, body)
        return json.loads(body)


@pytest.fixture
def catcher() -> Iterator[Catcher]:
    box = Mailbox()
    smtp, http = daemons.pick((0, 0))
    with mail.catcher(smtp, http, box):
        yield Catcher(smtp, http, box)


def plain(subject: str = "Hello", body: str = "Some text", **headers: str) -> bytes:
    message = EmailMessage()
    message["Subject"] = subject
    for name, value in headers.items():
        message[name] = value
    message.set_content(body)
    return message.as_bytes(policy=SMTP)


def test_a_mail_has_mailhogs_shape(catcher: Catcher) -> None:
    catcher.send(plain(), "ann@a.test", "bob@b.test", "cem@c.test")
    (item,) = catcher.get("/api/v1/messages")
    assert set(item) == {"ID", "From", "To", "Content", "Created", "MIME", "Raw"}
    assert item["From"] == {
        "Relays": None,
        "Mailbox": "ann",
        "Domain": "a.test",
        "Params": "",
    }
    assert [to["Mailbox"] for to in item["To"]] == ["bob", "cem"]
    assert item["Content"]["Headers"]["Subject"] == ["Hello"]
    assert item["Content"]["Headers"]["Return-Path"] == ["<ann@a.test>"]
    assert item["Content"]["Headers"]["Message-ID"] == [item["ID"]]
    assert item["Content"]["Headers"]["Received"][0].startswith("from here by course")
    assert item["Content"]["Body"] == "Some text\r\n"
    assert item["MIME"] is None
    assert item["Raw"]["From"] == "ann@a.test"
    assert item["Raw"]["To"] == ["bob@b.test", "cem@c.test"]
    assert item["Raw"]["Data"].startswith("Subject: Hello\r\n")
    assert item["Raw"]["Helo"] == "here"
    assert item["Created"].endswith("Z")


def test_the_parts_of_a_mail_are_given_one_by_one(catcher: Catcher) -> None:
    message = EmailMessage()
    message["Subject"] = "Both"
    message.set_content("plain words")
    message.add_alternative("<b>rich words</b>", subtype="html")
    catcher.send(message.as_bytes())
    (item,) = catcher.get("/api/v1/messages")
    parts = item["MIME"]["Parts"]
    assert [part["Body"] for part in parts] == ["plain words\r\n", "<b>rich words</b>\r\n"]
    assert parts[1]["Headers"]["Content-Type"] == ['text/html; charset="utf-8"']
    assert parts[1]["MIME"] is None


def test_mails_come_newest_first_and_in_slices(catcher: Catcher) -> None:
    for number in range(5):
        catcher.send(plain(f"mail {number}"))
    answer = catcher.get("/api/v2/messages?start=1&limit=2")
    assert (answer["total"], answer["count"], answer["start"]) == (5, 2, 1)
    subjects = [item["Content"]["Headers"]["Subject"][0] for item in answer["items"]]
    assert subjects == ["mail 3", "mail 2"]


@pytest.mark.parametrize(
    "query", ["", "?start=x&limit=-1", "?start=%C2%B2", "?limit=99999999999999"]
)
def test_a_slice_that_makes_no_sense_is_the_first_fifty(catcher: Catcher, query: str) -> None:
    for _ in range(60):
        catcher.box.add("a@a", ["b@b"], "", b"")
    answer = catcher.get(f"/api/v2/messages{query}")
    assert (answer["total"], answer["count"], answer["start"]) == (60, 50, 0)


@pytest.mark.parametrize(
    ("kind", "query", "found"),
    [
        ("to", "BOB@", ["one"]),
        ("to", "b.test", ["two", "one"]),
        ("from", "ann", ["two", "one"]),
        ("from", "bob", []),
        ("containing", "ACTIVATE", ["one"]),
        ("containing", "grüße", ["two"]),
        ("containing", "nowhere", []),
    ],
)
def test_search_finds_by_sender_recipient_and_text(
    catcher: Catcher, kind: str, query: str, found: list[str]
) -> None:
    catcher.send(plain("one", "activate here"), "ann@a.test", "bob@b.test")
    catcher.send(plain("two", "Grüße"), "ann@a.test", "cem@b.test")
    answer = catcher.get(f"/api/v2/search?kind={kind}&query={quote(query)}")
    assert [item["Content"]["Headers"]["Subject"][0] for item in answer["items"]] == found
    assert answer["total"] == len(found)


@pytest.mark.parametrize("query", ["", "kind=to", "kind=to&query=", "kind=subject&query=x"])
def test_a_search_for_nothing_is_a_bad_request(catcher: Catcher, query: str) -> None:
    assert catcher.ask("GET", f"/api/v2/search?{query}")[0] == 400


def test_one_mail_is_read_and_removed_by_its_id(catcher: Catcher) -> None:
    catcher.send(plain("stays"))
    catcher.send(plain("goes"))
    gone, stays = catcher.get("/api/v1/messages")
    address = f"/api/v1/messages/{quote(gone['ID'])}"
    assert catcher.get(address) == gone
    assert catcher.ask("DELETE", address)[0] == 200
    assert catcher.ask("DELETE", address)[0] == 404
    assert catcher.ask("GET", address)[0] == 404
    assert catcher.get("/api/v1/messages/") == [stays]


def test_all_mails_are_removed_at_once(catcher: Catcher) -> None:
    catcher.send(plain())
    assert catcher.ask("DELETE", "/api/v1/messages")[0] == 200
    assert catcher.get("/api/v2/messages")["total"] == 0


@pytest.mark.parametrize("path", ["/favicon.ico", "/api/v1/other", "/api/v2/messages/x", "/x/y"])
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_an_address_of_nothing_is_not_found(catcher: Catcher, method: str, path: str) -> None:
    assert catcher.ask(method, path)[0] == 404


def test_the_page_shows_the_mail_and_runs_nothing_that_is_in_it(catcher: Catcher) -> None:
    body = "Open https://x.test/?a=1&b=2 <script>alert(1)</script>\n"
    catcher.send(plain("<script>alert(2)</script>", body), "ann@a.test", "bob@b.test")
    status, page, headers = catcher.ask("GET", "/")
    text = page.decode()
    assert status == 200
    assert "<script" not in text
    assert "&lt;script&gt;alert(1)" in text and "&lt;script&gt;alert(2)" in text
    assert "<a href='https://x.test/?a=1&amp;b=2'>" in text
    assert "bob@b.test" in text
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert headers["Content-Type"] == "text/html; charset=utf-8"


def test_the_page_says_that_there_is_no_mail(catcher: Catcher) -> None:
    assert b"No mail yet" in catcher.ask("GET", "/")[1]


def test_the_page_leads_to_what_it_does_not_show(catcher: Catcher) -> None:
    for _ in range(51):
        catcher.box.add("", [], "", b"")
    assert b"Older mail" in catcher.ask("GET", "/")[1]


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_web_site_that_borrows_the_address_reads_nothing(catcher: Catcher, method: str) -> None:
    catcher.send(plain())
    assert catcher.ask(method, "/api/v1/messages", Host="evil.test:8025")[0] == 403
    assert len(catcher.box.all()) == 1
    assert catcher.ask("GET", "/api/v1/messages", Host="localhost:8025")[0] == 200


def test_a_mail_that_is_too_large_is_refused(catcher: Catcher) -> None:
    with pytest.raises(smtplib.SMTPResponseException) as refusal:
        catcher.send(b"x" * 1000 * 20 + b"\r\n" + (b"y" * 900 + b"\r\n") * 12_000)
    assert refusal.value.smtp_code in (500, 552)
    assert catcher.box.all() == []


def test_the_catcher_ends_though_clients_are_connected(catcher: Catcher) -> None:
    smtp, http = daemons.pick((0, 0))
    with socket.socket() as client:
        with mail.catcher(smtp, http, Mailbox()):
            client.connect((HOST, smtp))
            assert client.recv(100).startswith(b"220 course")
        client.settimeout(10)
        assert client.recv(100) == b""
    assert daemons.free(smtp) and daemons.free(http)


def test_it_listens_on_this_machine_only(catcher: Catcher) -> None:
    import psutil

    mine = [link for link in psutil.Process().net_connections("tcp") if link.status == "LISTEN"]
    ports = {link.laddr.port: link.laddr.ip for link in mine}
    assert ports[catcher.smtp] == ports[catcher.http] == "127.0.0.1"


# --- The store -------------------------------------------------------------------------------


def test_only_the_newest_are_kept() -> None:
    box = Mailbox(newest=3)
    for number in range(5):
        box.add("a@a", ["b@b"], "", b"%d" % number)
    assert [kept.raw for kept in box.all()] == [b"4", b"3", b"2"]


def test_only_so_many_bytes_are_kept() -> None:
    box = Mailbox(largest=10)
    first = box.add("a@a", [], "", b"x" * 6)
    box.remove(first.id)
    for _ in range(3):
        box.add("a@a", [], "", b"x" * 6)
    assert len(box.all()) == 1


def made(raw: bytes, sender: str = "a@a") -> Mail:
    return Mailbox().add(sender, ["nobody"], "", raw)


def test_the_subject_is_read_as_a_person_reads_it() -> None:
    assert made(b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n\r\n").subject() == "Grüße"
    assert made(b"Subject: =?no-such?q?x?=\r\n\r\n").subject() == "=?no-such?q?x?="
    assert made(b"").subject() == ""


def test_the_text_is_decoded_and_the_plain_part_comes_first() -> None:
    message = EmailMessage()
    message.set_content("<b>rich</b>", subtype="html")
    assert made(message.as_bytes()).text() == "<b>rich</b>\n"
    message.add_alternative("plain", subtype="plain")
    assert made(message.as_bytes()).text() == "plain\n"
    encoded = b"Content-Transfer-Encoding: quoted-printable\r\n\r\na=3Db"
    assert made(encoded).text() == "a=b"
    unknown = b"Content-Type: text/plain; charset=no-such\r\n\r\nabc"
    assert made(unknown).text() == "abc"
    assert made(b"Content-Type: image/png\r\n\r\nabc").text() == ""


def test_an_address_without_a_domain_is_a_mailbox() -> None:
    shown = made(b"", sender="").as_json()
    assert shown["To"][0]["Mailbox"] == "nobody"
    assert shown["From"] == {"Relays": None, "Mailbox": "", "Domain": "", "Params": ""}


def test_a_mail_of_headers_alone_has_no_body() -> None:
    assert made(b"Subject: x").as_json()["Content"]["Body"] == ""
    assert made(b"Subject: x\n\nbody\r\n\r\nmore").as_json()["Content"]["Body"].startswith("body")


def test_parts_within_parts_are_given_to_a_bounded_depth() -> None:
    message: EmailMessage | None = None
    for _ in range(mailbox.DEEPEST + 5):
        outer = EmailMessage()
        outer["Content-Type"] = "multipart/mixed"
        outer.set_payload([message] if message else [])
        message = outer
    assert message is not None
    content = made(message.as_bytes()).as_json()["Content"]
    depth = 0
    while content["MIME"] and content["MIME"]["Parts"]:
        content = content["MIME"]["Parts"][0]
        depth += 1
    assert depth == mailbox.DEEPEST


LINES = st.sampled_from(
    [
        b"Content-Type: multipart/mixed; boundary=x",
        b"Content-Type: multipart/mixed",
        b"Content-Type: text/plain; charset=\xff",
        b"Content-Type: message/rfc822",
        b"Content-Transfer-Encoding: base64",
        b"Subject: =?utf-8?b?////?= \xc3\xbc",
        b"Subject: =?utf-16?q?=?=",
        b" folded",
        b"",
        b"--x",
        b"--x--",
        b"text \xff\xfe",
    ]
)


@given(st.lists(st.one_of(LINES, st.binary(max_size=20)), max_size=12))
def test_no_mail_is_too_broken_to_be_shown(lines: list[bytes]) -> None:
    mail = made(b"\r\n".join(lines))
    json.dumps(mail.as_json())
    assert isinstance(mail.subject(), str)
    assert isinstance(mail.text(), str)
    assert mail.matches("containing", "") is True


# --- The program -----------------------------------------------------------------------------


@pytest.mark.skipif(os.name != "posix", reason="Windows cannot send the signal")
def test_the_program_says_that_it_is_ready_and_ends_when_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    smtp, http = daemons.pick((0, 0))
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]

    def ask_to_end() -> None:
        wait_for(lambda: not daemons.free(http))
        os.kill(os.getpid(), signal.SIGTERM)

    thread = threading.Thread(target=ask_to_end)
    thread.start()
    try:
        assert mail.main([str(tmp_path), "--smtp", str(smtp), "--http", str(http)]) == 0
    finally:
        thread.join()
        for number, handler in zip((signal.SIGTERM, signal.SIGINT), before):
            signal.signal(number, handler)
    assert capsys.readouterr().out == "course mail: ready\n"


def test_waiting_for_the_end_goes_on_until_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "LOOK_UP", 0.01)
    ended: queue.SimpleQueue[None] = queue.SimpleQueue()
    thread = threading.Timer(0.1, ended.put, (None,))
    thread.start()
    mail._wait(ended)
    assert ended.empty()
    thread.join()


def test_the_program_says_at_once_that_a_port_is_taken(tmp_path: Path) -> None:
    place = Path(mail.__file__).parents[2]
    with socket.create_server((HOST, 0)) as taken:
        port = str(taken.getsockname()[1])
        (other,) = daemons.pick((0,))
        for ports in (("--smtp", port, "--http", str(other)), ("--smtp", "1", "--http", port)):
            done = subprocess.run(
                [sys.executable, "-m", "course.services.mail", str(tmp_path), *ports],
                env=daemons.environment(PYTHONPATH=str(place)),
                capture_output=True,
                text=True,
                timeout=30,
            )
            assert done.returncode == 1
            assert done.stderr.startswith("course mail: ")
            assert "Traceback" not in done.stderr


def test_the_program_reports_a_taken_port_in_this_process_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    try:
        with socket.create_server((HOST, 0)) as taken:
            port = str(taken.getsockname()[1])
            assert mail.main([str(tmp_path), "--smtp", port, "--http", port]) == 1
    finally:
        for number, handler in zip((signal.SIGTERM, signal.SIGINT), before):
            signal.signal(number, handler)
    assert capsys.readouterr().err.startswith("course mail: ")


def test_a_part_that_python_cannot_write_again_is_given_without_its_body() -> None:
    class Broken(Message):
        def as_bytes(self, *_: object, **__: object) -> bytes:
            raise LookupError("unknown encoding")

    part = Broken()
    part["Subject"] = "x"
    shown = mailbox._part(part, 1)
    assert (shown["Headers"], shown["Body"]) == ({"Subject": ["x"]}, "")
