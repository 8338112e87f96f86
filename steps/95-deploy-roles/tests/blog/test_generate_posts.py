"""The command that generates demo posts."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.core.management import CommandError, call_command
from django.utils import timezone
from PIL import Image

from blog.models import Post


def made_up(count, **options):
    """Generate posts, and return them."""
    last = Post.objects.count()
    call_command("generate_posts", count, **options)
    return list(Post.objects.order_by("pk")[last:])


@pytest.mark.django_db
def test_as_many_posts_as_asked_for_are_made_in_few_queries(capsys, django_assert_max_num_queries):
    with django_assert_max_num_queries(40):
        posts = made_up(1234)
    assert len(posts) == 1234
    assert capsys.readouterr().out == "Published 1234 posts.\n"


@pytest.mark.django_db
def test_posts_are_valid_and_differ_and_seem_to_come_one_after_another():
    posts = made_up(100, images=1, seed=1)
    for post in posts:
        post.full_clean()
    assert len({post.text for post in posts}) > 80
    times = [post.created_at for post in posts]
    assert times == sorted(times) and times[-1] <= timezone.now()


@pytest.mark.django_db
def test_same_seed_makes_the_same_posts():
    one, same, other = (
        [(p.text, p.author, set(p.likes.values_list("user"))) for p in made_up(9, seed=n)]
        for n in (1, 1, 2)
    )
    assert one == same != other


@pytest.mark.django_db
def test_some_posts_have_authors_without_a_usable_password():
    authors = {post.author for post in made_up(100, images=1, seed=1)}
    assert None in authors
    users = get_user_model().objects.all()
    assert authors - {None} == set(users)
    assert not any(user.has_usable_password() or user.is_staff for user in users)


@pytest.mark.django_db
def test_some_posts_are_liked_by_some_users():
    made_up(100, images=1, seed=1)
    counts = {post.like_count for post in Post.objects.with_likes(AnonymousUser())}
    assert counts == {0, 1, 2, 3, 5, 8}


@pytest.mark.django_db
def test_as_many_images_as_asked_for_are_drawn_for_the_newest_posts(media):
    posts = made_up(30, images=4, seed=1)
    pictured = [number for number, post in enumerate(posts) if post.image]
    assert pictured == [18, 21, 24, 27]
    drawings = set()
    for path in media.rglob("*.webp"):
        with Image.open(path) as image:
            assert image.size == (960, 600)
            drawings.add(image.tobytes())
    assert len(drawings) == 4


@pytest.mark.django_db
def test_same_seed_draws_the_same_image(media):
    posts = made_up(3, images=1, seed=1) + made_up(3, images=1, seed=1)
    one, same = (post.image.path for post in posts if post.image)
    assert one != same and Path(one).read_bytes() == Path(same).read_bytes()


@pytest.mark.django_db
def test_negative_count_is_refused():
    for counts in [{"count": -1}, {"count": 1, "images": -1}]:
        with pytest.raises(CommandError, match="count must not be negative"):
            made_up(**counts)


def test_command_needs_no_development_dependency(settings):
    code = (
        "import sys; sys.modules['factory'] = None; from manage import main; "
        "sys.argv = ['manage.py', 'generate_posts', '--help']; main()"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=settings.BASE_DIR, capture_output=True, text=True
    )
    assert "--seed" in result.stdout, result.stderr
