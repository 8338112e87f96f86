"""The command that writes ``.env``."""

import os
import shutil
import tempfile
from pathlib import Path
from unittest import skipIf

from django.conf import settings
from django.test import SimpleTestCase

from config import dotenv


class DotenvTests(SimpleTestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.template = self.folder / ".env.template"
        shutil.copy(settings.BASE_DIR / ".env.template", self.template)

    def test_dotenv_is_the_template_with_a_key_of_its_own(self):
        start, end = self.template.read_text().split("SECRET_KEY=\n")
        keys = []
        for _ in range(2):
            written = dotenv.write_dotenv(self.folder)
            keys.append(written.read_text().removeprefix(start).removesuffix(end))
            written.unlink()
        self.assertRegex(keys[0], r"\ASECRET_KEY=[\w-]{50,}\n\Z")
        self.assertNotEqual(keys[0], keys[1])

    def test_dotenv_that_is_there_stays_as_it_is(self):
        existing = self.folder / ".env"
        existing.write_text("SECRET_KEY=precious\n")
        with self.assertRaisesMessage(SystemExit, ".env already exists"):
            dotenv.main(self.folder)
        self.assertEqual(existing.read_text(), "SECRET_KEY=precious\n")

    @skipIf(os.name == "nt", "Windows keeps other people out by the rights of the folder.")
    def test_nobody_but_its_owner_may_read_dotenv(self):
        written = dotenv.write_dotenv(self.folder)
        self.assertEqual(written.stat().st_mode & 0o777, 0o600)
