"""Where each person of a membership stands: application, attendance with its minutes, exercises, certificate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from carpentries_portal.common.dates import CutOff
from carpentries_portal.common.prepared import prepared
from certification import policy, queries
from certification.models import Certificate, Checkout, CheckoutException, Submission
from certification.states import CheckoutState, Standing
from memberships.models import Membership
from trainees.models import Place
from trainees.states import Outcome
from trainings.models import Booking
from trainings.queries import all_bookings_of
from trainings.states import BookingState
from trainings.timeline import StateWord

TONES = {
    Standing.OPEN: "now",
    Standing.IN_REVIEW: "now",
    Standing.COMPLETE: "good",
    Standing.CERTIFIED: "good",
    Standing.EXPIRED: "bad",
    Standing.FAILED: "bad",
}

ASKABLE = {Standing.OPEN, Standing.IN_REVIEW, Standing.EXPIRED}
NUMBER = Subquery(
    Certificate.objects.valid().filter(checkout__place=OuterRef("pk"), forgotten_at__isnull=True).values("number")[:1]
)
ASKED = Exists(CheckoutException.objects.waiting().filter(rule="R25", checkout__place=OuterRef("pk")))


@dataclass(frozen=True, slots=True)
class Exercises:
    """The homework of one person: how many exercises are passed of how many, by when, and how it stands."""

    passed: int
    of: int
    due: CutOff
    standing: Standing
    may_ask: bool
    """Whether more time can be asked for (R28); `asked`: it was, and waits for staff."""
    asked: bool


@dataclass(frozen=True, slots=True)
class PersonLine:
    """A person of a team on the membership's pages and in its report. `exercises`: None before the training was passed."""

    place: Place
    booking: Booking
    state: StateWord
    applied: bool
    begun: bool
    minutes: int | None
    exercises: Exercises | None
    certificate: str = ""
    """The number of a valid certificate that these exercises led to."""

    def may_be_reminded(self, now: datetime) -> bool:
        """As `still_to_apply`."""
        return not self.applied and _of_use(self.place, now=now)

    @property
    def address(self) -> str:
        return str(vars(self.place)["address"])

    @property
    def application(self) -> str:
        return _("done") if self.applied else _("begun") if self.begun else _("missing")

    @property
    def attendance(self) -> str:
        """The outcome with the minutes missed; "" before attendance is confirmed."""
        if not self.place.outcome:
            return ""
        n = self.minutes or 0
        text = ngettext("%(outcome)s, %(n)d minute missed", "%(outcome)s, %(n)d minutes missed", n)
        return text % {"outcome": self.place.get_outcome_display(), "n": n}


def still_to_apply(place: Place, *, now: datetime) -> bool:
    """Invited, and without a finished application that would still be of use (R17). No query where it is loaded."""
    application = getattr(place, "application", None)
    applied = application is not None and application.finished_at is not None
    return not applied and _of_use(place, now=now)


def _of_use(place: Place, *, now: datetime) -> bool:
    return place.invited(now) and place.outcome != Outcome.NOT_PASSED


@prepared
def _people(booking_ids: Any) -> QuerySet[Place]:
    """Of the application only whether it is finished, of the person only the address: a report has hundreds."""
    rows = Place.objects.active().filter(booking__pk__in=booking_ids)
    rows = rows.annotate(certificate_number=NUMBER, time_asked=ASKED, address=F("person__email"))
    rows = rows.annotate(form=F("application__pk"), form_finished_at=F("application__finished_at"))
    return rows.select_related("checkout").defer("location", "removed_why")


def people_of(bookings: Iterable[Booking], *, now: datetime) -> list[PersonLine]:
    """The active people of these bookings, the bookings in their order, each by name. Two queries. Needs each one's training and edition."""
    by_id = {booking.pk: booking for booking in bookings}
    places: dict[int, list[Place]] = {}
    for place in _people(booking_ids=list(by_id)):
        place.training = by_id[place.booking_id].training
        places.setdefault(place.booking_id, []).append(place)
    done = _exercises([place for team in places.values() for place in team], now=now)
    return [
        _line(place, booking, done)
        for pk, booking in by_id.items()
        for place in sorted(places.get(pk, []), key=lambda place: (place.name.casefold(), place.pk))
    ]


@prepared
def _works(checkout_ids: Any) -> QuerySet[Submission]:
    return Submission.objects.filter(checkout__pk__in=checkout_ids)


def _exercises(places: list[Place], *, now: datetime) -> dict[int, Exercises]:
    """By place. One query; needs `checkout` and the training's edition."""
    checkouts: list[Checkout] = [place.checkout for place in places if getattr(place, "checkout", None) is not None]
    asked = {place.pk for place in places if vars(place)["time_asked"]}
    works: dict[int, list[Submission]] = {}
    for work in _works(checkout_ids=[checkout.pk for checkout in checkouts if checkout.state != CheckoutState.CERTIFIED]):
        works.setdefault(work.checkout_id, []).append(work)
    found: dict[int, Exercises] = {}
    for checkout in checkouts:
        facts = queries.facts_of(checkout, works.get(checkout.pk, []))
        standing = policy.standing(facts, now=now)
        waits = checkout.place_id in asked
        may_ask = not waits and standing in ASKABLE and policy.ask_for_time(facts, now=now).allowed
        every = len(facts.exercises)
        passed = every if standing == Standing.CERTIFIED else facts.passed_count()  # or there would be no certificate (R29)
        found[checkout.place_id] = Exercises(passed, every, facts.due, standing, may_ask, waits)
    return found


def _line(place: Place, booking: Booking, done: Mapping[int, Exercises]) -> PersonLine:
    read, exercises = vars(place), done.get(place.pk)
    applied = read["form_finished_at"] is not None
    return PersonLine(
        place=place,
        booking=booking,
        state=_state(place, exercises, applied=applied),
        applied=applied,
        begun=read["form"] is not None,
        minutes=place.minutes_missed,
        exercises=exercises,
        certificate=read["certificate_number"] or "",
    )


def _state(place: Place, exercises: Exercises | None, *, applied: bool) -> StateWord:
    """The word that counts: the last thing that was decided about the person."""
    if exercises is not None and exercises.standing != Standing.WITHDRAWN:
        standing = exercises.standing
        word = _("working on it") if standing == Standing.OPEN else str(standing.label)
        return StateWord(word, TONES.get(standing, ""))
    if place.outcome == Outcome.PASSED:
        return StateWord(_("passed the training"), "good")
    if place.outcome == Outcome.NOT_PASSED:
        return StateWord(_("not passed"), "bad")
    return StateWord(_("application done"), "good") if applied else StateWord(_("application missing"), "warn")


@dataclass(frozen=True, slots=True)
class Team:
    """How many of a booking are named, passed the training, are certified, and can be reminded of the application."""

    named: int = 0
    passed: int = 0
    certified: int = 0
    to_remind: int = 0


def _how_many(*conditions: Q) -> Subquery:
    """Of the people named on a booking, those of whom all of this is so."""
    rows = Place.objects.active().filter(*conditions, booking=OuterRef("pk"))
    return Subquery(rows.order_by().values("booking").annotate(n=Count("pk")).values("n"))


@prepared
def _bookings(membership_id: Any, now: Any) -> QuerySet[Booking]:
    """As `all_bookings_of`, with the numbers of `Team`. `to_remind` is the twin of `still_to_apply`."""
    missing = Q(application__finished_at__isnull=True, invite_at__lte=now)
    rows = all_bookings_of(membership_id).annotate(named=_how_many(), passed=_how_many(Q(outcome=Outcome.PASSED)))
    return rows.annotate(
        certified=_how_many(Q(checkout__state=CheckoutState.CERTIFIED)),
        to_remind=_how_many(missing, ~Q(outcome=Outcome.NOT_PASSED)),
    )


def bookings_with_teams(membership: Membership, *, now: datetime) -> list[tuple[Booking, Team]]:
    """The bookings of a membership, the newest training first. One query."""
    rows = _bookings(membership_id=membership.pk, now=now)
    return [(row, Team(*(vars(row)[field.name] or 0 for field in fields(Team)))) for row in rows]


def team_words(booking: Booking, team: Team) -> str:
    """A team in a few words: "5 of 6 named", and once attendance is confirmed "5 passed · 4 certified"; "" where the booking has ended."""
    if booking.state != BookingState.CONFIRMED:
        return ""
    if booking.attendance_confirmed_at is None:
        return _("%(n)d of %(seats)d named") % {"n": team.named, "seats": booking.seats}
    words = _("%(passed)d passed · %(certified)d certified") if team.passed else _("nobody passed")
    return words % {"passed": team.passed, "certified": team.certified}


def counts(people: Iterable[PersonLine]) -> list[tuple[str, int]]:
    """How many people stand where, in words: [("certified", 7), ("not passed", 1)]."""
    found: dict[str, int] = {}
    for line in people:
        found[line.state.word] = found.get(line.state.word, 0) + 1
    return list(found.items())
