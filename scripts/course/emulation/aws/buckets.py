"""S3: a bucket of a stack has its tags, by which CDK decides whether it may be emptied."""

from __future__ import annotations

from typing import Any


def tag(provisioners: Any, s3: Any) -> None:
    """Keep the tags of a bucket that a template creates."""
    handlers = provisioners._RESOURCE_HANDLERS["AWS::S3::Bucket"]
    create = handlers["create"]

    def created(logical_id: str, properties: Any, stack: str) -> Any:
        name, attributes = create(logical_id, properties, stack)
        if properties.get("Tags"):
            s3._bucket_tags[name] = {pair["Key"]: pair["Value"] for pair in properties["Tags"]}
        return name, attributes

    handlers["create"] = created
