"""The root URL configuration."""

from django.contrib import admin
from django.urls import include, path

from config import views

urlpatterns = [
    path("", views.home, name="home"),
    path("admin/", admin.site.urls),
    path("fbv/", include("interfaces.function_views.urls", namespace="fbv")),
]
