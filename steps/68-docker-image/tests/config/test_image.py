"""The files that the image is built from; container_tests looks at the image itself."""

import json
import re

from django.conf import settings


def read(name):
    """Return the lines of a file, without comments; one that goes on in the next is one line."""
    text = (settings.BASE_DIR / name).read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return "\n".join(lines).replace("\\\n", " ").splitlines()


def test_packages_are_those_that_are_locked():
    (install,) = [line for line in read("Dockerfile") if " install " in line and "pip" in line]
    assert "--require-hashes" in install and "--requirement requirements.txt" in install


def test_process_has_a_numeric_user_and_no_shell_around_it():
    image = dict(line.split(None, 1) for line in read("Dockerfile"))
    assert re.fullmatch("[1-9][0-9]*:[1-9][0-9]*", image["USER"])
    assert json.loads(image["CMD"]) == ["gunicorn", "config.wsgi"]


def test_image_gets_each_package_of_the_project_and_only_what_is_listed():
    first, *rules = read(".dockerignore")
    packages = {path.parent.name for path in settings.BASE_DIR.glob("*/__init__.py")} - {"tests"}
    folders = {f"!{name}/" for name in packages | {"static", "templates"}}
    files = {"!gunicorn.conf.py", "!manage.py", "!requirements.txt"}
    assert first == "*"
    assert {rule for rule in rules if rule.startswith("!")} == folders | files
