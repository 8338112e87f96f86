"""Every way to start the project, each in its own process, with valid and invalid values."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from django.conf import settings
from django.test import SimpleTestCase

SHOW = "from django.conf import settings; print(settings.DEBUG, settings.ALLOWED_HOSTS)"
STARTS = {
    "manage.py": ["manage.py", "shell", "--no-imports", "--command", SHOW],
    "wsgi": ["-c", f"import config.wsgi; {SHOW}"],
    "asgi": ["-c", f"import config.asgi; {SHOW}"],
}
VALID = {"SECRET_KEY": "k" * 50, "DEBUG": "false", "ALLOWED_HOSTS": "mublog.example"}
INVALID = [("DEBUG", "maybe"), ("ALLOWED_HOSTS", ""), ("ALLOWED_HOSTS", "https://mublog.example")]


class StartTests(SimpleTestCase):
    def setUp(self):
        """Copy the project, without this machine's .env, to a temporary folder."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.project = Path(folder.name) / "project"
        ignored = shutil.ignore_patterns(".env", ".git", ".venv", "__pycache__")
        shutil.copytree(settings.BASE_DIR, self.project, ignore=ignored, symlinks=True)

    def start(self, *arguments, **variables):
        """Run Python there, with only the given variables of VALID."""
        others = {name: value for name, value in os.environ.items() if name not in VALID}
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=self.project,
            env=others | variables,
            capture_output=True,
            text=True,
        )

    def assert_refused(self, result, variable):
        line = rf"\ACannot start: {variable} .*`make env` .*\n\Z"
        self.assertRegex(result.stderr, line)
        self.assertEqual((result.returncode, result.stdout), (1, ""))

    def test_every_start_reads_the_environment(self):
        # A variable that another project left behind does not select the settings.
        environment = VALID | {"DJANGO_SETTINGS_MODULE": "another.settings"}
        for name, command in STARTS.items():
            with self.subTest(name):
                result = self.start(*command, **environment)
                self.assertEqual(result.stdout, "False ['mublog.example']\n", result.stderr)

    def test_every_start_without_a_secret_key_ends_with_one_line(self):
        for name, command in STARTS.items():
            with self.subTest(name):
                result = self.start(*command, **VALID | {"SECRET_KEY": ""})
                self.assert_refused(result, "SECRET_KEY")

    def test_start_with_a_wrong_value_ends_with_one_line(self):
        for variable, value in INVALID:
            with self.subTest(variable, value=value):
                result = self.start("manage.py", "check", **VALID | {variable: value})
                self.assert_refused(result, variable)

    def test_project_starts_with_the_dotenv_that_is_written_for_it(self):
        written = self.start("-m", "config.dotenv")
        self.assertEqual(written.stdout, "Wrote .env with a fresh SECRET_KEY.\n", written.stderr)
        result = self.start(*STARTS["manage.py"])
        self.assertEqual(result.stdout, "True ['localhost', '127.0.0.1', '[::1]']\n", result.stderr)

    def test_environment_wins_over_dotenv(self):
        self.start("-m", "config.dotenv")
        result = self.start(*STARTS["manage.py"], ALLOWED_HOSTS="mublog.example")
        self.assertEqual(result.stdout, "True ['mublog.example']\n", result.stderr)
