"""Servers for one run of the tool, and rooms in them that never meet."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
from tests.services.helpers import kill, needs_servers, redis_command, sql

from course import services
from course.errors import CourseError
from course.services import contents, daemons, postgres, private_servers, redis, shared_servers
from course.services.private_servers import Servers

pytestmark = needs_servers

TOLD = {
    "postgres": {"DATABASE_URL": "{url}", "DB_NAME": "{name}", "DB_USER": "{user}"},
    "redis": {"REDIS_URL": "{url}", "REDIS": "{host}:{port}, number {name}"},
    "mail": {"MAIL_PORT": "{port}", "MAIL_PAGES": "{http}"},
}


@pytest.fixture
def servers() -> Iterator[Servers]:
    """Servers that end with the test."""
    found = Servers()
    try:
        yield found
    finally:
        found.close()


def test_two_rooms_of_one_server_never_meet(servers: Servers) -> None:
    one = servers.open(["postgres", "redis"], TOLD)
    two = servers.open(["postgres", "redis"], TOLD)
    ours, theirs = one.variables["DATABASE_URL"], two.variables["DATABASE_URL"]
    assert urlsplit(ours).port == urlsplit(theirs).port
    assert urlsplit(ours).hostname == "127.0.0.1"
    assert one.variables["DB_NAME"] == one.variables["DB_USER"] == urlsplit(ours).path[1:]
    sql(ours, "CREATE TABLE note (text text)")
    assert sql(theirs, "SELECT count(*) FROM pg_tables WHERE tablename = 'note'") == "0"
    with pytest.raises(AssertionError, match="permission denied for database"):
        sql(urlsplit(ours)._replace(path=urlsplit(theirs).path).geturl(), "SELECT 1")
    first, second = one.variables["REDIS_URL"], two.variables["REDIS_URL"]
    assert first.removesuffix("/0") == second.removesuffix("/1")
    address = urlsplit(second)
    assert two.variables["REDIS"] == f"127.0.0.1:{address.port}, number 1"
    # What reaches across the numbers is refused.
    assert redis_command(first, "FLUSHALL").startswith("-NOPERM")
    assert redis_command(first, "FLUSHDB") == "+OK"


def test_a_room_has_as_many_numbers_as_the_catalogue_names(servers: Servers) -> None:
    told = {
        "redis": {"CACHE": "{url}", "BROKER": "{url2}", "RESULTS": "{host}:{port}/{name3}"},
    }
    one, two = servers.open(["redis"], told), servers.open(["redis"], told)
    assert [one.variables["CACHE"][-2:], one.variables["BROKER"][-2:]] == ["/0", "/1"]
    assert one.variables["RESULTS"].endswith("/2")
    assert [two.variables[name][-2:] for name in ("CACHE", "BROKER", "RESULTS")] == [
        "/3",
        "/4",
        "/5",
    ]
    # What empties the cache leaves what waits in the queue.
    redis_command(one.variables["CACHE"], "SET", "key", "value")
    redis_command(one.variables["BROKER"], "SET", "task", "waits")
    assert redis_command(one.variables["CACHE"], "FLUSHDB") == "+OK"
    assert redis_command(one.variables["CACHE"], "DBSIZE") == ":0"
    assert redis_command(one.variables["BROKER"], "GET", "task") == "waits"
    # All of them come back, and are empty when they are given out again.
    one.close()
    free = servers._running["redis"].numbers
    assert sorted(free) == [0, 1, 2, *range(6, redis.NUMBERS)]
    free[:] = sorted(free)[:3]
    again = servers.open(["redis"], told)
    assert again.variables["BROKER"].endswith("/1")
    assert redis_command(again.variables["BROKER"], "DBSIZE") == ":0"
    with pytest.raises(CourseError, match="all 1024 numbers of redis are taken"):
        servers.open(["redis"], told)


def test_what_a_room_made_goes_with_it(servers: Servers) -> None:
    room = servers.open(["postgres", "redis"], TOLD)
    sql(room.variables["DATABASE_URL"], "CREATE DATABASE test_of_tests")
    redis_command(room.variables["REDIS_URL"], "SET", "key", "value")
    room.close()
    server = servers._running["postgres"].running
    names = sql(server.url, "SELECT datname FROM pg_database").split()
    assert sorted(names) == ["postgres", "template0", "template1"]
    assert sql(server.url, "SELECT count(*) FROM pg_roles WHERE rolname LIKE 'room%'") == "0"
    # Given out again once every other number was, and empty then.
    servers._running["redis"].numbers[:] = [0]
    again = servers.open(["redis"], TOLD)
    assert again.variables["REDIS_URL"].endswith("/0")
    assert redis_command(again.variables["REDIS_URL"], "DBSIZE") == ":0"
    with pytest.raises(CourseError, match="all 1024 numbers of redis are taken"):
        servers.open(["redis"], TOLD)


def test_a_mail_catcher_is_a_rooms_own(servers: Servers) -> None:
    one, two = servers.open(["mail"], TOLD), servers.open(["mail"], TOLD)
    assert one.variables["MAIL_PORT"] != two.variables["MAIL_PORT"]
    with urllib.request.urlopen(f"{one.variables['MAIL_PAGES']}/api/v2/messages") as answer:
        assert answer.status == 200
    one.close()
    assert daemons.free(int(one.variables["MAIL_PORT"]))
    assert not daemons.free(int(two.variables["MAIL_PORT"]))


def test_nothing_is_left_of_servers_that_were_closed(servers: Servers) -> None:
    servers.open(["postgres", "redis"], TOLD)
    running = [server.running for server in servers._running.values()]
    folder = servers._folder
    assert folder is not None and folder.is_dir()
    servers.close()
    assert not folder.exists()
    for one in running:
        assert daemons.free(int(urlsplit(one.url).port or 0))


def test_a_server_that_ended_is_named_and_started_again(servers: Servers) -> None:
    room = servers.open(["postgres", "redis"], TOLD)
    assert room.trouble() == ""
    servers._running["redis"].child.kill()
    servers._running["redis"].child.wait()
    said = room.trouble()
    assert said.startswith("redis, started for this run alone, ended with code -9 meanwhile;")
    assert "Ready to accept connections" in said
    again = servers.open(["redis"], TOLD)
    assert redis_command(again.variables["REDIS_URL"], "PING") == "+PONG"
    assert again.trouble() == ""


def test_a_postgres_that_cut_everybody_off_is_named(servers: Servers) -> None:
    room = servers.open(["postgres"], TOLD)
    url = servers._running["postgres"].running.url
    pid = sql(url, "SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'")
    kill(int(pid))
    log = servers._running["postgres"].running.log
    daemons.ready(psutil.Process(), log, b"reinitializing", 20)
    assert "postgres, started for this run alone, crashed and began again" in room.trouble()
    room.close()


def test_a_server_that_does_not_start_is_named_with_its_log(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis, "PRIVATE", ("--no-such-option", "1"))
    with pytest.raises(CourseError, match="redis, which this run needs, ended") as raised:
        servers.open(["redis"], TOLD)
    assert "no-such-option" in raised.value.problem
    assert "course doctor" in raised.value.remedy


def test_a_server_that_is_not_ready_in_time_is_named(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daemons, "READY_TIME", 0.0)
    monkeypatch.setattr(redis, "READY", b"it never says so")
    with pytest.raises(CourseError, match="redis, which this run needs, did not answer within"):
        servers.open(["redis"], TOLD)


def test_a_full_disk_is_named(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(folder: Path) -> None:
        raise OSError(28, "No space left on device", str(folder))

    monkeypatch.setattr(redis, "prepare", full)
    with pytest.raises(CourseError, match=r"redis, .*: No space left on device \(") as raised:
        servers.open(["redis"], TOLD)
    assert "make room" in raised.value.remedy


def test_what_cannot_run_here_and_what_nobody_is_told_of_is_refused(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(CourseError, match="does not say how a step is told where redis is"):
        servers.open(["redis"], {})
    with pytest.raises(CourseError, match="there is no service 'oracle'"):
        servers.open(["oracle"], TOLD)
    monkeypatch.setattr(redis, "unavailable", lambda: "no wheel; type `make setup`")
    with pytest.raises(private_servers.Missing, match="redis cannot run on this machine: no wheel"):
        servers.open(["postgres", "redis"], TOLD)
    assert servers._running == {}


def test_kept_data_outlives_its_servers_and_is_put_aside_not_lost(state: Path) -> None:
    servers = Servers(keep=state)
    try:
        told = TOLD | {"redis": {**TOLD["redis"], "BROKER": "{url2}"}}
        room = servers.open(["postgres", "redis", "mail"], told)
        assert room.variables["REDIS_URL"].endswith("/0")
        assert room.variables["BROKER"].endswith("/1")
        assert room.fresh and room.aside is None
        sql(room.variables["DATABASE_URL"], "CREATE TABLE note (text text)")
        redis_command(room.variables["REDIS_URL"], "SET", "key", "value")
        room.close()
        servers.close()
        assert state.is_dir()
        room = servers.open(["postgres", "redis"], TOLD)
        assert not room.fresh and room.aside is not None
        url = room.variables["DATABASE_URL"]
        assert sql(url, "SELECT count(*) FROM note") == "0"
        assert redis_command(room.variables["REDIS_URL"], "GET", "key") == "value"
        aside = room.aside()
        assert sql(url, "SELECT count(*) FROM pg_tables WHERE tablename = 'note'") == "0"
        kept = urlsplit(url)._replace(path=f"/{aside}").geturl()
        assert sql(kept, "SELECT count(*) FROM note") == "0"
    finally:
        servers.close()


def test_what_identifies_the_services_is_their_version(monkeypatch: pytest.MonkeyPatch) -> None:
    known = private_servers.versions(["postgres", "redis"])
    assert known == f"postgres {postgres.version()} redis {redis.version()}"
    assert postgres.version() and redis.version()
    assert private_servers.versions(["mail", "oracle"]) == "mail  oracle "
    monkeypatch.setattr(postgres, "version_of", lambda name: "18.7")
    assert private_servers.versions(["postgres", "redis"]) != known
    assert set(shared_servers.SERVICES) == set(services.NAMES)


def test_what_is_in_a_room_is_put_into_another_one(servers: Servers, tmp_path: Path) -> None:
    told = {"postgres": {"URL": "{url}"}, "redis": {"CACHE": "{url}", "BROKER": "{url2}"}}
    one, two = servers.open(["postgres", "redis"], told), servers.open(["postgres", "redis"], told)
    sql(one.variables["URL"], "CREATE EXTENSION pg_trgm")
    sql(one.variables["URL"], "CREATE TABLE note (id serial PRIMARY KEY, text text)")
    sql(one.variables["URL"], "INSERT INTO note (text) VALUES ('bread')")
    redis_command(one.variables["CACHE"], "SET", "key", "value", "EX", "100")
    redis_command(one.variables["BROKER"], "LPUSH", "queue", "task")
    assert contents.keep(one.addresses, tmp_path)
    assert contents.fill(two.addresses, tmp_path)
    sql(two.variables["URL"], "INSERT INTO note (text) VALUES ('milk')")
    assert sql(two.variables["URL"], "SELECT max(id) FROM note WHERE text = 'milk'") == "2"
    assert sql(two.variables["URL"], "SELECT tableowner FROM pg_tables WHERE tablename = 'note'")
    assert redis_command(two.variables["CACHE"], "GET", "key") == "value"
    assert redis_command(two.variables["CACHE"], "TTL", "key") in (":99", ":100")
    assert redis_command(two.variables["BROKER"], "LLEN", "queue") == ":1"
    # Where it cannot be, nothing is half there.
    assert not contents.fill(two.addresses, tmp_path)
    assert sql(two.variables["URL"], "SELECT count(*) FROM note") == "2"
    (tmp_path / "postgres.dump").unlink()
    (tmp_path / "redis.json").write_text("[")
    assert not contents.fill(one.addresses, tmp_path)
    assert not contents.fill({"redis": one.addresses["redis"]}, tmp_path)


def test_a_room_with_mails_is_not_kept(servers: Servers, tmp_path: Path) -> None:
    room = servers.open(["mail"], TOLD)
    assert not contents.keep(room.addresses, tmp_path)
    away = "redis://127.0.0.1:1/0"
    assert not contents.keep({"redis": (away,)}, tmp_path)
    assert not contents.keep({"postgres": ("postgres://a:b@127.0.0.1:1/a",)}, tmp_path)
