"""The site beside a running step: its first port, how long its start is waited for."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from course import ports, processes
from course.chain import Chain
from course.errors import CourseError
from course.ports import HOST, SITE_PORTS
from course.readiness import await_answer
from course.repository import tool_command

# Seconds: the first build of a long course renders every diff.
_PATIENCE = 180.0


@dataclass
class Site:
    """The site of a course, being served.

    Attributes:
        url: its address.
        child: its process.
        log: the file with all that it printed.
    """

    url: str
    child: subprocess.Popen[bytes]
    log: Path

    @classmethod
    def begin(cls, chain: Chain, stack: ExitStack, show: Callable[[str], None]) -> Site | None:
        """Start to build and serve the site; ``stack`` ends it.

        Args:
            chain: the chain.
            stack: what ends it.
            show: called with every line that it prints once it answers.

        Returns:
            The site, which answers after `await_answer`; None when the course has none.
        """
        if not chain.course.about.pages:
            return None
        # The site is built first, and only then is its port taken: until then, the port looks free.
        port = stack.enter_context(ports.held_first(SITE_PORTS))
        child = processes.start(
            [*tool_command(), "docs", "serve", "--port", str(port)],
            cwd=chain.repository.root,
            env=dict(os.environ),
            stdout=subprocess.PIPE,
        )
        stack.callback(processes.end, child)
        site = cls(
            f"http://{HOST}:{port}/", child, chain.repository.state_folder("logs") / "site.log"
        )
        threading.Thread(
            target=site._pass_on, args=(show,), name="site-output", daemon=True
        ).start()
        return site

    def await_answer(self) -> None:
        """Wait until the first build is there.

        Raises:
            CourseError: when the site cannot be built.
        """
        problem = await_answer(self.child, self.url, _PATIENCE)
        if problem:
            raise CourseError(f"The site: {problem}.", f"Read {self.log}; then: course docs build")

    def still_there(self) -> None:
        """Look whether it still runs.

        Raises:
            CourseError: when it has ended by itself.
        """
        if self.child.poll() is not None:
            raise CourseError(
                f"The server of the site ended with code {self.child.returncode}.",
                f"Read {self.log}; then: course docs serve",
            )

    def _pass_on(self, show: Callable[[str], None]) -> None:
        assert self.child.stdout is not None
        with self.child.stdout, self.log.open("wb") as log:
            for line in self.child.stdout:
                log.write(line)
                log.flush()
                text = line.decode("utf-8", "replace").rstrip()
                # Its own address is told by the process that started it.
                if text and text != self.url:
                    show(text)
