"""What of rosters lies on the desk: teams that became too small (R11), letters that an address refused."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext as _

from carpentries_portal.common import desk
from carpentries_portal.common.dates import day_text
from carpentries_portal.common.desk import SHOWN, Card, Item
from carpentries_portal.common.models import Notice
from carpentries_portal.common.models.exceptions import ExceptionState
from carpentries_portal.common.models.notices import NoticeState
from carpentries_portal.common.prepared import prepared
from carpentries_portal.common.said import far as how_far
from trainees.letter_queries import INVITATION
from trainees.models import Place, PlaceException, RosterRequest
from trainees.queries import attendance_missing
from trainees.request_queries import seat_of
from trainees.states import PlaceState
from trainings.models import Booking, Training
from trainings.states import TrainingState

DAY, SOON, TWO_YEARS = timedelta(days=1), timedelta(days=14), timedelta(days=730)


def _to_come(now: Any, **which: Any) -> QuerySet[Booking]:
    """Bookings of trainings to come with `names`, fewer than the seats."""
    rows = Booking.objects.confirmed().filter(training__starts_at__gt=now, training__state=TrainingState.SCHEDULED, **which)
    named = Place.objects.active().filter(booking=OuterRef("pk")).order_by().values("booking").annotate(n=Count("pk")).values("n")
    return rows.annotate(names=Coalesce(Subquery(named), 0)).filter(names__lt=F("seats"))


@prepared
def _thin(now: Any) -> QuerySet[Booking, int]:
    rows = _to_come(now, roster_closed_at__isnull=False).order_by("training__starts_at", "pk")
    return rows.values_list("pk", flat=True)[: 4 * SHOWN]


@prepared
def _teams(ids: Any) -> QuerySet[Booking]:
    """With how many `names`."""
    rows = Booking.objects.filter(pk__in=ids).annotate(names=Count("places", filter=Q(places__state=PlaceState.ACTIVE)))
    rows = rows.select_related("training__edition", "membership__organization", "membership__edition")
    return rows.order_by("training__starts_at", "pk")


@prepared
def _refused() -> QuerySet[Notice]:
    place = Place.objects.active().filter(pk=OuterRef("subject_id"), person__email_key=OuterRef("to_key"))
    later = Notice.objects.filter(
        letter=INVITATION, subject_id=OuterRef("subject_id"), state=NoticeState.SENT, pk__gt=OuterRef("pk")
    )
    rows = Notice.objects.filter(Exists(place), ~Exists(later), letter=INVITATION, state=NoticeState.FAILED)
    found: QuerySet[Notice] = desk.counted(rows.order_by("-pk"))[:SHOWN]
    return found


@prepared
def _unconfirmed(now: Any, since: Any) -> QuerySet[Training]:
    rows: QuerySet[Training] = desk.counted(attendance_missing(now, since=since))[:SHOWN]
    return rows


def _open_lists(now: Any, **which: Any) -> QuerySet[Booking]:
    """With the day by which they are due: the booking's own goes before the training's."""
    rows = _to_come(now, roster_closed_at__isnull=True, **which)
    rows = rows.annotate(due_on=Coalesce("roster_until", "training__roster_until"))
    return rows.select_related("training", "membership__organization").order_by("due_on", "pk")


@prepared
def _due(now: Any, today: Any, last_on: Any) -> QuerySet[Booking]:
    days = (today, last_on)
    return _open_lists(now, roster_until__isnull=True, training__roster_until__range=days)[: 4 * SHOWN]


@prepared
def _due_by_own(now: Any, today: Any, last_on: Any) -> QuerySet[Booking]:
    """Asked apart, so that an index finds either."""
    return _open_lists(now, roster_until__range=(today, last_on))[: 4 * SHOWN]


@prepared
def _about_lists() -> QuerySet[RosterRequest]:
    waiting = RosterRequest.objects.waiting().select_related("booking__training", "booking__membership__organization", "asked_by")
    rows: QuerySet[RosterRequest] = desk.counted(waiting.order_by("asked_at"))[:SHOWN]
    return rows


@prepared
def _about_people() -> QuerySet[PlaceException]:
    waiting = PlaceException.objects.waiting().select_related("place__training", "asked_by").order_by("asked_at")
    rows: QuerySet[PlaceException] = desk.counted(waiting)[:SHOWN]
    return rows


@prepared
def _elsewhere(now: Any) -> QuerySet[Place]:
    alone = PlaceException.objects.filter(place=OuterRef("pk"), rule="R14", state=ExceptionState.APPROVED)
    rows = Place.objects.active().filter(training__starts_at__gt=now, training__state=TrainingState.SCHEDULED)
    rows = rows.filter(Q(remote=True) | ~Q(location="")).exclude(Exists(alone))
    rows = rows.select_related("booking__training", "booking__membership__organization")
    return rows.order_by("training__starts_at", "booking", "pk")[: 8 * SHOWN]


def thin_teams(now: datetime) -> Card:
    """Closed rosters with fewer names than the minimum team, of trainings still to come. They stay; staff see them (P6)."""
    items = []
    for row in _teams(ids=_thin(now=now)):
        edition, members = row.training.edition.edition(), row.membership.edition.edition()
        minimum = edition.minimum_for(members.seats_of(row.membership.level))
        names: int = row.names  # type: ignore[attr-defined]  # `_teams` counts them
        if names < minimum:
            text = _("%(names)d names for %(seats)d seats; a team has at least %(minimum)d.")
            values = {"names": names, "seats": row.seats, "minimum": minimum}
            items.append(Item(str(row), text % values, reverse("admin:trainings_booking_change", args=[row.pk])))
    return Card(_("Teams that became small"), urgent=True, items=items[:SHOWN], of=len(items))


def rosters_due(now: datetime) -> Card:
    """Lists that close within two weeks and have seats without a name (R16): whom to remind, the soonest first."""
    items, days = [], {"now": now, "today": now.date() - DAY, "last_on": now.date() + SOON + DAY}
    for row in sorted([*_due(**days), *_due_by_own(**days)], key=lambda row: (vars(row)["due_on"], row.pk)):
        cut_off = row.roster_cut_off()
        if 0 <= cut_off.days_left(now) <= SOON.days:
            values = {"names": int(vars(row)["names"]), "seats": row.seats, "day": day_text(cut_off.on)}
            far = how_far(cut_off.days_left(now))
            text = _("%(names)d of %(seats)d named; the list closes on %(day)s (%(far)s).") % {**values, "far": far}
            items.append(Item(str(row), text, reverse("admin:trainings_booking_change", args=[row.pk])))
    return Card(_("Names that are due"), urgent=False, items=items[:SHOWN], of=len(items))


def attendance_wanted(now: datetime) -> Card:
    """Trainings that are over, whose roll call is not confirmed (P9), of two years."""
    rows = _unconfirmed(now=now, since=now - TWO_YEARS)
    items = [Item(str(row), _("The roll call is not confirmed."), reverse("trainees:attendance", args=[row.code])) for row in rows]
    return Card(_("Attendance to confirm"), urgent=True, items=items, of=desk.of(rows))


def refused_letters(now: datetime) -> Card:
    """Until the address is corrected, the place ends, or the invitation has gone out after all."""
    rows = _refused()
    items = [Item(row.to_address, row.error, reverse("admin:common_notice_change", args=[row.pk])) for row in rows]
    return Card(_("Invitations that were refused"), urgent=True, items=items, of=desk.of(rows))


def to_decide(now: datetime) -> Card:
    """What is asked of staff about lists (P7) and about one person (R14, R15), the oldest first."""
    lists, people = _about_lists(), _about_people()
    waiting: list[RosterRequest | PlaceException] = [*lists, *people]
    rows = sorted(waiting, key=lambda row: row.asked_at)
    items = [
        Item(
            f"{row.rule}: {row.subject_text()}",
            f"{row.asked_by or '–'}: {row.asked_for + ' – ' if row.asked_for else ''}{row.reason}",
            row.admin_path(),
        )
        for row in rows[:SHOWN]
    ]
    return Card(_("Requests about lists and people"), urgent=True, items=items, of=desk.of(lists, people), all=desk.queue())


def elsewhere(now: datetime) -> Card:
    """People to come who are listed at another place than their team (R13), or alone without an exception (R14)."""
    said: dict[int, list[str]] = {}
    bookings: dict[int, Booking] = {}
    for row in _elsewhere(now=now):
        seat = seat_of(row)
        if seat.remote or seat.elsewhere:
            bookings[row.booking_id] = row.booking
            where = _("alone, without an exception (R14)") if seat.remote else row.location
            said.setdefault(row.booking_id, []).append(_("%(name)s: %(where)s") % {"name": row.name, "where": where})
    items = [
        Item(str(booking), "; ".join(said[key]), reverse("admin:trainings_booking_change", args=[key]))
        for key, booking in bookings.items()
    ]
    return Card(_("People at another place than their team"), urgent=False, items=items[:SHOWN], of=len(items))


def register() -> None:
    """Called when the app is ready."""
    desk.add("requests about lists", to_decide, "trainees.view_rosterrequest", "trainees.view_placeexception")
    desk.add("people elsewhere", elsewhere, "trainees.view_place")
    desk.add("rosters due", rosters_due, "trainings.view_booking")
    desk.add("thin teams", thin_teams, "trainings.view_booking")
    desk.add("attendance", attendance_wanted, "trainings.view_training")
    desk.add("refused invitations", refused_letters, "common.view_notice")
