"""Every way to start the project, with valid and invalid values in the environment."""

import os
import re
import runpy
import shutil
import ssl
import subprocess
import sys
from types import SimpleNamespace
from unittest import mock

import pytest
from django.conf import settings
from django.core.management import call_command

SHOW = "from django.conf import settings; print(settings.DEBUG, settings.ALLOWED_HOSTS)"
STARTS = {
    "manage.py": ["manage.py", "shell", "--no-imports", "--command", SHOW],
    "wsgi": ["-c", f"import config.wsgi; {SHOW}"],
    "asgi": ["-c", f"import config.asgi; {SHOW}"],
}
VALID = {
    "SECRET_KEY": "k" * 50,
    "DEBUG": "false",
    "ALLOWED_HOSTS": "mublog.example",
    "DATABASE_URL": "postgres://anna:p%40ss@db.example/mublog",
    "CACHE_URL": "rediss://:p%40s,s@redis.example:6380/1",
    "BROKER_URL": "redis://:p%40ss@redis.example",
    "SITE_URL": "https://mublog.example/",
    "EMAIL_URL": "smtp+tls://anna:p%40ss@mail.example:587",
    "DEFAULT_FROM_EMAIL": "μblog <post@mublog.example>",
}
INVALID = [
    ("DEBUG", "maybe"),
    ("ALLOWED_HOSTS", ""),
    ("ALLOWED_HOSTS", "https://mublog.example"),
    ("DATABASE_URL", ""),
    ("DATABASE_URL", "db.sqlite3"),
    ("CACHE_URL", ""),
    ("CACHE_URL", "http://redis.example"),
    ("CACHE_URL", "redis://"),
    ("CACHE_URL", "redis:///0"),
    ("CACHE_URL", "redis://redis.example/cache"),
    ("CACHE_URL", "redis://redis.example:one"),
    ("BROKER_URL", ""),
    ("BROKER_URL", "redis.example"),
    ("TRUSTED_PROXIES", "-1"),
    ("TRUSTED_PROXIES", "one"),
    ("SITE_URL", ""),
    ("SITE_URL", "mublog.example"),
    ("EMAIL_URL", ""),
    ("EMAIL_URL", "mail.example"),
    ("EMAIL_URL", "filemail://"),
    ("DEFAULT_FROM_EMAIL", ""),
    ("DEFAULT_FROM_EMAIL", "anna"),
]

every_start = pytest.mark.parametrize("command", STARTS.values(), ids=STARTS)


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of the project, without this machine's ``.env``."""
    folder = tmp_path_factory.mktemp("start") / "project"
    ignored = shutil.ignore_patterns(".env", ".git", ".venv", "__pycache__")
    shutil.copytree(settings.BASE_DIR, folder, ignore=ignored, symlinks=True)
    return folder


@pytest.fixture
def project(copy):
    """The copy, which has no ``.env`` when a test begins."""
    yield copy
    (copy / ".env").unlink(missing_ok=True)


@pytest.fixture
def read_settings(project):
    """Reads the settings of the copy in this process, which is much quicker than a new one."""

    def read(**variables):
        with mock.patch.dict(os.environ, variables):
            for name in VALID.keys() - variables.keys():
                os.environ.pop(name, None)
            return SimpleNamespace(**runpy.run_path(project / "config/settings.py"))

    return read


@pytest.fixture
def start(project):
    """Runs Python in the copy."""
    # Of the variables in VALID, a process gets only the given ones.
    others = {name: value for name, value in os.environ.items() if name not in VALID}

    def run(*arguments, **variables):
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=project,
            env=others | variables,
            capture_output=True,
            text=True,
        )

    return run


def assert_refused(result, variable):
    assert re.fullmatch(rf"Cannot start: {variable} .*`make env` .*\n", result.stderr)
    assert (result.returncode, result.stdout) == (1, "")


@every_start
def test_every_start_reads_the_environment(start, command):
    # A variable that another project left behind does not select the settings.
    result = start(*command, **VALID, DJANGO_SETTINGS_MODULE="another.settings")
    assert result.stdout == "False ['mublog.example']\n", result.stderr


@every_start
def test_every_start_without_a_secret_key_ends_with_one_line(start, command):
    assert_refused(start(*command, **VALID | {"SECRET_KEY": ""}), "SECRET_KEY")


@pytest.mark.parametrize(("variable", "value"), INVALID)
def test_start_with_a_wrong_value_ends_with_one_line(read_settings, variable, value):
    with pytest.raises(SystemExit, match=rf"\ACannot start: {variable} .*`make env` .*\Z"):
        read_settings(**VALID | {variable: value})


def test_project_starts_with_the_dotenv_that_is_written_for_it(start):
    written = start("-m", "config.dotenv")
    assert written.stdout == "Wrote .env with a fresh SECRET_KEY.\n", written.stderr
    result = start(*STARTS["manage.py"])
    assert result.stdout == "True ['localhost', '127.0.0.1', '[::1]']\n", result.stderr


def test_environment_wins_over_dotenv(start, read_settings):
    start("-m", "config.dotenv")
    found = read_settings(ALLOWED_HOSTS="mublog.example")
    assert (found.DEBUG, found.ALLOWED_HOSTS) == (True, ["mublog.example"])


def test_connection_is_kept_and_waits_for_nothing_without_end(read_settings):
    (database,) = read_settings(**VALID).DATABASES.values()
    assert (database["HOST"], database["PASSWORD"]) == ("db.example", "p@ss")
    assert (database["CONN_MAX_AGE"], database["CONN_HEALTH_CHECKS"]) == (60, True)
    assert database["OPTIONS"] == {"connect_timeout": 5, "options": "-c lock_timeout=5s"}
    url = f"{VALID['DATABASE_URL']}?sslmode=verify-full&connect_timeout=2"
    (database,) = read_settings(**VALID | {"DATABASE_URL": url}).DATABASES.values()
    assert database["OPTIONS"]["sslmode"] == "verify-full"
    assert database["OPTIONS"]["connect_timeout"] == 2


def test_certificate_of_the_broker_is_verified(read_settings):
    found = read_settings(**VALID | {"BROKER_URL": "rediss://redis.example"})
    assert found.CELERY_BROKER_USE_SSL == {"ssl_cert_reqs": ssl.CERT_REQUIRED}


def test_mail_goes_to_the_server_that_the_environment_names(read_settings):
    found = read_settings(**VALID)
    assert found.EMAIL_BACKEND == "django.core.mail.backends.smtp.EmailBackend"
    assert (found.EMAIL_HOST, found.EMAIL_PORT) == ("mail.example", 587)
    assert (found.EMAIL_HOST_USER, found.EMAIL_HOST_PASSWORD) == ("anna", "p@ss")
    assert (found.EMAIL_USE_TLS, found.EMAIL_USE_SSL, found.EMAIL_TIMEOUT) == (True, False, 10)


def test_mail_is_written_to_the_folder_that_the_environment_names(read_settings):
    found = read_settings(**VALID | {"EMAIL_URL": "filemail:///mails"})
    assert found.EMAIL_BACKEND == "django.core.mail.backends.filebased.EmailBackend"
    assert found.EMAIL_FILE_PATH == "mails"


@pytest.mark.parametrize(
    ("variables", "sender"),
    [
        ({}, "From: mublog@localhost\n"),
        ({"DEFAULT_FROM_EMAIL": "Anna <anna@x.example>"}, "From: Anna <anna@x.example>\n"),
    ],
)
def test_mail_is_printed_in_development(read_settings, monkeypatch, capsys, variables, sender):
    development = VALID | {"DEBUG": "true", "EMAIL_URL": "", "DEFAULT_FROM_EMAIL": ""}
    found = read_settings(**development | variables)
    monkeypatch.setattr(settings, "EMAIL_BACKEND", found.EMAIL_BACKEND)
    monkeypatch.setattr(settings, "DEFAULT_FROM_EMAIL", found.DEFAULT_FROM_EMAIL)
    call_command("sendtestemail", "berta@mublog.example")
    printed = capsys.readouterr().out
    assert "\nTo: berta@mublog.example\n" in printed
    assert sender in printed


def test_media_are_served_in_development_alone(settings, media, client):
    media.mkdir()
    (media / "a.webp").write_bytes(b"heron")
    for debug, status in [(True, 200), (False, 404)]:
        settings.DEBUG = debug
        urls = runpy.run_path(settings.BASE_DIR / "config/urls.py")  # It reads DEBUG once.
        settings.ROOT_URLCONF = tuple(urls["urlpatterns"])
        response = client.get("/media/a.webp")
        assert (response.getvalue() == b"heron") == debug
        assert (response.status_code, response["X-Content-Type-Options"]) == (status, "nosniff")
