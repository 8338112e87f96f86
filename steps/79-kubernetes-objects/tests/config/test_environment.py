"""Valid and invalid values of variables."""

import pytest

from config.environment import Environment


@pytest.fixture
def env(monkeypatch):
    """A reader of an empty environment."""
    monkeypatch.setattr(Environment, "ENVIRON", {})
    return Environment()


@pytest.fixture
def dotenv(tmp_path):
    """The path of a ``.env`` that does not exist."""
    return tmp_path / ".env"


@pytest.mark.parametrize(
    ("word", "value"),
    [("true", True), ("ON", True), ("1", True), ("No", False), ("0", False)],
)
def test_boolean_is_one_of_the_usual_words(env, word, value):
    env.ENVIRON["DEBUG"] = word
    assert env.bool("DEBUG") is value


@pytest.mark.parametrize("word", ["maybe", "2", "tru"])
def test_any_other_boolean_is_refused(env, word):
    env.ENVIRON["DEBUG"] = word
    with pytest.raises(SystemExit, match=f"DEBUG is '{word}'"):
        env.bool("DEBUG")


def test_empty_variable_counts_as_missing(env):
    env.ENVIRON["DEBUG"] = " "
    assert env.bool("DEBUG", default=False) is False
    with pytest.raises(SystemExit, match="DEBUG is missing or empty"):
        env.bool("DEBUG")


@pytest.mark.parametrize("secret", ["$HOME", "#1", "a=b", "a'b"])
def test_secret_is_taken_as_it_is(env, secret):
    env.ENVIRON["SECRET_KEY"] = secret
    assert env.str("SECRET_KEY") == secret


def test_hosts_are_names_addresses_and_patterns(env):
    env.ENVIRON["ALLOWED_HOSTS"] = "mublog.example, .mublog.example,127.0.0.1,[::1],*"
    hosts = ["mublog.example", ".mublog.example", "127.0.0.1", "[::1]", "*"]
    assert env.hosts("ALLOWED_HOSTS") == hosts


@pytest.mark.parametrize("host", ["https://mublog.example", "mublog.example:80", "a b", "a_b", ","])
def test_anything_else_is_not_a_host(env, host):
    env.ENVIRON["ALLOWED_HOSTS"] = host
    with pytest.raises(SystemExit, match="ALLOWED_HOSTS has '"):
        env.hosts("ALLOWED_HOSTS")


PARTS = {
    "DATABASE_HOST": "db.example",
    "DATABASE_NAME": "mublog",
    "DATABASE_USER": "anna",
    "DATABASE_PASSWORD": "a/b@c%d#e+f",
}


def test_database_is_a_url_or_its_parts(env):
    expected = {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": "db.example",
        "PORT": 5432,
        "NAME": "mublog",
        "USER": "anna",
        "PASSWORD": "a/b@c%d#e+f",
        "OPTIONS": {"sslmode": "require"},
    }
    env.ENVIRON.update(PARTS, DATABASE_SSLMODE="require")
    assert env.database("DATABASE_URL") == expected
    # The URL wins.
    env.ENVIRON["DATABASE_URL"] = (
        "postgres://anna:a%2Fb%40c%25d%23e+f@db.example:5432/mublog?sslmode=require"
    )
    env.ENVIRON["DATABASE_HOST"] = "other.example"
    assert env.database("DATABASE_URL") == expected


@pytest.mark.parametrize("variable", PARTS)
def test_missing_part_of_the_database_is_named(env, variable):
    env.ENVIRON.update(PARTS)
    env.ENVIRON[variable] = ""
    missing = "DATABASE_URL" if variable == "DATABASE_HOST" else variable
    with pytest.raises(SystemExit, match=f"{missing} is missing or empty"):
        env.database("DATABASE_URL")


def test_port_of_the_database_is_a_number(env):
    env.ENVIRON.update(PARTS, DATABASE_PORT="http")
    with pytest.raises(SystemExit, match="DATABASE_PORT is 'http'"):
        env.database("DATABASE_URL")


@pytest.mark.parametrize(
    "url",
    [
        "anna",
        "postgres://",
        "postgres://anna:secret@db.example/",
        "postgres://anna:secret@/mublog",
        "postgres://anna:secret@db.example:port/mublog",
        "postgres://anna:secret/1@db.example/mublog",
        "postgres://anna:secret@db.example/mublog/more",
        "mysql://anna:secret@db.example/mublog",
        "secret://anna:secret@db.example/mublog",
    ],
)
def test_any_other_database_is_refused_and_not_shown(env, url, recwarn):
    env.ENVIRON["DATABASE_URL"] = url
    with pytest.raises(SystemExit, match="DATABASE_URL is not the URL of a Postgres") as caught:
        env.database("DATABASE_URL")
    assert "secret" not in f"{caught.value}"
    assert not recwarn.list


@pytest.mark.parametrize("url", ["redis://127.0.0.1", "rediss://a:p%40ss@[::1]:6379/15"])
def test_redis_is_a_server_and_the_number_of_a_database(env, url):
    env.ENVIRON["CACHE_URL"] = url
    assert env.redis("CACHE_URL") == url


@pytest.mark.parametrize("scheme", ["redis", "amqp"])
@pytest.mark.parametrize(
    "rest", ["", "/0", "x:port/0", "x:0", "x:99999", "x/mublog", "x/0/1", "x?a=b", "/1@x", "#1@x"]
)
def test_any_other_redis_is_refused_and_not_shown(env, scheme, rest):
    env.ENVIRON["CACHE_URL"] = f"{scheme}://:secret@{rest}"
    with pytest.raises(SystemExit, match="CACHE_URL is not the URL of a Redis") as caught:
        env.redis("CACHE_URL")
    assert "secret" not in f"{caught.value}"


@pytest.mark.parametrize(
    "site", ["https://mublog.example", "http://[::1]:8000", "http://backend:8000"]
)
def test_site_is_a_scheme_a_host_and_perhaps_a_port(env, site):
    env.ENVIRON["SITE_URL"] = f"{site}/"
    assert env.site("SITE_URL") == site


@pytest.mark.parametrize(
    "site",
    [
        "mublog.example",
        "ftp://mublog.example",
        "https://",
        "https://*",
        "https://.mublog.example",
        "https://mublog.example/a",
        "https://a@mublog.example",
        "https://mublog.example:port",
    ],
)
def test_anything_else_is_not_a_site(env, site):
    env.ENVIRON["SITE_URL"] = site
    with pytest.raises(SystemExit, match="SITE_URL is .*, which is not a URL like"):
        env.site("SITE_URL")


@pytest.mark.parametrize("address", ["post@mublog.example", "μblog <post@mublog.example>"])
def test_address_is_bare_or_has_a_name(env, address):
    env.ENVIRON["DEFAULT_FROM_EMAIL"] = address
    assert env.address("DEFAULT_FROM_EMAIL") == address


@pytest.mark.parametrize("address", ["anna", "@", "a b@c.example", "a@b.example, c@d.example"])
def test_anything_else_is_not_an_address(env, address):
    env.ENVIRON["DEFAULT_FROM_EMAIL"] = address
    with pytest.raises(SystemExit, match="DEFAULT_FROM_EMAIL is .* not an e-mail address"):
        env.address("DEFAULT_FROM_EMAIL")


def test_mail_is_printed_where_the_url_says_so(env):
    env.ENVIRON["EMAIL_URL"] = "consolemail://"
    config = env.mail_server("EMAIL_URL")
    assert config["EMAIL_BACKEND"] == "django.core.mail.backends.console.EmailBackend"


@pytest.mark.parametrize(
    "url",
    ["pigeon://a:hidden@x", "smtp://a:hidden@x:99999", "smtp://a:hidden@[x", "smtp://hidden@"],
)
def test_wrong_mail_server_is_refused_without_showing_a_password(env, url):
    env.ENVIRON["EMAIL_URL"] = url
    with pytest.raises(
        SystemExit, match="EMAIL_URL (is not the URL of a|names no) mail"
    ) as refused:
        env.mail_server("EMAIL_URL")
    assert "hidden" not in str(refused.value)


def test_file_gives_what_the_environment_does_not(env, dotenv):
    env.ENVIRON["DEBUG"] = "false"
    # The byte order mark that some editors on Windows write.
    dotenv.write_bytes(b"\xef\xbb\xbfA=1\r\n\r\n# Note\r\nexport B='b'\r\nDEBUG=true\r\n")
    env.read_file(dotenv)
    assert env.ENVIRON == {"DEBUG": "false", "A": "1", "B": "b"}


def test_file_that_is_not_there_changes_nothing(env, dotenv):
    env.read_file(dotenv)
    assert env.ENVIRON == {}


def test_file_in_another_encoding_is_refused(env, dotenv):
    dotenv.write_text("A=1\n", encoding="utf-16")
    with pytest.raises(SystemExit, match=".env cannot be read as UTF-8 text"):
        env.read_file(dotenv)
