from django.contrib.auth.views import LogoutView
from django.urls import path

from accounts.views import teams
from accounts.views.details import PasswordView, details
from accounts.views.entry import LoginView, sign_in
from accounts.views.tokens import revoke, tokens

TEAM = "account/teams/<uuid:pk>"

urlpatterns = [
    path("login", LoginView.as_view(), name="login"),
    path("logout", LogoutView.as_view(), name="logout"),
    path("sign-in/<str:token>", sign_in, name="sign-in"),
    path("account", details, name="account"),
    path("account/password", PasswordView.as_view(), name="password"),
    path("account/tokens", tokens, name="tokens"),
    path("account/tokens/<uuid:pk>/revoke", revoke, name="revoke-token"),
    path("account/teams", teams.teams, name="teams"),
    path(TEAM, teams.team, name="team"),
    path(f"{TEAM}/name", teams.rename, name="rename-team"),
    path(f"{TEAM}/members", teams.add_member, name="add-member"),
    path(f"{TEAM}/members/<uuid:user_id>/role", teams.set_role, name="set-role"),
    path(f"{TEAM}/members/<uuid:user_id>/remove", teams.remove_member, name="remove-member"),
    path(f"{TEAM}/leave", teams.leave, name="leave-team"),
]
