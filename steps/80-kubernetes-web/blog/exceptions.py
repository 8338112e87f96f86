"""What can go wrong in the blog, beyond the exceptions of Django."""


class StorageUnavailable(OSError):
    """Raised if the images cannot be reached, or a change of them is refused."""
