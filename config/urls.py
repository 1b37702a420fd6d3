"""Composition of routes; each app keeps its own."""

from django.contrib import admin
from django.urls import include, path, re_path

from requests_app.api.views import UnknownPathView

urlpatterns = [
    path("", include("config.health")),
    path("", include("accounts.urls")),
    path("", include("requests_app.pages.urls")),
    path("api/v1/", include("requests_app.api.urls")),
    re_path(r"^api(/|$)", UnknownPathView.as_view()),
    path("admin/", admin.site.urls),
]
