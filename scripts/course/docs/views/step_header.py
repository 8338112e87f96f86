"""The header of a step's page, lists of files not shown, names of the Twelve Factors."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from course.chain import Link
from course.difference.changes import FileChange
from course.docs.highlight import attribute, escape, inline
from course.docs.views.diff import counts

FACTORS = {
    "I": "Codebase",
    "II": "Dependencies",
    "III": "Config",
    "IV": "Backing services",
    "V": "Build, release, run",
    "VI": "Processes",
    "VII": "Port binding",
    "VIII": "Concurrency",
    "IX": "Disposability",
    "X": "Dev/prod parity",
    "XI": "Logs",
    "XII": "Admin processes",
}


@dataclass(frozen=True)
class Address:
    """A page to lead to: what it is called, and where it lies from here."""

    title: str
    href: str


def header(
    link: Link,
    changes: Mapping[str, FileChange],
    before: Address | None,
    after: Address | None,
    archive: str,
    minutes: int,
    work: str = "",
) -> str:
    """Return the header of a step's page.

    Args:
        link: the step.
        changes: what it changes.
        before: the page of the step before, if there is one.
        after: the page of the step after, if there is one.
        archive: where its zip lies from here.
        minutes: how long it takes a reader.
        work: how to work along, as `work_along` gives it; empty where there is nothing to do.
    """
    step = link.step
    written = [file for file in changes.values() if not file.mark]
    added = sum(len(file.lines.added) for file in written)
    removed = sum(len(file.lines.removed) for file in written)
    size = f"{count_of(len(changes), 'file')} {counts(added, removed)}"
    facts = [
        ("Time", f"{minutes} minutes"),
        ("Change", size),
    ]
    if step.factors:
        named = [f"{factor} {FACTORS.get(factor, '')}".strip() for factor in step.factors]
        facts.append((_plural(len(named), "Factor"), escape(", ".join(named))))
    if step.services:
        facts.append((_plural(len(step.services), "Service"), escape(", ".join(step.services))))
    facts.append(
        (
            "Code",
            f'<code>{escape(link.folder)}</code> · <a download href="{attribute(archive)}">zip</a>',
        )
    )
    terms = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in facts)
    return (
        f'<section class="cs-head" aria-label="This step">'
        f'<p class="cs-summary">{inline(step.summary)}</p>'
        f"<dl>{terms}</dl>{work}{_neighbours(before, after)}</section>"
    )


def work_along(before: str, guide: str = "", hint: str = "") -> str:
    """Return how to begin a step in the playground, and how to check it.

    Args:
        before: the argument of `course play`: the step before this one.
        guide: the address, from here, of the page that explains the playground, if there is one.
        hint: what the catalogue says about the app of the step before: how to sign in, say.
    """
    more = f' · <a href="{attribute(guide)}">How?</a>' if guide else ""
    said = f" {inline(hint)}" if hint else ""
    return (
        f'<p class="cs-work"><strong>Work along.</strong> Go on in your <code>playground/</code>, '
        f"or make one: <code>course play {escape(before)}</code>.{said} "
        f"What next? <code>course hint</code> · "
        f"Is it right? <code>course check</code>{more}</p>"
    )


def checked() -> str:
    """Return what stands at the end of a step's page: how to know that one's own is right."""
    return (
        '<aside class="cs-work" aria-label="Check your work"><p><strong>Check your work:</strong> '
        "<code>course check</code> runs the tests of this step on your playground, and says what "
        "to fix. <code>course compare</code> shows what differs.</p></aside>"
    )


def _neighbours(before: Address | None, after: Address | None) -> str:
    links = []
    if before:
        links.append(f'<a rel="prev" href="{attribute(before.href)}">← {inline(before.title)}</a>')
    if after:
        links.append(f'<a rel="next" href="{attribute(after.href)}">{inline(after.title)} →</a>')
    joined = " ".join(links)
    return f'<nav class="cs-steps" aria-label="Steps">{joined}</nav>' if links else ""


def waived(paths: Sequence[str], reason: str) -> str:
    """Return the note for files that the page leaves out, with the reason."""
    items = "".join(f"<li><code>{escape(path)}</code></li>" for path in paths)
    given = "".join(f' data-waived="{attribute(chr(10).join(paths))}"')
    return (
        f'<aside class="cd-waive"{given} aria-label="Not shown">'
        f"<p>Not shown: {inline(reason)}</p><ul>{items}</ul></aside>"
    )


def generated(link: Link, changes: Iterable[FileChange]) -> str:
    """Return the list of a step's generated and vendored files, or nothing if it has none."""
    marked = [file for file in changes if file.mark]
    if not marked:
        return ""
    rows = []
    for file in marked:
        if file.change.new is None:
            what = f"{file.mark}, deleted"
            total = "—"
        else:
            what = f"{file.mark}, {file.status}"
            digest = hashlib.sha256(file.new).hexdigest()
            total = f'<code class="cd-sum">{digest}</code>'
        path = escape(file.path).replace("/", "/<wbr>")
        rows.append(
            f'<tr data-marked="{attribute(file.path)}"><td><code>{path}</code></td>'
            f"<td>{escape(what)}</td><td>{total}</td></tr>"
        )
    return (
        f'<aside class="cd-generated" aria-labelledby="cd-generated"><p id="cd-generated"><strong>'
        f"Files that a program made.</strong> Nobody reads them line by line. {_fetched(link)}</p>"
        f'<div class="cd-scroll" tabindex="0" role="group" aria-label="Generated files"><table>'
        f"<thead><tr><th>file</th><th>is</th><th>sha256</th></tr></thead>"
        f'<tbody>{"".join(rows)}</tbody></table></div></aside>'
    )


def _fetched(link: Link) -> str:
    from course.cli import VERBS

    if "take" in VERBS:
        return f"To have one as it is here: <code>course take {link.step.slug} PATH</code>."
    return f"To have one as it is here, copy it from <code>{link.folder}/</code>."


def count_of(number: int, word: str) -> str:
    """Return a number with what it counts, in the singular or the plural."""
    return f"{number} {_plural(number, word)}"


def _plural(number: int, word: str) -> str:
    return word if number == 1 else f"{word}s"
