"""Second factors: a passkey or a code of an app beside the code by mail (allauth's mfa). Staff need one where the settings say so."""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

import segno
from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.middleware import get_user
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.dispatch import receiver
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from carpentries_portal.common.models import Person

FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
WANTED = "second_factor_wanted_by"
"""Where the session keeps the page that asked for a factor."""


def _keys() -> MultiFernet:
    """Secrets lie encrypted: a backup alone is no factor. The key comes of SECRET_KEY; the old ones still open."""
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"mfa " + str(key).encode()).digest())) for key in secrets])


class FactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth ships no types
    """allauth's, with its QR code drawn by segno, as SVG that the content security policy lets stand in the page."""

    def build_totp_svg(self, url: str) -> str:
        out = io.BytesIO()
        segno.make_qr(url).save(out, kind="svg", scale=5, xmldecl=False, svgns=False, dark="#000", light="#fff", nl=False)
        return out.getvalue().decode()

    def generate_authenticator_name(self, user: Person, type: Authenticator.Type) -> str:
        return _("Passkey %(n)d") % {"n": Authenticator.objects.filter(user=user, type=type).count() + 1}

    def encrypt(self, text: str) -> str:
        return _keys().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _keys().decrypt(encrypted_text.encode()).decode()


def has_factor(person: Person) -> bool:
    return bool(Authenticator.objects.filter(user=person, type__in=FACTORS).exists())


def _said(request: HttpRequest, person: Person, method: str) -> bool:
    """Whether this session was opened, or confirmed, by a method: "code" (by mail) or "mfa"."""
    return any(record.get("method") == method for record in get_authentication_records(request, person))


@receiver(authenticator_added)
def adding_is_proving(sender: Any, *, request: HttpRequest, user: Person, authenticator: Authenticator, **more: Any) -> None:
    """Whoever has just set a factor up has used it: they are not asked for it again at once."""
    if authenticator.type in FACTORS:
        record_authentication(request, user, "mfa", id=authenticator.pk, type=authenticator.type, reauthenticated=True)


View = Callable[..., HttpResponse]


def after_a_code(view: View) -> View:
    """The first factor is set up by who has just shown that the mailbox is theirs: a link of an old letter does not do."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        person = request.user
        if isinstance(person, Person) and not has_factor(person) and not _said(request, person, "code"):
            wanted = request.session.get(WANTED)
            logout(request)
            if wanted:
                request.session[WANTED] = wanted
            messages.info(request, _("You came by a link. Log in with a code once, then set up your second factor."))
            return redirect(f"{reverse('account_login')}?{urlencode({'next': request.path})}")
        return view(request, *args, **kwargs)

    return wrapped


def wanted_page(request: HttpRequest) -> str:
    """The page that asked for a factor, or none: where to go on."""
    path = request.session.get(WANTED, "")
    return path if url_has_allowed_host_and_scheme(path, allowed_hosts=None) else ""


class StaffFactorMiddleware:
    """With STAFF_SECOND_FACTOR: rights of staff hold after a second factor in this session, in /admin/ and everywhere else.

    Other pages stay open for what else one is (trainer, coordinator, trainee). Where only being staff would have opened one, it leads to the
    factor as /admin/ does; who has none is led to set one up.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.STAFF_SECOND_FACTOR:
            request.user = SimpleLazyObject(lambda: _marked(request))  # type: ignore[assignment]  # lazy, as Django's own
            if request.path.startswith(reverse("admin:index")):
                person = request.user
                if isinstance(person, Person) and person.lacks_factor:
                    return self._asked(request, person)
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """A page that refused itself because a right of staff does not hold without the factor."""
        if not settings.STAFF_SECOND_FACTOR or not isinstance(exception, Http404 | PermissionDenied):
            return None
        person = request.user
        return self._asked(request, person) if isinstance(person, Person) and person.stopped_as_staff else None

    def _asked(self, request: HttpRequest, person: Person) -> HttpResponse:
        path = request.get_full_path() if request.method == "GET" else reverse("admin:index")
        if not has_factor(person):
            request.session[WANTED] = path
            messages.info(request, _("Staff need a second factor: set one up, then the page opens."))
            return redirect("mfa_index")
        ways = get_adapter().get_reauthentication_methods(person)
        return redirect(f"{ways[0]['url']}?{urlencode({'next': path})}")


def _marked(request: HttpRequest) -> Person | AnonymousUser:
    """Who the session belongs to, and whether it lacks the factor: read only by pages that ask who is there."""
    person = get_user(request)
    if isinstance(person, Person):
        person.lacks_factor = person.is_staff and not _said(request, person, "mfa")
    return person  # type: ignore[return-value]  # Django's stub knows no model of ours
