"""What of memberships lies on the desk: names of which staff say whether they are one organization."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from carpentries_portal.common import desk
from carpentries_portal.common.desk import SHOWN, Card, Item
from carpentries_portal.common.prepared import prepared
from memberships.models import NameQuestion


@prepared
def _unanswered() -> QuerySet[NameQuestion]:
    waiting = NameQuestion.objects.filter(answer="").select_related("near").order_by("asked_at", "pk")
    rows: QuerySet[NameQuestion] = desk.counted(waiting)[:SHOWN]
    return rows


def names(now: datetime) -> Card:
    rows = _unanswered()
    items = [
        Item(
            _("Is “%(name)s” the same as %(organization)s?") % {"name": row.name, "organization": row.near},
            _("found in %(source)s") % {"source": row.source},
            reverse("admin:memberships_namequestion_change", args=[row.pk]),
        )
        for row in rows
    ]
    everything = desk.listed("memberships_namequestion")
    return Card(_("Names that may be one organization"), urgent=True, items=items, of=desk.of(rows), all=everything)


def register() -> None:
    """Called when the app is ready."""
    desk.add("names", names, "memberships.view_namequestion")
