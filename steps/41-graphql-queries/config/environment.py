"""Read the settings that differ between machines, and stop the start on an invalid one.

Otherwise visitors would notice it first: ``environ.Env`` reads ``DEBUG=maybe`` as false.
"""

import re
from email.utils import getaddresses
from pathlib import Path
from typing import Any, NoReturn

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

    def site(self, var: str, default: Any = environ.Env.NOTSET) -> str:
        """Return the base URL of a site, without a trailing slash: ``https://mublog.example``."""
        site = self.get_value(var, default=default).rstrip("/")
        scheme, _, host = site.partition("://")
        is_host = not host.startswith(".") and split_domain_port(host)[0]
        if scheme not in ("http", "https") or not is_host:
            fail(var, f"is {site!r}, which is not a URL like https://mublog.example")
        return site
