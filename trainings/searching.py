"""What the search finds of trainings, by their code, and of bookings, by their number or their training's code."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from carpentries_portal.common.searching import SEARCHES, SHOWN, Hit, Query, Searched
from trainings.models import Booking, Training

MOST_TRAININGS = 50


def _ids(query: Query) -> list[int]:
    """Of the first fifty trainings. Codes are plain letters, numbers and dashes."""
    rows = Training.objects.filter(code__icontains=query.key.replace(" ", "-")).order_by("-starts_on", "-pk")
    return query.once("trainings", lambda: rows.values_list("pk", flat=True)[:MOST_TRAININGS])


def trainings(query: Query) -> list[Hit]:
    if not query.key:
        return []
    rows = Training.objects.filter(pk__in=_ids(query)).order_by("-starts_on", "-pk")[: SHOWN + 1]
    return [Hit(row.pk, f"{row}, {row.code}", row.get_state_display()) for row in rows]


def bookings(query: Query) -> list[Hit]:
    if not query.key:
        return []
    mine = Q(training__in=_ids(query))
    if query.number is not None:
        mine |= Q(pk=query.number)
    rows = Booking.objects.filter(mine).select_related("training", "membership__organization")
    text = _("%(organization)s at %(training)s, number %(n)d")
    return [
        Hit(
            row.pk,
            text % {"organization": row.membership.organization, "training": row.training, "n": row.pk},
            _("%(seats)d seats, %(state)s") % {"seats": row.seats or row.cancelled_seats, "state": row.get_state_display()},
        )
        for row in rows.order_by("-booked_at", "-pk")[: SHOWN + 1]
    ]


def register() -> None:
    """Called when the app is ready."""
    SEARCHES.add("trainings", Searched(gettext_lazy("Trainings"), Training, trainings))
    SEARCHES.add("bookings", Searched(gettext_lazy("Bookings"), Booking, bookings))
