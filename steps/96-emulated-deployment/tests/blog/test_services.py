"""The services of the blog."""

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError

from blog.models import Post
from blog.services import publish_post
from tests.pictures import draw, upload

pytestmark = pytest.mark.django_db


def test_post_of_a_user_has_its_author():
    anna = get_user_model().objects.create_user("anna@mublog.example")
    post = publish_post(text=" About herons\n", author=anna)
    assert Post.objects.get() == post
    assert (post.text, post.author) == ("About herons", anna)


def test_post_of_a_visitor_has_no_author():
    assert publish_post(text="About herons", author=AnonymousUser()).author is None


@pytest.mark.parametrize("text", ["", " \n", "a" * 281, "a\0b", "a\udfffb"])
def test_wrong_text_is_refused_by_field_and_not_stored(text):
    with pytest.raises(ValidationError) as refused:
        publish_post(text=text, author=AnonymousUser())
    assert refused.value.message_dict.keys() == {"text"}
    assert not Post.objects.exists()


def test_publishing_takes_one_statement(django_assert_num_queries):
    with django_assert_num_queries(3):  # Plus the savepoint around it, set and released.
        publish_post(text="About herons", author=AnonymousUser())


def test_post_keeps_a_valid_image_and_an_invalid_one_is_refused_by_field(media):
    post = publish_post(text="A", author=AnonymousUser(), image=upload(draw()))
    assert post.image.name.startswith("posts/")
    with pytest.raises(ValidationError) as refused:
        publish_post(text="B", author=AnonymousUser(), image=upload(b"no image"))
    assert refused.value.message_dict.keys() == {"image"}
    assert Post.objects.get() == post


def test_post_that_the_database_refuses_leaves_no_file(media):
    gone = get_user_model().objects.create_user("anna@mublog.example")
    gone.pk = "no number"
    with pytest.raises(ValueError, match="expected a number"):
        publish_post(text="A", author=gone, image=upload(draw()))
    assert not [path for path in media.rglob("*") if path.is_file()]
