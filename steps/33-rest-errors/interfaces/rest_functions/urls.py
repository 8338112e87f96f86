"""The URLs of the API by function views, below the prefix in ``config/urls.py``."""

from django.urls import path

from interfaces.rest_functions import posts

urlpatterns = [
    path("posts/", posts.post_list),
    path("posts/<int:pk>/", posts.post_detail),
]
