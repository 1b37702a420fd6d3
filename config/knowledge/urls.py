from django.urls import path

from config.knowledge import views

urlpatterns = [
    path("documents/states", views.states, name="document-states"),
    path("documents/<uuid:pk>/knowledge", views.knowledge, name="document-knowledge"),
    path("documents/<uuid:pk>/index", views.index_again, name="document-index"),
]
