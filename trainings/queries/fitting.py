"""Which trainings a team could book now: beside a refusal, and for a membership's year."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

from django.db.models import Case, Q, QuerySet, Value, When, Window
from django.db.models.functions import RowNumber

from carpentries_portal.common.prepared import prepared
from memberships.models import Membership
from memberships.policy import MembershipFacts
from trainings import policy
from trainings.models import Booking, Training
from trainings.queries.calendar import Offer, offer_of

MOST = 60
"""So many of the soonest are looked at, so that the cost does not grow with the calendar."""
SOONEST, LAST = 12, 4
"""So many of a year's soonest and last are looked at first."""


def _open_to(membership_id: Any, now: Any, today: Any, first_on: Any, last_on: Any) -> QuerySet[Training]:
    """Still open by their dates, on one of the membership's days, and without a booking of it."""
    taken = Booking.objects.confirmed().filter(membership=membership_id).values("training")
    rows = Training.objects.scheduled().filter(starts_at__gt=now, sign_up_until__gte=today)
    return rows.filter(starts_on__gte=first_on, starts_on__lte=last_on).exclude(pk__in=taken)


def _in_full(rows: QuerySet[Training]) -> QuerySet[Training]:
    rows = Training.objects.filter(pk__in=rows.values("pk")).with_seats_booked()
    return rows.defer("agenda", "source", "source_notes").select_related("edition").order_by("starts_at", "pk")


@prepared
def _bookable(membership_id: Any, now: Any, today: Any, first_on: Any, last_on: Any) -> QuerySet[Training]:
    return _in_full(_open_to(membership_id, now, today, first_on, last_on).order_by("starts_at", "pk")[:MOST])


@prepared
def _of_the_year(membership_id: Any, now: Any, today: Any, first_on: Any, last_on: Any, done_by: Any) -> QuerySet[Training]:
    """The soonest, the last that end by a day, and the very last."""
    rows = _open_to(membership_id, now, today, first_on, last_on)
    forward, backward = ["starts_at", "pk"], ["-starts_at", "-pk"]
    inside = Case(When(ends_on__lte=done_by, then=Value(True)), default=Value(False))
    rows = rows.annotate(
        inside=inside,
        place=Window(RowNumber(), order_by=forward),
        place_from_end=Window(RowNumber(), order_by=backward),
        place_inside=Window(RowNumber(), partition_by=inside, order_by=backward),
    )
    return _in_full(
        rows.filter(Q(place__lte=SOONEST) | Q(place_from_end__lte=LAST) | Q(inside=True, place_inside__lte=LAST)).order_by()
    )


def _asked(membership: Membership, now: datetime) -> dict[str, Any]:
    span = {"first_on": membership.starts_on, "last_on": membership.last_on}
    return {"membership_id": membership.pk, "now": now, "today": now.date(), **span}


def _fits(member: MembershipFacts, *, seats: int, site_zone: str, now: datetime) -> Callable[[Offer], bool]:
    """Whether a team could book it without a refusal, at hours that suit its site (R9)."""

    def fits(offer: Offer) -> bool:
        verdicts = policy.check_booking(offer.facts, member, seats=seats, site_zone=site_zone, has_one=False, now=now)
        return not any(verdict.refused or (verdict.warned and verdict.rule == "R9") for verdict in verdicts)

    return fits


def alternatives(
    *,
    membership: Membership,
    seats: int,
    site_zone: str,
    now: datetime,
    exclude: Iterable[int] = (),
    limit: int = 3,
    coming_back: int = 0,
) -> list[Offer]:
    """Trainings that a team of this size could book now without a refusal, at hours that suit its site; soonest first.

    Looks at the next 60 that are still open. One query. `coming_back`: seats of a booking that would be left for it.
    """
    member = replace(membership.facts(), available=membership.available + coming_back)
    left_out = set(exclude)
    offers = (offer_of(row, now=now) for row in _bookable(**_asked(membership, now)) if row.pk not in left_out)
    return list(islice(filter(_fits(member, seats=seats, site_zone=site_zone, now=now), offers), limit))


def offers_of_year(
    *, membership: Membership, seats: int, site_zone: str, now: datetime, done_by: date, limit: int
) -> tuple[list[Offer], list[Offer]]:
    """For a membership's year, as `alternatives`: the soonest that fit, and the last that fit: one with its exercises inside the year, and the very last.

    `done_by`: about when that one ends; its own edition decides. One query; where too few of those that it looks at fit, or none of the last ones, a second.
    """
    found = _of_the_year(**_asked(membership, now), done_by=done_by)
    offer = functools.lru_cache(maxsize=None)(functools.partial(offer_of, now=now))  # most are not asked about
    fits = _fits(membership.facts(), seats=seats, site_zone=site_zone, now=now)
    soonest = list(islice(filter(fits, map(offer, found)), limit))
    latest = [*reversed(found)]
    inside = [row for row in latest if row.ends_on + timedelta(days=row.edition.edition().checkout_days) <= membership.last_on]
    last = [*_first(fits, map(offer, inside)), *_first(fits, map(offer, latest))]
    whole = len(found) < SOONEST  # there are no others
    missed = any(len(rows) >= LAST and not any(map(fits, map(offer, rows[:LAST]))) for rows in (inside, latest))
    if not whole and (len(soonest) < limit or missed):
        wider = alternatives(membership=membership, seats=seats, site_zone=site_zone, now=now, limit=MOST)
        soonest, last = wider[:limit], [*last, *wider]
    by_begin = {(offer.training.starts_at, offer.training.pk): offer for offer in last}
    return soonest, [by_begin[begin] for begin in sorted(by_begin)]


def _first(fits: Callable[[Offer], bool], offers: Iterable[Offer]) -> list[Offer]:
    return list(islice(filter(fits, offers), 1))
