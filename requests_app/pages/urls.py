from datetime import date

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from requests_app.pages.views.budgets import budgets
from requests_app.pages.views.bulk import cancel_selected, delete, delete_selected, restore_selected
from requests_app.pages.views.cost import cost, cost_csv
from requests_app.pages.views.feedback import feedback
from requests_app.pages.views.history import history, history_csv, history_rows
from requests_app.pages.views.operations import operations, operations_row, remove_samples, reset_breaker, sample_data
from requests_app.pages.views.quality import quality, quality_close, quality_report, quality_requests
from requests_app.pages.views.request import answer, request_page, retry, state, stop, waiting
from requests_app.pages.views.review import golden, review, reviews
from requests_app.pages.views.run import allowance, recent, run
from requests_app.pages.views.search import search, search_found, search_list


class DayConverter(StringConverter):
    regex = r"\d{4}-\d{2}-\d{2}"

    def to_python(self, value: str) -> date:  # type: ignore[override]  # a converter's value is what it makes of the text
        return date.fromisoformat(value)


register_converter(DayConverter, "day")

urlpatterns = [
    path("", run, name="run"),
    path("recent", recent, name="recent"),
    path("allowance", allowance, name="allowance"),
    path("account/budgets", budgets, name="budgets"),
    path("history", history, name="history"),
    path("history/rows", history_rows, name="history-rows"),
    path("history/cancel", cancel_selected, name="history-cancel"),
    path("history/delete", delete_selected, name="history-delete"),
    path("history/restore", restore_selected, name="history-restore"),
    path("history.csv", history_csv, name="history-csv"),
    path("cost", cost, name="cost"),
    path("cost.csv", cost_csv, name="cost-csv"),
    path("operations", operations, name="operations"),
    path("operations/sample-data", sample_data, name="sample-data"),
    path("operations/sample-data/remove", remove_samples, name="remove-samples"),
    path("operations/breakers/reset", reset_breaker, name="reset-breaker"),
    path("operations/<slug:key>", operations_row, name="operations-row"),
    path("quality", quality, name="quality"),
    path("quality/requests", quality_requests, name="quality-requests"),
    path("quality/prompts/<uuid:pk>/close", quality_close, name="quality-close"),
    path("quality/<day:day>", quality_report, name="quality-report"),
    path("search", search, name="search"),
    path("searches/<uuid:pk>", search_found, name="search-found"),
    path("searches/<uuid:pk>/list", search_list, name="search-list"),
    path("review", reviews, name="reviews"),
    path("review/<uuid:pk>", review, name="review"),
    path("review/<uuid:pk>/golden.yaml", golden, name="golden"),
    path("requests/<uuid:pk>", request_page, name="request"),
    path("requests/<uuid:pk>/answer", answer, name="answer"),
    path("requests/<uuid:pk>/state", state, name="state"),
    path("requests/<uuid:pk>/waiting", waiting, name="waiting"),
    path("requests/<uuid:pk>/feedback", feedback, name="feedback"),
    path("requests/<uuid:pk>/stop", stop, name="stop"),
    path("requests/<uuid:pk>/retry", retry, name="retry"),
    path("requests/<uuid:pk>/delete", delete, name="delete"),
]
