"""The containers that the emulation starts: named so that they are found again, and private."""

from __future__ import annotations

from typing import Any

# How MiniStack's names begin.
_THEIRS = "ministack-"


def name(collection: Any, prefix: str) -> None:
    """Let every container that MiniStack makes have a name that begins with a prefix, and no port.

    What stops and cleans up knows them by that. Tasks and databases are reached on the network that
    they share; a port on the machine would be open to everybody who reaches the machine.

    Args:
        collection: the class of the client's ``containers``.
        prefix: what the names of this run begin with.
    """
    create, get = collection.create, collection.get

    def named(word: str) -> str:
        return f"{prefix}-{word.removeprefix(_THEIRS)}" if word.startswith(_THEIRS) else word

    def create_named(self: Any, image: str, command: Any = None, **settings: Any) -> Any:
        if str(settings.get("name", "")).startswith(_THEIRS):
            settings["name"] = named(settings["name"])
            settings.pop("ports", None)
        return create(self, image, command, **settings)

    def get_named(self: Any, container: str) -> Any:
        return get(self, named(container))

    collection.create, collection.get = create_named, get_named
