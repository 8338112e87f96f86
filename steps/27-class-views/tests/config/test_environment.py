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
