"""The images in object storage: a private bucket, read by URLs that expire."""

from typing import Any

from boto3.s3.transfer import TransferConfig
from storages.backends.s3 import S3Storage

# Of each image. Its name never stands for another content, so browsers need not ask again.
HEADERS = {
    "ContentType": "image/webp",
    "ContentDisposition": "inline",
    "CacheControl": "private, max-age=31536000, immutable",
}


class ImageStorage(S3Storage):
    """``S3Storage`` with the headers of our images."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            object_parameters=HEADERS,
            signature_version="s3v4",
            transfer_config=TransferConfig(use_threads=False),  # One request: no image is large.
            **options,
        )

    def url(self, name: str) -> str:
        """Return a URL that is signed here, without a request, together with the content type.

        S3 cannot send ``nosniff``. With the type in the signature, there is nothing to sniff: this
        is an image, whatever somebody has stored.
        """
        return super().url(name, parameters={"ResponseContentType": HEADERS["ContentType"]})
