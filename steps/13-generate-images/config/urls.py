"""The root URL configuration."""

from django.conf import settings
from django.conf.urls.static import static
from django.contrib import admin
from django.urls import include, path

from config import views

urlpatterns = [
    path("", views.home, name="home"),
    path("admin/", admin.site.urls),
    path("fbv/", include("interfaces.function_views.urls", namespace="fbv")),
    # In development only; SecurityMiddleware adds "nosniff" to these responses too.
    *static(settings.MEDIA_URL, document_root=settings.MEDIA_ROOT),
]
