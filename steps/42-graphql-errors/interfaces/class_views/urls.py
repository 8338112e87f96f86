"""The addresses of the class-based views, below the prefix that the project gives them."""

from django.urls import path

from interfaces.class_views import accounts, posts

app_name = "mublog"

urlpatterns = [
    path("posts/", posts.ListPosts.as_view(), name="posts"),
    path("posts/new/", posts.Publish.as_view(), name="publish"),
    path("posts/<int:pk>/", posts.ShowPost.as_view(), name="post"),
    path("posts/<int:pk>/edit/", posts.EditPost.as_view(), name="edit"),
    path("posts/<int:pk>/delete/", posts.DeletePost.as_view(), name="delete"),
    path("posts/<int:pk>/like/", posts.LikePost.as_view(), name="like"),
    path("accounts/sign-up/", accounts.SignUp.as_view(), name="sign-up"),
    path("accounts/sign-up/done/", accounts.SignUpDone.as_view(), name="sign-up-done"),
    path("accounts/activate/<uid>/<token>/", accounts.Activate.as_view(), name="activate"),
    path("accounts/password-reset/", accounts.PasswordReset.as_view(), name="password-reset"),
    path(
        "accounts/password-reset/done/",
        accounts.PasswordResetDone.as_view(),
        name="password-reset-done",
    ),
    path(
        "accounts/password-reset/<uid>/<token>/",
        accounts.PasswordResetConfirm.as_view(),
        name="password-reset-confirm",
    ),
    path("accounts/profile/", accounts.Profile.as_view(), name="profile"),
    path("accounts/sign-in/", accounts.SignIn.as_view(), name="sign-in"),
    path("accounts/sign-out/", accounts.SignOut.as_view(), name="sign-out"),
]
