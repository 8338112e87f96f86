"""The mail catcher: takes every mail, delivers none, shows them as MailHog does.

``python -m course.services.mail FOLDER --smtp PORT --http PORT`` runs it in the foreground.
"""

from __future__ import annotations

import argparse
import asyncio
import queue
import signal
import socket
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from course.ports import HOST
from course.services.mail_http import MailServer
from course.services.mail_service import READY
from course.services.mailbox import LARGEST, Mailbox

# Seconds between two looks at whether a signal came.
LOOK_UP = 1.0


@contextmanager
def catcher(smtp: int, http: int, mailbox: Mailbox) -> Iterator[None]:
    """Catch mail on 127.0.0.1 for as long as the block lasts.

    Args:
        smtp: the port to send mail to.
        http: the port of the API and of the page.
        mailbox: what is filled.

    Raises:
        OSError: when a port is taken.
    """
    with MailServer(http, mailbox) as server, socket.create_server((HOST, smtp)) as listening:
        loop = asyncio.new_event_loop()
        threads = (
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}),
            threading.Thread(target=_serve_smtp, args=(loop, listening, mailbox)),
        )
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            server.shutdown()
            loop.call_soon_threadsafe(loop.stop)
            for thread in threads:
                thread.join()


def _serve_smtp(
    loop: asyncio.AbstractEventLoop, listening: socket.socket, mailbox: Mailbox
) -> None:
    """Serve SMTP until the loop is stopped.

    Not by aiosmtpd's ``Controller``, which takes five seconds to notice that a port is taken.
    """

    def connection() -> SMTP:
        return SMTP(
            _Keeper(mailbox),
            data_size_limit=LARGEST,
            enable_SMTPUTF8=True,
            hostname="course",
            ident="course mail",
            loop=loop,
        )

    asyncio.set_event_loop(loop)
    server = loop.run_until_complete(loop.create_server(connection, sock=listening))
    try:
        loop.run_forever()
    finally:
        server.close()
        tasks = asyncio.all_tasks(loop)
        for task in tasks:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
        asyncio.set_event_loop(None)


class _Keeper:
    """What aiosmtpd asks to handle a mail."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    async def handle_DATA(  # noqa: N802 (the name that aiosmtpd looks for)
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Keep a mail. Nothing is refused: what a program sends is what its writer wants to see."""
        content = envelope.content
        raw = content if isinstance(content, bytes) else (content or "").encode()
        self._mailbox.add(envelope.mail_from or "", envelope.rcpt_tos, session.host_name or "", raw)
        return "250 2.0.0 kept"


def _wait(ended: queue.SimpleQueue[None]) -> None:
    """Wait for the end, and look up now and then: Windows does not interrupt a waiting thread."""
    while True:
        try:
            return ended.get(timeout=LOOK_UP)
        except queue.Empty:
            pass


def main(words: Sequence[str] | None = None) -> int:
    """Run until asked to end, by SIGTERM or Ctrl-C.

    Returns:
        the exit code: 1 when a port is taken.
    """
    parser = argparse.ArgumentParser(prog="python -m course.services.mail")
    parser.add_argument("folder", type=Path, help="its folder, which tells it from another one")
    parser.add_argument("--smtp", type=int, required=True, help="port to send mail to")
    parser.add_argument("--http", type=int, required=True, help="port of the API and the page")
    chosen = parser.parse_args(words)
    # Of all that wakes a thread, only this queue may be filled by the handler of a signal, which
    # can interrupt the very thread that waits.
    ended: queue.SimpleQueue[None] = queue.SimpleQueue()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.put(None))
    try:
        with catcher(chosen.smtp, chosen.http, Mailbox()):
            print(READY.decode(), flush=True)
            _wait(ended)
    except OSError as error:
        print(f"course mail: {error}", file=sys.stderr, flush=True)
        return 1
    return 0


if __name__ == "__main__":  # pragma: no cover (runs in the background server)
    sys.exit(main())
