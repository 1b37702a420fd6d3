from django.urls import path

from requests_app.api import views

urlpatterns = [
    path("requests", views.RequestListView.as_view(), name="api-requests"),
    path("requests/<uuid:pk>", views.RequestView.as_view(), name="api-request"),
    path("requests/<uuid:pk>/cancel", views.RequestCancelView.as_view(), name="api-request-cancel"),
    path("requests/<uuid:pk>/feedback", views.RequestFeedbackView.as_view(), name="api-request-feedback"),
    path("requests/<uuid:pk>/restore", views.RequestRestoreView.as_view(), name="api-request-restore"),
    path("requests/<uuid:pk>/retry", views.RequestRetryView.as_view(), name="api-request-retry"),
    path("budget", views.BudgetView.as_view(), name="api-budget"),
    path("prompts", views.PromptListView.as_view(), name="api-prompts"),
    path("prompts/<slug:key>", views.PromptView.as_view(), name="api-prompt"),
]
