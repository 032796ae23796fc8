"""Staff's search: one box, what is found of each kind with how it stands, each leading to its page and to its timeline."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from carpentries_portal.common.models import Person
from carpentries_portal.common.night_frame import frame, subject_url
from carpentries_portal.common.requests import person_of
from carpentries_portal.common.searching import SEARCHES, SHORTEST, SHOWN, Hit, Searched, query_of
from carpentries_portal.common.why import kind_of_label


def offered_to(person: Person) -> list[Searched]:
    """What this person may see, and so may find."""
    return [one for one in SEARCHES if person.has_perm(f"{one.model._meta.app_label}.view_{one.model._meta.model_name}")]


def _led(searched: Searched, hit: Hit) -> dict[str, Any]:
    label = searched.model._meta.label_lower
    kind = kind_of_label(label)
    return {"hit": hit, "url": subject_url(label, hit.pk), "why_url": reverse("admin:why", args=[kind, hit.pk]) if kind else ""}


def search_page(request: HttpRequest) -> HttpResponse:
    offered = offered_to(person_of(request))
    if not offered:
        raise PermissionDenied
    query = query_of(request.GET.get("q", ""))
    short = len(query.text) < SHORTEST and query.number is None
    groups = []
    for searched in [] if short else offered:
        hits = list(searched.find(query))
        if hits:
            groups.append(
                {"title": searched.title, "rows": [_led(searched, hit) for hit in hits[:SHOWN]], "more": len(hits) > SHOWN}
            )
    context = frame(request, _("Search"), query=query.text, short=short and bool(query.text), groups=groups, shown=SHOWN)
    return render(request, "admin/portal/search.html", context)
