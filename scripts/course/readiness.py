"""Waits until a server answers: the pause between two tries, and what is said if it does not."""

from __future__ import annotations

import http.client
import subprocess
import time
import urllib.error
import urllib.request

from course import processes

# What is said of a server that listens, or nothing does, until the time is up.
SILENT = "did not answer"

# Seconds for one answer, and between two tries.
_PATIENCE, _PAUSE = 5.0, 0.05


def await_answer(child: subprocess.Popen[bytes], url: str, seconds: float) -> str:
    """Wait until a server answers with a success.

    Returns:
        Why it did not; ``""`` when it did.
    """
    deadline = time.monotonic() + seconds
    said = "nothing listened"
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while time.monotonic() < deadline and not processes.stopping():
        if child.poll() is not None:
            return f"the server ended with code {child.returncode}"
        try:
            with opener.open(url, timeout=max(0.1, min(_PATIENCE, deadline - time.monotonic()))):
                return ""
        except urllib.error.HTTPError as error:
            return f"{url} answered {error.code}"
        except http.client.HTTPException as error:
            return f"{url} answered with what is not HTTP ({error!r})"
        except OSError as error:
            said = str(getattr(error, "reason", error))
        time.sleep(_PAUSE)
    return f"{url} {SILENT} within {seconds:g} s ({said})"
