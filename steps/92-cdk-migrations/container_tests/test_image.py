"""The image: what is inside it, what is not, and that each process of the project runs in it."""

import gzip
import json
import subprocess
import tarfile

import pytest
from conftest import PREFIX, PROCESSES, PROJECT, VARIABLES, docker, options, page, wait_for


def inside(image, script):
    """Run a script of the shell in the image, and return the words that it prints."""
    return docker("run", "--rm", "--network=none", image, "sh", "-c", script).stdout.split()


def inspected(image):
    return json.loads(docker("image", "inspect", image).stdout)[0]["Config"]


def test_process_is_not_root(image):
    assert inspected(image)["User"] == "10001:10001"
    assert inside(image, "id -u; id -g") == ["10001", "10001"]


def test_application_can_write_uploads_and_none_of_its_files(image):
    assert inside(image, "find /app /opt -writable") == ["/app/media"]


def test_image_has_the_application_and_nothing_else(image):
    expected = "accounts blog config gunicorn.conf.py interfaces manage.py media requirements.txt"
    found = inside(image, "ls --almost-all /app --ignore __pycache__")
    assert found == [*expected.split(), "static", "staticfiles", "templates"]


def test_image_has_no_compiler_no_development_tool_and_no_cache(image):
    tools = "gcc cc g++ make ld git pytest black flake8 hadolint"
    assert not inside(image, f"for name in {tools}; do command -v $name; done; true")
    assert not inside(image, "find /app /opt -name pip; find / -xdev -path '*/.cache/*' 2>&-; true")


def test_no_secret_is_in_any_layer_or_variable(image, tmp_path):
    (key,) = [line for line in (PROJECT / ".env").read_bytes().split() if b"SECRET_KEY=" in line]
    docker("save", "--output", str(tmp_path / "image.tar"), image)
    with tarfile.open(tmp_path / "image.tar") as archive:
        files = [archive.extractfile(member).read() for member in archive if member.isfile()]
    # Layers are archives, too, which some versions of Docker compress.
    layers = [gzip.decompress(file) if file[:2] == b"\x1f\x8b" else file for file in files]
    assert any(b"DJANGO_SETTINGS_MODULE" in layer for layer in layers)
    assert not any(key.removeprefix(b"SECRET_KEY=") in layer for layer in layers)
    assert not VARIABLES.keys() & {line.partition("=")[0] for line in inspected(image)["Env"]}


def test_image_says_which_commit_it_is_made_from(image):
    commit = ["git", "describe", "--always", "--abbrev=40", "--exclude=*"]
    done = subprocess.run(commit, cwd=PROJECT, capture_output=True, text=True)
    revision = inspected(image)["Labels"]["org.opencontainers.image.revision"]
    assert revision.removesuffix("-dirty") == (done.stdout.strip() or "unknown")


def test_image_adds_little_to_its_base(image):
    layers = docker("history", "--human=false", "--format={{.Size}} {{.CreatedBy}}", image).stdout
    sizes = [int(line.split()[0]) for line in layers.splitlines() if " COPY " in line]
    print(f"The image adds {sum(sizes) / 1e6:.0f} MB to its base.")
    assert len(sizes) == 2 and sum(sizes) < 200e6


@pytest.fixture
def run_to_end(image):
    """Run a process without any service until it ends, and return its code and what it printed."""
    name = f"{PREFIX}-ended"

    def run(variables, command=""):
        words = [f"--name={name}", "--network=none", *variables, image, *command.split()]
        done = docker("run", *words, check=False, timeout=45)
        return done.returncode, done.stdout + done.stderr

    yield run
    docker("rm", "--force", name)


@pytest.mark.parametrize("command", PROCESSES.values(), ids=PROCESSES)
@pytest.mark.parametrize("name, value", [("SECRET_KEY", None), ("DATABASE_URL", "mysql://a:b@c")])
def test_missing_or_wrong_variable_ends_each_process_with_one_line(
    run_to_end, command, name, value
):
    code, output = run_to_end(options(**{name: value}), command)
    assert output.startswith(f"Cannot start: {name} ") and "a:b" not in output
    assert (code, output.count("\n")) == (1, 1)


def test_one_image_runs_migrations_web_worker_and_beat(start, network):
    postgres = ["exec", f"{PREFIX}-postgres", "pg_isready", "--host=127.0.0.1"]
    wait_for(lambda: docker(*postgres, check=False).returncode == 0)
    assert docker("wait", start("migrations")).stdout.strip() == "0"
    web, worker, beat = start("web"), start("worker"), start("beat")
    seconds = wait_for(lambda: page(web, "/health/ready/"))
    print(f"The web process was ready after {seconds:.1f} s.")
    stylesheet = page(web, "/fbv/posts/").partition('rel="stylesheet" href="')[2].partition('"')[0]
    assert page(web, stylesheet)  # Collected when the image was built.
    ping = ["exec", worker, "celery", "--app", "config", "inspect", "ping"]
    wait_for(lambda: "pong" in docker(*ping, check=False).stdout)
    wait_for(lambda: "beat: Starting" in docker("logs", beat).stdout)
