"""Small, made-up courses with a site, whose pages tell the truth until a test plants a fault.

    course = site_course.make(tmp_path)
    course.page("steps/second.md", "# Second\n…")      # any page
    course.write("steps/02-second/app.py", "…")        # any file, text or bytes
    faults = course.planted_faults()                            # what `docs check` finds, as text

Two steps: the first is all new; the second changes a file, adds, renames and deletes others, makes
one runnable, and brings an empty, a binary and a generated one. The theme is one template, so that
a build takes a tenth of a second.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from course import git, site_check
from course.docs import navigation
from course.docs.consoles.check import Results
from course.docs.publish.build import build
from course.docs.site import Fault, Site
from course.repository import Repository
from course.site_check import Report

CATALOGUE = """
[course]
title = "Made up"

[commands]
install = []
serve = "python server.py {host} {port}"

[[part]]
title = "All of it"

[[step]]
slug = "first"
title = "The first"
summary = "Something to begin with."
part = 1
minutes = 5
minutes_because = "a test"
factors = ["I"]

[[step]]
slug = "second"
title = "The second"
summary = "Something more."
part = 1
minutes = 10
minutes_because = "a test"
factors = ["II", "III"]
"""

CONFIGURATION = """site_name: Made up
use_directory_urls: false
theme:
  name: null
  custom_dir: theme
plugins: []
markdown_extensions:
  - course.docs.extension
  - admonition
  - tables
  - toc
exclude_docs: "*.toml"
validation:
  anchors: ignore
# nav: begin
# nav: end
"""

TEMPLATE = (
    "<!doctype html><html><head><title>{{ page.title }}</title></head>"
    "<body>{{ page.content }}</body></html>"
)

APP_1 = '''"""An app."""

import sys

# What it is called.
NAME = "app"
LIMIT = 10


def greet(name: str) -> str:
    """Greet."""
    return f"Hello, {name}"


class Counter:
    """Counts."""

    start = 0

    def up(self) -> int:
        return self.start + 1
'''

APP_2 = '''"""An app."""

import os
import sys

# What it is called.
NAME = os.environ.get("NAME", "app")
LIMIT = 10


def greet(name: str) -> str:
    """Greet."""
    return f"Hello, {name}!"


class Counter:
    """Counts."""

    start = 0

    def up(self) -> int:
        return self.start + 2

    def down(self) -> int:
        return self.start - 1
'''

OLD = "one line\nanother line\na third line\nand a fourth\n"
BINARY = bytes(range(256))

FIRST_PAGE = """# The first

```diff-file
app.py
```

```diff-file
old.txt
```

```waive
gone.txt
tool.sh
reason: they only wait for the second step
```
"""

SECOND_PAGE = """# The second

```diff-file
app.py
symbol: imports
symbol: NAME
symbol: greet
```

```diff-file
app.py
rest: yes
```

```diff-file
new.txt
```

```diff-file
gone.txt
```

```diff-file
tool.sh
```

```diff-file
empty.txt
```

```diff-file
data.bin
```

It runs `app.py`.
"""


@dataclass
class SiteCourse:
    """A course with a site in a folder."""

    root: Path

    @property
    def site(self) -> Site:
        """The site, read again."""
        return Site.of(Repository(self.root))

    def write(self, path: str, content: str | bytes, *, mode: int = 0o644) -> Path:
        """Write a file, from the root."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
        target.chmod(mode)
        return target

    def page(self, uri: str, text: str) -> None:
        """Write a page."""
        self.write(f"docs/{uri}", text)

    def replace(self, path: str, old: str, new: str) -> None:
        """Replace a piece of a file that holds it."""
        text = (self.root / path).read_text()
        assert old in text
        self.write(path, text.replace(old, new))

    def delete(self, path: str) -> None:
        """Take a file away."""
        (self.root / path).unlink()

    def build(self, *, strict: bool = False) -> list[Fault]:
        """Build the site into ``site/``."""
        return build(self.site, self.root / "site", strict=strict)

    def built(self, uri: str) -> str:
        """Return a built page."""
        return (self.root / "site" / uri).read_bytes().decode()

    def check(self, *, consoles: bool = False) -> Report:
        """Check the site; the navigation is made up to date before."""
        navigation.write(self.site.chain)
        return site_check.check(self.site, self.root / "site", run_consoles=consoles)

    def faults(self) -> list[str]:
        """Return the faults of a check without consoles, as they are printed."""
        return [str(fault) for fault in self.check().faults]

    def run_consoles(self) -> Results:
        """Check the site, consoles included, and return what became of them."""
        return self.check(consoles=True).consoles


def make(root: Path) -> SiteCourse:
    """Write the course into a folder."""
    course = SiteCourse(root)
    root.mkdir(parents=True, exist_ok=True)
    git.run(["init", "-q", "-b", "main"], cwd=root)
    course.write(".gitattributes", "*.lock linguist-generated\n**/vendor/** linguist-vendored\n")
    course.write(".gitignore", "/site/\n/.course/\n")
    course.write("Makefile", "help:  ## Help\n\techo help\n")
    course.write("steps/course.toml", CATALOGUE)
    course.write("mkdocs.yml", CONFIGURATION)
    course.write("theme/main.html", TEMPLATE)
    first, second = "steps/01-first", "steps/02-second"
    course.write(f"{first}/app.py", APP_1)
    course.write(f"{first}/old.txt", OLD)
    course.write(f"{first}/gone.txt", "soon gone\n")
    course.write(f"{first}/tool.sh", "echo tool\n")
    course.write(f"{first}/app.lock", "lock = 1\n")
    course.write(f"{second}/app.py", APP_2)
    course.write(f"{second}/new.txt", OLD)
    course.write(f"{second}/tool.sh", "echo tool\n", mode=0o755)
    course.write(f"{second}/empty.txt", "")
    course.write(f"{second}/data.bin", BINARY)
    course.write(f"{second}/app.lock", "lock = 2\n")
    course.page("index.md", "# Home\n\n[First](steps/first.md)\n")
    course.page("steps/first.md", FIRST_PAGE)
    course.page("steps/second.md", SECOND_PAGE)
    return course


def commit(course: SiteCourse) -> None:
    """Commit everything."""
    subprocess.run(["git", "add", "-A"], cwd=course.root, check=True, env=git.environment())
    subprocess.run(
        ["git", "commit", "-q", "-m", "All"], cwd=course.root, check=True, env=git.environment()
    )
