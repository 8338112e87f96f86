"""Which package index this machine uses, told to the tools that do not ask pip.

Only pip knows the index of a machine that has one of its own. uv and Poetry are told through
their environment, so that no address gets into any file.
"""

from __future__ import annotations

import subprocess
from functools import cache

from course.repository import tool_python

# pip's settings first; where there are none, the address built into pip. Both run in pip's own
# process, because its modules are not an interface: an error here means "use the defaults".
_ASK = """
from pip._internal.configuration import Configuration
from pip._internal.models.index import PyPI
settings = Configuration(isolated=False)
settings.load()
found = {}
for name, value in settings.items():
    entries = value.items() if hasattr(value, "items") else [(name, value)]
    for key, entry in entries:
        found[key.split(".")[-1]] = entry
print(found.get("index-url", ""))
print(PyPI.simple_url)
"""


@cache
def variables() -> dict[str, str]:
    """Return the environment variables that point uv and Poetry at pip's index.

    Empty where pip cannot say, so that both use their own default.
    """
    done = subprocess.run(
        [str(tool_python()), "-c", _ASK], capture_output=True, text=True, check=False
    )
    lines = done.stdout.split("\n")
    if done.returncode or len(lines) < 2:
        return {}
    configured, built_in = lines[0].strip(), lines[1].strip()
    found = {"POETRY_PYPI_MIRROR_URL": configured or built_in}
    if configured:
        found["UV_DEFAULT_INDEX"] = configured
    return found
