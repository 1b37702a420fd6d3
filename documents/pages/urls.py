from django.urls import path

from documents.pages import views

ONE = "documents/<uuid:pk>"

urlpatterns = [
    path("documents", views.documents, name="documents"),
    path(ONE, views.document, name="document"),
    path(f"{ONE}/versions", views.upload, name="document-upload"),
    path(f"{ONE}/versions/<int:number>/restore", views.restore, name="document-restore"),
    path(f"{ONE}/delete", views.delete, name="document-delete"),
]
