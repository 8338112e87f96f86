"""Which images a post may have, and how they are processed before they are stored."""

from io import BytesIO
from uuid import uuid4

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile, File
from PIL import Image, ImageOps

MAX_BYTES = 5 * 1024 * 1024
MAX_PIXELS = 25_000_000
# The decoders of WebP and CMYK keep several copies of all pixels.
MAX_COSTLY_PIXELS = 6_000_000
MAX_SIDE = 2048
FORMATS = ["PNG", "JPEG", "GIF", "WEBP"]
RULES = (
    f"PNG, JPEG, GIF or WebP, at most {MAX_BYTES // 1024**2} MB and {MAX_PIXELS // 10**6} "
    f"megapixels ({MAX_COSTLY_PIXELS // 10**6} for WebP and CMYK)."
)


class CleanImage(ContentFile):
    """An image that we encoded ourselves, under our own name: nothing in it is from the upload."""

    @classmethod
    def from_pillow(cls, image: Image.Image) -> "CleanImage":
        """Scale an image down to the size that a page needs, and return it as WebP."""
        if image.mode == "I;16":  # Converted directly, every value above 255 is white.
            image = image.point(lambda value: value / 256).convert("L")
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
        image.thumbnail((MAX_SIDE, MAX_SIDE))
        content = BytesIO()
        # Pillow writes metadata only on request: no place, no author, no comments.
        image.save(content, "WEBP", quality=85)
        return cls(content.getvalue(), name=f"{uuid4().hex}.webp")


def clean_upload(file: File) -> CleanImage:
    """Decode an uploaded file, and return an image that is safe to store: the first frame.

    Only the content counts; the name and the content type of the upload are ignored. Raises
    ``ValidationError`` for a file that is not an image, and for one with too many bytes or pixels.
    """
    if isinstance(file, CleanImage):
        return file
    if file.size > MAX_BYTES:
        raise ValidationError(f"This file is too large. Send {RULES}")
    try:
        with Image.open(file, formats=FORMATS) as image:
            costly = image.format == "WEBP" or image.mode == "CMYK"
            # The header has the size, so no memory is spent on pixels yet.
            if image.width * image.height > (MAX_COSTLY_PIXELS if costly else MAX_PIXELS):
                raise Image.DecompressionBombError
            return CleanImage.from_pillow(ImageOps.exif_transpose(image))
    except Image.DecompressionBombError:
        raise ValidationError(f"This image has too many pixels. Send {RULES}")
    except Exception as error:  # A corrupt file can make Pillow raise almost any exception.
        raise ValidationError(f"This file cannot be read as an image. Send {RULES}") from error
