"""The configuration of gunicorn, the web server; `gunicorn config.wsgi` reads it in this folder.

What each setting means: https://gunicorn.org/reference/settings/. The number of processes comes
from WEB_CONCURRENCY and the port from PORT; gunicorn reads both by itself.
"""

import os
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from gunicorn import glogging
from gunicorn.config import Config

# A thread that waits for a client or for the database leaves the processor to the others. Each has
# a database connection of its own.
worker_class = "gthread"
threads = 8

# Import the application once, before the processes are forked: if it cannot start, gunicorn ends.
# Otherwise, each process would end alone, and gunicorn would start another one, for ever.
preload_app = True

# All times are in seconds, and each of these is longer than the one before. A query of a page:
os.environ.setdefault("STATEMENT_TIMEOUT", "5")
# A process that does not report within this time is killed. It is no limit for requests: a process
# also reports while its threads wait.
timeout = 20
# After SIGTERM, this is how long requests that have begun may take. Allow more before SIGKILL.
graceful_timeout = 30

# Longer than a load balancer keeps an idle connection, which is 60 seconds on AWS. Otherwise it
# would send requests on connections that are being closed here.
keepalive = 75

# Each process reports by the timestamp of a file. In memory, no busy disk delays it.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None
# By default, a socket in the home folder controls gunicorn. Signals are enough.
control_socket_disable = True

# Query strings, referrers and network addresses are left out, because they may reveal secrets.
accesslog = "-"
access_log_format = "%(m)s %(U)s %(s)s %(b)s bytes %(L)s s"
# Successful responses below these paths are not logged: there are too many of them.
QUIET = ("/health/", "/static/")


class Logger(glogging.Logger):
    """Passes all events to the handler of ``LOGGING``, which formats and redacts them."""

    def setup(self, cfg: Config) -> None:
        super().setup(cfg)
        for logger in [self.error_log, self.access_log]:
            logger.handlers.clear()
            logger.propagate = True

    def access(self, resp: Any, req: Any, environ: dict[str, Any], request_time: timedelta) -> None:
        if resp.status_code >= 400 or not environ["PATH_INFO"].startswith(QUIET):
            super().access(resp, req, environ, request_time)

    def atoms(
        self, resp: Any, req: Any, environ: dict[str, Any], request_time: timedelta
    ) -> dict[str, Any]:
        """Return what the format can name; the path is encoded, so it contains no line break."""
        path = quote(environ["PATH_INFO"].encode("latin-1"))
        return super().atoms(resp, req, environ, request_time) | {"U": path}


logger_class = Logger
