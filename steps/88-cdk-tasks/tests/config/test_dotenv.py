"""The command that writes ``.env``."""

import os
import re
import shutil

import pytest

from config import dotenv


@pytest.fixture
def template(settings, tmp_path):
    """A copy of the template, in a folder without a ``.env``."""
    template = tmp_path / ".env.template"
    shutil.copy(settings.BASE_DIR / template.name, template)
    return template


def test_dotenv_is_the_template_with_a_key_of_its_own(template):
    start, end = template.read_text().split("SECRET_KEY=\n")
    keys = []
    for _ in range(2):
        written = dotenv.write_dotenv(template.parent)
        keys.append(written.read_text().removeprefix(start).removesuffix(end))
        written.unlink()
    assert re.fullmatch(r"SECRET_KEY=[\w-]{50,}\n", keys[0])
    assert keys[0] != keys[1]


def test_dotenv_that_is_there_stays_as_it_is(template):
    existing = template.with_name(".env")
    existing.write_text("SECRET_KEY=precious\n")
    with pytest.raises(SystemExit, match=".env already exists"):
        dotenv.main(template.parent)
    assert existing.read_text() == "SECRET_KEY=precious\n"


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps others out by the folder's rights.")
def test_nobody_but_its_owner_may_read_dotenv(template, capsys):
    dotenv.main(template.parent)
    assert capsys.readouterr().out == "Wrote .env with a fresh SECRET_KEY.\n"
    assert template.with_name(".env").stat().st_mode & 0o777 == 0o600
