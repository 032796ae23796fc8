"""Entering by a personal link: a page with a button, because mail scanners follow links; pressing it opens the session. And one's second factors."""

from __future__ import annotations

import logging
import sys

from allauth.mfa.models import Authenticator
from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.db import Error, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from redis.exceptions import ConnectionError as RedisAway
from redis.exceptions import TimeoutError as RedisSlow

from carpentries_portal.common.links import find_link
from carpentries_portal.common.models import EditionRecord
from carpentries_portal.common.requests import now_of, person_of
from carpentries_portal.common.second_factor import wanted_page

log = logging.getLogger(__name__)

# The token never leaves in a Referer. A browser takes the last word it knows: under "no-referrer" alone it would post the button's
# form with "Origin: null", which the CSRF check rightly refuses.
REFERRER_POLICY = "no-referrer, strict-origin"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def enter(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows the button; POST logs in and leads to a clean address. A link that opens no longer says so (404)."""
    link = find_link(token, now=now_of(request))
    if link is None:
        answer = render(request, "common/enter_closed.html", status=404)
    elif request.method == "POST":
        link.last_used_at = now_of(request)
        link.save(update_fields=["last_used_at"])
        login(request, link.person, backend="carpentries_portal.common.backends.PersonBackend")
        answer = redirect(link.leads_to)
    else:
        answer = render(request, "common/enter.html", {"person": link.person})
    answer["Referrer-Policy"] = REFERRER_POLICY
    return answer


@never_cache
@login_required
@require_http_methods(["GET", "HEAD"])
def factors(request: HttpRequest) -> HttpResponse:
    """A person's own second factors: the app, passkeys, how many recovery codes are left."""
    rows = list(Authenticator.objects.filter(user=person_of(request)).order_by("pk"))
    by_type = {row.type: row for row in rows}
    codes = by_type.get(Authenticator.Type.RECOVERY_CODES)
    context = {
        "app": by_type.get(Authenticator.Type.TOTP),
        "passkeys": [row for row in rows if row.type == Authenticator.Type.WEBAUTHN],
        "has_one": any(row is not codes for row in rows),
        "codes_left": len(codes.wrap().get_unused_codes()) if codes else 0,
        "go_on": wanted_page(request),
    }
    return render(request, "mfa/index.html", context)


@never_cache
@require_http_methods(["GET", "HEAD"])
def healthz(request: HttpRequest) -> HttpResponse:
    """For a load balancer: 200 where this process answers and reaches its database, else 503. No secrets.

    Workers and letters are no concern of it: a web server taken out of turn helps neither. `bin/manage status` is for their alarm.
    """
    try:
        EditionRecord.objects.exists()
    except Error:
        log.exception("healthz: the database does not answer")
        return HttpResponse("no database", status=503, content_type="text/plain")
    return HttpResponse("ok", content_type="text/plain")


AWAY = (OperationalError, InterfaceError, RedisAway, RedisSlow)
COME_AGAIN_SECONDS = 30


def broken(request: HttpRequest) -> HttpResponse:
    """What an error of ours looks like: 500; and 503, which says "come again", where the database or the cache is away or busy."""
    if isinstance(sys.exc_info()[1], AWAY):
        answer = render(None, "503.html", status=503)
        answer["Retry-After"] = str(COME_AGAIN_SECONDS)
        return answer
    return render(None, "500.html", status=500)
