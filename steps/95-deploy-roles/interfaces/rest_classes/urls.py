"""The URLs of the API by class-based views, below the prefix in ``config/urls.py``."""

from django.urls import path

from interfaces.rest_classes import accounts, posts

urlpatterns = [
    path("posts/", posts.PostListCreateView.as_view()),
    path("posts/<int:pk>/", posts.PostDetailView.as_view()),
    path("posts/<int:pk>/like/", posts.PostLikeView.as_view()),
    path("accounts/", accounts.SignUpView.as_view()),
    path("accounts/activate/", accounts.ActivateView.as_view()),
    path("accounts/session/", accounts.SessionView.as_view()),
    path("accounts/me/", accounts.MeView.as_view()),
    path("accounts/me/posts/", accounts.MyPostListView.as_view()),
    path("accounts/password-reset/", accounts.PasswordResetView.as_view()),
    path("accounts/password-reset/confirm/", accounts.PasswordResetConfirmView.as_view()),
    path("token/", accounts.TokenView.as_view()),
]
