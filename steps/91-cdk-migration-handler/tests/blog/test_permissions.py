"""Who may change and delete a post, and what happens to the post and its image."""

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from blog import images
from blog.models import Post
from blog.permissions import can_change_post
from blog.services import delete_post, edit_post, publish_post
from tests.pictures import draw, upload

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna():
    return get_user_model().objects.create_user("anna@mublog.example")


@pytest.fixture
def post(anna):
    return publish_post(text="About herons", author=anna, image=upload(draw()))


def files(media):
    return [f"posts/{path.name}" for path in media.rglob("*") if path.is_file()]


def test_author_changes_what_is_named_and_the_rest_stays(anna, post):
    changed = edit_post(post=post, user=anna, text=" About otters\n")
    assert (changed.text, changed.author, changed.image) == ("About otters", anna, post.image)
    assert edit_post(post=post, user=anna, image=None).text == "About otters"
    assert Post.objects.values_list("text", "image").get() == ("About otters", "")


@pytest.mark.parametrize("image", [None, upload(draw("GIF"))])
def test_image_is_deleted_after_the_commit(anna, post, media, image, run_on_commit):
    with run_on_commit():
        changed = edit_post(post=post, user=anna, image=image)
        assert post.image.name in files(media)
    assert files(media) == ([changed.image.name] if image else [])


@pytest.mark.parametrize(
    "wrong", [{"text": "a" * 281}, {"text": " "}, {"image": upload(b"no image")}]
)
def test_change_that_is_refused_changes_nothing_and_leaves_no_file(anna, post, media, wrong):
    with pytest.raises(ValidationError) as refused:
        edit_post(post=post, user=anna, **{"text": "New", "image": upload(draw())} | wrong)
    assert refused.value.message_dict.keys() == wrong.keys()
    assert Post.objects.values_list("text", "image").get() == (post.text, post.image.name)
    assert (post.text, files(media)) == ("About herons", [post.image.name])


def test_change_that_the_database_refuses_leaves_the_old_file_alone(anna, post, media):
    def refuse(execute, sql, *arguments):
        assert not sql.startswith("UPDATE"), "refused"
        return execute(sql, *arguments)

    for image in [{}, {"image": upload(draw("GIF"))}]:
        with connection.execute_wrapper(refuse), pytest.raises(AssertionError, match="refused"):
            edit_post(post=post, user=anna, text="New", **image)
        assert files(media) == [post.image.name]


def test_author_deletes_a_post_and_its_image(anna, post, media, run_on_commit):
    with run_on_commit():
        delete_post(post=post, user=anna)
    assert not Post.objects.exists() and not files(media)


@pytest.mark.parametrize("who", ["visitor", "another", "staff", "inactive", "no author"])
def test_nobody_else_changes_or_deletes_it(anna, post, who):
    users = get_user_model().objects
    if who == "no author":
        user, post.author = anna, None
        post.save()
    elif who == "inactive":
        user, anna.is_active = anna, False
    elif who == "staff":
        user = users.create_superuser("root@mublog.example")
    else:
        user = AnonymousUser() if who == "visitor" else users.create_user("b@mublog.example")
    assert not can_change_post(user, post)
    with pytest.raises(PermissionDenied):
        edit_post(post=post, user=user, text="Mine", image=None)
    with pytest.raises(PermissionDenied):
        delete_post(post=post, user=user)
    assert Post.objects.values_list("text", "image").get() == (post.text, post.image.name)


def test_unsaved_user_is_not_the_author_of_a_post_without_author():
    assert not can_change_post(get_user_model()(), Post(text="A visitor's"))


def test_current_author_in_the_database_decides(anna, post):
    Post.objects.update(author=get_user_model().objects.create_user("berta@mublog.example"))
    with pytest.raises(PermissionDenied):
        delete_post(post=post, user=anna)


def test_post_that_is_gone_cannot_be_changed_and_does_not_come_back(anna, post):
    Post.objects.all().delete()
    with pytest.raises(Post.DoesNotExist):
        edit_post(post=post, user=anna, text="Back again")
    with pytest.raises(Post.DoesNotExist):
        delete_post(post=post, user=anna)
    assert not Post.objects.exists()


def test_post_is_locked_before_it_is_read(anna, post):
    with CaptureQueriesContext(connection) as queries:
        delete_post(post=post, user=anna)
    assert "FOR UPDATE" in next(q["sql"] for q in queries if "SELECT" in q["sql"])


@pytest.fixture
def decoded(monkeypatch):
    """Whether the database was locked, for each image that is decoded."""
    decoded, decode = [], images.CleanImage.from_pillow

    def spy(image):
        decoded.append(connection.in_atomic_block)
        return decode(image)

    monkeypatch.setattr(images.CleanImage, "from_pillow", spy)
    return decoded


@pytest.mark.django_db(transaction=True)
def test_image_is_decoded_before_the_database_is_locked_and_once(anna, decoded):
    post = publish_post(text="About herons", author=anna, image=upload(draw()))
    edit_post(post=post, user=anna, image=upload(draw("GIF")))
    assert decoded == [False, False]


def test_image_is_not_decoded_without_permission(post, decoded):
    with pytest.raises(PermissionDenied):
        edit_post(post=post, user=AnonymousUser(), image=upload(draw()))
    assert decoded == []
