"""Composition of routes; each app keeps its own."""

from django.contrib import admin
from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from config.admin_search import search
from requests_app.api.views import UnknownPathView

API_DOCS = "lintel/api_docs.html"

urlpatterns = [
    path("", include("accounts.urls")),
    path("", include("requests_app.pages.urls")),
    path("", include("config.knowledge.urls")),
    path("", include("documents.pages.urls")),
    path("api/v1/", include("requests_app.api.urls")),
    path("api/v1/", include("documents.api.urls")),
    path("api/schema", SpectacularAPIView.as_view(), name="api-schema"),
    path(
        "api/docs", SpectacularSwaggerSplitView.as_view(url_name="api-schema", template_name=API_DOCS), name="api-docs"
    ),
    re_path(r"^api(/|$)", UnknownPathView.as_view()),
    path("admin/search/", search),
    path("admin/", admin.site.urls),
]
