"""Factories for tests: each test names what it cares about, and the rest is made up."""

import factory

from blog.models import Post


class PostFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Post

    text = factory.Sequence("Post number {}".format)
