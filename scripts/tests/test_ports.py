"""Ports of this machine: who is given one holds it, also against another copy of the course."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from filelock import Timeout

from course import ports


@pytest.mark.skipif(os.name == "nt", reason="Windows has no folder that all users share")
def test_a_port_is_held_whatever_the_temporary_folder_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ports.reserved() as port:
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        with pytest.raises(Timeout):
            ports.lock(port).acquire(timeout=0)
