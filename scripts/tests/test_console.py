"""What a person sees is what was meant: no word is taken for markup, in any terminal."""

from __future__ import annotations

import io
import sys
import threading

import pytest

from course import console


def test_notes_warnings_and_errors_go_to_standard_error_word_for_word(
    capsys: pytest.CaptureFixture[str],
) -> None:
    console.note("[x] /a[1]/b :cat:")
    console.warn("[x]")
    console.fail("[x]")
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "[x] /a[1]/b :cat:\nwarning: [x]\nerror: [x]\n"


def test_without_a_terminal_a_spinner_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with console.spinner("working [x]"):
        pass
    assert capsys.readouterr().err == "working [x]\n"


def test_on_a_terminal_a_spinner_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    terminal = console._Console(file=stream, force_terminal=True)
    monkeypatch.setattr(console, "err", terminal)
    with console.spinner("working"):
        terminal.print("a line")
    assert "working" in stream.getvalue() and "a line" in stream.getvalue()


def test_without_a_terminal_progress_is_a_line_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    spoken = threading.Event()
    said: list[str] = []

    def note(message: str) -> None:
        said.append(message)
        if len(said) > 1:
            spoken.set()

    monkeypatch.setattr(console, "note", note)
    with console.progress("working [x]", seldom=0.01) as tell:
        assert said[0] == "working [x]"
        tell("never said")
        tell("block 2 of 3")
        spoken.clear()
        assert spoken.wait(30)
    assert said[-1] == "0:00 block 2 of 3"
    with console.progress("working", seldom=600) as tell:
        tell("too soon")
    assert said[-1] == "working"


def test_on_a_terminal_progress_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    terminal = console._Console(file=stream, force_terminal=True, width=60)
    monkeypatch.setattr(console, "err", terminal)
    with console.progress("working") as tell:
        tell("[x] " + "long " * 30)
        terminal.print("a line")
    assert "[x] long" in stream.getvalue() and "0:00:00" in stream.getvalue()
    assert "a line" in stream.getvalue()


def test_a_plain_table_lines_up_its_columns(capsys: pytest.CaptureFixture[str]) -> None:
    table = console.plain_table("a", "b", title="T")
    table.add_row("long word", "x")
    table.add_row("w", "y")
    console.out.print(table)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].strip() == "T"
    assert lines[2].index("x") == lines[3].index("y")


def test_the_streams_write_utf8_whatever_the_code_page(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="cp1252"))
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    console.use_utf8()
    sys.stdout.write("→ μblog")
    sys.stdout.flush()
    assert raw.getvalue().decode("utf-8") == "→ μblog"


def test_a_reader_that_goes_away_is_left_to_the_command_line() -> None:
    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        console._Console(file=Gone()).print("x")
