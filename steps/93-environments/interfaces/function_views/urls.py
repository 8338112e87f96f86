"""The URLs of the function views, below the prefix in ``config/urls.py``."""

from django.urls import path

from interfaces.function_views import accounts, posts

app_name = "mublog"

urlpatterns = [
    path("posts/", posts.post_list, name="post-list"),
    path("posts/new/", posts.post_create, name="post-create"),
    path("posts/<int:pk>/", posts.post_detail, name="post-detail"),
    path("posts/<int:pk>/edit/", posts.post_update, name="post-update"),
    path("posts/<int:pk>/delete/", posts.post_delete, name="post-delete"),
    path("posts/<int:pk>/like/", posts.post_like, name="post-like"),
    path("accounts/sign-up/", accounts.sign_up, name="sign-up"),
    path("accounts/sign-up/done/", accounts.sign_up_done, name="sign-up-done"),
    path("accounts/activate/<uid>/<token>/", accounts.activate, name="activate"),
    path("accounts/password-reset/", accounts.password_reset, name="password-reset"),
    path("accounts/password-reset/done/", accounts.password_reset_done, name="password-reset-done"),
    path(
        "accounts/password-reset/<uid>/<token>/",
        accounts.password_reset_confirm,
        name="password-reset-confirm",
    ),
    path("accounts/profile/", accounts.profile, name="profile"),
    path("accounts/sign-in/", accounts.sign_in, name="sign-in"),
    path("accounts/sign-out/", accounts.sign_out, name="sign-out"),
]
