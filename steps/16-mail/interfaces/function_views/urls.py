"""The addresses of the function views, below the prefix that the project gives them."""

from django.urls import path

from interfaces.function_views import accounts, posts

app_name = "mublog"

urlpatterns = [
    path("posts/", posts.list_posts, name="posts"),
    path("posts/new/", posts.publish, name="publish"),
    path("posts/<int:pk>/", posts.show_post, name="post"),
    path("accounts/sign-in/", accounts.sign_in, name="sign-in"),
    path("accounts/sign-out/", accounts.sign_out, name="sign-out"),
]
