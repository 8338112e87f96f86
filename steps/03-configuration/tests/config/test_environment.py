"""Valid and invalid values of variables."""

import tempfile
from pathlib import Path
from unittest import mock

from django.test import SimpleTestCase

from config.environment import Environment


class EnvironmentTests(SimpleTestCase):
    def setUp(self):
        """Start with an empty environment, and a folder without a .env."""
        patch = mock.patch.object(Environment, "ENVIRON", {})
        patch.start()
        self.addCleanup(patch.stop)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.dotenv = Path(folder.name) / ".env"
        self.env = Environment()

    def test_boolean_is_one_of_the_usual_words(self):
        for word, value in {"true": True, "ON": True, "1": True, "No": False, "0": False}.items():
            self.env.ENVIRON["DEBUG"] = word
            self.assertIs(self.env.bool("DEBUG"), value, word)

    def test_any_other_boolean_is_refused(self):
        for word in ("maybe", "2", "tru"):
            self.env.ENVIRON["DEBUG"] = word
            with self.assertRaisesMessage(SystemExit, f"DEBUG is '{word}'"):
                self.env.bool("DEBUG")

    def test_empty_variable_counts_as_missing(self):
        self.env.ENVIRON["DEBUG"] = " "
        self.assertIs(self.env.bool("DEBUG", default=False), False)
        with self.assertRaisesMessage(SystemExit, "DEBUG is missing or empty"):
            self.env.bool("DEBUG")

    def test_secret_is_taken_as_it_is(self):
        for secret in ("$HOME", "#1", "a=b", "a'b"):
            self.env.ENVIRON["SECRET_KEY"] = secret
            self.assertEqual(self.env.str("SECRET_KEY"), secret)

    def test_hosts_are_names_addresses_and_patterns(self):
        self.env.ENVIRON["ALLOWED_HOSTS"] = "mublog.example, .mublog.example,127.0.0.1,[::1],*"
        hosts = ["mublog.example", ".mublog.example", "127.0.0.1", "[::1]", "*"]
        self.assertEqual(self.env.hosts("ALLOWED_HOSTS"), hosts)

    def test_anything_else_is_not_a_host(self):
        for host in ("https://mublog.example", "mublog.example:80", "a b", "a_b", ","):
            self.env.ENVIRON["ALLOWED_HOSTS"] = host
            with self.assertRaisesMessage(SystemExit, "ALLOWED_HOSTS has '"):
                self.env.hosts("ALLOWED_HOSTS")

    def test_file_gives_what_the_environment_does_not(self):
        self.env.ENVIRON["DEBUG"] = "false"
        # The byte order mark that some editors on Windows write.
        self.dotenv.write_bytes(b"\xef\xbb\xbfA=1\r\n\r\n# Note\r\nexport B='b'\r\nDEBUG=true\r\n")
        self.env.read_file(self.dotenv)
        self.assertEqual(self.env.ENVIRON, {"DEBUG": "false", "A": "1", "B": "b"})

    def test_file_that_is_not_there_changes_nothing(self):
        self.env.read_file(self.dotenv)
        self.assertEqual(self.env.ENVIRON, {})

    def test_file_in_another_encoding_is_refused(self):
        self.dotenv.write_text("A=1\n", encoding="utf-16")
        with self.assertRaisesMessage(SystemExit, ".env cannot be read as UTF-8 text"):
            self.env.read_file(self.dotenv)
