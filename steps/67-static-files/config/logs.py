"""Logs: each event is one line on stdout, and reveals nothing about a person.

Code calls ``logging.getLogger(__name__)``. ``LOGGING`` in the settings passes every event, also
those of libraries, to the one handler, whose formatter is defined here.
"""

import logging
import logging.config
import re
import sys
import threading
from types import TracebackType
from typing import Any

from pythonjsonlogger.json import JsonFormatter as BaseJsonFormatter

logger = logging.getLogger(__name__)

# The fields of each line, in this order.
FIELDS = ("time", "level", "logger", "request_id", "message", "exception")

# What may be in a text, and what is logged instead. Each pattern takes time in proportion to the
# length of the text, which a client can choose: a long URL, for example.
REDACTIONS = {
    # The user and the password of a URL.
    r"://[^\s/]*@": "://[redacted]@",
    # The query string of a request: "GET /fbv/posts/?q=… HTTP/1.1".
    r'([A-Z] [^\s?]*\?)[^\s"]+': r"\1[redacted]",
    # The user and the token of a mailed link, complete or not.
    r"(/(?:activate|password-reset)/)[^\s\"']+": r"\1[redacted]",
    # The values of a row that Postgres refuses, up to the next exception.
    r"(?s)\b(DETAIL|LINE \d+): .*?(?=\n\n(?:The above|During handling)|\Z)": r"\1: [redacted]",
    # An e-mail address, also in a URL. The lookbehind lets a match start only where a word does.
    r"""(?:"[^"\n]*"|(?<![\w.!#$%&'*+/=?^`{|}~-])[\w.!#$%&'*+/=?^`{|}~-]+)(?:@|%40)"""
    r"(?:(?:[\w-]+\.)+[\w-]+|localhost|\[[\w.:]+\])": "[redacted]",
}


def redact(text: str) -> str:
    """Return a text without addresses, mailed links, query strings, and values of rows."""
    for pattern, replacement in REDACTIONS.items():
        text = re.sub(pattern, replacement, text)
    return text


class JsonFormatter(BaseJsonFormatter):
    """Formats an event as one line of JSON, for programs."""

    def __init__(self) -> None:
        names = {"levelname": "level", "name": "logger", "exc_info": "exception"}
        fields = ["levelname", "name", "request_id", "message"]
        super().__init__(fields, rename_fields=names, timestamp="time")

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        """Return the fields of a line. Others are left out: Django adds the whole request."""
        fields = [(name, log_data.get(name)) for name in FIELDS]
        return {name: redact(value) if isinstance(value, str) else value for name, value in fields}


class TextFormatter(logging.Formatter):
    """Formats an event for a developer: a traceback takes several lines."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s", "%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


def configure(config: dict[str, Any]) -> None:
    """Configure logging as ``LOGGING`` says, and log warnings and uncaught exceptions, too.

    Django calls this with its setup, because ``LOGGING_CONFIG`` names it.
    """
    logging.config.dictConfig(config)
    logging.captureWarnings(True)
    sys.excepthook = log_uncaught
    threading.excepthook = lambda args: log_uncaught(*args[:3])


def log_uncaught(
    kind: type[BaseException], error: BaseException, traceback: TracebackType | None
) -> None:
    """Log an exception that ends the process or a thread."""
    logger.critical("Uncaught exception.", exc_info=(kind, error, traceback))
