from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Who uses Lintel: users, the teams they share budgets with, and their API tokens."""

    name = "accounts"
    label = "accounts"
