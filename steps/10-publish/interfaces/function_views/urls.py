"""The URLs of the function views, below the prefix in ``config/urls.py``."""

from django.urls import path

from interfaces.function_views import posts

app_name = "mublog"

urlpatterns = [
    path("posts/", posts.post_list, name="post-list"),
    path("posts/new/", posts.post_create, name="post-create"),
    path("posts/<int:pk>/", posts.post_detail, name="post-detail"),
]
