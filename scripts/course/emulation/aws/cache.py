"""ElastiCache with TLS: the server starts in any image that has it."""

from __future__ import annotations

from typing import Any

# MiniStack's own is made for the entry point of one image. Files that it puts into a container are
# root's; {folder} is where they are.
_START = """while [ ! -e {folder}/ready ]; do sleep 0.1; done
server=$(command -v valkey-server || command -v redis-server)
exec "$server" --bind '*' --protected-mode no --dir /data "$@"
"""


def start_anywhere(elasticache: Any, collection: Any) -> None:
    """Start the server of a cache by its own name, once its certificate is there.

    Args:
        elasticache: what starts it.
        collection: the class of the client's ``containers``.
    """
    wrapper = _START.format(folder=elasticache._NODE_TLS_DIR)
    elasticache._NODE_TLS_WRAPPER = wrapper
    create = collection.create

    def created(self: Any, image: str, command: Any = None, **settings: Any) -> Any:
        if wrapper in (settings.get("entrypoint") or ()):
            settings["user"] = "0:0"
        return create(self, image, command, **settings)

    collection.create = created
