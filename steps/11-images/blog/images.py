"""What an image of a post must be, and what becomes of it before it is stored."""

from io import BytesIO
from uuid import uuid4

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile, File
from PIL import Image, ImageOps

MAX_BYTES = 5 * 1024 * 1024
MAX_PIXELS = 25_000_000
# The decoders of WebP, and of the four colours of print, keep several copies of all pixels.
MAX_COSTLY_PIXELS = 6_000_000
MAX_SIDE = 2048
FORMATS = ["PNG", "JPEG", "GIF", "WEBP"]
RULE = (
    f"PNG, JPEG, GIF or WebP, at most {MAX_BYTES // 1024**2} MB and {MAX_PIXELS // 10**6} "
    f"megapixels ({MAX_COSTLY_PIXELS // 10**6} for WebP and CMYK)."
)


class CleanImage(ContentFile):
    """An image of our own making, under a name of our own: nothing in it came from elsewhere."""

    @classmethod
    def of(cls, image: Image.Image) -> "CleanImage":
        """Return the pixels of an image, scaled down to what a page needs, as WebP."""
        if image.mode == "I;16":  # Converted as it is, all above 255 would be white.
            image = image.point(lambda value: value / 256).convert("L")
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
        image.thumbnail((MAX_SIDE, MAX_SIDE))
        content = BytesIO()
        # Not asked to, Pillow writes nothing else: not where it was taken, by whom, nor comments.
        image.save(content, "WEBP", quality=85)
        return cls(content.getvalue(), name=f"{uuid4().hex}.webp")


def clean(file: File) -> CleanImage:
    """Return what may be stored of a file that somebody sent; of an animation, the first picture.

    The content says what it is; the name and the type that came with it say nothing. Raises
    ``ValidationError`` for what is no image, and for more bytes or pixels than allowed.
    """
    if isinstance(file, CleanImage):
        return file
    if file.size > MAX_BYTES:
        raise ValidationError(f"This file is too large. Send {RULE}")
    try:
        with Image.open(file, formats=FORMATS) as image:
            costly = image.format == "WEBP" or image.mode == "CMYK"
            # Known from the first bytes, before memory is spent on any pixel.
            if image.width * image.height > (MAX_COSTLY_PIXELS if costly else MAX_PIXELS):
                raise Image.DecompressionBombError
            return CleanImage.of(ImageOps.exif_transpose(image))
    except Image.DecompressionBombError:
        raise ValidationError(f"This image has too many pixels. Send {RULE}")
    except Exception as error:  # A broken file makes Pillow raise nearly anything.
        raise ValidationError(f"This file cannot be read as an image. Send {RULE}") from error
