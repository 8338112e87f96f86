"""Syntax colouring: the lexer of a file, the class of a token; inline Markdown as HTML.

Only tokens that have a colour get an element, and neighbours of one colour share it: a third of
the HTML that Pygments writes, and so a third of what the search index has to read.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import PurePosixPath

from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name, get_lexer_for_filename
from pygments.token import Token, _TokenType
from pygments.util import ClassNotFound

from course.docs import python_tokens

# Kind of token → CSS class. The nearest kind above one that is missing here counts.
_CLASSES: dict[_TokenType, str] = {
    Token.Keyword: "k",
    Token.Operator.Word: "k",
    Token.Literal.String: "s",
    Token.Literal.Number: "m",
    Token.Comment: "c",
    Token.Comment.Preproc: "p",
    Token.Name.Function: "f",
    Token.Name.Class: "f",
    Token.Name.Decorator: "d",
    Token.Name.Builtin: "b",
    Token.Name.Exception: "b",
    Token.Name.Constant: "b",
    Token.Name.Tag: "t",
    Token.Name.Attribute: "a",
    Token.Name.Variable: "v",
    Token.Generic.Heading: "k",
    Token.Generic.Subheading: "k",
}
# CommonMark, section 6.1: a run of backticks, and the next run that is as long.
_CODE_SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)")
_STRONG = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*")
_EMPHASIS = re.compile(r"(?<![\w*/.])\*(?=[\w<])([^*]*?)(?<=\S)\*(?![\w*/.])")
_LINK = re.compile(r"\[([^\]\[]+)\]\(([^()\s*]+)\)")
# Files whose names Pygments reads as something else, or not at all.
_ALIASES = {"Makefile": "make", "requirements.txt": "requirements", ".gitignore": "text"}
_SUFFIXES = {".html": "html+django", ".lock": "toml", ".template": "bash", ".mjs": "javascript"}


@lru_cache(maxsize=2048)
def lines(path: str, content: str) -> tuple[str, ...]:
    """Return the lines of a file as HTML, each with its ending.

    Joined and stripped of their tags they give the content again, byte for byte: a carriage return
    is written as a reference, because a reader of HTML takes a bare one for a line's end.
    """
    if not content:
        return ()
    if path.endswith(".py") and "\r" not in content:
        coloured = python_tokens.html(escape(content), _elements)
        return tuple(line + "\n" for line in coloured.split("\n")[:-1]) + _rest(coloured)
    out = [""]
    for name, value in _pieces(path, content):
        for number, piece in enumerate(value.split("\n")):
            if number:
                out[-1] += "\n"
                out.append("")
            if piece:
                out[-1] += _element(name, piece)
    if not out[-1]:
        out.pop()
    return tuple(out)


def _rest(coloured: str) -> tuple[str, ...]:
    """Return what stands after the last line feed, if anything does."""
    end = coloured[coloured.rfind("\n") + 1 :]
    return (end,) if end else ()


def _elements(name: str, escaped: str) -> str:
    """Return a piece as elements of which none goes beyond its line."""
    if "\n" not in escaped:
        return f'<b class="{name}">{escaped}</b>'
    return "\n".join(
        line if not line or line.isspace() else f'<b class="{name}">{line}</b>'
        for line in escaped.split("\n")
    )


def escape(text: str) -> str:
    """Return text as HTML that gives just this text again."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace("\r", "&#13;")


def inline(text: str) -> str:
    """Return a line of Markdown as HTML: code, strong and emphasised words, links; else text.

    For what an author writes into a fence or the catalogue, and a page shows among HTML of ours: a
    caption, why a file is folded or left out, a summary.
    """
    parts = _CODE_SPAN.split(text)
    # Two groups for each span: its marks, and what is between them.
    out = []
    for start in range(0, len(parts), 3):
        words = _LINK.sub(_link, escape(parts[start]))
        words = _STRONG.sub(r"<strong>\1</strong>", words)
        out.append(_EMPHASIS.sub(r"<em>\1</em>", words))
        if start + 2 < len(parts):
            out.append(f"<code>{escape(parts[start + 2].strip())}</code>")
    return "".join(out)


def _link(match: re.Match[str]) -> str:
    """Return a link; one to a page's source leads to the page, as elsewhere in Markdown."""
    path, mark, anchor = match[2].partition("#")
    if path.endswith(".md") and ":" not in path:
        path = path.removesuffix(".md") + ".html"
    return f'<a href="{attribute(html.unescape(path + mark + anchor))}">{match[1]}</a>'


def attribute(text: str) -> str:
    """Return text as the value of an attribute between double quotes."""
    return html.escape(text).replace("\r", "&#13;").replace("\n", "&#10;").replace("\t", "&#9;")


def _element(name: str, piece: str) -> str:
    if not name or piece.isspace():
        return escape(piece)
    return f'<b class="{name}">{escape(piece)}</b>'


def _pieces(path: str, content: str) -> Sequence[tuple[str, str]]:
    """Return a file as pieces, each with its class; joined they are the content."""
    lexer = _lexer(path)
    merged: list[tuple[str, str]] = []
    if lexer is not None:
        # `get_tokens` would expand, strip and end the text; this gives it as it stands.
        for _, kind, value in lexer.get_tokens_unprocessed(content):
            name = _class(kind)
            if merged and merged[-1][0] == name:
                merged[-1] = (name, merged[-1][1] + value)
            else:
                merged.append((name, value))
    if "".join(text for _, text in merged) != content:
        return [("", content)]
    return merged


@cache
def _class(kind: _TokenType) -> str:
    parent: _TokenType | None = kind
    while parent is not None:
        if parent in _CLASSES:
            return _CLASSES[parent]
        parent = parent.parent
    return ""


def _lexer(path: str) -> Lexer | None:
    name = PurePosixPath(path).name
    suffix = PurePosixPath(path).suffix
    alias = _ALIASES.get(name) or _SUFFIXES.get(suffix)
    if name.startswith(".env"):
        alias = "bash"
    return _named(alias or "", "" if alias else name if not suffix else f"file{suffix}")


@cache
def _named(alias: str, name: str) -> Lexer | None:
    try:
        if alias:
            return get_lexer_by_name(alias)
        return get_lexer_for_filename(name)
    except ClassNotFound:
        return None
