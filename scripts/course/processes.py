"""Child processes: time-outs, grace before SIGKILL, process groups, and their end at Ctrl-C.

A child runs in a process group of its own, so that a signal meant for the tool does not reach it
first, and so that its own children can be ended with it. Every living child is known here;
`end_all` ends them, and is called when the program ends. Where it is killed, so that it cannot
call anything, a small process beside it does so: see `course.process_guard`.

A child may leave its group, or outlive the parent that started it. So every child also inherits a
mark that names this run of the program; what still bears it at the end is ended by `end_strays`.
"""

from __future__ import annotations

import atexit
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO

import psutil

# A child that is asked to end has this many seconds to do so before it is killed.
GRACE = 5.0

# A child that is watched is looked at so often, in seconds.
_GLANCE = 0.25

# The variable that marks every process of a run: ``<pid>-<second of its start>``.
MARK = "COURSE_RUN"

# The variable that says by which signal such a process takes away what it holds in the system.
STOP = "COURSE_RUN_STOP"

# The process that ends the children when this one is killed; it is started with the first child.
_GUARD = Path(__file__).with_name("process_guard.py")
_guard: subprocess.Popen[bytes] | None = None

_living: dict[int, subprocess.Popen[bytes]] = {}
_lock = threading.Lock()
_stopping = threading.Event()
_measure = threading.local()
_marked = threading.Event()


class Interrupted(Exception):
    """The program is being stopped: no further child is started."""


@dataclass(frozen=True)
class Finished:
    """What is left of a process that has ended.

    Attributes:
        code: its exit code; negative for the number of the signal that ended it (POSIX).
        output: what it wrote, standard output and error together; empty where a log took it.
        seconds: how long it ran, in seconds, until it ended or its time was up.
        timed_out: whether it was ended because its time was up.
    """

    code: int
    output: bytes
    seconds: float
    timed_out: bool = False

    @property
    def text(self) -> str:
        """What it wrote, as text; bytes that are not UTF-8 are replaced."""
        return self.output.decode("utf-8", "replace")


@dataclass
class Spent:
    """The processor time of children that have ended, and of what they waited for in turn.

    Attributes:
        seconds: of user and system together.
    """

    seconds: float = 0.0


class _Child(subprocess.Popen[bytes]):
    """A child whose processor time is known when it has ended, and by which signal it ends well."""

    spent: Spent | None = None
    stop_signal: int = signal.SIGTERM

    if sys.platform != "win32":

        def _try_wait(self, wait_flags: int) -> tuple[int, int]:
            # What `Popen` itself does here, by the call that also tells the time. `resource` knows
            # it of all children together only, and several checks run at once.
            try:
                pid, status, usage = os.wait4(self.pid, wait_flags)
            except ChildProcessError:
                # Somebody else has collected it.
                return self.pid, 0
            if pid == self.pid and self.spent is not None:
                self.spent.seconds += usage.ru_utime + usage.ru_stime
            return pid, status


@contextmanager
def measured() -> Iterator[Spent]:
    """Count the processor time of the children that this thread starts in a block.

    Windows does not tell it: there it stays 0.
    """
    outer = getattr(_measure, "spent", None)
    _measure.spent = spent = Spent()
    try:
        yield spent
    finally:
        _measure.spent = outer


def start(
    argv: Sequence[str | Path],
    *,
    cwd: Path,
    env: Mapping[str, str],
    stdout: int | IO[bytes] = subprocess.DEVNULL,
    stderr: int | IO[bytes] = subprocess.STDOUT,
    stdin: int | IO[bytes] = subprocess.DEVNULL,
    owner: tuple[int, int] | None = None,
    stop: int = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Start a child in a process group of its own and remember it until it has ended.

    Args:
        argv: the program and its arguments.
        cwd: the folder to run it in.
        env: its whole environment.
        stdout, stderr, stdin: as `subprocess.Popen` has them.
        owner: the user and the group that it runs as, by number; this process's unless given.
        stop: the signal that asks it to end.

    Raises:
        Interrupted: when the program is already being stopped.
        FileNotFoundError: when the program to start is not there.
    """
    group = _apart()
    if owner is not None:
        group |= {"user": owner[0], "group": owner[1], "extra_groups": []}
    marks = {MARK: run_name()}
    if stop != signal.SIGTERM:
        marks[STOP] = str(int(stop))
    with _lock:
        if _stopping.is_set():
            raise Interrupted
        _set_guard()
        child = _Child(
            [str(word) for word in argv],
            cwd=cwd,
            env={**env, **marks},
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            **group,  # type: ignore[call-overload]
        )
        child.spent = getattr(_measure, "spent", None)
        child.stop_signal = stop
        _living[child.pid] = child
        _marked.set()
    return child  # type: ignore[no-any-return]


def run(
    argv: Sequence[str | Path],
    *,
    cwd: Path,
    env: Mapping[str, str],
    timeout: float,
    log: IO[bytes] | None = None,
    explain: bool = False,
    watch: Callable[[], bool] | None = None,
) -> Finished:
    """Run a program to its end and return what is left of it.

    Args:
        argv: the program and its arguments.
        cwd: the folder to run it in.
        env: its whole environment.
        timeout: seconds after which it and its children are ended.
        log: where its output goes; without one the output is returned.
        explain: whether, when its time is up, it is first sent SIGABRT, at which Python's
            ``faulthandler`` prints where each thread stands (POSIX; needs PYTHONFAULTHANDLER=1).
        watch: is called several times a second while it runs; true ends it as if its time were up.
    """
    begun = time.monotonic()
    child = start(argv, cwd=cwd, env=env, stdout=log or subprocess.PIPE)
    timed_out = False
    try:
        try:
            output = _awaited(child, begun + timeout, watch)
            seconds = time.monotonic() - begun
        except subprocess.TimeoutExpired as late:
            timed_out = True
            seconds = time.monotonic() - begun
            family = _family(child.pid)
            if explain:
                _abort(child, family)
            end(child)
            _kill(family)
            output = _rest(child, late)
    finally:
        end(child)
    code = child.returncode
    if _stopping.is_set():
        raise Interrupted
    return Finished(code, output or b"", seconds, timed_out)


def _awaited(
    child: subprocess.Popen[bytes], deadline: float, watch: Callable[[], bool] | None
) -> bytes:
    """Wait for a child, and return what it wrote.

    Raises:
        TimeoutExpired: when its time is up, or the caller wants no more of it.
    """
    while True:
        left = max(0.0, deadline - time.monotonic())
        try:
            return child.communicate(timeout=left if watch is None else min(left, _GLANCE))[0]
        except subprocess.TimeoutExpired:
            if watch is None or watch() or time.monotonic() >= deadline:
                raise


def end(child: subprocess.Popen[bytes]) -> None:
    """End a child and everything it started: first by asking, after `GRACE` seconds by force."""
    left: list[psutil.Process] = []
    if child.poll() is None:
        family = _family(child.pid)
        _ask(child)
        try:
            child.wait(GRACE)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        _, left = psutil.wait_procs(family, timeout=0.2)
    # What outlived its parent in the same group (a server that daemonised half way) goes too.
    if sys.platform != "win32":
        try:
            os.killpg(child.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass
    _kill(left)
    with _lock:
        _living.pop(child.pid, None)


@contextmanager
def pool(workers: int) -> Iterator[ThreadPoolExecutor]:
    """Give threads that run children; when the program is being stopped, these end at once.

    Without that, leaving the block would wait for every child that a thread waits for.
    """
    with ThreadPoolExecutor(max_workers=workers) as threads:
        try:
            yield threads
        except (KeyboardInterrupt, SystemExit, Interrupted):
            end_all()
            raise


def end_all() -> None:
    """End every living child, and let no other start. Safe to call more than once."""
    _stopping.set()
    with _lock:
        children = list(_living.values())
    for child in children:
        _ask(child)
    for child in children:
        end(child)
    end_strays()
    _dismiss_guard()


def run_name() -> str:
    """Return what names this run of the program, also when its number is used again."""
    return _name_of(os.getpid())


@cache
def _name_of(pid: int) -> str:
    # Once: the system's answer follows a clock that may be set meanwhile.
    return f"{pid}-{int(psutil.Process(pid).create_time())}"


def is_living(run: str) -> bool:
    """Whether a run of the program, by the name that `run_name` gave it, goes on."""
    pid, _, second = run.partition("-")
    try:
        process = psutil.Process(int(pid))
        ended = process.status() == psutil.STATUS_ZOMBIE
        return not ended and abs(process.create_time() - int(second)) < 3
    except (psutil.NoSuchProcess, ValueError, OverflowError):
        return False
    except psutil.AccessDenied:
        return True


def end_strays(run: str = "") -> int:
    """End what left its group and outlived its parent.

    Args:
        run: the run that started it, as `run_name` gave it there; this one unless given.

    Returns:
        How many there were.
    """
    if not run and not _marked.is_set():
        return 0
    mark = run or run_name()
    strays = []
    signals: dict[int, int] = {}
    for process in psutil.process_iter():
        try:
            found = process.environ()
            if found.get(MARK) == mark:
                strays.append(process)
                if STOP in found:
                    signals[process.pid] = int(found[STOP])
        except (psutil.Error, OSError, ValueError):
            # Another user's, or gone meanwhile.
            continue
    with _lock:
        strays = [process for process in strays if process.pid not in _living]
    asked = [process for process in strays if process.pid in signals]
    for process in asked:
        try:
            process.send_signal(signals[process.pid])
        except psutil.Error:
            continue
    psutil.wait_procs(asked, timeout=GRACE)
    _kill(strays)
    return len(strays)


def stopping() -> bool:
    """Whether the program is being stopped."""
    return _stopping.is_set()


def resume() -> None:
    """Allow children again after `end_all` (for tests, which go on afterwards)."""
    _stopping.clear()


def _apart() -> dict[str, object]:
    """Return the arguments of `Popen` that give a child a group of its own."""
    if sys.platform == "win32":
        return {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}
    return {"start_new_session": True}


def _set_guard() -> None:
    """Start the guard, unless it is there."""
    global _guard
    if _guard is not None:
        return
    # It bears no mark: it would end itself, or be ended with the children of another run.
    env = {name: value for name, value in os.environ.items() if name != MARK}
    _guard = subprocess.Popen(
        [sys.executable, "-I", str(_GUARD), run_name()],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=env,
        **_apart(),  # type: ignore[call-overload]
    )


def _dismiss_guard() -> None:
    global _guard
    with _lock:
        guard, _guard = _guard, None
    if guard is not None:
        guard.kill()
        guard.communicate()


def _family(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _kill(processes: list[psutil.Process]) -> None:
    for process in processes:
        try:
            process.kill()
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            pass
    psutil.wait_procs(processes, timeout=GRACE)


def _rest(child: subprocess.Popen[bytes], late: subprocess.TimeoutExpired) -> bytes:
    """Return what an ended child wrote, without waiting for other holders of its pipe."""
    try:
        return child.communicate(timeout=1)[0] or b""
    except subprocess.TimeoutExpired:
        if child.stdout is not None:
            child.stdout.close()
        return late.output or b""


def _abort(child: subprocess.Popen[bytes], family: list[psutil.Process]) -> None:
    """Let a child, and then what it started, print where it stands, and end.

    One after the other: what several write at once into one log, nobody can read.
    """
    if sys.platform == "win32":  # pragma: no cover (windows)
        return
    try:
        # On a busy machine the report takes its time, and it is all that a learner has to go by.
        os.kill(child.pid, signal.SIGABRT)
        child.wait(GRACE)
    except (ProcessLookupError, PermissionError, subprocess.TimeoutExpired):
        pass
    for process in family:
        try:
            process.send_signal(signal.SIGABRT)
            process.wait(1)
        except (psutil.Error, subprocess.TimeoutExpired):
            pass


def _ask(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is not None:
        return
    try:
        if sys.platform == "win32":
            child.terminate()
        else:
            os.killpg(child.pid, getattr(child, "stop_signal", signal.SIGTERM))
    except (ProcessLookupError, PermissionError):
        pass


atexit.register(end_all)
