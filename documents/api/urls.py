from django.urls import path

from documents.api import views

urlpatterns = [
    path("documents", views.DocumentListView.as_view(), name="api-documents"),
    path("documents/<uuid:pk>", views.DocumentView.as_view(), name="api-document"),
    path("documents/<uuid:pk>/versions", views.VersionListView.as_view(), name="api-document-versions"),
    path("documents/<uuid:pk>/versions/<int:number>", views.VersionView.as_view(), name="api-document-version"),
    path(
        "documents/<uuid:pk>/versions/<int:number>/content",
        views.VersionContentView.as_view(),
        name="api-document-content",
    ),
    path(
        "documents/<uuid:pk>/versions/<int:number>/restore",
        views.VersionRestoreView.as_view(),
        name="api-document-restore",
    ),
]
