"""Makes posts for tests, each with what the test names and the rest made up."""

import factory

from blog.models import Post


class PostFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Post

    text = factory.Sequence("Post number {}".format)
