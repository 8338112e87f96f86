"""Try out the REST APIs of the last snapshot with made-up requests, against its OpenAPI schema.

    python fuzz.py [--examples 15] [--seed N]

Schemathesis reads the schema that the running application serves, and sends what fits it, what
almost fits it, and what does not fit at all. Any answer with a status of 5xx, or that the schema
does not describe, is a fault. Run it with the tools' own Python: `uv` is beside it. The environment
names the services: DATABASE_URL, of an empty database, CACHE_URL and BROKER_URL.
"""

import argparse
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SNAPSHOT = ROOT / "final"
NOT_COPIED = shutil.ignore_patterns(".venv", ".env", "__pycache__", "*.sqlite3", "media")
# It has an environment of its own: what it depends on must not change what the application has.
SCHEMATHESIS = "schemathesis==4.32.5"
# The token that the requests are sent with; revoking it would have all later ones refused.
SPARED = ("fbv_revoke_a_token", "cbv_revoke_a_token")
# A request may fit the schema and still be refused, such as a post with a text that was just used
# up, or a file that is a string of random bytes: no fault.
NOT_CHECKED = "positive_data_acceptance"
USER = """
from accounts import services
from accounts.models import User
user = User.objects.create_user(email="fuzz@mublog.example", password="of-no-use-0")
_, key = services.create_token(user=user)
print(key)
"""
START = 60.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--examples", type=int, default=15, help="of each operation and phase")
    parser.add_argument("--seed", type=int, help="the same requests again")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        folder = Path(name).resolve()
        app = environment(folder / "app-venv")
        sync(app, "sync", "--require-hashes", SNAPSHOT / "requirements_dev.txt")
        tester = environment(folder / "fuzz-venv")
        sync(tester, "install", SCHEMATHESIS)
        site = folder / "site"
        shutil.copytree(SNAPSHOT, site, ignore=NOT_COPIED)
        manage(app, site, "migrate", "--no-input", "--verbosity", "0")
        manage(app, site, "generate_posts", "50", "--verbosity", "0")
        token = manage(app, site, "shell", "--no-imports", "-c", USER).split()[-1]
        return fuzz(app, tester, site, token, options.examples, options.seed)


def environment(folder: Path) -> Path:
    """Make an environment and return its Python."""
    subprocess.run([uv(), "venv", "--quiet", folder], check=True)
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def sync(python: Path, verb: str, *what: str | Path) -> None:
    """Install packages into an environment."""
    subprocess.run([uv(), "pip", verb, "--quiet", "--python", python, *what], check=True)


def uv() -> Path:
    """Return the program uv of the tools' environment."""
    found = shutil.which("uv", path=str(Path(sys.executable).parent))
    if found is None:
        raise SystemExit(f"There is no uv beside {sys.executable}. Make the tools: make setup")
    return Path(found)


def manage(python: Path, site: Path, *words: str) -> str:
    """Run a command of manage.py and return what it prints; end with that where it fails."""
    done = subprocess.run(
        [python, "manage.py", *words],
        cwd=site,
        env=variables(),
        capture_output=True,
        encoding="utf-8",
    )
    if done.returncode:
        raise SystemExit(f"manage.py {words[0]}:\n{done.stdout}{done.stderr}")
    return done.stdout


def variables() -> dict[str, str]:
    """Return the environment that the snapshot is run in: as in production, as far as it goes."""
    return os.environ | {
        "SECRET_KEY": "of a test, and of nothing else",
        "DEBUG": "false",
        "ALLOWED_HOSTS": "127.0.0.1",
        "SITE_URL": "http://127.0.0.1",
        "EMAIL_URL": "dummymail://",
        "DEFAULT_FROM_EMAIL": "mublog@mublog.example",
    }


def fuzz(app: Path, tester: Path, site: Path, token: str, examples: int, seed: int | None) -> int:
    """Serve the site, send it what schemathesis makes up, and return its exit code."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    log = site.parent / "server.log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            [app, "manage.py", "runserver", "--noreload", address],
            cwd=site,
            env=variables(),
            stdout=output,
            stderr=output,
        )
    try:
        wait_for(f"http://{address}/api/schema/", server, log)
        words = [tester, "-m", "schemathesis.cli", "run", f"http://{address}/api/schema/"]
        words += ["-H", f"Authorization: Token {token}", "-n", str(examples)]
        words += ["--checks", "all", "--exclude-checks", NOT_CHECKED]
        for operation in SPARED:
            words += ["--exclude-operation-id", operation]
        if seed is not None:
            words += ["--seed", str(seed)]
        return subprocess.run(words, cwd=site.parent).returncode
    finally:
        server.terminate()
        server.wait(30)


def wait_for(address: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    """Wait until an address answers; end with the server's log where it does not."""
    deadline = time.monotonic() + START
    while server.poll() is None and time.monotonic() < deadline:
        try:
            urllib.request.urlopen(address, timeout=10).close()
            return
        except urllib.error.HTTPError:
            break
        except OSError:
            time.sleep(0.2)
    raise SystemExit(f"{address} does not answer:\n{log.read_text('utf-8', 'replace')}")


if __name__ == "__main__":
    sys.exit(main())
