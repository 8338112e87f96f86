"""Posts with images: which files are accepted, and what is stored of them."""

import re
from io import BytesIO
from weakref import ref

import pytest
from django.core.exceptions import ValidationError
from PIL import ExifTags, Image, ImageFile
from pytest_django.asserts import assertContains, assertNotContains

from blog import images
from blog.models import Post
from tests.factories import PostFactory
from tests.pictures import draw, upload

pytestmark = pytest.mark.django_db

# One colour after the other, each in a scan of its own, though not progressive.
GREY = draw("JPEG", mode="L")
FRAME, SCAN = GREY.index(b"\xff\xc0"), GREY.index(b"\xff\xda")
COLOURS = b"\3" + b"".join(bytes([colour, 0x11, 0]) for colour in (1, 2, 3))
SEPARATE = GREY[:FRAME] + b"\xff\xc0\0\x11" + GREY[FRAME + 4 : FRAME + 9] + COLOURS
SEPARATE += GREY[FRAME + 13 : SCAN] + b"".join(
    GREY[SCAN : SCAN + 5] + bytes([colour]) + GREY[SCAN + 6 : -2] for colour in (1, 2, 3)
)

NEW = "/fbv/posts/new/"
SCANS = draw("JPEG", progressive=True)
# Two pictures in one file, as some cameras make it: Pillow gives it a format of its own.
PAIR = draw("MPO", save_all=True, append_images=[Image.new("RGB", (40, 30))])
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def files(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def publish(client, content, name="picture.png"):
    return client.post(NEW, {"text": "About herons", "image": upload(content, name)})


def exif(**tags):
    """Return metadata for a picture, with the given tags and a GPS position."""
    metadata = Image.Exif()
    metadata.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (52.0, 31.0, 12.0)
    metadata.update({ExifTags.Base[name]: value for name, value in tags.items()})
    return metadata


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (draw("PNG"), "heron.png"),
        (draw("JPEG"), "heron.jpg"),
        (draw("GIF"), "heron.gif"),
        (draw("WEBP"), "heron.webp"),
        (draw("JPEG"), "../../heron.png.html"),
        (draw("PNG"), "heron" * 60),
        (draw("PNG", mode="I;16"), "deep"),
        (draw("JPEG", mode="CMYK"), "print"),
        (draw("GIF", save_all=True, append_images=[Image.new("RGB", (40, 30))]), "moving"),
    ],
)
def test_image_is_accepted_by_content_and_stored_under_a_new_name(client, media, content, name):
    publish(client, content, name)
    (path,) = files(media)
    assert re.fullmatch(r"posts/[0-9a-f]{32}\.webp", path.relative_to(media).as_posix())
    with Image.open(path) as image:
        assert (image.format, image.size) == ("WEBP", (40, 30))


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"just text", "cannot be read as an image"),
        (SVG, "cannot be read as an image"),
        (draw("BMP"), "cannot be read as an image"),
        (draw("PNG", (400, 300))[:-40], "cannot be read as an image"),
        (draw("JPEG", (400, 300))[:-300], "cannot be read as an image"),
        (draw("PNG", (5001, 5000), "1"), "25.0 megapixels, and its kind may have 25.0"),
        (draw("PNG", (4100, 4100)), "16.8 megapixels, and its kind may have 16.7"),
        (draw("WEBP", (2100, 2100)), "4.4 megapixels, and its kind may have 3.3"),
        (draw("JPEG", (2400, 2400), "CMYK", progressive=True), "its kind may have 5.5"),
        (draw("GIF").replace(b"\x28\0\x1e\0", b"\xff" * 4), "too many pixels"),
        (draw("PNG").ljust(5 * 1024 * 1024 + 1, b"\0"), "too large"),
        (draw("GIF", comment=b"a" * 2_000_000), "cannot be read as an image"),
        (SCANS[:-2] + SCANS[SCANS.rindex(b"\xff\xda") : -2] * 100, "cannot be read as an image"),
        (PAIR + b"\xff\xda" * 101, "cannot be read as an image"),
        (b"", "The submitted file is empty."),
    ],
    ids="text svg bmp png jpeg large rgb webp scanned bomb heavy pieces scans pair empty".split(),
)
def test_anything_else_is_an_error_beside_its_field_and_leaves_no_file(
    client, media, content, error
):
    response = publish(client, content)
    assertContains(response, 'id="id_image_error"', status_code=400)
    assertContains(response, error, status_code=400)
    assert not Post.objects.exists()
    assert not files(media)


@pytest.mark.parametrize(
    ("content", "most"),
    [
        (draw("PNG"), 16_777_216),
        (draw("PNG", mode="L"), 25_000_000),
        (draw("PNG", mode="I;16"), 25_000_000),
        (draw("WEBP"), 3_355_443),
        (draw("JPEG"), 16_777_216),
        (draw("JPEG", (4200, 30)), 25_000_000),
        (draw("JPEG", progressive=True), 9_586_980),
        (draw("JPEG", mode="CMYK", progressive=True), 5_592_405),
        (SEPARATE + b"\xff\xd9", 6_710_886),
    ],
)
def test_image_may_have_as_many_pixels_as_there_is_memory_to_decode_it(content, most):
    with Image.open(BytesIO(content)) as image:
        assert images.max_pixels(image, content) == most


@pytest.mark.parametrize("content", [draw("JPEG", (6000, 4000)), draw("WEBP", (2048, 1638))])
def test_image_at_its_limit_is_accepted(content):
    assert images.clean_upload(upload(content)).size


def test_image_with_too_many_pixels_is_refused_before_it_is_decoded(monkeypatch):
    monkeypatch.setattr(ImageFile.ImageFile, "load", None)
    with pytest.raises(ValidationError, match="too many pixels"):
        images.clean_upload(upload(draw("PNG", (5001, 5000), "1")))


def test_every_error_is_shown_at_once_and_a_wrong_text_leaves_no_file_either(client, media):
    response = client.post(NEW, {"text": "", "image": upload(b"no image")})
    assertContains(response, 'enctype="multipart/form-data"', status_code=400)
    assertContains(response, 'id="id_text_error"', status_code=400)
    assertContains(response, 'id="id_image_error"', status_code=400)
    assert client.post(NEW, {"text": "", "image": upload(draw())}).status_code == 400
    assert not files(media)


def test_nothing_but_the_pixels_is_kept(client, media):
    script = b"<script>alert(1)</script>"
    publish(client, draw("JPEG", exif=exif(Make="A camera"), comment=script, icc_profile=script))
    publish(client, draw("GIF", comment=script) + script)
    for path in files(media):
        with Image.open(path) as image:
            assert not image.info.keys() & {"exif", "xmp", "comment", "icc_profile"}
        assert not re.search(rb"script|camera", path.read_bytes())
    assert len(files(media)) == 2


def test_photograph_is_turned_as_it_was_taken_and_large_ones_shrink(client, media):
    publish(client, draw("JPEG", (3000, 1500), exif=exif(Orientation=6)))
    (path,) = files(media)
    with Image.open(path) as image:
        assert image.size == (1024, 2048)


def test_transparent_image_stays_transparent(client, media):
    publish(client, draw("PNG", mode="RGBA", colour=(255, 0, 0, 0)))
    (path,) = files(media)
    with Image.open(path) as image:
        assert image.getpixel((20, 15))[3] == 0


@pytest.mark.parametrize("options", [{}, {"transparency": 0}])
def test_sixteen_bits_become_eight_from_dark_to_light(client, media, options):
    ramp = Image.linear_gradient("L").convert("I").point(lambda value: value * 257)
    content = BytesIO()
    ramp.convert("I;16").save(content, "PNG", **options)
    publish(client, content.getvalue())
    (path,) = files(media)
    with Image.open(path) as image:
        light = [image.convert("L").getpixel((128, y)) for y in range(8, 256)]
    assert all(abs(shown - y) < 6 for y, shown in enumerate(light, 8))


def test_large_image_is_converted_in_small_parts(monkeypatch):
    parts, convert = [], Image.Image.convert

    def spy(image, *args, **options):
        parts.append(image.width * image.height)
        return convert(image, *args, **options)

    monkeypatch.setattr(Image.Image, "convert", spy)
    images.clean_upload(upload(draw("PNG", (5000, 2000), "P")))
    assert len(parts) > 8 and max(parts) < 1_200_000


def test_pixels_of_a_file_are_free_before_its_image_is_encoded(monkeypatch):
    opened, left, shrink, encode = [], [], images.shrink, images.CleanImage.from_pillow

    def spy(image):
        opened.append(ref(image))
        return shrink(image)

    def look(image):
        left.extend(pixels() for pixels in opened)
        return encode(image)

    monkeypatch.setattr(images, "shrink", spy)
    monkeypatch.setattr(images.CleanImage, "from_pillow", look)
    images.clean_upload(upload(draw()))
    assert left == [None]
    with pytest.raises(ValidationError) as refused:
        images.clean_upload(upload(draw("PNG", (400, 300))[:-40]))
    assert refused and opened[1]() is None  # Though the error is kept, with its traceback.


def test_large_image_keeps_its_picture_and_its_transparency(client, media):
    image = Image.new("LA", (5000, 2100), (255, 0))
    image.paste((50, 255), (2500, 0, 5000, 2100))
    content = BytesIO()
    image.save(content, "PNG")
    publish(client, content.getvalue())
    (path,) = files(media)
    with Image.open(path) as image:
        assert image.size == (2048, 860)
        for y in range(0, 860, 50):
            assert image.getpixel((1000, y))[3] == 0
            assert image.getpixel((1050, y)) == (50, 50, 50, 255)


def test_pages_show_the_image_of_a_post_that_has_one(client):
    PostFactory()
    assertNotContains(client.get("/fbv/posts/"), "<img")
    publish(client, draw())
    post = Post.objects.newest()[0]
    for page in ["/fbv/posts/", f"/fbv/posts/{post.pk}/"]:
        assertContains(client.get(page), f'src="/media/{post.image.name}"', count=1)


def test_staff_give_a_post_an_image_and_keep_it(admin_client, media):
    image = upload(draw("JPEG"), "heron" * 50)  # Longer than the column: it is not kept.
    admin_client.post("/admin/blog/post/add/", {"text": "A", "image": image})
    (path,) = files(media)
    assert path.suffix == ".webp"
    page = f"/admin/blog/post/{Post.objects.get().pk}/change/"
    admin_client.post(page, {"text": "B", "image": ""})
    post = Post.objects.get()
    assert (post.text, post.image.path) == ("B", str(path))
