"""Authors edit and delete their own posts."""

from functools import partial

import pytest

from tests.behaviour.language import Refused
from tests.pictures import draw


@pytest.fixture
def author(site, anna):
    return site.member(anna)


@pytest.fixture
def post(author):
    return author.publish("About herons", draw())


def files(media):
    return list(media.rglob("*.webp"))


def test_author_changes_the_text_and_the_image_stays(author, visitor, post, media):
    image = files(media)
    assert author.edit(post.id, text=" About otters ").text == "About otters"
    changed = visitor.post(post.id)
    assert (changed.text, changed.author, changed.image) == ("About otters", post.author, True)
    assert files(media) == image


def test_author_replaces_the_image_and_takes_it_away(author, visitor, post, media, run_on_commit):
    image = files(media)
    with run_on_commit():
        author.edit(post.id, image=draw("GIF"))
    assert visitor.post(post.id) == post
    assert len(files(media)) == 1 and files(media) != image
    with run_on_commit():
        author.edit(post.id, image=None)
    assert not visitor.post(post.id).image
    assert not files(media)


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("text", {"text": " "}),
        ("text", {"text": "a" * 281, "image": None}),
        ("image", {"text": "About otters", "image": b"no image"}),
    ],
)
def test_wrong_change_is_refused_by_its_field_and_changes_nothing(
    author, visitor, post, media, run_on_commit, field, changes
):
    image = files(media)
    with run_on_commit(), pytest.raises(Refused, match="invalid") as refused:
        author.edit(post.id, **changes)
    assert refused.value.fields == {field}
    assert visitor.post(post.id) == post
    assert files(media) == image


def test_post_is_deleted_with_its_image(author, visitor, post, media, run_on_commit):
    with run_on_commit():
        author.delete(post.id)
    assert visitor.posts().posts == []
    assert not files(media)


def test_post_that_is_gone_is_neither_changed_nor_deleted_nor_liked(author, post):
    author.delete(post.id)
    edit = partial(author.edit, text="About otters")
    for act in [author.post, edit, author.delete, author.like, author.unlike]:
        with pytest.raises(Refused, match="missing"):
            act(post.id)
