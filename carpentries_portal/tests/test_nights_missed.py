"""Whatever nights are missed or doubled, the end is that of one run each night; letters may be fewer (P12), never double."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from carpentries_portal.common.auditing import run_audits
from carpentries_portal.common.dates import offered_zones
from carpentries_portal.common.enforcement import RULES, runs
from carpentries_portal.common.models import AppliedAction, Notice, RunError
from certification.actions import hand_in
from certification.factories import Team, apply, pass_exercises
from certification.models import Certificate, Checkout
from memberships.factories import CoordinatorFactory, MembershipFactory, OrganizationFactory, PersonFactory, StaffFactory
from memberships.models import Membership
from trainees.factories import name_people
from trainees.models import Place
from trainings.actions import move_training
from trainings.actions.trainings import Schedule
from trainings.factories import BookingFactory, TrainerFactory, TrainingFactory
from trainings.models import Booking, Training

pytestmark = pytest.mark.django_db

FIRST, LAST = -45, 5  # nights, counted from the first day of the training
NIGHTS = LAST - FIRST + 1
ACTS, WRITES = (
    {"R7", "R12", "P6", "R27", "R29"},
    {"L3", "L5", "L6", "L7", "L8", "L9", "L11", "L15"},
)  # all rules but P9, which is of half a year later
LONGEST_GAP = 13  # nights: the handbook's "under 14 days"


@dataclass(frozen=True)
class Case:
    """A training in its zone, a team elsewhere with so many names, and which nights have how many runs.

    `move`: after the run of which night (counted from 0) staff move the team's training, and by how many days.
    """

    starts_on: date
    zone: str
    site_zone: str
    names: int
    pattern: tuple[int, ...]
    move: tuple[int, int] | None = None

    def night(self, n: int) -> datetime:
        """The instant of a night's run: half past noon by UTC; a doubled one is five hours later."""
        return datetime.combine(self.starts_on + timedelta(days=FIRST + n), time(12, 30), tzinfo=UTC)

    def nights(self, pattern: tuple[int, ...]) -> list[datetime]:
        """The instants of all runs of a pattern."""
        return [self.night(n) + timedelta(hours=5 * again) for n, count in enumerate(pattern) for again in range(count)]


def kept_short(pattern: list[int]) -> tuple[int, ...]:
    """The same, with a run where a gap would be too long, and on the last night."""
    found, missed = [], 0
    for count in pattern:
        missed = 0 if count else missed + 1
        found.append(count or int(missed > LONGEST_GAP))
        missed = 0 if found[-1] else missed
    return (*found[:-1], found[-1] or 1)


NUMBER = re.compile(r"\d+(?=@)")
SPECIAL = [
    date(2019, 3, 10),
    date(2019, 3, 31),
    date(2019, 10, 27),
    date(2019, 11, 3),
    date(2020, 2, 29),
    date(2020, 12, 31),
    date(2024, 3, 28),
]
cases = st.builds(
    Case,
    starts_on=st.sampled_from(SPECIAL) | st.dates(date(2018, 6, 1), date(2032, 12, 1)),
    zone=st.sampled_from(offered_zones()),
    site_zone=st.sampled_from(offered_zones()),
    names=st.integers(0, 6),
    pattern=st.lists(st.sampled_from([0, 0, 0, 1, 2]), min_size=NIGHTS, max_size=NIGHTS).map(kept_short),
    move=st.none() | st.tuples(st.integers(8, 36), st.sampled_from([-4, -1, 1, 7, 12])),
)


def make(case: Case) -> None:
    """Announced and booked long before; nobody does anything afterwards. One membership ends on the way, with seats left."""
    at = datetime.combine(case.starts_on - timedelta(days=80), time(12), tzinfo=UTC)
    organization = OrganizationFactory(name="Ours", zone=case.site_zone, now=at)
    coordinator = CoordinatorFactory(organization=organization, email="ours@example.org", now=at)
    year: dict[str, Any] = {"starts_on": case.starts_on - timedelta(days=200), "ends_on": case.starts_on + timedelta(days=100)}
    membership = MembershipFactory(organization=organization, now=at, **year)
    MembershipFactory(
        organization=organization,
        now=at,
        starts_on=case.starts_on - timedelta(days=375),
        ends_on=case.starts_on - timedelta(days=11),
    )
    common: dict[str, Any] = {"starts_on": case.starts_on, "zone": case.zone, "now": at}
    booked = TrainingFactory(**common, trainers=[TrainerFactory(email="one@example.org", now=at)])
    booked.link = "https://example.org/room"
    booked.save(update_fields=["link"])
    TrainingFactory(**common, trainers=[TrainerFactory(email="two@example.org", now=at)])
    booking = BookingFactory(
        training=booked,
        membership=membership,
        seats=6,
        site_zone=case.site_zone,
        by=coordinator.person,
        now=at + timedelta(hours=1),
    )
    if case.names:
        name_people(booking, case.names, by=PersonFactory(email="who@example.org"), now=at + timedelta(hours=2))
    make_checkouts(case)
    Notice.objects.all().delete()


def make_checkouts(case: Case) -> None:
    """A team that passed long before; its checkouts end ten days before the other training: one is done, one waits for its review, the others expire."""
    team = Team(6, starts_on=case.starts_on - timedelta(days=101), zone=case.zone)
    done, waits = team.checkout(0), team.checkout(1)
    at = team.training.ends_at + timedelta(days=30)
    pass_exercises(done, by=team.trainer, now=at)
    pass_exercises(waits, by=team.trainer, now=at, but=1)
    for place in team.places[:3]:
        apply(place, now=at)
    hand_in(
        checkout_id=waits.pk,
        exercise=team.training.edition.edition().exercises[-1].code,
        done_on=team.training.ends_on + timedelta(days=20),
        link="https://example.org/lesson",
        by=team.places[1].person,
        now=at,
    )


def move(case: Case) -> None:
    """Staff give the team's training other days: rounds are raised, and the nights go on by the new dates (P8)."""
    assert case.move is not None
    n, days = case.move
    training = Training.objects.get(bookings__isnull=False, starts_on=case.starts_on)
    first = case.starts_on + timedelta(days=days)
    schedule = Schedule(first, first + timedelta(days=1), training.starts, training.ends, training.zone)
    staff = StaffFactory(email="staff.member@example.org")
    move_training(training_id=training.pk, schedule=schedule, why="Ill.", by=staff, now=case.night(n) + timedelta(hours=6))


def state() -> dict[str, object]:
    """What the rules have done, without when."""
    return {
        "trainings": sorted(Training.objects.values_list("code", "state", "cancelled_why")),
        "bookings": [
            (row.state, row.seats, row.cancelled_seats, row.roster_closed_at is None, row.round)
            for row in Booking.objects.order_by("pk")
        ],
        "places": sorted(Place.objects.values_list("name", "state")),
        "memberships": [
            (row.granted, row.available, row.used, row.forfeited, row.returned) for row in Membership.objects.order_by("ends_on")
        ],
        "checkouts": [(row.state, row.expired_on, row.due_on) for row in Checkout.objects.order_by("pk")],
        "certificates": sorted(Certificate.objects.values_list("checkout__place__name", "state")),
        "acted": sorted(AppliedAction.objects.filter(rule__in=ACTS).values_list("rule", "cut_off_on", "round", "sentence")),
    }


def letters() -> Counter[tuple[str, str]]:
    """How many of each went to whom; made-up addresses count on from world to world, so they are told apart without their numbers."""
    return Counter((letter, NUMBER.sub("", to)) for letter, to in Notice.objects.values_list("letter", "to_key"))


def acting() -> set[str]:
    return set(AppliedAction.objects.values_list("rule", flat=True))


def after(case: Case, pattern: tuple[int, ...]) -> tuple[dict[str, object], Counter[tuple[str, str]]]:
    """The end of a made-up world after a sequence of nights; taken back afterwards."""
    with transaction.atomic():
        try:
            make(case)
            for n, count in enumerate(pattern):
                for again in range(count):
                    runs.run(now=case.night(n) + timedelta(hours=5 * again))
                if case.move and case.move[0] == n:
                    runs.run(now=case.night(n) + timedelta(hours=5))  # what was due is done before somebody acts
                    move(case)
            assert list(RunError.objects.values_list("rule", "error")) == []
            assert [str(finding) for finding in run_audits()] == []
            return state(), letters()
        finally:
            transaction.set_rollback(True)


EVERY = (1,) * NIGHTS
WEEK_MISSED = tuple(int(not 15 <= n < 28) * (2 if n % 5 == 0 else 1) for n in range(NIGHTS))


def holds(case: Case) -> None:
    each_night, owed_each_night = after(case, EVERY)
    now_and_then, owed = after(case, case.pattern)
    assert now_and_then == each_night
    assert not owed - owed_each_night, "a letter more than with one run each night"
    assert {code for code, _to in owed} >= {"trainings.training_cancelled_trainer"}


def test_the_made_up_world_has_something_for_every_rule_of_the_clock(db: None) -> None:
    """Else the property would hold for rules that never act in it."""
    case = Case(date(2019, 3, 10), "America/Chicago", "Asia/Kathmandu", 4, EVERY)
    make(case)
    for night in case.nights(EVERY):
        runs.run(now=night)
    assert acting() == ACTS | WRITES
    assert {rule.code for rule in RULES} == ACTS | WRITES | {"P9"}
    assert {code for code, _to in letters()} >= {
        "trainees.roster_wanted",
        "trainings.roster_closed",
        "trainees.one_week",
        "trainees.application_missing",
        "trainees.applications_missing",
        "trainees.attendance_wanted",
        "trainings.room_link",
        "trainings.training_at_risk",
        "trainings.training_cancelled_trainer",
        "certification.reminder",
        "certification.expired",
        "pages.year_report",
    }


def test_a_week_of_nights_missed_ends_as_one_run_each_night(db: None) -> None:
    """Over a change of clocks in a zone far from the team's. The property below takes minutes."""
    holds(Case(date(2019, 3, 10), "America/Chicago", "Asia/Kathmandu", 4, WEEK_MISSED))


@pytest.mark.long
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@example(Case(date(2020, 2, 29), "Pacific/Kiritimati", "Pacific/Pago_Pago", 0, WEEK_MISSED))
@example(Case(date(2019, 3, 10), "America/Chicago", "Asia/Kathmandu", 4, WEEK_MISSED, (27, 12)))
@given(case=cases)
def test_nights_missed_and_doubled_end_as_one_run_each_night(db: None, case: Case) -> None:
    holds(case)
