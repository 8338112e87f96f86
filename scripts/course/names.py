"""How file names are printed: quoting, control characters, bytes not in UTF-8, "and 3 more".

Git allows every name without a NUL byte: a line break would tear a message in two, an escape
sequence would command the terminal, and bytes that are not UTF-8 have no character at all.
"""

from __future__ import annotations

import codecs
import re
import shlex
from collections.abc import Sequence

# A name that may stand in a line as it is: all of it can be seen, and its end too.
_EDGES = re.compile(r"^\s|\s$")
_ESCAPES = {"\a": r"\a", "\b": r"\b", "\t": r"\t", "\n": r"\n", "\v": r"\v", "\f": r"\f"}
_ESCAPES |= {"\r": r"\r"}
# What a byte that is no UTF-8 becomes in a string of Python's (PEP 383).
_FIRST, _LAST = 0xDC80, 0xDCFF
# The error handler that writes such a byte as `\xff`.
ERRORS = "course.visible"


def visible(text: str) -> str:
    """Return a text in which everything can be seen: what is not printed stands there by its code.

    Line breaks and tabs are escaped, too; all else stays, quotes and backslashes included.
    """
    return "".join(c if c.isprintable() else _escaped(c) for c in text)


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    alone = _FIRST <= ord(character) <= _LAST
    encoded = character.encode("utf-8", "surrogateescape" if alone else "surrogatepass")
    return "".join(f"\\x{byte:02x}" for byte in encoded)


def shown(path: str) -> str:
    r"""Return a path as a message shows it: as it is, or as a shell takes it where it is odd.

    ``a b.txt`` stays as it is; a line break, an invisible character, a byte that is no UTF-8, and
    a blank at an edge make it ``$'a\nb.txt'``, which bash and zsh read.
    """
    if path and path.isprintable() and not _EDGES.search(path):
        return path
    return word(path)


def word(path: str) -> str:
    """Return a path as a word of a command that can be pasted into a shell.

    A name that begins with a dash would be an option: it begins with ``./``.
    """
    path = f"./{path}" if path.startswith("-") else path
    if path.isprintable():
        return shlex.quote(path)
    return "$'" + visible(path.replace("\\", "\\\\").replace("'", "\\'")) + "'"


def some(listed: Sequence[str], most: int) -> str:
    """Return the first of some names as a list to read, and how many more there are."""
    return ", ".join(listed[:most]) + more(len(listed) - most)


def more(count: int) -> str:
    """Return what follows some names that are listed: how many more there are, if any."""
    return f" and {count} more" if count > 0 else ""


def is_utf8(path: str) -> bool:
    """Whether a name can be written as UTF-8, as an address or an archive needs it."""
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _as_codes(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)
    return visible(error.object[error.start : error.end]), error.end


codecs.register_error(ERRORS, _as_codes)
