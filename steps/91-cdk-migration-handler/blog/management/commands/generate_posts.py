"""Fill the site with demo posts and likes: ``python manage.py generate_posts 200``."""

from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from random import Random
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from blog import demo
from blog.models import Like, Post
from blog.selectors import invalidate_newest_posts

AUTHORS = [f"writer{number}@mublog.example" for number in range(1, 10)]
INTERVAL = timedelta(minutes=7)
BATCH_SIZE = 1000
# The images are spread over the newest posts: one post in this many has one.
POSTS_PER_IMAGE = 3
# How many users like a post: most posts have few likes, and a few have many.
LIKES = [0, 0, 1, 1, 2, 3, 5, 8]


class Command(BaseCommand):
    help = "Publish demo posts with likes, by visitors and by demo users without a password."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("count", nargs="?", type=int, default=200, help="how many posts (200)")
        parser.add_argument("--images", type=int, default=20, help="how many images (20)")
        parser.add_argument("--seed", type=int, help="the same seed generates the same posts")

    @transaction.atomic
    def handle(self, *, count: int, images: int, seed: int | None, **options: Any) -> None:
        if count < 0 or images < 0:
            raise CommandError("A count must not be negative.")
        random, users = Random(seed), self.get_users()
        posts = self.build_posts(count, images, users, random)
        while batch := list(islice(posts, BATCH_SIZE)):
            Post.objects.bulk_create(batch)
            Like.objects.bulk_create(self.build_likes(batch, users, random))
        # No signals are sent for what is created in bulk.
        transaction.on_commit(invalidate_newest_posts, robust=True)
        self.stdout.write(f"Published {count} posts.")

    def build_posts(
        self, count: int, images: int, users: list[AbstractBaseUser], random: Random
    ) -> Iterator[Post]:
        """Yield posts, oldest first, with dates that lead up to now."""
        authors = [*users, None, None, None]
        now = timezone.now()
        for remaining in range(count, 0, -1):
            has_image = remaining <= images * POSTS_PER_IMAGE and remaining % POSTS_PER_IMAGE == 0
            yield Post(
                text=demo.make_text(random),
                image=demo.draw_image(random) if has_image else "",
                author=random.choice(authors),
                created_at=now - INTERVAL * (remaining - random.random()),
            )

    def build_likes(
        self, posts: list[Post], users: list[AbstractBaseUser], random: Random
    ) -> Iterator[Like]:
        """Yield likes for some posts, each by a random number of users."""
        for post in posts:
            for user in random.sample(users, random.choice(LIKES)):
                yield Like(post=post, user=user)

    def get_users(self) -> list[AbstractBaseUser]:
        """Return the demo users, and create the missing ones without a usable password."""
        users = get_user_model().objects
        existing = {user.email: user for user in users.filter(email__in=AUTHORS)}
        return [existing.get(email) or users.create_user(email) for email in AUTHORS]
