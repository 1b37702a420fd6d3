from django.contrib.auth.views import LogoutView
from django.urls import path

from accounts.views import LoginView, sign_in

urlpatterns = [
    path("login", LoginView.as_view(), name="login"),
    path("logout", LogoutView.as_view(), name="logout"),
    path("sign-in/<str:token>", sign_in, name="sign-in"),
]
