"""Write ``.env`` from ``.env.template``, with a new secret key: ``python -m config.dotenv``.

It imports only the standard library and no settings: the settings need its output.
"""

import os
import re
import secrets
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent


def write_dotenv(folder: Path) -> Path:
    """Write ``.env`` next to the ``.env.template`` of a folder, and return its path.

    Only its owner may read the file, from the first byte on. Raises ``FileExistsError`` if there is
    one already: its key may have signed something.
    """
    template = (folder / ".env.template").read_text(encoding="utf-8")
    # These characters have no special meaning in a .env file, unlike those of Django's keys.
    text = re.sub(r"(?m)^SECRET_KEY=$", f"SECRET_KEY={secrets.token_urlsafe(50)}", template)
    path = folder / ".env"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def main(folder: Path = BASE_DIR) -> None:
    """Write ``.env`` and report it, or exit with one line that says why that failed."""
    try:
        path = write_dotenv(folder)
    except FileExistsError:
        raise SystemExit(".env already exists and was not changed; delete it to write a new one.")
    print(f"Wrote {path.name} with a fresh SECRET_KEY.")


if __name__ == "__main__":
    main()
