"""The end-to-end tests in ``e2e``: what makes a green run mean something. `make e2e` runs them."""

import json
import re
import shutil
import subprocess

import pytest
from django.conf import settings
from django.urls import reverse

FOLDER = settings.BASE_DIR / "e2e"
SPECS = sorted(FOLDER.glob("cypress/e2e/**/*.cy.js"))


def read(path):
    return path.read_text(encoding="utf-8")


def test_no_test_is_left_out_and_none_waits_for_a_fixed_time():
    assert SPECS
    for spec in SPECS:
        assert not re.search(r"\.(only|skip)\(|\bx(it|describe)\(", read(spec)), spec.name
        assert not re.search(r"cy\.wait\(\s*\d", read(spec)), spec.name


def test_both_html_implementations_are_tested():
    (names,) = re.findall(r"IMPLEMENTATIONS = (\[.*\])", read(FOLDER / "cypress/support/data.js"))
    assert json.loads(names) == ["fbv", "cbv"]
    for spec in SPECS:
        assert "of IMPLEMENTATIONS)" in read(spec)
    for name in json.loads(names):
        assert reverse(f"{name}:post-list") == f"/{name}/posts/"


def test_everyone_has_the_same_cypress():
    version = json.loads(read(FOLDER / "package.json"))["devDependencies"]["cypress"]
    locked = json.loads(read(FOLDER / "package-lock.json"))["packages"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", version)
    assert locked["node_modules/cypress"]["version"] == version
    assert not any("resolved" in package for package in locked.values())


def test_make_gives_the_tests_the_command_that_creates_users():
    makefile = read(settings.BASE_DIR / "Makefile")
    assert re.search(r"(?m)^MANAGE \?= \$\(RUN\) python manage.py$", makefile)
    assert re.search(r'(?m)^e2e: .*\n\tMANAGE="\$\(MANAGE\)" npm --prefix e2e test$', makefile)
    assert "process.env.MANAGE" in read(FOLDER / "cypress.config.js")


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node.js")
def test_link_of_a_mail_is_found_through_the_api_of_each_mail_catcher():
    command = ["node", "--test", "--test-reporter=tap", "mail/mail.test.js"]
    done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True)
    assert re.findall(r"(?m)^not ok \d+ - (.*)$", done.stdout) == []
    assert done.returncode == 0
