"""What of trainings lies on the desk: requests to decide, empty trainings at risk or for staff, dates that teams wait for."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.db.models import F, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from carpentries_portal.common import desk
from carpentries_portal.common.dates import month_text, zone_city
from carpentries_portal.common.desk import SHOWN, Card, Item
from carpentries_portal.common.handbook import Verdict
from carpentries_portal.common.prepared import prepared
from memberships.models import Membership, MembershipException
from trainings import queries
from trainings.enforcement import verdicts_for
from trainings.models import Training, TrainingException
from trainings.models.trainings import TrainingQuerySet

NAMED = 3
"""Members that the desk names for a training at risk."""


@prepared
def _about_trainings() -> QuerySet[TrainingException]:
    waiting = TrainingException.objects.waiting().select_related("training", "membership__organization", "asked_by")
    rows: QuerySet[TrainingException] = desk.counted(waiting.order_by("asked_at"))[:SHOWN]
    return rows


@prepared
def _about_memberships() -> QuerySet[MembershipException]:
    waiting = MembershipException.objects.waiting().select_related("membership__organization", "asked_by")
    rows: QuerySet[MembershipException] = desk.counted(waiting.order_by("asked_at"))[:SHOWN]
    return rows


def to_decide(now: datetime) -> Card:
    """The oldest first, of either kind."""
    trainings, memberships = _about_trainings(), _about_memberships()
    rows: list[TrainingException | MembershipException] = [*trainings, *memberships]
    items = [
        Item(f"{row.rule}: {row.subject_text()}", f"{row.asked_by}: {row.reason}", row.admin_path())
        for row in sorted(rows, key=lambda row: row.asked_at)[:SHOWN]
    ]
    return Card(_("Exceptions to decide"), urgent=True, items=items, of=desk.of(trainings, memberships), all=desk.queue())


def _empty(now: Any) -> TrainingQuerySet:
    """Empty trainings to come, soonest first; not those that R7 never touches, which would hide the others."""
    rows = Training.objects.empty(now).with_seats_booked().select_related("edition")
    return (
        rows.filter(sign_up_until__gte=F("announced_on"))
        .filter(sign_up_until__gte=F("enforced_from_on"))
        .order_by("starts_at", "pk")
    )


@prepared
def _closed(now: Any, today: Any) -> QuerySet[Training]:
    return _empty(now).filter(sign_up_until__lte=today)[: 2 * SHOWN]


@prepared
def _near(now: Any, last_on: Any) -> QuerySet[Training]:
    return _empty(now).filter(starts_on__lte=last_on)[: 2 * SHOWN]


@prepared
def _with_returned() -> QuerySet[Membership]:
    rows: QuerySet[Membership] = desk.counted(
        Membership.objects.filter(returned__gt=0).select_related("organization").order_by("pk")
    )[:SHOWN]
    return rows


def _item(training: Training, verdict: Verdict, *, before: str = "", after: str = "") -> Item:
    more = " ".join(part for part in (before, verdict.sentence, after) if part)
    return Item(str(training), more, reverse("admin:trainings_training_change", args=[training.pk]))


def for_staff(now: datetime) -> Card:
    """R7's that the run leaves to staff: emptied after sign-up closed, still empty at D(14), or the edition cancels nothing by itself."""
    verdicts = verdicts_for(_closed(now=now, today=now.date()), now)
    items = [_item(row, verdict) for row, verdict in verdicts if verdict.facts.get("for_staff")]
    return Card(_("Empty trainings that staff decide"), urgent=True, items=items[:SHOWN], of=len(items))


def at_risk(now: datetime) -> Card:
    """Empty trainings from D(42) on, with what R7 says of each, and who could be asked. At most twice as many as are listed are looked at."""
    verdicts = verdicts_for(_near(now=now, last_on=now.date() + timedelta(days=60)), now)
    risky = [
        (row, verdict)
        for row, verdict in verdicts
        if (verdict.warned or verdict.refused or verdict.exception) and not verdict.facts.get("for_staff")
    ]
    shown = risky[:SHOWN]
    who = queries.WhoToAsk([row for row, _verdict in shown])
    items = [_item(row, verdict, before=_booked(row), after=_asked(row, who)) for row, verdict in shown]
    return Card(_("Trainings without a booking"), urgent=True, items=items, of=len(risky))


def _booked(training: Training) -> str:
    return _("%(n)d of %(all)d seats are booked.") % {"n": queries.facts_of(training).seats_booked, "all": training.capacity}


def _asked(training: Training, who: queries.WhoToAsk) -> str:
    """The members to ask first, by name; the training's page has them all."""
    found = list(islice(who.for_training(training), NAMED + 1))
    if not found:
        return _("No member with seats left has its day then.") if who.all_known else ""
    names = ", ".join(_("%(name)s (%(n)d left)") % {"name": one.organization, "n": one.available} for one in found[:NAMED])
    text = _("Could be asked: %(names)s and others.") if len(found) > NAMED else _("Could be asked: %(names)s.")
    return text % {"names": names}


def returned_seats(now: datetime) -> Card:
    rows = _with_returned()
    items = [
        Item(
            str(row),
            _("%(n)d seats came back after the membership ended.") % {"n": row.returned},
            reverse("admin:memberships_membership_change", args=[row.pk]),
        )
        for row in rows
    ]
    return Card(_("Seats that came back"), urgent=True, items=items, of=desk.of(rows))


def waited_for(now: datetime) -> Card:
    """What teams wait for, by month: for who plans."""
    months = queries.by_month(queries.waiting_demands(now), now=now)
    items = [
        Item(
            _("%(month)s: %(n)d seats") % {"month": month_text(month.first_on), "n": month.seats},
            "; ".join(f"{row} ({zone_city(row.zone)})" for row in month.demands[:SHOWN]),
            reverse("admin:trainings_demand_changelist"),
        )
        for month in months[:SHOWN]
    ]
    everything = desk.listed("trainings_demand")
    return Card(_("Dates that teams wait for"), urgent=False, items=items, of=len(months), all=everything)


def register() -> None:
    """Called when the app is ready."""
    desk.add("exceptions", to_decide, "trainings.view_trainingexception", "memberships.view_membershipexception")
    desk.add("for staff", for_staff, "trainings.view_training")
    desk.add("at risk", at_risk, "trainings.view_training")
    desk.add("returned", returned_seats, "memberships.view_membership")
    desk.add("waited for", waited_for, "trainings.view_demand")
