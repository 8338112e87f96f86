"""Real servers: up, down and status, one after the other, at once, and after every accident."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from tests.services.helpers import kill, needs_servers, redis_command, wait_for

from course import services
from course.errors import CourseError
from course.ports import HOST
from course.services import daemons, ledger, mail_service, process_lock, redis, shared_servers

PLACE = Path(services.__file__).parents[2]

UP = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from course import services
for running in services.up(sys.argv[3:], state=Path(sys.argv[2])):
    print(running.pid, running.url)
"""


def command(state: Path, *names: str) -> list[str]:
    """Return the command that starts services in another process."""
    return [sys.executable, "-c", UP, str(PLACE), str(state), *names]


@needs_servers
def test_all_services_start_answer_are_listed_and_end(state: Path) -> None:
    running = services.up(services.NAMES, state=state)
    assert [one.name for one in running] == ["postgres", "redis", "mail"]
    assert services.status(state=state) == running
    assert services.up(services.NAMES, state=state) == running
    assert all(psutil.pid_exists(one.pid) and one.log.exists() for one in running)
    assert services.down(services.NAMES, state=state) == ["postgres", "redis", "mail"]
    assert not any(psutil.pid_exists(one.pid) for one in running)
    assert services.status(state=state) == []
    assert services.down(services.NAMES, state=state) == []


@needs_servers
def test_every_service_listens_on_this_machine_only(state: Path) -> None:
    for running in services.up(services.NAMES, state=state):
        links = psutil.Process(running.pid).net_connections()
        assert {link.laddr.ip for link in links if link.status == "LISTEN"} == {"127.0.0.1"}


def test_a_service_that_does_not_exist_is_named_before_anything_starts(state: Path) -> None:
    for verb in (services.up, services.down):
        with pytest.raises(CourseError, match="no service 'mysql'") as error:
            verb(["mail", "mysql"], state=state)
        assert "postgres, redis, mail" in error.value.remedy
    with pytest.raises(CourseError):
        services.unavailable("mysql")
    assert not state.exists()


def test_a_service_that_cannot_run_here_says_why(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail_service, "find_spec", lambda name: None)
    monkeypatch.setattr(redis, "find_spec", lambda name: None)
    for name in ("mail", "redis"):
        reason = services.unavailable(name)
        assert reason and "not installed" in reason
        with pytest.raises(CourseError, match="cannot run on this machine.*not installed"):
            services.up([name], state=state)
        assert services.down([name], state=state) == []
        state.mkdir(exist_ok=True)
        assert services.down([name], state=state) == []


def test_nothing_is_made_by_asking(state: Path) -> None:
    assert services.status(state=state) == []
    assert services.down(services.NAMES, state=state) == []
    assert not state.exists()


@needs_servers
def test_the_port_of_another_program_is_left_to_it(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setattr(redis, "PORTS", (port,))
        (running,) = services.up(["redis"], state=state)
        assert running.url != f"redis://127.0.0.1:{port}"
        assert redis_command(running.url, "PING") == "+PONG"


@needs_servers
def test_a_service_has_the_port_of_the_last_time_which_an_env_may_name(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis, "PORTS", (0,))
    (first,) = services.up(["redis"], state=state)
    services.down(["redis"], state=state)
    (again,) = services.up(["redis"], state=state)
    assert again.url == first.url
    services.down(["redis"], state=state)
    (state / "redis.ports").write_text("1 2 none")
    (other,) = services.up(["redis"], state=state)
    assert redis_command(other.url, "PING") == "+PONG"
    services.down(["redis"], state=state)


@needs_servers
def test_a_port_that_is_taken_at_the_last_moment_costs_another_try(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server((HOST, 0)) as taken:
        picks = iter([(taken.getsockname()[1],), daemons.pick((0,))])
        monkeypatch.setattr(daemons, "pick", lambda preferred: next(picks))
        (running,) = services.up(["redis"], state=state)
        assert redis_command(running.url, "PING") == "+PONG"


@needs_servers
def test_two_states_have_two_servers(state: Path) -> None:
    (first,) = services.up(["redis"], state=state / "one")
    (second,) = services.up(["redis"], state=state / "two")
    try:
        assert first.url != second.url
        assert services.down(["redis"], state=state / "one") == ["redis"]
        assert services.status(state=state / "two") == [second]
    finally:
        services.down(["redis"], state=state / "one")
        services.down(["redis"], state=state / "two")


@needs_servers
def test_what_redis_keeps_survives_down_and_up_and_kill(state: Path) -> None:
    (running,) = services.up(["redis"], state=state)
    assert redis_command(running.url, "SET", "kept", "yes") == "+OK"
    services.down(["redis"], state=state)
    (running,) = services.up(["redis"], state=state)
    assert redis_command(running.url, "GET", "kept") == "yes"
    redis_command(running.url, "SET", "late", "too")
    kill(running.pid)
    (running,) = services.up(["redis"], state=state)
    assert redis_command(running.url, "GET", "late") == "too"


@needs_servers
@pytest.mark.parametrize("name", ["postgres", "redis", "mail"])
def test_after_kill_9_status_says_so_and_up_starts_anew(state: Path, name: str) -> None:
    (first,) = services.up([name], state=state)
    kill(first.pid)
    assert services.status(state=state) == []
    assert not (state / f"{name}.json").exists()
    (second,) = services.up([name], state=state)
    assert second.pid != first.pid
    assert services.status(state=state) == [second]


@needs_servers
def test_commands_at_the_same_time_start_one_server(state: Path) -> None:
    children = [
        subprocess.Popen(command(state, "postgres", "redis", "mail"), stdout=subprocess.PIPE)
        for _ in range(3)
    ]
    answers = [child.communicate(timeout=60)[0] for child in children]
    assert [child.returncode for child in children] == [0, 0, 0]
    assert answers[0].count(b"\n") == 3
    assert answers[0] == answers[1] == answers[2]


@needs_servers
def test_a_server_outlives_the_command_that_started_it(state: Path) -> None:
    done = subprocess.run(command(state, "redis"), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    pid, url = done.stdout.split()
    assert redis_command(url, "PING") == "+PONG"
    (running,) = services.status(state=state)
    assert (str(running.pid), running.url) == (pid, url)


@needs_servers
@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
@pytest.mark.parametrize(
    "moment", ["postgres/data.new/PG_VERSION", "postgres.json", "postgres.log", "redis.json"]
)
def test_up_killed_half_way_leaves_nothing_that_up_cannot_mend(state: Path, moment: str) -> None:
    child = subprocess.Popen(command(state, "postgres", "redis"), start_new_session=True)
    try:
        wait_for(lambda: (state / moment).exists() or child.poll() is not None)
    finally:
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
    told = {running.name: running for running in services.status(state=state)}
    assert all(psutil.pid_exists(one.pid) for one in told.values())
    running = services.up(["postgres", "redis"], state=state)
    assert services.status(state=state) == running
    for name, before in told.items():
        assert before in running, name
    for service, one in zip((shared_servers.SERVICES["postgres"], redis), running):
        found = ledger.find(service.arguments(state / one.name))
        assert [process.pid for process in found] == [one.pid]


@needs_servers
def test_a_server_whose_pid_was_not_written_any_more_is_found(state: Path) -> None:
    (running,) = services.up(["redis"], state=state)
    record = json.loads((state / "redis.json").read_text())
    (state / "redis.json").write_text(json.dumps(record | {"pid": 0, "created": 0}))
    assert services.status(state=state) == [running]
    assert services.up(["redis"], state=state) == [running]
    assert json.loads((state / "redis.json").read_text())["pid"] == running.pid


@needs_servers
@pytest.mark.parametrize("damage", ["", "{", None])
def test_a_server_whose_record_is_lost_is_replaced_by_one_that_is_known(
    state: Path, damage: str | None
) -> None:
    (first,) = services.up(["redis"], state=state)
    redis_command(first.url, "SET", "kept", "yes")
    if damage is None:
        (state / "redis.json").unlink()
    else:
        (state / "redis.json").write_text(damage)
    assert services.status(state=state) == []
    (second,) = services.up(["redis"], state=state)
    assert not psutil.pid_exists(first.pid)
    assert redis_command(second.url, "GET", "kept") == "yes"


@needs_servers
def test_down_ends_a_server_whose_whole_state_was_deleted(state: Path) -> None:
    (running,) = services.up(["redis"], state=state)
    shutil.rmtree(state)
    assert services.down(["redis"], state=state) == ["redis"]
    assert not psutil.pid_exists(running.pid)
    assert not state.exists()


@needs_servers
def test_a_record_is_not_swept_while_another_command_is_at_work(state: Path) -> None:
    (running,) = services.up(["redis"], state=state)
    kill(running.pid)
    with process_lock.held(state / "redis.lock", timeout=0):
        assert services.status(state=state) == []
        assert (state / "redis.json").exists()
    assert services.status(state=state) == []
    assert not (state / "redis.json").exists()


def test_a_record_that_came_back_to_life_in_between_is_not_swept(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (running,) = services.up(["mail"], state=state)
    shared_servers._sweep("mail", state)
    assert services.status(state=state) == [running]


def test_waiting_for_a_command_that_never_ends_is_given_up(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state.mkdir()
    monkeypatch.setattr(shared_servers, "LOCK_TIME", 0.05)
    with process_lock.held(state / "mail.lock", timeout=0):
        with pytest.raises(CourseError, match="busy with mail") as error:
            services.up(["mail"], state=state)
    assert str(state / "mail.lock") in error.value.remedy


BROKEN = {
    "dies": "import sys; print('no such thing', flush=True); sys.exit(3)",
    "hangs": "import time; print('thinking', flush=True); time.sleep(60)",
}


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Make the mail service start another program instead."""

    def choose(how: str) -> None:
        real = mail_service.launch

        def launch(folder: Path, ports: tuple[int, ...]) -> daemons.Launch:
            launch = real(folder, ports)
            argv = (sys.executable, "-c", BROKEN[how], *launch.argv[1:])
            return daemons.Launch(argv, launch.cwd, launch.env, launch.url, launch.urls)

        monkeypatch.setattr(mail_service, "launch", launch)

    yield choose


def test_a_server_that_dies_at_its_start_is_reported_with_its_log(
    state: Path, broken: Callable[[str], None]
) -> None:
    broken("dies")
    with pytest.raises(CourseError, match="no such thing") as error:
        services.up(["mail"], state=state)
    assert str(state / "mail.log") in error.value.problem
    assert "course" in error.value.remedy
    assert services.status(state=state) == []


def test_a_server_that_never_answers_is_reported_and_can_be_ended(
    state: Path, broken: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    broken("hangs")
    monkeypatch.setattr(daemons, "READY_TIME", 0.3)
    with pytest.raises(CourseError, match="did not answer") as error:
        services.up(["mail"], state=state)
    assert "course services down" in error.value.remedy
    assert services.status(state=state) == []


def test_a_server_that_runs_but_does_not_answer_yet_is_waited_for(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (running,) = services.up(["mail"], state=state)
    log = running.log.read_bytes()
    running.log.write_bytes(b"")
    assert services.status(state=state) == []
    timer = threading.Timer(0.1, lambda: running.log.write_bytes(log))
    timer.start()
    assert services.up(["mail"], state=state) == [running]
    timer.join()


def test_one_service_that_fails_does_not_hinder_the_others(
    state: Path, broken: Callable[[str], None]
) -> None:
    broken("dies")
    if services.unavailable("redis"):
        pytest.skip("there is no Valkey for this machine")
    with pytest.raises(CourseError, match="^mail"):
        services.up(["mail", "redis"], state=state)
    assert [running.name for running in services.status(state=state)] == ["redis"]


def test_a_server_is_ended_when_it_cannot_be_written_down(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = ledger.save

    def full(where: Path, record: ledger.Record) -> None:
        if record.pid:
            raise OSError(28, "No space left on device", str(where))
        real(where, record)

    monkeypatch.setattr(ledger, "save", full)
    with pytest.raises(CourseError, match="No space left on device") as error:
        services.up(["mail"], state=state)
    assert "make room" in error.value.remedy
    assert ledger.find(mail_service.arguments(state / "mail")) == []


def test_a_state_that_is_a_file_is_a_problem_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    with pytest.raises(CourseError, match="mail: ") as error:
        services.up(["mail"], state=tmp_path / "state")
    assert error.value.remedy


@needs_servers
@pytest.mark.parametrize(
    "name",
    ["with a space", "Übergrößé ☕", 'quote\'s "and" $HOME %s', "long" + "/x" * 90 + "y" * 200],
)
def test_a_path_of_any_letters_and_length_will_do(state: Path, name: str) -> None:
    odd = state / name
    odd.mkdir(parents=True)
    try:
        running = services.up(services.NAMES, state=odd)
        assert services.status(state=odd) == running
        assert services.down(services.NAMES, state=odd) == list(services.NAMES)
    finally:
        services.down(services.NAMES, state=odd)


@needs_servers
def test_a_relative_path_will_do(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state.mkdir()
    monkeypatch.chdir(state)
    running = services.up(["redis"], state=Path("here"))
    try:
        monkeypatch.chdir("/")
        assert services.status(state=state / "here") == running
    finally:
        services.down(["redis"], state=state / "here")


@needs_servers
def test_stray_settings_of_the_shell_change_nothing(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PGHOST", "PGPORT", "PGDATA", "PGUSER", "PGOPTIONS", "PGPASSWORD", "PGSERVICE"):
        monkeypatch.setenv(name, "/nowhere")
    for name in ("LC_ALL", "LANG", "LANGUAGE", "TZ"):
        monkeypatch.setenv(name, "xx_XX.nothing")
    (state / "stray" / "course").mkdir(parents=True)
    (state / "stray" / "course" / "__init__.py").write_text("raise SystemExit('stray')")
    monkeypatch.setenv("PYTHONPATH", str(state / "stray"))
    monkeypatch.setenv("PYTHONHOME", "/nowhere")
    running = services.up(services.NAMES, state=state)
    assert services.status(state=state) == running


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such modes")
def test_only_its_owner_can_read_who_runs(state: Path) -> None:
    services.up(["mail"], state=state)
    assert stat.S_IMODE((state / "mail.json").stat().st_mode) == 0o600


as_root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can become another user"
)


@needs_servers
@as_root
def test_a_plain_user_can_do_the_same(state: Path) -> None:
    python = _interpreter(state.parent)
    state.mkdir()
    os.chown(state, 65534, 65534)
    code = UP + "print(services.down(services.NAMES, state=Path(sys.argv[2])))"
    done = plainly(python, "-c", code, str(PLACE), str(state), *services.NAMES)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "['postgres', 'redis', 'mail']"
    assert (state / "postgres" / "data").stat().st_uid == 65534


def _interpreter(place: Path) -> Path:
    """Make a virtual environment with these packages for a plain user, out of links; or skip."""
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    packages = Path(psutil.__file__).parents[1]
    for base in (sys.executable, f"/usr/bin/{version}", f"/usr/local/bin/{version}"):
        folder = place / f"env-{base.replace('/', '-')}"
        (folder / "bin").mkdir(parents=True)
        (folder / "lib" / version).mkdir(parents=True)
        (folder / "bin" / "python").symlink_to(os.path.realpath(base))
        (folder / "lib" / version / "site-packages").symlink_to(packages)
        (folder / "pyvenv.cfg").write_text(f"home = {Path(os.path.realpath(base)).parent}\n")
        try:
            if plainly(folder / "bin" / "python", "-c", "import psutil, aiosmtpd").returncode == 0:
                return folder / "bin" / "python"
        except OSError:
            pass
    pytest.skip("a plain user cannot reach a Python of this version and its packages")


def plainly(*argv: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a program as a plain user."""
    return subprocess.run(
        argv,
        env=daemons.environment(HOME="/", PYTHONDONTWRITEBYTECODE="1"),
        cwd="/",
        user=65534,
        group=65534,
        extra_groups=[],
        capture_output=True,
        text=True,
        timeout=120,
    )


@needs_servers
@as_root
def test_the_server_of_another_user_cannot_be_taken_over(state: Path) -> None:
    python = _interpreter(state.parent)
    services.up(["redis"], state=state)
    done = plainly(python, "-c", UP, str(PLACE), str(state), "redis")
    assert "CourseError: redis: Permission denied" in done.stderr
