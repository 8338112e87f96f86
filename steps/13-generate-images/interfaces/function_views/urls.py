"""The addresses of the function views, below the prefix that the project gives them."""

from django.urls import path

from interfaces.function_views import posts

app_name = "mublog"

urlpatterns = [
    path("posts/", posts.list_posts, name="posts"),
    path("posts/new/", posts.publish, name="publish"),
    path("posts/<int:pk>/", posts.show_post, name="post"),
]
