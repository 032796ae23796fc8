"""The year ahead: what is lost and when, what still saves it, the report as page, file and letter (L15)."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from carpentries_portal.common import clock
from carpentries_portal.common.enforcement import PlannedAction, plan, runs
from carpentries_portal.common.models import EditionRecord, Notice
from carpentries_portal.common.notices import delivery
from carpentries_portal.pages.enforcement import YearReport, report_days
from carpentries_portal.pages.forecast import Forecast
from carpentries_portal.pages.progress import counts, people_of
from carpentries_portal.pages.queries import membership_page
from carpentries_portal.pages.report import report_of
from carpentries_portal.pages.year import year_of
from certification.factories import Team
from memberships.actions import take_over_membership
from memberships.factories import EPOCH, CoordinatorFactory, MembershipFactory, OrganizationFactory
from memberships.models import Coordinator, Membership
from trainees.actions import Named, accept_roster, confirm_attendance, mark_team
from trainees.factories import name_people
from trainings.factories import BookingFactory, TrainerFactory, TrainingFactory
from trainings.models import Training

pytestmark = pytest.mark.django_db

NOW = datetime(2018, 1, 10, 12, tzinfo=UTC)


@pytest.fixture
def dana() -> Coordinator:
    return CoordinatorFactory(name="Dana Whitfield", organization=OrganizationFactory(name="University of Florida"))


@pytest.fixture
def gold(dana: Coordinator) -> Membership:
    """Fifteen seats for 2018, in New York."""
    return MembershipFactory(organization=dana.organization)


def ahead(membership: Membership, now: datetime = NOW) -> Forecast:
    row = Membership.objects.select_related("organization", "edition").get(pk=membership.pk)
    return year_of(row, now=now).forecast


def said(forecast: Forecast) -> list[tuple[int, str, date, str, date | None]]:
    return [
        (loss.seats, loss.rule, loss.lost_on.on, loss.sentence, loss.save_by.on if loss.save_by else None)
        for loss in forecast.losses
    ]


def saved_by(forecast: Forecast) -> list[tuple[str, date, bool]]:
    return [(saver.offer.training.code, saver.done_by.on, saver.inside) for saver in forecast.savers]


def test_seats_left_are_lost_at_the_end_and_the_last_training_with_its_exercises_inside_the_year_comes_first(
    gold: Membership,
) -> None:
    """1-2 October + 90 days is 31 December, the last day itself; a day later is outside."""
    for day in (date(2018, 3, 12), date(2018, 9, 29), date(2018, 10, 1), date(2018, 10, 2), date(2018, 12, 3)):
        TrainingFactory(starts_on=day)
    found = ahead(gold)
    assert said(found) == [(15, "R12", date(2018, 12, 31), "15 seats are not booked.", date(2018, 11, 5))]
    assert saved_by(found) == [("2018-10-01-chicago", date(2018, 12, 31), True), ("2018-12-03-chicago", date(2019, 3, 4), False)]


def test_the_last_trainings_are_found_beyond_all_that_are_open_before(gold: Membership) -> None:
    """More sooner ones than are ever looked at; ten after the last that leaves its exercises inside the year."""
    for n in range(65):
        TrainingFactory(starts_on=date(2018, 3, 12) + timedelta(days=2 * n))
    for day in (date(2018, 10, 1), *(date(2018, 10, 8) + timedelta(days=7 * n) for n in range(9))):
        TrainingFactory(starts_on=day)
    TrainingFactory(starts_on=date(2018, 12, 28), starts=time(2), ends=time(10))  # the very last, in the middle of New York's night
    assert saved_by(ahead(gold)) == [
        ("2018-10-01-chicago", date(2018, 12, 31), True),
        ("2018-12-03-chicago", date(2019, 3, 4), False),
    ]
    page = membership_page(Membership.objects.select_related("organization", "edition").get(pk=gold.pk), now=NOW)
    assert [offer.training.code for offer in page.offers] == [f"2018-03-{day}-chicago" for day in (12, 14, 16, 18)]


def test_a_training_s_own_edition_says_how_long_its_exercises_last(gold: Membership) -> None:
    """Ninety days in the membership's, thirty in that of the trainings: 10-11 November + 30 days is inside the year."""
    known = EditionRecord.objects.get()
    short = EditionRecord.objects.create(
        name="short", in_force_from=date(2017, 1, 1), numbers=known.numbers | {"checkout_days": 30}
    )
    for day in (date(2018, 9, 3), date(2018, 11, 10), date(2018, 12, 20)):
        TrainingFactory(starts_on=day)
    Training.objects.update(edition=short)
    assert saved_by(ahead(gold)) == [
        ("2018-11-10-chicago", date(2018, 12, 11), True),
        ("2018-12-20-chicago", date(2019, 1, 20), False),
    ]


def test_where_the_last_trainings_are_full_the_last_before_them_is_found(gold: Membership) -> None:
    """Sixteen with seats, then four without: more than the twelve soonest are looked at."""
    rows = [TrainingFactory(starts_on=date(2018, 3, 12) + timedelta(days=7 * n), capacity=6) for n in range(20)]
    for row in rows[-4:]:
        BookingFactory(training=row, seats=6)
    assert saved_by(ahead(gold)) == [("2018-06-25-chicago", date(2018, 9, 24), True)]


def test_what_fits_is_found_behind_many_at_bad_hours(gold: Membership) -> None:
    """Thirty in New York's night come first: more than are looked at at once."""
    for n in range(30):
        TrainingFactory(starts_on=date(2018, 3, 12) + timedelta(days=2 * n), starts=time(1), ends=time(9))
    for day in (4, 11, 18, 25):
        TrainingFactory(starts_on=date(2018, 6, day))
    page = membership_page(Membership.objects.select_related("organization", "edition").get(pk=gold.pk), now=NOW)
    assert [offer.training.code for offer in page.offers] == [f"2018-06-{day:02}-chicago" for day in (4, 11, 18, 25)]
    assert page.next_step is not None
    assert page.next_step.button == "See 4 trainings that fit"
    assert saved_by(page.forecast) == [("2018-06-25-chicago", date(2018, 9, 24), True)]


def test_unnamed_seats_are_lost_when_their_list_closes_and_come_first(gold: Membership, dana: Coordinator) -> None:
    booking = BookingFactory(training=TrainingFactory(), membership=gold, by=dana.person, seats=9)
    name_people(booking, 7, by=dana.person)
    assert said(ahead(gold)) == [
        (2, "P6", date(2018, 2, 19), "2 seats at the training of 12–13 Mar 2018 have no name yet.", date(2018, 2, 19)),
        (
            6,
            "R12",
            date(2018, 12, 31),
            "6 seats are not booked. No training that is open now fits: write to us what would suit you.",
            None,
        ),
    ]


def test_fewer_seats_than_a_team_can_only_enlarge_and_only_while_sign_up_is_open(gold: Membership, dana: Coordinator) -> None:
    training = TrainingFactory()
    booking = BookingFactory(training=training, membership=gold, by=dana.person, seats=10)
    name_people(booking, 10, by=dana.person)
    TrainingFactory(starts_on=date(2018, 10, 1))
    text = "5 seats are not booked. At least 6 attend at once"
    found = ahead(gold)
    assert said(found) == [
        (5, "R11", date(2018, 12, 31), f"{text}: only a booking that you enlarge can take them.", date(2018, 2, 12))
    ]
    assert found.savers == []
    late = datetime(2018, 2, 13, 18, tzinfo=UTC)
    assert said(ahead(gold, late)) == [(5, "R11", date(2018, 12, 31), f"{text}, and no booking of yours can grow any more.", None)]


def test_nothing_is_lost_where_each_seat_has_a_name(dana: Coordinator) -> None:
    silver = MembershipFactory(organization=dana.organization, level="silver")
    booking = BookingFactory(training=TrainingFactory(), membership=silver, by=dana.person, seats=6)
    name_people(booking, 6, by=dana.person)
    assert said(ahead(silver)) == []


def test_report_is_due_in_months_three_six_nine_and_thirty_days_before_the_end(gold: Membership) -> None:
    row = Membership.objects.select_related("organization", "edition").get(pk=gold.pk)
    assert report_days(row) == [date(2018, 4, 1), date(2018, 7, 1), date(2018, 10, 1), date(2018, 12, 1)]
    row.ends_on = date(2018, 5, 31)
    assert report_days(row) == [date(2018, 4, 1), date(2018, 5, 1)]


def owed() -> list[str]:
    return list(Notice.objects.filter(letter="pages.year_report").order_by("pk").values_list("occasion", flat=True))


def test_clock_owes_the_report_once_for_its_day_and_only_the_newest_of_several(gold: Membership) -> None:
    """April begins in New York at 4:00 UTC."""
    runs.run(now=datetime(2018, 4, 1, 3, 59, tzinfo=UTC))
    assert owed() == []
    for _twice in range(2):
        runs.run(now=datetime(2018, 4, 1, 12, 30, tzinfo=UTC))
    assert owed() == [f"report:{gold.pk}:2018-04-01"]
    for _twice in range(2):  # July and October were missed
        runs.run(now=datetime(2018, 10, 2, 12, 30, tzinfo=UTC))
    assert owed() == [f"report:{gold.pk}:2018-04-01", f"report:{gold.pk}:2018-10-01"]
    runs.run(now=datetime(2019, 1, 1, 12, 30, tzinfo=UTC))  # the last one was missed, and the year is over
    assert len(owed()) == 2


def test_memberships_that_have_had_their_report_are_not_planned_again(gold: Membership) -> None:
    now = datetime(2018, 4, 2, 12, 30, tzinfo=UTC)
    assert [action.subject_id for action in YearReport().due(now) if isinstance(action, PlannedAction)] == [gold.pk]
    runs.run(now=now, rules=["L15"])
    with CaptureQueriesContext(connection) as seen:
        assert list(YearReport().due(now + timedelta(days=60))) == []
    assert len(seen) == 2  # the editions, and a few columns of each membership


def test_membership_taken_over_hears_of_no_day_before_the_portal(dana: Coordinator) -> None:
    now = datetime(2018, 7, 1, 12, tzinfo=UTC)
    take_over_membership(
        organization=dana.organization,
        level="gold",
        starts_on=date(2018, 1, 1),
        ends_on=date(2018, 12, 31),
        source="a file",
        source_key="1",
        by=None,
        now=now,
    )
    assert list(plan.plan(now=now, rules=["L15"])[0]) == []
    runs.run(now=now + timedelta(days=92))
    assert [occasion[-10:] for occasion in owed()] == ["2018-10-01"]


def test_letter_says_what_is_lost_by_when_and_the_last_way_out(gold: Membership, dana: Coordinator) -> None:
    booking = BookingFactory(training=TrainingFactory(), membership=gold, by=dana.person, seats=9)
    name_people(booking, 9, by=dana.person)
    TrainingFactory(starts_on=date(2018, 9, 3))
    now = datetime(2018, 4, 1, 12, 30, tzinfo=UTC)
    runs.run(now=now, rules=["L15"])
    delivery.deliver_due(now=now)
    (letter,) = (sent for sent in mail.outbox if "about to be lost" in sent.subject)
    text = str(letter.body)
    assert letter.subject == "University of Florida: 6 seats are about to be lost"
    for line in (
        "15 seats: 0 used, 9 reserved, 0 forfeited, 6 left.",
        "6 seats are not booked. Lost after Mon 31 Dec 2018, end of day New York time (in 274 days)",
        "3–4 Sep 2018, Chicago. Sign up until Mon 6 Aug 2018, end of day Chicago time",
        "12–13 Mar 2018, Chicago: 9 seats",
        "9 people: application missing 9.",
    ):
        assert line in text
    assert re.search(r"/enter/\S+", text)


def test_movements_of_which_the_oldest_is_read_in_part_are_shown_whole_and_lead_to_the_report(
    dana: Coordinator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Eight teams of six whose seats are used make 57 movements and 17 lines, of which fifty movements are read: 14 whole lines."""
    trainer = TrainerFactory()
    year = MembershipFactory(organization=dana.organization, level="platinum", contract_seats=48)
    for number in range(8):
        training = TrainingFactory(starts_on=date(2018, 3, 12) + timedelta(days=7 * number), trainers=[trainer])
        booking = BookingFactory(training=training, membership=year, by=dana.person, seats=6)
        name_people(booking, 6, by=dana.person, start=6 * number)
        for day in (1, 2):
            mark_team(booking_id=booking.pk, marks={}, rest_on=day, by=trainer.person, now=training.ends_at)
        confirm_attendance(booking_id=booking.pk, by=trainer.person, now=training.ends_at)
    later = datetime(2018, 6, 1, 12, tzinfo=UTC)
    row = Membership.objects.select_related("organization", "edition").get(pk=year.pk)
    page, whole = membership_page(row, now=later), report_of(row, now=later).ledger
    assert (len(whole), page.ledger, page.ledger_goes_on) == (17, whole[: len(page.ledger)], True)
    monkeypatch.setattr(clock, "now", lambda: later)
    client = Client()
    client.force_login(dana.person, backend="carpentries_portal.common.backends.PersonBackend")
    assert "See all of it in the report" in client.get(f"/memberships/{year.pk}/").text


def test_people_stand_where_their_last_decision_left_them() -> None:
    team = Team(6)
    now = team.training.ends_at
    people = people_of([team.booking], now=now)
    assert counts(people) == [("working on it", 6)]
    line = people[0]
    assert line.exercises is not None
    assert (line.exercises.passed, line.exercises.of, line.exercises.due.on) == (0, 3, date(2018, 5, 1))
    assert (line.application, line.attendance) == ("missing", "passed, 0 minutes missed")
    assert counts(people_of([team.booking], now=datetime(2018, 5, 2, 12, tzinfo=UTC))) == [("expired", 6)]


def test_file_has_a_row_a_person_and_no_formula(gold: Membership, dana: Coordinator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    booking = BookingFactory(training=TrainingFactory(), membership=gold, by=dana.person, seats=6)
    people = [Named(1, '=HYPERLINK("http://evil.example","x")', "eve@example.org"), Named(2, "Ana, Silva", "ana@example.org")]
    accept_roster(booking_id=booking.pk, people=people, by=dana.person, now=EPOCH)
    client = Client()
    client.force_login(dana.person, backend="carpentries_portal.common.backends.PersonBackend")
    answer = client.get(f"/memberships/{gold.pk}/report.csv")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="report-{gold.pk}-2018-01-10.csv"'
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
    days = ["12–13 Mar 2018, Chicago", "2018-03-12", "2018-03-13"]
    assert rows[1:] == [
        [*days, "'" + people[0].name, "eve@example.org", "application missing", "missing", "", "", "", "", ""],
        [*days, "Ana, Silva", "ana@example.org", "application missing", "missing", "", "", "", "", ""],
    ]
    assert len(rows[0]) == 12
    assert "Ana, Silva" in client.get(f"/memberships/{gold.pk}/report/").content.decode()


def test_buttons_remind_one_all_and_say_so_when_asked_again(
    gold: Membership, dana: Coordinator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    teams = [
        BookingFactory(training=TrainingFactory(starts_on=day), membership=gold, by=dana.person, seats=6)
        for day in (date(2018, 3, 12), date(2018, 5, 14))
    ]
    ana = name_people(teams[0], 1, by=dana.person)[0]
    name_people(teams[1], 1, by=dana.person, start=1)
    client = Client()
    client.force_login(dana.person, backend="carpentries_portal.common.backends.PersonBackend")
    back = f"/memberships/{gold.pk}/"

    def press(path: str, **values: object) -> str:
        answer = client.post(path, {"next": back, **values}, follow=True)
        assert answer.redirect_chain == [(back, 302)]
        return answer.content.decode()

    assert f'value="{ana.pk}"' in client.get(back).content.decode()
    assert "1 letter is on its way: Ana Silva." in press(f"/bookings/{teams[0].pk}/remind/", place=ana.pk)
    assert "1 letter is on its way: Björn Åkesson." in press(f"/memberships/{gold.pk}/remind/")
    again = "Reminded today already: Ana Silva. A letter a day is enough; try again tomorrow."
    assert again in press(f"/bookings/{teams[0].pk}/remind/", place=ana.pk)
    assert "Reminded today already" in press(f"/memberships/{gold.pk}/remind/")
    evil = client.post(f"/bookings/{teams[0].pk}/remind/", {"next": "https://evil.example/"})
    assert evil.headers["Location"] == "/"
