"""Factories for tests: each test sets what matters to it; the rest is filled in."""

import factory

from blog.models import Post


class PostFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Post

    text = factory.Sequence("Post number {}".format)
