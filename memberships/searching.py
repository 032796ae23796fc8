"""What the search finds of organizations and their memberships: by either name, and by the membership's number."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from carpentries_portal.common.asked import MEMBERS
from carpentries_portal.common.dates import day_text
from carpentries_portal.common.searching import SEARCHES, SHOWN, Hit, Query, Searched, query_of
from carpentries_portal.common.texts import folded
from memberships.models import Membership, Organization


def found_organizations(query: Query) -> list[int]:
    """Their ids, those that begin so in front. Members are hundreds, not hundreds of thousands: folded here, so that accents do not matter."""
    return query.once("organizations", lambda: _organizations(query)) if query.key else []


def _organizations(query: Query) -> list[int]:
    rows = Organization.objects.values_list("pk", "name", "other_name").order_by("name_key")
    keys = [(pk, folded(name), folded(other)) for pk, name, other in rows]
    found = [
        (not (name.startswith(query.key) or other.startswith(query.key)), pk)
        for pk, name, other in keys
        if query.key in name or query.key in other
    ]
    return [pk for _later, pk in sorted(found, key=lambda one: one[0])]


def organizations(query: Query) -> list[Hit]:
    ids = found_organizations(query)[: SHOWN + 1]
    rows = Organization.objects.in_bulk(ids)
    return [Hit(pk, rows[pk].name, rows[pk].other_name or rows[pk].zone) for pk in ids if pk in rows]


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
