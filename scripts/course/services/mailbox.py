"""The caught mail: limits on number and size, and the JSON shapes of MailHog's API.

Source of the shapes: MailHog's ``docs/APIv1.md`` and ``docs/APIv2.md``, and its package ``data``.
Headers and bodies are given as they came, not decoded, because MailHog's clients expect that.
"""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.policy import compat32
from typing import Any

# The newest are kept: at most this many, and at most this many bytes of them.
NEWEST = 500
LARGEST_STORE = 64 * 1024 * 1024

# A mail of more bytes is refused.
LARGEST = 10 * 1024 * 1024

# MIME parts deeper than this are given as text: no real mail nests them so.
DEEPEST = 20

# Parts are given with the line ends that they came with.
ON_THE_WIRE = compat32.clone(linesep="\r\n")

Json = dict[str, Any]


@dataclass(frozen=True)
class Mail:
    """One mail as it came.

    Attributes:
        id: its name in the API.
        sender, recipients: of the envelope, which is what decides where a mail goes.
        helo: how the sending machine called itself.
        raw: headers and body.
        created: when it came.
    """

    id: str
    sender: str
    recipients: tuple[str, ...]
    helo: str
    raw: bytes
    created: datetime

    def as_json(self) -> Json:
        """Return the mail as MailHog shows it."""
        message = message_from_bytes(self.raw)
        content = _content(self.raw, message, 0)
        headers = content["Headers"]
        headers.setdefault("Message-ID", [self.id])
        headers["Received"] = [
            f"from {self.helo} by course (course)\r\n          id {self.id};"
            f" {self.created:%a, %d %b %Y %H:%M:%S %z}",
            *headers.get("Received", []),
        ]
        headers["Return-Path"] = [f"<{self.sender}>"]
        return {
            "ID": self.id,
            "From": _address(self.sender),
            "To": [_address(recipient) for recipient in self.recipients],
            "Content": content,
            "Created": self.created.isoformat().replace("+00:00", "Z"),
            "MIME": content["MIME"],
            "Raw": {
                "From": self.sender,
                "To": list(self.recipients),
                "Data": _text(self.raw),
                "Helo": self.helo,
            },
        }

    def subject(self) -> str:
        """Return the subject as a person reads it."""
        raw = message_from_bytes(self.raw).get("Subject", "")
        try:
            return str(make_header(decode_header(str(raw))))
        except (LookupError, ValueError):
            # An unknown character set, or letters that are not of it.
            return str(raw)

    def text(self) -> str:
        """Return the text as a person reads it: the plain part, else the HTML part's source."""
        message = message_from_bytes(self.raw)
        for wanted in ("text/plain", "text/html"):
            for part in message.walk():
                if part.get_content_type() == wanted and not part.is_multipart():
                    payload = part.get_payload(decode=True)
                    assert isinstance(payload, bytes)
                    return _decoded(payload, part.get_content_charset() or "utf-8")
        return ""

    def matches(self, kind: str, query: str) -> bool:
        """Whether a search finds it.

        Args:
            kind: ``to``, ``from`` or ``containing``.
            query: a part of the address, or of a header or the body; in any case of letters.
        """
        query = query.casefold()
        if kind == "to":
            return any(query in recipient.casefold() for recipient in self.recipients)
        if kind == "from":
            return query in self.sender.casefold()
        return query in _text(self.raw).casefold() or query in self.text().casefold()


class Mailbox:
    """The newest mails, safe to use from several threads."""

    def __init__(self, newest: int = NEWEST, largest: int = LARGEST_STORE) -> None:
        self._newest = newest
        self._largest = largest
        self._mails: OrderedDict[str, Mail] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def add(self, sender: str, recipients: list[str], helo: str, raw: bytes) -> Mail:
        """Keep a mail; the oldest ones go when there is no room."""
        mail = Mail(
            id=f"{secrets.token_urlsafe(18)}@course",
            sender=sender,
            recipients=tuple(recipients),
            helo=helo,
            raw=raw,
            created=datetime.now(UTC),
        )
        with self._lock:
            self._mails[mail.id] = mail
            self._bytes += len(raw)
            while len(self._mails) > self._newest or self._bytes > self._largest:
                _, oldest = self._mails.popitem(last=False)
                self._bytes -= len(oldest.raw)
        return mail

    def all(self) -> list[Mail]:
        """Return the mails, newest first."""
        with self._lock:
            return list(reversed(self._mails.values()))

    def get(self, mail_id: str) -> Mail | None:
        """Return one mail; None if there is none of that id."""
        with self._lock:
            return self._mails.get(mail_id)

    def remove(self, mail_id: str) -> bool:
        """Remove one mail; False if there is none of that id."""
        with self._lock:
            mail = self._mails.pop(mail_id, None)
            self._bytes -= len(mail.raw) if mail else 0
            return mail is not None

    def clear(self) -> None:
        """Remove all mails."""
        with self._lock:
            self._mails.clear()
            self._bytes = 0


def _content(raw: bytes, message: Message, depth: int) -> Json:
    headers: dict[str, list[str]] = {}
    for name, value in message.items():
        # A folded header is one line, as MailHog has it.
        line = "".join(str(value).splitlines())
        headers.setdefault(name, []).append(_text(line.encode("utf-8", "surrogateescape")))
    body = _body(raw)
    mime = None
    if message.is_multipart() and depth < DEEPEST:
        mime = {"Parts": [_part(part, depth + 1) for part in _parts(message)]}
    return {"Headers": headers, "Body": body, "Size": len(raw), "MIME": mime}


def _parts(message: Message) -> list[Message]:
    parts = message.get_payload()
    return [part for part in parts if isinstance(part, Message)] if isinstance(parts, list) else []


def _part(part: Message, depth: int) -> Json:
    try:
        raw = part.as_bytes(policy=ON_THE_WIRE)
    except (LookupError, ValueError):
        # Malformed beyond what Python can write again; the whole mail's body has it as it came.
        raw = b""
    return _content(raw, part, depth)


def _body(raw: bytes) -> str:
    ends = [(raw.find(gap), len(gap)) for gap in (b"\r\n\r\n", b"\n\n")]
    found = [(at, length) for at, length in ends if at >= 0]
    if not found:
        return ""
    at, length = min(found)
    return _text(raw[at + length :])


def _address(address: str) -> Json:
    mailbox, _, domain = address.rpartition("@")
    return {
        "Relays": None,
        "Mailbox": mailbox or domain,
        "Domain": domain if mailbox else "",
        "Params": "",
    }


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def _decoded(payload: bytes, charset: str) -> str:
    try:
        return payload.decode(charset, "replace")
    except LookupError:
        return _text(payload)
