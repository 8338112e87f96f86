"""Which package index this machine uses, told to the tools that do not ask pip.

Only pip knows the index of a machine that has one of its own, its authorities, its proxy.
uv and Poetry are told through their environment, so that no address is in any file.
"""

from __future__ import annotations

import subprocess
from functools import cache

from course.install import pip_settings
from course.repository import tool_python

# The address built into pip, whose modules are no interface: an error means "use the defaults".
_ASK = """
from pip._internal.models.index import PyPI
print(PyPI.simple_url)
"""


@cache
def variables() -> dict[str, str]:
    """Return the environment variables that tell uv and Poetry what pip is told.

    Where packages come from, which authorities are trusted, through which proxy. Without an address
    of an index where pip cannot say one, so that both use their own default.
    """
    settings = pip_settings.read()
    found = pip_settings.other_variables(settings) | pip_settings.uv_variables(settings)
    mirror = settings["index-url"].value if "index-url" in settings else _built_in()
    return found | ({"POETRY_PYPI_MIRROR_URL": mirror} if mirror else {})


def _built_in() -> str:
    done = subprocess.run(
        [str(tool_python()), "-I", "-c", _ASK], capture_output=True, text=True, check=False
    )
    return "" if done.returncode else done.stdout.strip()
