"""The addresses of the API by function views, below the prefix that the project gives them."""

from django.urls import path

from interfaces.rest_functions import posts

urlpatterns = [
    path("posts/", posts.posts),
    path("posts/<int:pk>/", posts.post),
]
