"""The rows of a database, carried over to one of another engine, and compared."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from pathlib import Path

from course.verify.outcome import Fault
from course.verify.sandbox import Place
from course.verify.workbench import Bench

# Django writes times with milliseconds, and one of whole seconds, read back, without them.
_NO_THOUSANDTHS = re.compile(r"(?<=:\d\d)\.000(?=Z|[+-]\d\d:\d\d)")
# So much of a row is shown.
_MOST = 160


def carry(bench: Bench, before: Bench, log: Path) -> dict[str, object]:
    """Dump the rows of the step before, load them into the step's own database, and compare.

    The step's ``dump`` runs twice: on the filled database of the step before, in the code and
    environment of that step; and, once migrated and loaded, on the step's own. What it writes must
    be the same, whatever the order.

    Raises:
        Fault: of the check ``upgrade``.
    """
    commands = bench.link.step.commands
    if not (commands.dump and commands.load):
        absent = "load" if commands.dump else "dump"
        raise Fault(
            "upgrade", f"the catalogue has no command to `{absent}`; add it to the step", log
        )
    old, new = before.place(check="upgrade"), bench.place(check="upgrade")
    before.prepare("upgrade", old, log)
    dumped = _dump(bench, old, "old", log)
    rows = _rows(dumped)
    if not rows:
        raise Fault(
            "upgrade",
            f"`dump` wrote no row of {before.link.folder}, so that nothing is compared; give that"
            " step demo data, or fix the command",
            log,
        )
    # A copy may read nothing that belongs to another one.
    new.temporary.mkdir(parents=True, exist_ok=True)
    given = Path(shutil.copy2(dumped, new.temporary / "given.json"))
    with new.kept_inside(log):
        new.commands("upgrade", commands.migrate, log)
        load = [command.fill(dump=given) for command in commands.load]
        new.commands("upgrade", load, log)
        found = _rows(_dump(bench, new, "new", log))
    missing, added = rows - found, found - rows
    if missing or added:
        kind, row = ("missing", min(missing)) if missing else ("new", min(added))
        others = f"{missing.total()} missing, {added.total()} new of {rows.total()}"
        shown = row if len(row) <= _MOST else f"{row[:_MOST]} …"
        raise Fault(
            "upgrade",
            f"the rows of {before.link.folder} are not the same after `load` ({others}); the first"
            f" that is {kind}: {shown}",
            log,
        )
    return {"notes": [f"{rows.total()} rows carried over, and equal"]}


def _dump(bench: Bench, place: Place, name: str, log: Path) -> Path:
    """Run the step's ``dump`` in a copy, of the step or of the one before."""
    folder = place.temporary
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{name}.json"
    dump = [command.fill(dump=target) for command in bench.link.step.commands.dump]
    place.commands("upgrade", dump, log)
    if not target.is_file():
        raise Fault(
            "upgrade",
            f"`{bench.link.step.commands.dump[-1]}` wrote no file; it is to write {{dump}}",
            log,
        )
    return target


def _rows(dump: Path) -> Counter[str]:
    """Return the rows of a dump: of a JSON list its elements, else its lines."""
    text = dump.read_text(encoding="utf-8", errors="replace")
    text = _NO_THOUSANDTHS.sub("", text)
    try:
        data = json.loads(text)
    except ValueError:
        data = None
    if isinstance(data, list):
        return Counter(json.dumps(row, sort_keys=True, ensure_ascii=False) for row in data)
    return Counter(line for line in text.splitlines() if line.strip())
