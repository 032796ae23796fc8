"""The routes of logging in that the portal offers: by code, and out; second factors. Nothing else of allauth's."""

from allauth.account import views
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from django.urls import path

from carpentries_portal.common.second_factor import after_a_code
from carpentries_portal.common.views import factors

urlpatterns = [
    path("login/", views.RequestLoginCodeView.as_view(), name="account_login"),
    path("login/code/", views.RequestLoginCodeView.as_view(), name="account_request_login_code"),
    path("login/code/confirm/", views.ConfirmLoginCodeView.as_view(), name="account_confirm_login_code"),
    path("logout/", views.LogoutView.as_view(), name="account_logout"),
    path("second-factor/", factors, name="mfa_index"),
    path("second-factor/login/", mfa.authenticate, name="mfa_authenticate"),
    path("second-factor/confirm/", mfa.reauthenticate, name="mfa_reauthenticate"),
    path("second-factor/confirm/passkey/", webauthn.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"),
    path("second-factor/app/", after_a_code(totp.activate_totp), name="mfa_activate_totp"),
    path("second-factor/app/remove/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("second-factor/passkey/", after_a_code(webauthn.add_webauthn), name="mfa_add_webauthn"),
    path("second-factor/passkeys/", factors, name="mfa_list_webauthn"),  # allauth leads there after a key has gone
    path("second-factor/passkey/<int:pk>/remove/", webauthn.remove_webauthn, name="mfa_remove_webauthn"),
    path("second-factor/codes/", codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("second-factor/codes/new/", codes.generate_recovery_codes, name="mfa_generate_recovery_codes"),
]
