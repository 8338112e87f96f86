"""Changes that no editor shows are named by ``course propagate``, and carried."""

from __future__ import annotations

from pathlib import Path

import pytest

from course import cli
from tests import propagation_chains as made

TEXT = "".join(f"line {number}\n" for number in range(1, 9)).encode()
MARK = b"\xef\xbb\xbf"


@pytest.mark.parametrize("dry", [False, True])
@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (TEXT, MARK + TEXT, "begins with a byte-order mark"),
        (MARK + TEXT, TEXT, "no longer begins with a byte-order mark"),
        (TEXT, TEXT[:-1], "no longer ends with a line break"),
        (TEXT[:-1], TEXT, "ends with a line break"),
        (TEXT, MARK + TEXT[:-1], "editor shows) and no longer ends with a line break"),
        (TEXT, MARK + TEXT.replace(b"line 4", b"four"), "beside what else you changed"),
    ],
)
def test_it_is_named(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    old: bytes,
    new: bytes,
    said: str,
    dry: bool,
) -> None:
    repository = made.make(tmp_path / "course", [{"f.txt": (made.FILE, old)}] * 2)
    made.commit(repository.root)
    (repository.root / "steps/01-s1/f.txt").write_bytes(new)
    monkeypatch.chdir(repository.root)
    with pytest.raises(SystemExit) as ended:
        cli.main(["propagate", *(["--dry-run"] if dry else [])])
    heard = " ".join(capfd.readouterr().err.split())
    assert ended.value.code == 0 and said in heard and "steps/01-s1/f.txt" in heard
    only = "beside" not in said
    assert ("git checkout -- steps/01-s1/f.txt, then: course propagate" in heard) == only
    assert (repository.root / "steps/02-s2/f.txt").read_bytes() == (old if dry else new)


@pytest.mark.parametrize(
    ("old", "new", "program", "said"),
    [
        (TEXT, TEXT, True, "may be run now, and nothing else"),
        (b"\0", b"\0\1", True, "may be run now, beside"),
        (TEXT, TEXT.replace(b"line 4", b"four"), False, ""),
        (b"\0", b"\0\n", False, ""),
    ],
)
def test_a_mode_is_named_and_what_can_be_seen_is_not(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    old: bytes,
    new: bytes,
    program: bool,
    said: str,
) -> None:
    repository = made.make(tmp_path / "course", [{"f.txt": (made.FILE, old)}] * 2)
    made.commit(repository.root)
    path = repository.root / "steps/01-s1/f.txt"
    path.write_bytes(new)
    path.chmod(0o755 if program else 0o644)
    (path.parent / "new.txt").write_bytes(MARK + b"x")
    monkeypatch.chdir(repository.root)
    with pytest.raises(SystemExit):
        cli.main(["propagate"])
    heard = " ".join(capfd.readouterr().err.split())
    assert said in heard and ("if you did not mean it" in heard) == bool(said)
