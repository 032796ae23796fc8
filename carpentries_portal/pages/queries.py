"""What the pages that span apps show: they compose the apps' queries, and say what to do next."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from carpentries_portal.common.dates import CutOff, add_months
from carpentries_portal.common.handbook import Verdict
from carpentries_portal.common.prepared import prepared
from carpentries_portal.pages.forecast import Forecast
from carpentries_portal.pages.ledger import LedgerLine, ledger_lines
from carpentries_portal.pages.letters import Letters, everybody_of, letters_of
from carpentries_portal.pages.progress import ASKABLE, PersonLine, bookings_with_teams, people_of, still_to_apply, team_words
from carpentries_portal.pages.year import Ahead, ahead_of
from certification.queries import Progress, progress_of
from memberships.models import Membership
from memberships.queries import LEDGER, SeatMeter, ledger_of, meter_of
from trainees.access import is_active
from trainees.documents import PersonRow, RowAction, people_rows
from trainees.request_queries import change_waits
from trainings import policy, queries, timeline
from trainings.models import Booking, TrainingException
from trainings.queries import Offer

PEOPLE = 15
MOVEMENTS = 15
"""So many people and movements of a membership are shown; its report has all."""


@dataclass(frozen=True, slots=True)
class NextStep:
    """The one thing to do next: what, by when, why, and the button."""

    what: str
    why: str
    button: str = ""
    url: str = ""
    by: CutOff | None = None
    rule: str = ""


@dataclass(frozen=True, slots=True)
class MembershipPage:
    """A membership as its coordinators see it."""

    membership: Membership
    meter: SeatMeter
    state: timeline.StateWord
    next_step: NextStep | None
    minimum: int
    offers: list[Offer]
    forecast: Forecast
    recommended_until: date
    bookings: list[tuple[Booking, str]]
    """With how the team stands, in a few words."""
    requests: list[TrainingException]
    ledger: list[LedgerLine]
    """The newest movements; `ledger_goes_on`: there are more."""
    ledger_goes_on: bool
    people: list[PersonLine]
    """The first of them; `named`: how many there are."""
    named: int
    to_remind: int


def membership_page(membership: Membership, *, now: datetime) -> MembershipPage:
    """Everything on the membership's page. A constant number of queries."""
    booked = bookings_with_teams(membership, now=now)
    bookings, names = [booking for booking, _team in booked], {booking.pk: team.named for booking, team in booked}
    ahead = ahead_of(membership, bookings, names, now=now)
    ledger, goes_on = _newest_movements(membership)
    return MembershipPage(
        membership=membership,
        meter=meter_of(membership),
        state=_membership_state(membership, now=now),
        next_step=_membership_step(membership, ahead, bookings, names, now=now),
        minimum=ahead.minimum,
        offers=ahead.offers,
        forecast=ahead.forecast,
        recommended_until=add_months(membership.starts_on, membership.edition.edition().recommended_months),
        bookings=[(booking, team_words(booking, team)) for booking, team in booked],
        requests=queries.requests_of(membership),
        ledger=ledger,
        ledger_goes_on=goes_on,
        people=people_of(_first_of(bookings, names), now=now)[:PEOPLE],
        named=sum(names.values()),
        to_remind=sum(team.to_remind for _booking, team in booked),
    )


def _membership_state(membership: Membership, *, now: datetime) -> timeline.StateWord:
    if membership.has_ended(now):
        return timeline.StateWord(_("ended"), "")
    if not membership.has_begun(now):
        return timeline.StateWord(_("not begun"), "now")
    return timeline.StateWord(_("current"), "good")


def _newest_movements(membership: Membership) -> tuple[list[LedgerLine], bool]:
    """And whether there are more. Where not all were read, the oldest line may be a part of a team's: it is not shown."""
    entries = ledger_of(membership)
    lines, cut = ledger_lines(entries), len(entries) == LEDGER
    whole = lines[:-1] if cut else lines
    return whole[:MOVEMENTS], cut or len(whole) > MOVEMENTS


def _first_of(bookings: list[Booking], names: Mapping[int, int]) -> list[Booking]:
    """Of the bookings, the newest, as many as have the people that are shown."""
    before = itertools.accumulate((names.get(booking.pk, 0) for booking in bookings), initial=0)
    return [booking for booking, people in zip(bookings, before, strict=False) if people < PEOPLE]


def _membership_step(
    membership: Membership, ahead: Ahead, bookings: list[Booking], names: Mapping[int, int], *, now: datetime
) -> NextStep | None:
    """What comes first: naming the people of a team, using seats that are left while they can be used."""
    steps = naming_steps(bookings, names=names, now=now)
    if not membership.has_ended(now) and membership.available:
        steps.append(_seats_step(membership, ahead, bookings, now=now))
    return min(steps, key=lambda step: step.by.ends_at if step.by else membership.cut_off().ends_at, default=None)


def naming_steps(bookings: list[Booking], *, names: Mapping[int, int], now: datetime) -> list[NextStep]:
    """A step for each team that has seats without a name, while its roster is open (R16). `names`: how many each has."""
    open_ = [
        row for row in bookings if row.state == "confirmed" and not row.roster_closed_at and not row.roster_cut_off().passed(now)
    ]
    steps = []
    for row in open_:
        missing = row.seats - names.get(row.pk, 0)
        if missing > 0:
            what = ngettext("Name %(n)d person for %(days)s", "Name %(n)d people for %(days)s", missing)
            why = _("Names and e-mails of everyone are due three weeks ahead; seats without a name are then forfeited.")
            url = reverse("trainees:people", args=[row.pk])
            values = {"n": missing, "days": row.training.days_text}
            steps.append(
                NextStep(what=what % values, why=why, by=row.roster_cut_off(), rule="R16", button=_("Name people"), url=url)
            )
    return steps


def _seats_step(membership: Membership, ahead: Ahead, bookings: list[Booking], *, now: datetime) -> NextStep:
    """How the seats that are left can still be used, and until when."""
    left, minimum, offers, best = membership.available, ahead.minimum, ahead.offers, ahead.forecast.best
    if left < minimum:
        return _enlarge_step(membership, minimum=minimum, bookings=bookings, now=now)
    if best is None:
        why = _("No training that is open now fits: write to us which dates and hours would suit you.")
        return NextStep(what=_("No training fits at the moment"), why=why, by=membership.cut_off())
    what = (
        _("Book your team of %(n)d") % {"n": left}
        if left < 2 * minimum
        else ngettext("Book a team: %(n)d seat is left", "Book a team: %(n)d seats are left", left) % {"n": left}
    )
    button = ngettext("See %(n)d training that fits", "See %(n)d trainings that fit", len(offers)) % {"n": len(offers)}
    why = _("What is left when your membership year ends is forfeited.")
    if best.inside:
        why += " " + _("Up to this day you find a training whose exercises end inside it.")
    return NextStep(what=what, why=why, by=best.offer.sign_up, button=button, url="#fit", rule="R12")


def _enlarge_step(membership: Membership, *, minimum: int, bookings: list[Booking], now: datetime) -> NextStep:
    """Fewer seats than a team: only a booking whose sign-up is open can take them."""
    left = membership.available
    what = ngettext("%(n)d seat is left", "%(n)d seats are left", left) % {"n": left}
    growing = [row for row in bookings if row.state == "confirmed" and not row.training.sign_up.passed(now)]
    if not growing:
        why = _("At least %(n)d attend at once, and no booking of yours can grow any more: what is left is forfeited then.")
        return NextStep(what=what, why=why % {"n": minimum}, by=membership.cut_off(), rule="R11")
    last = max(growing, key=lambda row: row.training.sign_up.ends_at)
    why = _("At least %(n)d attend at once; with fewer seats, enlarge a booking while its sign-up is open.") % {"n": minimum}
    url = reverse("trainings:change_booking", args=[last.pk])
    return NextStep(what=what, why=why, by=last.training.sign_up, rule="R11", button=_("Enlarge the booking"), url=url)


@dataclass(frozen=True, slots=True)
class BookingPage:
    """A booking as its coordinators, trainers and staff see it."""

    booking: Booking
    state: timeline.StateWord
    next_step: NextStep | None
    dates: list[timeline.Milestone]
    requests: list[TrainingException]
    people: list[PersonRow]
    link: Verdict
    unapplied: int
    """How many were invited and have not finished the application (R17), where it would still be of use."""
    letters: Letters | None
    room: list[queries.RoomLine]
    """Empty where no room is got ready any more."""
    may_change: bool
    moved_to: Booking | None = None
    list_waits: bool = False
    """Whether a change of the list waits for staff (P7)."""


@prepared
def _requests(training_id: Any, membership_id: Any) -> QuerySet[TrainingException]:
    rows = TrainingException.objects.filter(training=training_id, membership=membership_id)
    return rows.select_related("asked_by").order_by("-pk")


def booking_page(booking: Booking, *, now: datetime, may_change: bool, zone: str = "") -> BookingPage:
    """Everything on the booking's page. A constant number of queries. `zone`: the reader's, for who sees which letters went out."""
    requests = _requests(training_id=booking.training_id, membership_id=booking.membership_id)
    everybody = everybody_of(booking)
    people = people_rows([place for place in everybody if is_active(place)], now=now, addresses=may_change)
    to_come = booking.state == "confirmed" and booking.training.state == "scheduled"
    if booking.attendance_confirmed_at is not None:
        people = with_progress(people, now=now, may_ask=may_change)
    return BookingPage(
        booking=booking,
        state=timeline.StateWord(_("confirmed"), "good")
        if booking.state == "confirmed"
        else timeline.StateWord(_("cancelled"), "bad"),
        next_step=_booking_step(booking, people, now=now) if may_change else None,  # it leads to the list, which is theirs
        dates=timeline.booking_dates(booking, now=now),
        requests=requests,
        people=people,
        unapplied=sum(still_to_apply(place, now=now) for place in everybody if is_active(place)),
        letters=letters_of(booking, places=everybody, asked=requests, zone=zone, now=now) if zone else None,
        room=queries.room_of(booking) if to_come else [],
        link=policy.room_link(booking.training.facts(seats_booked=0), now=now),
        may_change=may_change and booking.state == "confirmed" and not booking.training.has_begun(now),
        moved_to=_moved_to(booking),
        list_waits=not booking.training.has_begun(now) and change_waits(booking.pk),
    )


def with_progress(people: list[PersonRow], *, now: datetime, may_ask: bool = False) -> list[PersonRow]:
    """How far each who passed is with the exercises, instead of the outcome alone; `may_ask`: with a way to ask for more time. Two queries."""
    progress = progress_of([row.key for row in people], now=now)
    return [_further(row, progress[row.key], may_ask=may_ask) if row.key in progress else row for row in people]


def _further(row: PersonRow, progress: Progress, *, may_ask: bool) -> PersonRow:
    missing = ", ".join(part for part in (progress.missing, row.missing) if part)
    ways = row.actions
    if may_ask and progress.standing in ASKABLE:
        ways = (*ways, RowAction(_("Ask for more time"), reverse("certification:more_time_for", args=[row.key])))
    return replace(row, state=timeline.StateWord(progress.word.word, progress.word.tone), missing=missing, actions=ways)


def _moved_to(booking: Booking) -> Booking | None:
    """The booking that took the place of one that has ended."""
    if booking.state == "confirmed":
        return None
    return Booking.objects.select_related("training").filter(moved_from=booking.pk).first()


def _booking_step(booking: Booking, people: list[PersonRow], *, now: datetime) -> NextStep | None:
    """Until the roster closes: name who has no name yet. Then nothing is asked of the coordinator but the applications."""
    if booking.state != "confirmed" or booking.training.has_begun(now):
        return None
    url = reverse("trainees:people", args=[booking.pk])
    missing = booking.seats - len(people)
    if missing > 0 and booking.roster_closed_at is None and not booking.roster_cut_off().passed(now):
        why = _("Names and e-mails of everyone are due three weeks ahead; seats without a name are then forfeited.")
        what = ngettext("Name %(n)d person", "Name your %(n)d people", missing)
        if people:
            what = ngettext("Name %(n)d more person", "Name %(n)d more people", missing)
        return NextStep(
            what=what % {"n": missing}, why=why, by=booking.roster_cut_off(), rule="R16", button=_("Name people"), url=url
        )
    waiting = sum(1 for row in people if row.missing)
    if waiting:
        what = ngettext("%(n)d application is missing", "%(n)d applications are missing", waiting) % {"n": waiting}
        why = _("Each of your people has a letter with a link. Without the application there is no certificate.")
        return NextStep(what=what, why=why, rule="R17", button=_("See who"), url=url)
    return None
