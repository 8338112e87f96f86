"""ECR: an image that is not there is an error, and not an empty list; CDK builds it then."""

from __future__ import annotations

from typing import Any


def refuse_missing(ecr: Any) -> None:
    """Let ``DescribeImages`` fail for an image that nobody pushed, as AWS does."""
    describe = ecr._describe_images

    def described(data: Any) -> Any:
        wanted, repository = data.get("imageIds") or [], data.get("repositoryName")
        if wanted and repository in ecr._repositories:
            if not any(ecr._find_image(repository, image) for image in wanted):
                text = f"the image {wanted} does not exist"
                return ecr.error_response_json("ImageNotFoundException", text, 400)
        return describe(data)

    for table in list(vars(ecr).values()):
        if isinstance(table, dict) and table.get("DescribeImages") is describe:
            table["DescribeImages"] = described
    ecr._describe_images = described
