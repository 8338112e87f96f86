"""The course at a glance, made from the catalogue: ``STEP_BY_STEP.md`` and the README's table."""

from __future__ import annotations

import re

from course.chain import Chain, Link
from course.docs import pace
from course.errors import CourseError

PAGE = "STEP_BY_STEP.md"
README = "README.md"
_TABLE = re.compile(r"(<!-- steps -->\n).*?(\n?<!-- /steps -->)", re.DOTALL)

# The factors in the words of 12factor.net's headings.
FACTORS = {
    "I": ("Codebase", "one codebase tracked in revision control, many deploys"),
    "II": ("Dependencies", "explicitly declare and isolate dependencies"),
    "III": ("Config", "store config in the environment"),
    "IV": ("Backing services", "treat backing services as attached resources"),
    "V": ("Build, release, run", "strictly separate build and run stages"),
    "VI": ("Processes", "execute the app as one or more stateless processes"),
    "VII": ("Port binding", "export services via port binding"),
    "VIII": ("Concurrency", "scale out via the process model"),
    "IX": ("Disposability", "maximise robustness with fast start-up and graceful shutdown"),
    "X": ("Dev/prod parity", "keep development, staging and production as similar as possible"),
    "XI": ("Logs", "treat logs as event streams"),
    "XII": ("Admin processes", "run admin and management tasks as one-off processes"),
}


def generated(chain: Chain) -> dict[str, bytes]:
    """Return the files at the root that the catalogue determines, by path.

    Raises:
        CourseError: when the README lacks the marks of its table.
    """
    files = {PAGE: at_a_glance(chain).encode()}
    readme = chain.repository.root / README
    if readme.exists():
        try:
            text = readme.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise CourseError(f"{README}: is not UTF-8: {error}", "Save it as UTF-8.") from None
        if not _TABLE.search(text):
            raise CourseError(
                f"{README} has no place for the table of steps.",
                "Put the lines <!-- steps --> and <!-- /steps --> where it belongs.",
            )
        table = "\n".join(_table(chain))
        files[README] = _TABLE.sub(lambda m: m[1] + table + "\n" + m[2].lstrip("\n"), text).encode()
    return files


def at_a_glance(chain: Chain) -> str:
    """Return the whole page with every step, and the factors at its end."""
    lines = [f"# {chain.course.about.title}: the course at a glance", ""]
    if chain.course.about.summary:
        lines += [chain.course.about.summary, ""]
    minutes = pace.total(chain, chain)
    numbered = sum(link.number is not None for link in chain)
    lines += [
        f"{numbered} steps, about {pace.hours(minutes)} for {pace.READER}. This page is made from"
        " `steps/course.toml`, the pages and the snapshots by `course lint --fix`.",
        "",
    ]
    part = 0
    for link in chain:
        if link.step.part != part:
            part = link.step.part
            lines += [f"## Part {part} · {chain.course.parts[part - 1].title}", ""]
        lines += _entry(chain, link)
    lines += ["## The Twelve Factors", "", "| factor | what it asks | steps |", "|---|---|---|"]
    for number, (name, asks) in FACTORS.items():
        steps = ", ".join(
            f"[{link.label}]({link.folder})" for link in chain if number in link.step.factors
        )
        lines.append(f"| {number}. {name} | {asks} | {steps or '–'} |")
    return "\n".join(lines) + "\n"


def _entry(chain: Chain, link: Link) -> list[str]:
    step = link.step
    facts = [f"{pace.minutes(chain, link)} minutes"]
    facts += [f"factors {', '.join(step.factors)}"] if step.factors else []
    facts += [f"services: {', '.join(step.services)}"] if step.services else []
    facts += [f"[page]({page})"] if (page := page_of(chain, link)) else []
    return [
        f"### [{link.label}]({link.folder}) {step.title}",
        "",
        step.summary,
        "",
        f"{' · '.join(facts)} · `course run {link.label}`",
        "",
    ]


def page_of(chain: Chain, link: Link) -> str:
    """Return the path of a link's page from the root; ``""`` when there is none."""
    pages = chain.course.about.pages
    path = f"{pages}/{link.step.slug}.md"
    return path if pages and (chain.repository.root / path).exists() else ""


def _table(chain: Chain) -> list[str]:
    lines = ["| step | what the reader gains | factors |", "|---|---|---|"]
    for link in chain:
        step = link.step
        name = f"[{link.label} · {_cell(step.title)}]({link.folder})"
        lines.append(f"| {name} | {_cell(step.summary)} | {' '.join(step.factors)} |")
    return lines


def _cell(text: str) -> str:
    """Return a text as it may stand in a cell of a Markdown table."""
    return " ".join(text.split()).replace("|", "\\|")
