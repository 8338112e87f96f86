"""Reads the settings that differ from machine to machine, and accepts none that is not right.

A wrong value would otherwise be noticed late, by a visitor: ``environ.Env`` takes ``DEBUG=maybe``
for false and an empty ``SECRET_KEY`` for a key. Here, either ends the start with one line.
"""

import io
import re
from pathlib import Path
from typing import Any, NoReturn

import environ

LINE = re.compile(r"(#.*|(export )?\w+=.*)?", re.ASCII)
HOST = re.compile(r"\*|\[[0-9a-f:.]+\]|\.?[a-z0-9_-]+(\.[a-z0-9_-]+)*", re.ASCII | re.IGNORECASE)


def refuse(name: str, fault: str) -> NoReturn:
    """End the process with one line on stderr that says what is wrong, and what mends it."""
    raise SystemExit(
        f"Cannot start: {name} {fault}. Set it in the environment or in .env; "
        "`make env` (python -m config.dotenv) writes a .env that works."
    )


class Environment(environ.Env):
    """``environ.Env`` that ends the start on a variable it cannot use.

    An empty variable counts as one that is not set. A value is taken as it is: ``$NAME`` does not
    stand for another variable, since a secret may begin with a dollar.
    """

    BOOLEANS = environ.Env.BOOLEAN_TRUE_STRINGS + ("false", "off", "n", "no", "0")

    def read_file(self, path: Path) -> None:
        """Take the variables of a file, where there is one, that the environment does not set."""
        try:
            lines = path.read_text(encoding="utf-8-sig").splitlines()
        except FileNotFoundError:
            return
        except (OSError, UnicodeDecodeError):
            refuse(path.name, "cannot be read as UTF-8 text")
        lines = [line.strip() for line in lines]
        for number, line in enumerate(lines, start=1):
            if not LINE.fullmatch(line):
                refuse(f"line {number} of {path.name}", "is not NAME=value")
        self.read_env(io.StringIO("\n".join(lines)))

    def get_value(
        self,
        var: str,
        cast: Any = None,
        default: Any = environ.Env.NOTSET,
        parse_default: bool = False,
    ) -> Any:
        """Return a variable, cast by ``cast``, or the default, which is never parsed.

        Every method of ``environ.Env`` that reads a variable does so through this one.
        """
        value = self.ENVIRON.get(var, "").strip()
        if not value and default is self.NOTSET:
            refuse(var, "is missing or empty")
        if not value:
            return default
        if cast is bool and value.lower() not in self.BOOLEANS:
            refuse(var, f"is {value!r}, and not true or false")
        return self.parse_value(value, cast)

    def hosts(self, var: str, default: Any = environ.Env.NOTSET) -> list[str]:
        """Return host names as ``ALLOWED_HOSTS`` takes them: no scheme, no port, no path."""
        hosts = self.get_value(var, lambda value: re.split(r"\s*,\s*", value), default)
        for host in hosts:
            if not HOST.fullmatch(host):
                refuse(var, f"has {host!r}, which is not the name of a host")
        return hosts
