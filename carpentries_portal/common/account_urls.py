"""The routes of logging in that the portal offers: by code, and out. Nothing else of allauth's."""

from allauth.account import views
from django.urls import path

urlpatterns = [
    path("login/", views.RequestLoginCodeView.as_view(), name="account_login"),
    path("login/code/", views.RequestLoginCodeView.as_view(), name="account_request_login_code"),
    path("login/code/confirm/", views.ConfirmLoginCodeView.as_view(), name="account_confirm_login_code"),
    path("logout/", views.LogoutView.as_view(), name="account_logout"),
]
