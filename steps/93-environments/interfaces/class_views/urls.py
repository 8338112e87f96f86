"""The URLs of the class-based views, below the prefix in ``config/urls.py``."""

from django.urls import path

from interfaces.class_views import accounts, posts

app_name = "mublog"

urlpatterns = [
    path("posts/", posts.PostListView.as_view(), name="post-list"),
    path("posts/new/", posts.PostCreateView.as_view(), name="post-create"),
    path("posts/<int:pk>/", posts.PostDetailView.as_view(), name="post-detail"),
    path("posts/<int:pk>/edit/", posts.PostUpdateView.as_view(), name="post-update"),
    path("posts/<int:pk>/delete/", posts.PostDeleteView.as_view(), name="post-delete"),
    path("posts/<int:pk>/like/", posts.PostLikeView.as_view(), name="post-like"),
    path("accounts/sign-up/", accounts.SignUpView.as_view(), name="sign-up"),
    path("accounts/sign-up/done/", accounts.SignUpDoneView.as_view(), name="sign-up-done"),
    path("accounts/activate/<uid>/<token>/", accounts.ActivateView.as_view(), name="activate"),
    path("accounts/password-reset/", accounts.PasswordResetView.as_view(), name="password-reset"),
    path(
        "accounts/password-reset/done/",
        accounts.PasswordResetDoneView.as_view(),
        name="password-reset-done",
    ),
    path(
        "accounts/password-reset/<uid>/<token>/",
        accounts.PasswordResetConfirmView.as_view(),
        name="password-reset-confirm",
    ),
    path("accounts/profile/", accounts.ProfileView.as_view(), name="profile"),
    path("accounts/sign-in/", accounts.SignInView.as_view(), name="sign-in"),
    path("accounts/sign-out/", accounts.SignOutView.as_view(), name="sign-out"),
]
