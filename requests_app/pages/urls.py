from django.urls import path

from requests_app.pages.views.request import answer, request_page, retry, state, stop
from requests_app.pages.views.run import recent, run

urlpatterns = [
    path("", run, name="run"),
    path("recent", recent, name="recent"),
    path("requests/<uuid:pk>", request_page, name="request"),
    path("requests/<uuid:pk>/answer", answer, name="answer"),
    path("requests/<uuid:pk>/state", state, name="state"),
    path("requests/<uuid:pk>/stop", stop, name="stop"),
    path("requests/<uuid:pk>/retry", retry, name="retry"),
]
