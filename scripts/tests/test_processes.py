"""Children end: with their time, with their group, and with the program."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from tests.verify.helpers import is_alive, wait_for

from course import processes

SLEEP = "import time; time.sleep(600)"


@pytest.fixture(autouse=True)
def go_on() -> Iterator[None]:
    """Allow children again after a test that forbids them."""
    yield
    processes.end_all()
    processes.resume()


def python(
    code: str, tmp_path: Path, timeout: float = 60, explain: bool = False
) -> processes.Finished:
    """Run some Python to its end."""
    return processes.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=dict(os.environ),
        timeout=timeout,
        explain=explain,
    )


def test_a_finished_program_leaves_its_code_output_and_time(tmp_path: Path) -> None:
    done = python("import os; os.write(1, b'\\xffout'); os.write(2, b'err'); os._exit(3)", tmp_path)
    assert (done.code, done.output, done.timed_out) == (3, b"\xffouterr", False)
    assert done.text == "�outerr"
    assert 0 < done.seconds < 60


def test_output_may_go_to_a_log(tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as log:
        done = processes.run(
            [sys.executable, "-c", "print('said')"],
            cwd=tmp_path,
            env=dict(os.environ),
            timeout=60,
            log=log,
        )
    assert done.output == b""
    assert (tmp_path / "log").read_text() == "said\n"


def test_a_child_gets_just_its_environment_and_the_mark_of_the_run(tmp_path: Path) -> None:
    done = processes.run(
        [sys.executable, "-c", "import os; print(dict(os.environ))"],
        cwd=tmp_path,
        env={"GREETING": "hello", "LC_ALL": "C"},
        timeout=60,
    )
    found = eval(done.text)
    assert found["GREETING"] == "hello"
    assert found[processes.MARK] == processes.run_name()
    assert "PATH" not in found


def test_a_program_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        processes.start([tmp_path / "nothing"], cwd=tmp_path, env={})


def test_a_program_whose_time_is_up_is_ended_with_what_it_started(tmp_path: Path) -> None:
    code = (
        "import subprocess, sys, time\n"
        f"words = [sys.executable, '-c', {SLEEP!r}]\n"
        "same, other = (subprocess.Popen(words, start_new_session=new) for new in (False, True))\n"
        "print(same.pid, other.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    done = python(code, tmp_path, timeout=3)
    assert done.timed_out
    assert done.code == -15
    assert 3 <= done.seconds < 60
    pids = [int(word) for word in done.text.split()]
    assert len(pids) == 2
    assert not [pid for pid in pids if is_alive(pid)]


def test_it_can_be_asked_where_it_stands(tmp_path: Path) -> None:
    done = processes.run(
        [sys.executable, "-c", f"def waits():\n    {SLEEP}\nwaits()"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONFAULTHANDLER": "1"},
        timeout=2,
        explain=True,
    )
    assert "in waits" in done.text
    assert done.timed_out


def test_a_program_that_will_not_end_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "GRACE", 0.2)
    code = (
        "import signal\n"
        "for number in (signal.SIGTERM, signal.SIGABRT):\n"
        "    signal.signal(number, signal.SIG_IGN)\n"
        f"{SLEEP}"
    )
    done = python(code, tmp_path, timeout=2, explain=True)
    assert (done.code, done.timed_out) == (-9, True)


def test_output_that_someone_else_holds_open_is_not_waited_for(tmp_path: Path) -> None:
    # The grandchild has left the group and the family before the time is up.
    code = (
        "import os, subprocess, sys, time\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    if os.fork() == 0:\n"
        "        print(os.getpid(), flush=True)\n"
        "        time.sleep(600)\n"
        "    os._exit(0)\n"
        "os.wait()\n"
        "time.sleep(600)\n"
    )
    done = python(code, tmp_path, timeout=2)
    assert done.timed_out
    assert done.seconds < 30
    processes.end_strays()
    assert not is_alive(int(done.text))


def test_what_outlives_its_parent_in_the_group_is_ended_with_it(tmp_path: Path) -> None:
    code = (
        "import subprocess, sys\n"
        f"child = subprocess.Popen([sys.executable, '-c', {SLEEP!r}],\n"
        "    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)\n"
        "print(child.pid)\n"
        "child.returncode = 0\n"
    )
    done = python(code, tmp_path)
    assert not done.timed_out
    pid = int(done.text)
    wait_for(lambda: not is_alive(pid), 10)


def test_strays_of_this_run_are_ended_and_others_are_not(tmp_path: Path) -> None:
    code = (
        "import subprocess, sys\n"
        f"child = subprocess.Popen([sys.executable, '-c', {SLEEP!r}],\n"
        "    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)\n"
        "print(child.pid)\n"
        "child.returncode = 0\n"
    )
    stray = int(python(code, tmp_path).text)
    other = subprocess.Popen([sys.executable, "-c", SLEEP], env={**os.environ, "COURSE_RUN": "1-1"})
    living = processes.start([sys.executable, "-c", SLEEP], cwd=tmp_path, env=dict(os.environ))
    try:
        assert is_alive(stray)
        processes.end_strays()
        assert not is_alive(stray)
        assert living.poll() is None
        assert other.poll() is None
        processes.end_strays("1-1")
        assert not is_alive(other.pid)
    finally:
        other.kill()
        other.wait()
        processes.end(living)


def test_ending_all_ends_every_child_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    children = [
        processes.start([sys.executable, "-c", SLEEP], cwd=tmp_path, env=dict(os.environ))
        for _ in range(3)
    ]
    begun = time.monotonic()
    processes.end_all()
    processes.end_all()
    assert time.monotonic() - begun < 30
    assert [child.returncode for child in children] == [-15] * 3


def test_a_run_that_is_cut_short_says_so(tmp_path: Path) -> None:
    from threading import Timer

    timer = Timer(0.5, processes.end_all)
    timer.start()
    with pytest.raises(processes.Interrupted):
        python(SLEEP, tmp_path)
    timer.join()


def test_a_pool_that_ctrl_c_ends_waits_for_no_child(tmp_path: Path) -> None:
    told = tmp_path / "told"
    code = f"import os, pathlib; pathlib.Path({str(told)!r}).write_text(str(os.getpid())); {SLEEP}"
    with pytest.raises(KeyboardInterrupt), processes.pool(1) as pool:
        future = pool.submit(python, code, tmp_path)
        wait_for(lambda: told.exists() and told.read_text())
        raise KeyboardInterrupt
    assert not is_alive(int(told.read_text()))
    with pytest.raises(processes.Interrupted):
        future.result()


def test_a_pool_that_an_error_ends_lets_its_children_finish(tmp_path: Path) -> None:
    with pytest.raises(ValueError), processes.pool(1) as pool:
        future = pool.submit(python, "print('done')", tmp_path)
        raise ValueError
    assert future.result().text == "done\n"


def test_a_process_that_is_gone_has_no_family_and_needs_no_ending(tmp_path: Path) -> None:
    child = processes.start([sys.executable, "-c", ""], cwd=tmp_path, env=dict(os.environ))
    child.wait()
    assert processes._family(child.pid) == []
    processes._ask(child)
    processes.end(child)
    processes.end(child)


def test_a_process_that_ends_meanwhile_does_no_harm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    child = processes.start([sys.executable, "-c", ""], cwd=tmp_path, env=dict(os.environ))
    process = psutil.Process(child.pid)
    child.wait()
    monkeypatch.setattr(child, "poll", lambda: None)
    processes._ask(child)
    processes._abort(child, [])
    processes._kill([process])


def test_a_run_without_children_looks_for_no_strays(monkeypatch: pytest.MonkeyPatch) -> None:
    processes._marked.clear()
    monkeypatch.setattr(psutil, "process_iter", None)
    processes.end_strays()


def test_a_child_that_is_watched_ends_when_its_watch_says_so(tmp_path: Path) -> None:
    looks: list[bool] = []

    def watch(after: int) -> bool:
        looks.append(len(looks) >= after)
        return looks[-1]

    words = [sys.executable, "-c", "print('begun', flush=True); " + SLEEP]
    env = dict(os.environ)
    done = processes.run(words, cwd=tmp_path, env=env, timeout=60, watch=lambda: watch(3))
    assert done.timed_out and looks == [False, False, False, True]
    looks.clear()
    words[-1] = "print('quick')"
    done = processes.run(words, cwd=tmp_path, env=env, timeout=60, watch=lambda: watch(1000))
    assert (done.timed_out, done.text.strip(), any(looks)) == (False, "quick", False)


def test_a_child_that_is_watched_has_its_time_all_the_same(tmp_path: Path) -> None:
    words = [sys.executable, "-c", SLEEP]
    env = dict(os.environ)
    done = processes.run(words, cwd=tmp_path, env=env, timeout=0.3, watch=lambda: False)
    assert done.timed_out


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_a_program_with_a_signal_of_its_own_is_asked_by_it(tmp_path: Path) -> None:
    says = (
        "import pathlib, signal, sys, time\n"
        "def end(*_):\n    pathlib.Path(sys.argv[1]).write_text('tidied')\n    sys.exit()\n"
        "signal.signal(signal.SIGQUIT, end)\nprint('ready', flush=True)\ntime.sleep(600)\n"
    )

    def started(name: str) -> subprocess.Popen[bytes]:
        words = [sys.executable, "-c", says, str(tmp_path / name)]
        child = processes.start(
            words,
            cwd=tmp_path,
            env=dict(os.environ),
            stdout=subprocess.PIPE,
            stop=signal.SIGQUIT,
        )
        assert child.stdout is not None and child.stdout.readline() == b"ready\n"
        return child

    with started("ended") as child:
        processes.end(child)
    assert (tmp_path / "ended").read_text() == "tidied"
    # And where nobody knows it as a child, as after the tool was killed.
    with started("stray") as child:
        del processes._living[child.pid]
        assert processes.end_strays() == 1
    assert (tmp_path / "stray").read_text() == "tidied"
