"""The URLs of the API by function views, below the prefix in ``config/urls.py``."""

from django.urls import path

from interfaces.rest_functions import accounts, posts

urlpatterns = [
    path("posts/", posts.post_list),
    path("posts/<int:pk>/", posts.post_detail),
    path("posts/<int:pk>/like/", posts.post_like),
    path("accounts/", accounts.sign_up),
    path("accounts/activate/", accounts.activate),
    path("accounts/session/", accounts.session),
    path("accounts/me/", accounts.me),
    path("accounts/me/posts/", accounts.my_post_list),
    path("accounts/password-reset/", accounts.password_reset),
    path("accounts/password-reset/confirm/", accounts.password_reset_confirm),
    path("token/", accounts.token),
]
