"""What the people of a random history do: each by the real action. Raises UnableTo, or IndexError where there is nothing to do it with."""

from __future__ import annotations

import dataclasses
from contextlib import suppress
from datetime import time, timedelta

from django.db import transaction

from carpentries_portal.common import exceptions
from carpentries_portal.common.asked import ASKED
from carpentries_portal.common.dates import today_in
from carpentries_portal.common.enforcement import brake, runs
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.models import BrakedAction
from carpentries_portal.common.models.exceptions import ExceptionState
from carpentries_portal.tests.histories import SINCE, Doing, History
from certification import actions as checkouts
from certification.factories import apply
from certification.models import Checkout, CheckoutException, Submission
from memberships import actions as seats
from memberships.models import Membership
from memberships.states import Account
from trainees import actions as people
from trainees.factories import named
from trainees.models import Place, RosterRequest
from trainees.policy import DayMarks
from trainees.states import Ground, Outcome
from trainings import actions
from trainings.actions.bookings import Site
from trainings.actions.trainings import Schedule
from trainings.models import Booking, Training, TrainingException

SITE = Site(name="Library", room="1", zone="America/New_York")
MARKS = (DayMarks(), DayMarks(), DayMarks(late=time(13)), DayMarks(absent=True))


# ---- seats and bookings


def book(it: History) -> None:
    late = {} if it.chance.random() < 0.6 else {"by": it.staff, "staff_reason": "They are late."}
    where = {"training_id": it.one(it.trainings).pk, "membership_id": it.one(it.memberships).pk}
    actions.book(**where, seats=it.chance.randint(6, 9), site=SITE, **{**it.by_lead(), **late})


def change(it: History) -> None:
    actions.change_seats(booking_id=it.booking().pk, seats=it.chance.randint(6, 10), **it.by_lead())


def cancel(it: History) -> None:
    actions.cancel_booking(booking_id=it.booking(attendance_confirmed_at=None).pk, why="We cannot.", **it.by_lead())


def move_team(it: History) -> None:
    reason = {} if it.chance.random() < 0.5 else {"by": it.staff, "staff_reason": "As they asked."}
    actions.move_booking(booking_id=it.booking().pk, to_training_id=it.one(it.trainings).pk, **{**it.by_lead(), **reason})


def cancel_training(it: History) -> None:
    """Seldom, and rather where seats come back to a year that is over."""
    rows = Training.objects.filter(state="scheduled", starts_at__gt=it.now)
    over = rows.filter(bookings__state="confirmed", bookings__membership__ends_on__lt=it.now.date())
    if not over.exists() and it.chance.random() < 0.7:
        raise IndexError
    actions.cancel_training(training_id=it.one(over if over.exists() else rows).pk, why="No trainer.", **it.by_staff())


def move_training(it: History) -> None:
    row = it.one(Training.objects.filter(state="scheduled", starts_at__gt=it.now, round=0))
    on = row.starts_on + timedelta(days=it.chance.choice((7, 7, 14, 45)))
    dates = Schedule(starts_on=on, ends_on=on + timedelta(days=1), starts=row.starts, ends=row.ends, zone=row.zone)
    actions.move_training(training_id=row.pk, schedule=dates, why="The trainer is ill.", **it.by_staff())


def grant(it: History) -> None:
    seats.grant_extra(membership=it.one(it.memberships), seats=2, why="A gift.", **it.by_staff())


def withdraw(it: History) -> None:
    seats.withdraw(membership=it.one(it.memberships), seats=1, why="A smaller contract.", **it.by_staff())


def restore_at_large(it: History) -> None:
    row = it.membership(forfeited__gt=0)
    seats.restore(membership=row, seats=1, exception=it.exception(row, "They were ill."), why="They were ill.", **it.by_staff())


def restore_of_booking(it: History) -> None:
    more = {"rule": it.one(("P4", "P6", "R15")), "to_reserved": it.chance.random() < 0.5, "until": it.now + timedelta(days=20)}
    row = it.one(Booking.objects.filter(reservation__membership__forfeited__gt=0))
    actions.restore_seats(booking_id=row.pk, seats=1, why="Not their fault.", **more, **it.by_staff())


def decide_returned(it: History) -> None:
    row = it.membership(returned__gt=0)
    record = it.exception(row, "Fair.") if it.chance.random() < 0.5 else None
    seats.decide_returned(membership=row, seats=1, exception=record, why="Fair.", **it.by_staff())


def carry_over(it: History) -> None:
    here, there = it.one(it.memberships), it.memberships[1]
    row = Membership.objects.get(pk=here.pk)
    source = Account.FORFEITED if row.forfeited and it.chance.random() < 0.5 else Account.AVAILABLE
    record = it.exception(row, "To the next year.")
    seats.carry_over(membership=row, to=there, seats=2, source=source, exception=record, why="To the next year.", **it.by_staff())
    exceptions.use_up(record, now=it.now)


def end_early(it: History) -> None:
    """The third one, and late enough to have had bookings."""
    if it.now < SINCE + timedelta(days=60):
        raise IndexError
    row = it.memberships[2]
    on = today_in(row.organization.zone, it.now)
    seats.end_early(membership=row, on=on, why="The university closed.", **it.by_staff())


# ---- people


def name(it: History) -> None:
    row = it.booking(roster_closed_at=None)
    it.listed += 10
    new = [dataclasses.replace(one, remote=it.chance.random() < 0.1) for one in named(10, start=it.listed)]
    wanted = [*_now_on(row), *new][: row.seats - it.chance.randint(0, 2)]
    people.accept_roster(booking_id=row.pk, people=wanted, **it.by_lead())


def drop(it: History) -> None:
    row = it.place(outcome="", training__starts_at__gt=it.now).booking
    people.accept_roster(booking_id=row.pk, people=_now_on(row)[1:], **it.by_lead())


def replace(it: History) -> None:
    row = it.place(outcome="", training__starts_at__gt=it.now).booking
    it.listed += 1
    people.accept_roster(booking_id=row.pk, people=[*_now_on(row)[1:], *named(1, start=it.listed + 1000)], **it.by_lead())


def _now_on(row: Booking) -> list[people.Named]:
    rows = Place.objects.active().filter(booking=row.pk).select_related("person").order_by("pk")
    return [people.Named(n, one.name, one.person.email, one.location, one.remote) for n, one in enumerate(rows, start=1)]


def ask_replacing(it: History) -> None:
    row = it.place(outcome="", booking__roster_closed_at__isnull=False).booking
    it.listed += 1
    wanted = [*_now_on(row)[1:], *named(1, start=it.listed + 1000)]
    people.ask_changes(booking_id=row.pk, people=wanted, reason="Somebody is ill.", **it.by_lead())


def accept_replacing(it: History) -> None:
    people.accept_changes(request_id=it.one(RosterRequest.objects.waiting()).pk, note="Fine.", **it.by_staff())


def apply_to(it: History) -> None:
    apply(it.place(application__isnull=True), now=it.now)


# ---- attendance and exercises


def attend(it: History) -> None:
    wanted = {"attendance_confirmed_at": None, "training__ends_at__lte": it.now, "places__state": "active"}
    row = it.booking(**wanted)
    for place in Place.objects.active().filter(booking=row.pk):
        marks = it.one(MARKS)
        for day in range(1, len(row.training.hours()) + 1):
            people.mark(place_id=place.pk, day=day, marks=marks, **it.by_staff())
    people.confirm_attendance(booking_id=row.pk, **it.by_staff())


def correct(it: History) -> None:
    place = it.place(outcome__in=[Outcome.PASSED, Outcome.NOT_PASSED])
    people.correct_attendance(place_id=place.pk, day=1, marks=it.one(MARKS), why="By the clock.", **it.by_staff())


def excuse(it: History) -> None:
    people.excuse(place_id=it.place(outcome=Outcome.NOT_PASSED).pk, ground=Ground.EMERGENCY, why="The train.", **it.by_staff())


def ask_remote(it: History) -> None:
    place = it.place(outcome="", training__starts_at__gt=it.now, remote=True)
    people.ask_remote(place_id=place.pk, reason="Too far away.", by=place.person, now=it.now)


def pass_one(it: History) -> None:
    """An exercise of somebody, or all that are left; who has not applied yet does so."""
    row = it.one(Checkout.objects.filter(state="under_way").select_related("place__training__edition"))
    if not Place.objects.filter(pk=row.place_id, application__isnull=False).exists():
        apply(row.place, now=it.now)
    left = [one.code for one in row.place.training.edition.edition().exercises]
    left = [code for code in left if not row.submissions.filter(exercise=code, state="passed").exists()]
    for code in left if it.chance.random() < 0.6 else left[:1]:
        done_on = row.place.training.ends_on + timedelta(days=1)
        checkouts.record_result(checkout_id=row.pk, exercise=code, done_on=done_on, feedback="", **it.by_staff())


def take_back(it: History) -> None:
    row = it.one(Submission.objects.filter(state="passed").exclude(checkout__state="certified"))
    checkouts.take_pass_back(submission_id=row.pk, why="Somebody else's.", **it.by_staff())


def close(it: History) -> None:
    row = it.one(Checkout.objects.filter(state="under_way", complete=False))
    checkouts.close_checkout(checkout_id=row.pk, why="They left.", **it.by_staff())


def reopen(it: History) -> None:
    row = it.one(Checkout.objects.filter(state="closed"))
    checkouts.reopen_checkout(checkout_id=row.pk, why="They are back.", to=row.due_on + timedelta(days=9), **it.by_staff())


def extend(it: History) -> None:
    row = it.one(Checkout.objects.filter(state="under_way", complete=False))
    checkouts.extend_checkout(checkout_id=row.pk, to=row.due_on + timedelta(days=10), why="Ill.", **it.by_staff())


def revoke_extension(it: History) -> None:
    row = it.one(CheckoutException.objects.in_force(it.now).filter(rule="R25"))
    checkouts.revoke_extension(record_id=row.pk, note="Not ill.", **it.by_staff())


# ---- exceptions and the night


def ask(it: History) -> None:
    words = {"training": it.one(it.trainings), "membership": it.one(it.memberships), "rule": "R6", "reason": "We are late."}
    words["training"].refresh_from_db()
    actions.ask_exception(**words, **it.by_lead(), seats=6)


def decide(it: History) -> None:
    record = it.one([row for kind in ASKED if kind.is_exception for row in kind.model._default_manager.filter(state="asked")])
    if it.chance.random() < 0.7:
        exceptions.approve(record, until=it.now + timedelta(days=12), **it.by_staff())
    else:
        exceptions.decline(record, note="Too late.", **it.by_staff())


def revoke(it: History) -> None:
    record = it.one(TrainingException.objects.filter(state=ExceptionState.APPROVED, used_at__isnull=True))
    exceptions.revoke(record, note="Somebody else came first.", **it.by_staff())


def night(it: History) -> None:
    runs.run(now=it.now)


def release(it: History) -> None:
    row = it.one(BrakedAction.objects.filter(released_at__isnull=True, closed_at__isnull=True))
    brake.release(rule=row.rule, on=row.cut_off_on, **it.by_staff())


DOINGS: dict[Doing, int] = {
    **dict.fromkeys((attend, decide_returned, restore_at_large), 40),
    **dict.fromkeys((pass_one, correct, close, reopen, release, accept_replacing, ask_replacing, decide), 12),
    **dict.fromkeys((book, name, night, excuse, extend, revoke_extension, restore_of_booking), 8),
    **dict.fromkeys((apply_to, replace, ask, change, carry_over, ask_remote, revoke, end_early, cancel_training), 5),
    **dict.fromkeys((drop, move_team, move_training, take_back), 3),
    **dict.fromkeys((cancel, grant, withdraw), 1),
}
"""What may be done, and how readily: what can only seldom be done is tried first."""


def begin(seed: int) -> History:
    """A history with a few teams booked."""
    history = History(seed)
    for _n in range(5):
        with suppress(UnableTo), transaction.atomic():
            book(history)
    return history
