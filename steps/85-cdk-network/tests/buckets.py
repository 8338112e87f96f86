"""Publishes images into a bucket, and lists what is in it."""

from django.contrib.auth.models import AnonymousUser

from blog.services import publish_post
from tests.pictures import draw, upload

REGION = "eu-central-1"
NEW = "/fbv/posts/new/"
NOWHERE = "http://127.0.0.1:1"  # No server listens there.


def names(bucket):
    return [item.key for item in bucket.objects.all()]


def publish(author=AnonymousUser()):
    return publish_post(text="A heron", author=author, image=upload(draw()))
