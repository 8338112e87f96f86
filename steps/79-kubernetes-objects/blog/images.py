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
MAX_SIDE = 2048
# In bytes, what decoding may take: four for each pixel of an image with twice that side.
MAX_MEMORY = (2 * MAX_SIDE) ** 2 * 4
# Pillow keeps a pixel of these modes in fewer than four bytes.
PIXEL_BYTES = {"1": 1, "L": 1, "P": 1, "I;16": 2}
# The decoder of WebP keeps two copies and works out transparency apart; Pillow makes two more.
WEBP_PIXEL_BYTES = 20
FORMATS = ["PNG", "JPEG", "GIF", "WEBP"]
RULES = (
    f"PNG, JPEG, GIF or WebP, at most {MAX_BYTES // 1024**2} MB and {MAX_PIXELS // 10**6} "
    f"megapixels ({MAX_MEMORY // 4 // 10**6} for a PNG in colour, "
    f"{MAX_MEMORY // WEBP_PIXEL_BYTES // 10**6} for WebP)."
)

# Far more than real files need. A file in a million chunks, or one that repeats its scans, would
# take minutes to decode; a text chunk that unpacks to 64 MB would take as much memory.
MAX_READS = 10_000
MAX_SCANS = 100
PngImagePlugin.MAX_TEXT_MEMORY = 1024 * 1024


class LimitedReader(BytesIO):
    """The bytes of a file, which may be read a limited number of times."""

    reads = end = 0  # How often, and up to which place, they have been read.

    def read(self, size: int | None = -1) -> bytes:
        self.reads += 1
        if self.reads > MAX_READS:
            raise OSError("This file needs too many reads.")
        content = super().read(size)
        self.end = max(self.end, self.tell())
        return content


class CleanImage(ContentFile):
    """An image that we encoded ourselves, under our own name: nothing in it is from the upload."""

    @classmethod
    def from_pillow(cls, image: Image.Image) -> "CleanImage":
        """Return an image as WebP, upright, in its own size: see `shrink` for that."""
        image = ImageOps.exif_transpose(image)
        content = BytesIO()
        # Pillow writes metadata only on request: no place, no author, no comments.
        image.save(content, "WEBP", quality=85)
        return cls(content.getvalue(), name=f"{uuid4().hex}.webp")


def shrink(image: Image.Image) -> Image.Image:
    """Return an image in RGB or RGBA, with no side longer than ``MAX_SIDE``.

    Each conversion of an image takes as much memory again as all its pixels. So it is converted
    tile by tile, and only the scaled tile is kept.
    """
    mode = "RGBA" if image.has_transparency_data else "RGB"
    scale = max(1, max(image.size) / MAX_SIDE)
    width, height = (max(1, round(side / scale)) for side in image.size)
    x_scale, y_scale = image.width / width, image.height / height
    small, step = Image.new(mode, (width, height)), max(1, int(1000 / scale))
    margin = ceil(2 * scale)  # The filter reads neighbours, too: no seam between two tiles.
    for left, top in product(range(0, width, step), range(0, height, step)):
        right, bottom = min(left + step, width), min(top + step, height)
        x, y = max(0, int(left * x_scale) - margin), max(0, int(top * y_scale) - margin)
        x_end = min(image.width, ceil(right * x_scale) + margin)
        y_end = min(image.height, ceil(bottom * y_scale) + margin)
        tile = image.crop((x, y, x_end, y_end))
        if tile.mode == "I;16":  # Converted directly, every value above 255 is white.
            tile = tile.point(lambda value: value / 256).convert("L")
        area = (left * x_scale - x, top * y_scale - y, right * x_scale - x, bottom * y_scale - y)
        tile = tile.convert(mode)
        tile = tile.resize((right - left, bottom - top), Image.Resampling.HAMMING, area)
        small.paste(tile, (left, top))
    small.info = image.info  # Includes the EXIF orientation.
    return small


def max_pixels(image: Image.Image, header: bytes) -> int:
    """Return how many pixels an image of this kind may have, so that ``MAX_MEMORY`` suffices.

    All that this needs is in the header of the file, so no memory is spent on pixels yet. Prepares
    a JPEG to be decoded at 1/2, 1/4 or 1/8 of its size, where that is enough.
    """
    pixels, factor = image.width * image.height, max(1, max(image.size) // MAX_SIDE)
    image.draft(None, (max(1, image.width // factor), max(1, image.height // factor)))
    pixel_bytes = WEBP_PIXEL_BYTES if image.format == "WEBP" else PIXEL_BYTES.get(image.mode, 4)
    needed = pixel_bytes * image.width * image.height / pixels
    if image.format in ["JPEG", "MPO"]:
        first_scan = header[header.rindex(b"\xff\xda") :]
        # With several scans, all values are kept, in two bytes each, until the last has been read.
        if image.info.get("progressive") or first_scan[4] < len(image.layer):
            areas = [width * height for _, width, height, _ in image.layer]
            needed += 2 * sum(areas) / max(areas)
    return int(min(MAX_PIXELS, MAX_MEMORY / needed))


def decode(content: bytes) -> Image.Image:
    """Return the image that a file contains, shrunk. The pixels of the file are freed."""
    reader = LimitedReader(content)
    with Image.open(reader, formats=FORMATS) as image:
        # `Image.open` has read the header, and of a JPEG that of its first scan, too.
        pixels = image.width * image.height  # First: `max_pixels` can make a JPEG smaller.
        if pixels > (most := max_pixels(image, content[: reader.end])):
            raise ValidationError(
                f"This image has too many pixels: {pixels / 10**6:.1f} megapixels, and its kind "
                f"may have {most // 10**5 / 10}. Make it smaller, or send {RULES}"
            )
        if image.format in ["JPEG", "MPO"] and content.count(b"\xff\xda") > MAX_SCANS:
            raise OSError("This file has too many scans.")
        return shrink(image)


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
    try:
        return CleanImage.from_pillow(decode(file.read()))
    except ValidationError as error:
        message = error.message
    except Image.DecompressionBombError:
        message = f"This image has too many pixels. Send {RULES}"
    except Exception:  # A corrupt file can make Pillow raise almost any exception.
        message = f"This file cannot be read as an image. Send {RULES}"
    # Raised out here, it does not keep the first error, whose traceback would keep all pixels.
    raise ValidationError(message)
