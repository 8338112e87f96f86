"""The addresses of the API by class views, below the prefix that the project gives them."""

from django.urls import path

from interfaces.rest_classes import accounts, posts

urlpatterns = [
    path("posts/", posts.Posts.as_view()),
    path("posts/<int:pk>/", posts.OnePost.as_view()),
    path("posts/<int:pk>/like/", posts.Likes.as_view()),
    path("accounts/", accounts.SignUp.as_view()),
    path("accounts/activate/", accounts.Activate.as_view()),
    path("accounts/session/", accounts.Session.as_view()),
    path("accounts/me/", accounts.Me.as_view()),
    path("accounts/me/posts/", accounts.MyPosts.as_view()),
    path("accounts/password-reset/", accounts.RequestPasswordReset.as_view()),
    path("accounts/password-reset/confirm/", accounts.ResetPassword.as_view()),
    path("token/", accounts.Tokens.as_view()),
]
