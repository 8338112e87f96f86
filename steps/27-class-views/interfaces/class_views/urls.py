"""The addresses of the class-based views, below the prefix that the project gives them."""

from django.urls import path

from interfaces.class_views import posts
from interfaces.class_views.elsewhere import Elsewhere

app_name = "mublog"

urlpatterns = [
    path("posts/", Elsewhere.as_view(), name="posts"),
    path("posts/new/", posts.Publish.as_view(), name="publish"),
    path("posts/<int:pk>/", posts.ShowPost.as_view(), name="post"),
    path("posts/<int:pk>/edit/", Elsewhere.as_view(), name="edit"),
    path("posts/<int:pk>/delete/", Elsewhere.as_view(), name="delete"),
    path("posts/<int:pk>/like/", Elsewhere.as_view(), name="like"),
    path("accounts/sign-up/", Elsewhere.as_view(), name="sign-up"),
    path("accounts/sign-up/done/", Elsewhere.as_view(), name="sign-up-done"),
    path("accounts/activate/<uid>/<token>/", Elsewhere.as_view(), name="activate"),
    path("accounts/password-reset/", Elsewhere.as_view(), name="password-reset"),
    path("accounts/password-reset/done/", Elsewhere.as_view(), name="password-reset-done"),
    path(
        "accounts/password-reset/<uid>/<token>/",
        Elsewhere.as_view(),
        name="password-reset-confirm",
    ),
    path("accounts/profile/", Elsewhere.as_view(), name="profile"),
    path("accounts/sign-in/", Elsewhere.as_view(), name="sign-in"),
    path("accounts/sign-out/", Elsewhere.as_view(), name="sign-out"),
]
