"""What the search finds of organizations and their memberships: by each name, and by the membership's number."""

from __future__ import annotations

from functools import lru_cache

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from carpentries_portal.common.asked import MEMBERS
from carpentries_portal.common.dates import day_text
from carpentries_portal.common.searching import SEARCHES, SHOWN, Hit, Query, Searched, query_of
from carpentries_portal.common.texts import folded
from memberships.models import Membership, Organization

_folded = lru_cache(maxsize=4096)(folded)
"""Names of organizations, which are the same from search to search."""


def found_organizations(query: Query) -> list[int]:
    """Their ids, those that begin so in front. Members are hundreds, not hundreds of thousands: folded here, so that accents do not matter."""
    return query.once("organizations", lambda: _organizations(query)) if query.key else []


def _organizations(query: Query) -> list[int]:
    rows = Organization.objects.values_list("pk", "name", "other_name", "aliases__name").order_by("name_key", "pk")
    later: dict[int, bool] = {}
    for pk, *names in rows:  # a row for each alias: one query
        keys = [key for key in (_folded(name or "") for name in names) if query.key in key]
        if keys:
            later[pk] = later.get(pk, True) and not any(key.startswith(query.key) for key in keys)
    return sorted(later, key=lambda pk: later[pk])


def organizations(query: Query) -> list[Hit]:
    ids = found_organizations(query)[: SHOWN + 1]
    rows = Organization.objects.filter(pk__in=ids).order_by("aliases__pk")
    named: dict[int, list[str]] = {}
    about: dict[int, tuple[str, str]] = {}
    for pk, name, other, zone, alias in rows.values_list("pk", "name", "other_name", "zone", "aliases__name"):
        about[pk] = (name, other or zone)
        named.setdefault(pk, []).extend([alias] if alias and query.key in folded(alias) else [])
    return [_organization_hit(pk, *about[pk], named[pk], query) for pk in ids if pk in about]


def _organization_hit(pk: int, name: str, state: str, aliases: list[str], query: Query) -> Hit:
    """With the other name that was typed, where the page would not show it otherwise."""
    if not aliases or query.key in folded(name) or query.key in folded(state):
        return Hit(pk, name, state)
    return Hit(pk, name, _("also %(alias)s (%(state)s)") % {"alias": aliases[0], "state": state})


def memberships(query: Query) -> list[Hit]:
    mine = Q(organization__in=found_organizations(query)[: 5 * SHOWN])
    if query.number is not None:
        mine |= Q(pk=query.number)
    rows = Membership.objects.filter(mine).select_related("organization").order_by("-ends_on", "-pk")[: SHOWN + 1]
    return [
        Hit(row.pk, _("%(organization)s, number %(n)d") % {"organization": row.organization, "n": row.pk}, _state(row))
        for row in rows
    ]


def _state(row: Membership) -> str:
    left = ngettext("%(left)d of %(all)d seat left", "%(left)d of %(all)d seats left", row.granted) % {
        "left": row.available,
        "all": row.granted,
    }
    return _("%(level)s, %(first)s to %(last)s: %(left)s") % {
        "level": row.get_level_display(),
        "first": day_text(row.starts_on),
        "last": day_text(row.last_on),
        "left": left,
    }


def register() -> None:
    """Called when the app is ready."""
    MEMBERS.add("organizations", lambda text: found_organizations(query_of(text)))
    SEARCHES.add("organizations", Searched(gettext_lazy("Organizations"), Organization, organizations))
    SEARCHES.add("memberships", Searched(gettext_lazy("Memberships"), Membership, memberships))
