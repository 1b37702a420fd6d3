from django.urls import path

from requests_app.api import review_views, search_views, views

urlpatterns = [
    path("requests", views.RequestListView.as_view(), name="api-requests"),
    path("requests/<uuid:pk>", views.RequestView.as_view(), name="api-request"),
    path("requests/<uuid:pk>/cancel", views.RequestCancelView.as_view(), name="api-request-cancel"),
    path("requests/<uuid:pk>/feedback", views.RequestFeedbackView.as_view(), name="api-request-feedback"),
    path("requests/<uuid:pk>/restore", views.RequestRestoreView.as_view(), name="api-request-restore"),
    path("requests/<uuid:pk>/retry", views.RequestRetryView.as_view(), name="api-request-retry"),
    path("reviews", review_views.ReviewListView.as_view(), name="api-reviews"),
    path("reviews/<uuid:pk>", review_views.ReviewView.as_view(), name="api-review"),
    path("reviews/<uuid:pk>/take", review_views.ReviewTakeView.as_view(), name="api-review-take"),
    path("reviews/<uuid:pk>/give-back", review_views.ReviewGiveBackView.as_view(), name="api-review-give-back"),
    path("reviews/<uuid:pk>/escalate", review_views.ReviewEscalateView.as_view(), name="api-review-escalate"),
    path("reviews/<uuid:pk>/approve", review_views.ReviewApproveView.as_view(), name="api-review-approve"),
    path("reviews/<uuid:pk>/edit", review_views.ReviewEditView.as_view(), name="api-review-edit"),
    path("reviews/<uuid:pk>/reject", review_views.ReviewRejectView.as_view(), name="api-review-reject"),
    path("reviews/<uuid:pk>/undo", review_views.ReviewUndoView.as_view(), name="api-review-undo"),
    path("searches", search_views.SearchListView.as_view(), name="api-searches"),
    path("searches/<uuid:pk>", search_views.SearchView.as_view(), name="api-search"),
    path("budget", views.BudgetView.as_view(), name="api-budget"),
    path("usage", views.UsageView.as_view(), name="api-usage"),
    path("prompts", views.PromptListView.as_view(), name="api-prompts"),
    path("prompts/<slug:key>", views.PromptView.as_view(), name="api-prompt"),
]
