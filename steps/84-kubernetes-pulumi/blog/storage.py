"""The images in object storage: a private bucket, read by URLs that expire."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from storages.backends.s3 import S3Storage

from blog.exceptions import StorageUnavailable

logger = logging.getLogger(__name__)

# A visitor waits for the upload of an image: two attempts within these limits, in seconds. Each
# waits at most one second more, for the "100 Continue" of S3.
LIMITS = Config(
    connect_timeout=1, read_timeout=4, retries={"mode": "standard", "total_max_attempts": 2}
)
# Of each image. Its name never stands for another content, so browsers need not ask again.
HEADERS = {
    "ContentType": "image/webp",
    "ContentDisposition": "inline",
    "CacheControl": "private, max-age=31536000, immutable",
}


def translate_errors(method: Callable[..., Any]) -> Callable[..., Any]:
    """Make a method raise ``StorageUnavailable`` for all errors of S3 and of its client."""

    @wraps(method)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        try:
            return method(*args, **kwargs)
        except (Boto3Error, BotoCoreError, ClientError) as error:
            logger.error("The storage of the images is unavailable: %s", error)
            raise StorageUnavailable from error

    return wrapper


class ImageStorage(S3Storage):
    """``S3Storage`` with the headers of our images, and with limits for every wait."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            object_parameters=HEADERS,
            signature_version="s3v4",
            transfer_config=TransferConfig(use_threads=False),  # One request: no image is large.
            **options,
        )
        self.client_config = self.client_config.merge(LIMITS)

    # Two images never have one name, so nothing asks S3 first whether there is one already.
    _save = translate_errors(S3Storage._save)
    delete = translate_errors(S3Storage.delete)

    @translate_errors
    def url(self, name: str) -> str:
        """Return a URL that is signed here, without a request, together with the content type.

        S3 cannot send ``nosniff``. With the type in the signature, there is nothing to sniff: this
        is an image, whatever somebody has stored.
        """
        return super().url(name, parameters={"ResponseContentType": HEADERS["ContentType"]})
