"""Composition of routes; each app keeps its own."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("config.health")),
    path("", include("accounts.urls")),
    path("", include("requests_app.pages.urls")),
    path("api/v1/", include("requests_app.api.urls")),
    path("admin/", admin.site.urls),
]
