"""Which images a post may have, and how they are processed before they are stored."""

from io import BytesIO
from itertools import product
from math import ceil
from uuid import uuid4

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile, File
from PIL import Image, ImageOps, PngImagePlugin

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

# Far more than real files need. A file in a million chunks, or one that repeats its scans, would
# take minutes to decode; a text chunk that unpacks to 64 MB would take as much memory.
MAX_READS = 10_000
MAX_SCANS = 100
PngImagePlugin.MAX_TEXT_MEMORY = 1024 * 1024


class LimitedReader(BytesIO):
    """The bytes of a file, which may be read a limited number of times."""

    reads = 0

    def read(self, size: int | None = -1) -> bytes:
        self.reads += 1
        if self.reads > MAX_READS:
            raise OSError("This file needs too many reads.")
        return super().read(size)


class CleanImage(ContentFile):
    """An image that we encoded ourselves, under our own name: nothing in it is from the upload."""

    @classmethod
    def from_pillow(cls, image: Image.Image) -> "CleanImage":
        """Scale an image down to the size that a page needs, and return it as WebP."""
        image = ImageOps.exif_transpose(shrink(image))
        image.thumbnail((MAX_SIDE, MAX_SIDE))
        image = image.convert("RGBA" if image.mode == "RGBa" else "RGB")
        content = BytesIO()
        # Pillow writes metadata only on request: no place, no author, no comments.
        image.save(content, "WEBP", quality=85)
        return cls(content.getvalue(), name=f"{uuid4().hex}.webp")


def shrink(image: Image.Image) -> Image.Image:
    """Return an image in RGB or, if it has transparency, RGBa, at most twice ``MAX_SIDE`` wide.

    Each conversion of an image takes as much memory again as all its pixels. So it is converted
    tile by tile, and only the reduced tile is kept.
    """
    image.draft(None, (MAX_SIDE, MAX_SIDE))  # Decodes a JPEG at 1/2, 1/4 or 1/8 of its size.
    factor = max(1, max(image.size) // MAX_SIDE)
    side = factor * ceil(1000 / factor)
    modes = ["RGBA", "RGBa"] if image.has_transparency_data else ["RGB"]
    reduced = Image.new(modes[-1], (ceil(image.width / factor), ceil(image.height / factor)))
    for left, top in product(range(0, image.width, side), range(0, image.height, side)):
        right, bottom = min(left + side, image.width), min(top + side, image.height)
        tile = image.crop((left, top, right, bottom))
        if tile.mode == "I;16":  # Converted directly, every value above 255 is white.
            tile = tile.point(lambda value: value / 256).convert("L")
        for mode in modes:
            tile = tile.convert(mode)
        reduced.paste(tile.reduce(factor), (left // factor, top // factor))
    reduced.info = image.info  # Includes the EXIF orientation.
    return reduced


def clean_upload(file: File) -> CleanImage:
    """Decode an uploaded file, and return an image that is safe to store: the first frame.

    Only the content counts; the name and the content type of the upload are ignored. Raises
    ``ValidationError`` for a file that is not an image, and for one with too many bytes or pixels.
    """
    if isinstance(file, CleanImage):
        return file
    if file.size > MAX_BYTES:
        raise ValidationError(f"This file is too large. Send {RULES}")
    file.seek(0)
    content = file.read()
    try:
        with Image.open(LimitedReader(content), formats=FORMATS) as image:
            costly = image.format == "WEBP" or image.mode == "CMYK"
            # The header has the size, so no memory is spent on pixels yet.
            if image.width * image.height > (MAX_COSTLY_PIXELS if costly else MAX_PIXELS):
                raise Image.DecompressionBombError
            if image.format in ["JPEG", "MPO"] and content.count(b"\xff\xda") > MAX_SCANS:
                raise OSError("This file has too many scans.")
            return CleanImage.from_pillow(image)
    except Image.DecompressionBombError:
        raise ValidationError(f"This image has too many pixels. Send {RULES}")
    except Exception as error:  # A corrupt file can make Pillow raise almost any exception.
        raise ValidationError(f"This file cannot be read as an image. Send {RULES}") from error
