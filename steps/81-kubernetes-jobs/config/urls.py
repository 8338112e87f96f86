"""The root URL configuration."""

from django.conf import settings
from django.conf.urls.static import static
from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import TemplateView
from drf_spectacular.views import SpectacularJSONAPIView

from config import errors, views

handler400 = errors.bad_request
handler500 = errors.server_error

urlpatterns = [
    path("", views.home, name="home"),
    path("admin/", admin.site.urls),
    path("fbv/", include("interfaces.function_views.urls", namespace="fbv")),
    path("cbv/", include("interfaces.class_views.urls", namespace="cbv")),
    path("api/fbv/", include("interfaces.rest_functions.urls")),
    path("api/cbv/", include("interfaces.rest_classes.urls")),
    path("api/schema/", SpectacularJSONAPIView.as_view(), name="schema"),
    path("api/docs/", TemplateView.as_view(template_name="api/docs.html"), name="docs"),
    re_path("^api/", errors.not_found),
    path("graphql/", include("interfaces.graphql_api.urls")),
    re_path("^graphql/", errors.not_found),
    # In development only; SecurityMiddleware adds "nosniff" to these responses too.
    *static(settings.MEDIA_URL, document_root=settings.MEDIA_ROOT),
]
