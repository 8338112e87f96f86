"""Anyone publishes a post, with a text and perhaps an image."""

import pytest

from blog.models import Post
from tests.behaviour.language import Refused
from tests.pictures import draw

HEAVY = draw("PNG").ljust(5 * 1024 * 1024 + 1, b"\0")


def test_visitor_publishes_a_post_without_an_author(visitor):
    post = visitor.publish(" One line\nand <b>another</b> & שלום 😀\n")
    assert (post.text, post.author) == ("One line\nand <b>another</b> & שלום 😀", None)
    assert visitor.post(post.id) == post


def test_member_publishes_a_post_with_an_author(site, visitor, anna):
    post = site.member(anna).publish("About herons")
    assert visitor.post(post.id).author == anna.pk


@pytest.mark.parametrize("text", ["a", "😀" * 280])
def test_text_has_1_to_280_characters(visitor, text):
    assert visitor.publish(text).text == text


@pytest.mark.parametrize("text", ["", " \n", "a" * 281, "a\0b"])
def test_any_other_text_is_refused_by_its_field(visitor, text):
    with pytest.raises(Refused, match="invalid") as refused:
        visitor.publish(text)
    assert refused.value.fields == {"text"}
    assert not Post.objects.exists()


@pytest.mark.parametrize("format", ["PNG", "JPEG", "GIF", "WEBP"])
def test_post_has_an_image_if_one_was_sent(visitor, format):
    assert visitor.publish("About herons", draw(format)).image
    assert not visitor.publish("About otters").image


@pytest.mark.parametrize(
    "image",
    [b"no image", b"", draw("BMP"), draw("PNG")[:-40], draw("PNG", (5001, 5000), "1"), HEAVY],
    ids=["text", "empty", "bmp", "short", "large", "heavy"],
)
def test_anything_else_is_refused_by_its_content_and_leaves_no_file(visitor, media, image):
    with pytest.raises(Refused, match="invalid") as refused:
        visitor.publish("About herons", image)
    assert refused.value.fields == {"image"}
    assert not Post.objects.exists()
    assert not list(media.rglob("*.*"))
