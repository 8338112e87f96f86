"""The command that generates demo posts."""

import subprocess
import sys

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.utils import timezone

from blog.models import Post


def made_up(count, **options):
    """Generate posts, and return them."""
    last = Post.objects.count()
    call_command("generate_posts", count, **options)
    return list(Post.objects.order_by("pk")[last:])


@pytest.mark.django_db
def test_as_many_posts_as_asked_for_are_made_in_few_queries(capsys, django_assert_max_num_queries):
    with django_assert_max_num_queries(20):
        posts = made_up(1234)
    assert len(posts) == 1234
    assert capsys.readouterr().out == "Published 1234 posts.\n"


@pytest.mark.django_db
def test_posts_are_valid_and_differ_and_seem_to_come_one_after_another():
    posts = made_up(100, seed=1)
    for post in posts:
        post.full_clean()
    assert len({post.text for post in posts}) > 80
    times = [post.created_at for post in posts]
    assert times == sorted(times) and times[-1] <= timezone.now()


@pytest.mark.django_db
def test_same_seed_makes_the_same_posts():
    one, same, other = ([(p.text, p.author) for p in made_up(9, seed=n)] for n in (1, 1, 2))
    assert one == same != other


@pytest.mark.django_db
def test_some_posts_have_authors_without_a_usable_password():
    authors = {post.author for post in made_up(100, seed=1)}
    assert None in authors
    users = get_user_model().objects.all()
    assert authors - {None} == set(users)
    assert not any(user.has_usable_password() or user.is_staff for user in users)


@pytest.mark.django_db
def test_negative_count_is_refused():
    with pytest.raises(CommandError, match="must not be negative"):
        made_up(-1)


def test_command_needs_no_development_dependency(settings):
    code = (
        "import sys; sys.modules['factory'] = None; from manage import main; "
        "sys.argv = ['manage.py', 'generate_posts', '--help']; main()"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=settings.BASE_DIR, capture_output=True, text=True
    )
    assert "--seed" in result.stdout, result.stderr
