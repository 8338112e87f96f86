"""Read the settings that differ between machines, and stop the start on an invalid one.

Otherwise visitors would notice it first: ``environ.Env`` reads ``DEBUG=maybe`` as false.
"""

import re
from email.utils import getaddresses
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email
from django.http.request import split_domain_port  # Undocumented: ALLOWED_HOSTS uses it.


def fail(name: str, fault: str) -> NoReturn:
    """Exit with one line on stderr that says what is wrong and how to fix it."""
    raise SystemExit(
        f"Cannot start: {name} {fault}. Set it in the environment or in .env; "
        "`make env` (python -m config.dotenv) writes a .env that works."
    )


class Environment(environ.Env):
    """``environ.Env`` that treats an empty variable as missing, and ``$`` as ordinary text."""

    BOOLEANS = environ.Env.BOOLEAN_TRUE_STRINGS + ("false", "off", "n", "no", "0")

    def read_file(self, path: Path) -> None:
        """Read the variables of a file, if it exists; those of the environment win."""
        try:
            self.read_env(path, encoding="utf-8-sig")
        except UnicodeDecodeError:
            fail(path.name, "cannot be read as UTF-8 text")

    def get_value(
        self, var: str, cast: Any = None, default: Any = environ.Env.NOTSET, **options: Any
    ) -> Any:
        """Return a variable, cast by ``cast``, or the default. ``str()`` etc. call this."""
        value = self.ENVIRON.get(var, "").strip()
        if not value and default is self.NOTSET:
            fail(var, "is missing or empty")
        if cast is bool and value and value.lower() not in self.BOOLEANS:
            fail(var, f"is {value!r}, which is neither true nor false")
        return self.parse_value(value, cast) if value else default

    def hosts(self, var: str, default: Any = environ.Env.NOTSET) -> list[str]:
        """Return host names in the form of ``ALLOWED_HOSTS``: no scheme, no port, no path."""
        hosts = self.get_value(var, lambda value: re.split(r"\s*,\s*", value), default)
        for host in hosts:
            domain, port = split_domain_port(host)
            if host != "*" and (port or not domain):
                fail(var, f"has {host!r}, which is not a host name")
        return hosts

    def address(self, var: str, default: Any = environ.Env.NOTSET) -> str:
        """Return an e-mail address: ``post@mublog.example``, or ``μblog <post@mublog.example>``."""
        address = self.get_value(var, default=default)
        try:
            ((name, email),) = getaddresses([address])
            validate_email(email)
        except (ValueError, ValidationError):
            fail(var, f"is {address!r}, which is not an e-mail address")
        return address

    def mail_server(self, var: str, default: Any = environ.Env.NOTSET) -> dict[str, Any]:
        """Return the ``EMAIL_…`` settings that a URL contains: ``smtp+tls://user:pass@host:587``.

        ``consolemail://`` prints the mails. An invalid URL is not shown: it may have a password.
        """
        try:
            config = self.email_url(var, default=default)
        except (ImproperlyConfigured, ValueError):
            fail(var, "is not the URL of a mail server")
        if config["EMAIL_BACKEND"].endswith("smtp.EmailBackend") and not config["EMAIL_HOST"]:
            fail(var, "names no mail server")
        if "filebased" in config["EMAIL_BACKEND"] and not config["EMAIL_FILE_PATH"]:
            fail(var, "names no folder for the mails")
        return config

    def database(self, var: str) -> dict[str, Any]:
        """Return the Postgres database of a URL: ``postgres://user:password@host:5432/name``.

        Options may follow, as in ``?sslmode=require``. An invalid URL is not shown: it may have a
        password. If the variable is missing, ``DATABASE_HOST`` and the other parts are read.
        """
        if not self.get_value(var, default="") and self.get_value("DATABASE_HOST", default=""):
            return self._database_from_parts()
        url = self.get_value(var)
        try:
            # For any other scheme, django-environ would print the parts, with the password.
            config = self.db_url_config(url) if re.match("postgres(ql)?://", url) else {}
        except ValueError:
            config = {}
        if not config.get("HOST") or not re.fullmatch("[^/@#]+", config["NAME"]):
            fail(var, "is not the URL of a Postgres database")
        return config

    def _database_from_parts(self) -> dict[str, Any]:
        """Return the database of separate variables, where the password needs no escaping."""
        port = self.get_value("DATABASE_PORT", default="5432")
        if not port.isdecimal():
            fail("DATABASE_PORT", f"is {port!r}, which is not a number")
        return {
            "ENGINE": "django.db.backends.postgresql",
            "HOST": self.get_value("DATABASE_HOST"),
            "PORT": int(port),
            "NAME": self.get_value("DATABASE_NAME"),
            "USER": self.get_value("DATABASE_USER"),
            "PASSWORD": self.get_value("DATABASE_PASSWORD"),
            "OPTIONS": {"sslmode": self.get_value("DATABASE_SSLMODE", default="prefer")},
        }

    def redis(self, var: str) -> str:
        """Return the URL of a Redis database: ``redis://user:password@host:6379/0``.

        ``rediss://`` encrypts the connection. An invalid URL is not shown: it may have a password.
        """
        url = self.get_value(var)
        try:
            server = urlsplit(url)
            has_server = server.hostname and server.port != 0
        except ValueError:  # The port is not a number, for example.
            has_server = False
        # After the server comes the number of a database, and nothing else.
        if not has_server or not re.fullmatch(r"rediss?://[^/?#]+(/[0-9]*)?", url):
            fail(var, "is not the URL of a Redis database")
        return url

    def site(self, var: str, default: Any = environ.Env.NOTSET) -> str:
        """Return the base URL of a site, without a trailing slash: ``https://mublog.example``."""
        site = self.get_value(var, default=default).rstrip("/")
        scheme, _, host = site.partition("://")
        is_host = not host.startswith(".") and split_domain_port(host)[0]
        if scheme not in ("http", "https") or not is_host:
            fail(var, f"is {site!r}, which is not a URL like https://mublog.example")
        return site
