"""The post model, in Python and in the database."""

import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import DatabaseError
from django.utils import timezone

from blog.models import Post
from tests.factories import PostFactory

pytestmark = pytest.mark.django_db

TEXTS = ["a", "😀" * 280, "<script>", "one\ntwo", "שלום", "Ça alors !"]


@pytest.mark.parametrize("text", TEXTS)
def test_text_of_1_to_280_characters_is_kept_as_it_is(text):
    post = Post(text=text)
    post.full_clean()
    post.save()
    assert Post.objects.get().text == text


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (" one\r\ntwo\rthree\n", "one\ntwo\nthree"),
        ("a\r\n" * 139 + "ab", "a\n" * 139 + "ab"),
        ("e\u0301" * 280, "é" * 280),
    ],
)
def test_text_is_kept_in_its_normal_form(sent, kept):
    post = Post(text=sent)
    post.full_clean()
    assert post.text == kept


@pytest.mark.parametrize("text", ["", " \n", "a" * 281, "e\u0301" * 1000, "a\0b", "a\ud800b"])
def test_any_other_text_is_refused(text):
    with pytest.raises(ValidationError) as refused:
        Post(text=text).clean_fields()
    assert refused.value.message_dict.keys() == {"text"}


@pytest.mark.parametrize(
    ("text", "says"),
    [("", "post_text_length"), ("a" * 281, "too long for type character varying")],
)
def test_database_itself_refuses_a_text_of_another_length(text, says):
    with pytest.raises(DatabaseError, match=says):
        Post.objects.bulk_create([Post(text=text)])


def test_post_knows_when_it_was_written_and_needs_no_author():
    before = timezone.now()
    post = PostFactory()
    post.full_clean()
    assert before <= post.created_at <= timezone.now()
    assert post.author is None


def test_posts_of_an_author_outlive_the_account():
    author = get_user_model().objects.create_user("anna@mublog.example")
    post = PostFactory(author=author)
    author.delete()
    post.refresh_from_db()
    assert post.author is None


def test_newest_comes_first():
    posts = PostFactory.create_batch(3)
    assert list(Post.objects.newest()) == posts[::-1]


def test_str_is_the_beginning_of_the_text():
    assert str(Post(text="short")) == "short"
    assert str(Post(text="long " * 50)) == ("long " * 50)[:49] + "…"
