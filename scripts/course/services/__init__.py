"""The backing services of a machine without Docker: Postgres, a Redis-protocol server, a mailbox.

They are real servers out of Python wheels. `up` starts them in the background, where they outlive
the command that started them; `down` ends them; `status` says which run. All listen on 127.0.0.1
only. What they keep is under ``state`` and is still there after `down` and `up`, but for mail,
which is kept in memory as MailHog keeps it.
"""

from course.services.ledger import Running
from course.services.shared_servers import NAMES, down, status, unavailable, up

__all__ = ["NAMES", "Running", "down", "status", "unavailable", "up"]
