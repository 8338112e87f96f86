"""Dates and times as pages write them: made equal for a fingerprint, and frozen for a picture.

A snapshot's server has the clock of the machine. What it wrote down while it ran (the last sign-in,
"joined on") is another moment at every run. Each way of writing one is a rule with a name; the name
stands in the fingerprint, so that another way of writing the same date counts as a change.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from functools import partial

# The moment at which every picture is taken, as far as anybody can tell.
CLOCK = datetime(2026, 1, 15, 12, 0, tzinfo=timezone.utc)

_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_MONTH = (
    r"(?P<month>Jan(?:uary|\.)?|Feb(?:ruary|\.)?|Mar(?:ch|\.)?|Apr(?:il|\.)?|May|June?\.?|July?\.?"
    r"|Aug(?:ust|\.)?|Sept?(?:ember|\.)?|Oct(?:ober|\.)?|Nov(?:ember|\.)?|Dec(?:ember|\.)?)"
)
_DAY = r"(?P<day>[0-3]?\d)"
_YEAR = r"(?P<year>(?:19|20)\d\d)"
# Django writes "noon", "midnight" and "6 p.m." as well (its filter `time`, format "P").
_CLOCK = (
    r"(?:[0-2]?\d:[0-5]\d(?::[0-5]\d(?:[.,]\d+)?)?(?:\s?[ap]\.?m\b\.?)?"
    r"|1?\d\s?[ap]\.?m\b\.?|noon\b|midnight\b)"
)
_ZONE = r"(?:\s?(?:Z\b|UTC\b|GMT\b|[+-]\d\d:?\d\d))?"
_WITH_CLOCK = rf"(?P<clock>(?P<between>,?\s|T|,?\sat\s|\s-\s|:)(?P<hour>{_CLOCK}){_ZONE})?"


@dataclass(frozen=True)
class Rule:
    """A way of writing a moment.

    Attributes:
        name: what stands in a fingerprint.
        pattern: finds it; its groups hold the day, if it names one.
        write: writes the day of `CLOCK` in the same way.
    """

    name: str
    pattern: re.Pattern[str]
    write: Callable[[re.Match[str]], str]


def _month(match: re.Match[str]) -> str:
    word = match["month"]
    if word.endswith("."):
        return f"{CLOCK:%b}."
    return f"{CLOCK:%b}" if len(word) == 3 and word != "May" else f"{CLOCK:%B}"


RULES = (
    Rule(
        "iso-date",
        re.compile(rf"\b{_YEAR}-(?P<month>[01]\d)-(?P<day>[0-3]\d)(?!\d){_WITH_CLOCK}"),
        lambda match: f"{CLOCK:%Y-%m-%d}",
    ),
    Rule(
        "month-day-year",
        re.compile(rf"\b{_MONTH}\s{_DAY},?\s{_YEAR}\b{_WITH_CLOCK}"),
        lambda match: f"{_month(match)} {CLOCK.day}, {CLOCK.year}",
    ),
    Rule(
        "day-month-year",
        re.compile(rf"\b{_DAY}(?P<gap>[\s/-]){_MONTH}(?P=gap){_YEAR}\b{_WITH_CLOCK}"),
        lambda match: match["gap"].join((str(CLOCK.day), _month(match), str(CLOCK.year))),
    ),
)
_TIMES = (
    ("clock", re.compile(rf"\b(?<![\w:]){_CLOCK}{_ZONE}(?![\w:])")),
    (
        "ago",
        re.compile(
            r"\b(?:just now|now\b(?= ?<)|(?:an?|\d+)[ \xa0](?:second|minute|hour|day)s?"
            r"(?:, (?:\d+)[ \xa0](?:second|minute|hour)s?)? ago)\b"
        ),
    ),
)


def named(text: str) -> str:
    """Return text in which the name of its rule stands for each moment."""
    for rule in RULES:
        text = rule.pattern.sub(partial(_named, rule), text)
    for name, pattern in _TIMES:
        text = pattern.sub(f"<{name}>", text)
    return text


def _named(rule: Rule, match: re.Match[str]) -> str:
    return f"<{rule.name} clock>" if match["clock"] else f"<{rule.name}>"


def frozen(text: str, now: datetime) -> str:
    """Return text in which the present is the moment of `CLOCK`, written in the same way.

    Args:
        text: what a page shows.
        now: the moment at which it was made. Dates that are further away than a day come from
            the snapshot's own data, and stay.
    """
    for rule in RULES:
        text = rule.pattern.sub(partial(_frozen, rule, now.date()), text)
    return text


def _frozen(rule: Rule, today: date, match: re.Match[str]) -> str:
    month = match["month"]
    number = int(month) if month.isdigit() else _MONTHS.index(month[:3].lower()) + 1
    try:
        found = date(int(match["year"]), number, int(match["day"]))
    except ValueError:
        return match[0]
    # A server in another time zone may be a day ahead, or behind.
    if abs(found - today) > timedelta(days=1):
        return match[0]
    text = rule.write(match)
    if not match["clock"]:
        return text
    return text + match["between"] + _clock(match["hour"])


def _clock(shown: str) -> str:
    if ":" not in shown and not shown[0].isdigit():
        return "noon"
    if shown.endswith(("m", "m.")):
        return "noon" if "." in shown else "12:00 pm"
    return f"{CLOCK:%H:%M:%S}" if shown.count(":") > 1 else f"{CLOCK:%H:%M}"
