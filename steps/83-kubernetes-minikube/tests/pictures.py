"""Draws the pictures for tests."""

from io import BytesIO

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image


def draw(format="PNG", size=(40, 30), mode="RGB", colour="white", **options):
    """Return a picture as the bytes of a file; the options are Pillow's for the format."""
    content = BytesIO()
    Image.new(mode, size, colour).save(content, format, **options)
    return content.getvalue()


def upload(content, name="picture.png"):
    """Return the bytes of a file as an upload."""
    return SimpleUploadedFile(name, content)
