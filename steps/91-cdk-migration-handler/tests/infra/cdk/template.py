"""Read a template of CloudFormation."""

import json
from pathlib import Path
from typing import Any


class Template:
    """The resources of a stack, by their type."""

    def __init__(self, path: Path) -> None:
        self.text = path.read_text()
        self.resources: dict[str, dict[str, Any]] = json.loads(self.text)["Resources"]

    def all(self, kind: str) -> dict[str, dict[str, Any]]:
        """Return the properties of all resources of a type, by their ids: ``"EC2::VPC"``."""
        return {
            id: resource.get("Properties", {})
            for id, resource in self.resources.items()
            if resource["Type"] in (f"AWS::{kind}", kind)
        }

    def one(self, kind: str, name: str = "") -> dict[str, Any]:
        """Return the properties of the only resource of a type whose id has this name."""
        return self.resources[self.id(kind, name)]["Properties"]

    def id(self, kind: str, name: str = "") -> str:
        """Return the id of the only resource of a type whose id has this name."""
        (id,) = [id for id in self.all(kind) if name in id]
        return id
