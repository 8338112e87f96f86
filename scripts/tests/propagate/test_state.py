"""What a propagation remembers is read again, also as earlier versions of the tool wrote it."""

from __future__ import annotations

import json

from course.propagate.state import State, parse

STATE = State(commit="0" * 40, fixed=["notes"], start="greeting")


def test_what_was_written_is_read() -> None:
    assert parse(json.loads(STATE.dump())) == STATE


def test_the_key_of_earlier_versions_is_read() -> None:
    data = json.loads(STATE.dump())
    data["mended"] = data.pop("fixed")
    assert parse(data) == STATE
