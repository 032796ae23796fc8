"""The night: R27 records what has expired, L11 reminds; missed nights, two runs, extensions, reviews after the date."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command

from carpentries_portal.common.auditing import run_audits
from carpentries_portal.common.enforcement import runs
from carpentries_portal.common.models import AppliedAction, JournalEntry, Notice
from carpentries_portal.common.notices import composing
from certification import actions, desk, queries
from certification.factories import Team
from certification.models import Checkout
from certification.states import Standing, SubmissionState
from certification.tests.test_checkouts import CODES, DUE, FEB, day, hand_in, review
from memberships.factories import StaffFactory
from trainees.models import Place

pytestmark = pytest.mark.django_db

RULES = ["R27", "L11"]


@pytest.fixture(autouse=True)
def _the_sums_hold_at_the_end() -> Iterator[None]:
    yield
    assert [str(finding) for finding in run_audits()] == []


def night(on: date) -> None:
    """The run of a day: 12:30 UTC, when every zone has ended the day before."""
    runs.run(now=datetime(on.year, on.month, on.day, 12, 30, tzinfo=UTC), rules=RULES)


def nights(first: date, last: date) -> None:
    for number in range((last - first).days + 1):
        night(first + timedelta(days=number))


def told(place: Place) -> list[tuple[str, date]]:
    """The L11 letters of a person, with the day of the run that owed them."""
    rows = Notice.objects.filter(code="L11", to_person=place.person).order_by("pk")
    return [(row.letter.removeprefix("certification."), row.queued_at.date()) for row in rows]


def test_reminders_leave_sixty_thirty_and_seven_days_before_and_once_when_it_has_expired() -> None:
    team = Team(1)
    nights(date(2018, 2, 25), date(2018, 5, 10))
    assert told(team.places[0]) == [
        ("reminder", date(2018, 3, 2)),
        ("reminder", date(2018, 4, 1)),
        ("reminder", date(2018, 4, 24)),
        ("expired", date(2018, 5, 2)),
    ]
    checkout = team.checkout()
    assert (checkout.expired_on, checkout.round, checkout.state) == (DUE, 0, "under_way")
    assert JournalEntry.objects.filter(what="checkout_expired").count() == 1


@pytest.mark.parametrize(
    ("nights_that_ran", "letters"),
    [
        ([date(2018, 4, 20)], [("reminder", date(2018, 4, 20))]),  # of 60 and 30 only the newest (P12)
        ([date(2018, 4, 28)], [("reminder", date(2018, 4, 28))]),
        ([date(2018, 4, 20), date(2018, 4, 20), date(2018, 4, 21)], [("reminder", date(2018, 4, 20))]),
        ([date(2018, 5, 20)], [("expired", date(2018, 5, 20))]),  # no reminder of a date that is over
    ],
)
def test_missed_nights_are_caught_up_and_a_second_run_tells_nobody_twice(
    nights_that_ran: list[date], letters: list[tuple[str, date]]
) -> None:
    team = Team(1)
    for on in nights_that_ran:
        night(on)
    assert told(team.places[0]) == letters


@pytest.mark.parametrize(
    ("zone", "end"),
    [
        ("Pacific/Honolulu", datetime(2018, 5, 2, 10, tzinfo=UTC)),
        ("America/Chicago", datetime(2018, 5, 2, 5, tzinfo=UTC)),
        ("Pacific/Auckland", datetime(2018, 5, 1, 12, tzinfo=UTC)),
    ],
)
def test_the_run_waits_for_the_last_instant_of_day_ninety_in_the_trainings_zone(zone: str, end: datetime) -> None:
    team = Team(1, zone=zone)
    found = []
    for now in (end - timedelta(microseconds=1), end):
        applied = runs.run(now=now, rules=["R27"]).applied
        found.append((applied, team.checkout().expired_on))
    assert found == [(0, None), (1, DUE)]


def test_a_reminder_of_the_very_day_on_which_the_checkout_was_opened_leaves() -> None:
    team = Team(1, confirmed_at=datetime(2018, 4, 24, 12, tzinfo=UTC))
    assert team.checkout().enforced_from_on == date(2018, 4, 24)
    night(date(2018, 4, 24))
    assert told(team.places[0]) == [("reminder", date(2018, 4, 24))]


def test_no_reminder_is_older_than_its_checkout() -> None:
    team = Team(1, confirmed_at=datetime(2018, 4, 10, 12, tzinfo=UTC))
    night(date(2018, 4, 11))
    assert told(team.places[0]) == []
    night(date(2018, 4, 24))
    assert told(team.places[0]) == [("reminder", date(2018, 4, 24))]


def test_who_has_handed_in_everything_hears_nothing_and_expires_on_the_day_of_a_repeat() -> None:
    team = Team(1)
    checkout = team.checkout()
    handed = [hand_in(checkout, code, date(2018, 2, 19), FEB) for code in CODES]
    nights(date(2018, 4, 29), date(2018, 5, 3))
    assert told(team.places[0]) == []
    review(handed[0], team, SubmissionState.REPEAT, date(2018, 2, 19), day(date(2018, 5, 3)), "once more")
    nights(date(2018, 5, 4), date(2018, 5, 6))
    assert told(team.places[0]) == [("expired", date(2018, 5, 4))]
    assert team.checkout().expired_on == date(2018, 5, 3)
    assert AppliedAction.objects.get(rule="R27").cut_off_on == date(2018, 5, 3)


def test_work_that_was_done_in_time_revives_what_the_run_had_recorded_as_expired() -> None:
    team = Team(1)
    checkout = team.checkout()
    for code in CODES[:2]:
        review(hand_in(checkout, code, date(2018, 2, 19), FEB), team, SubmissionState.PASSED, date(2018, 2, 19), FEB)
    night(date(2018, 5, 2))
    assert team.checkout().expired_on == DUE
    handed = hand_in(checkout, CODES[2], DUE, day(date(2018, 5, 6)))
    assert (team.checkout().expired_on, team.checkout().round) == (None, 1)
    nights(date(2018, 5, 7), date(2018, 5, 8))
    review(handed, team, SubmissionState.PASSED, DUE, day(date(2018, 5, 8)))
    nights(date(2018, 5, 9), date(2018, 6, 9))
    assert told(team.places[0]) == [("expired", date(2018, 5, 2))]
    assert queries.standing_of(team.checkout(), now=day(date(2018, 6, 9))) == Standing.COMPLETE


def test_an_extension_revives_with_reminders_of_its_own_and_may_expire_again() -> None:
    team, staff = Team(1), StaffFactory()
    nights(date(2018, 4, 20), date(2018, 5, 3))
    to = date(2018, 6, 30)
    actions.extend_checkout(checkout_id=team.checkout().pk, to=to, why="ill", by=staff, now=day(date(2018, 5, 3)))
    assert team.checkout().expired_on is None
    nights(date(2018, 5, 4), date(2018, 7, 3))
    assert told(team.places[0]) == [
        ("reminder", date(2018, 4, 20)),
        ("reminder", date(2018, 4, 24)),
        ("expired", date(2018, 5, 2)),
        ("reminder", date(2018, 5, 4)),  # 60 days before the new date lie before the extension: only the newest is owed
        ("reminder", date(2018, 5, 31)),
        ("reminder", date(2018, 6, 23)),
        ("expired", date(2018, 7, 1)),
    ]


def test_closed_and_complete_ones_are_left_in_peace_and_no_row_is_looked_at_twice() -> None:
    team, staff = Team(6), StaffFactory()
    actions.close_checkout(checkout_id=team.checkout(0).pk, why="asked to stop", by=staff, now=FEB)
    night(date(2018, 5, 2))
    assert [len(told(place)) for place in team.places] == [0, 1, 1, 1, 1, 1]
    assert list(queries.checkouts_over(day(date(2018, 5, 3)))) == []


@pytest.mark.parametrize(("enforced_from", "letters"), [(DUE + timedelta(days=1), []), (DUE, [("expired", date(2018, 5, 2))])])
def test_cut_offs_from_before_the_portal_are_left_alone(enforced_from: date, letters: list[tuple[str, date]]) -> None:
    team = Team(1)
    Checkout.objects.update(enforced_from_on=enforced_from)
    nights(date(2018, 4, 20), date(2018, 5, 4))
    assert told(team.places[0]) == letters


def test_the_letters_say_what_is_left_and_how_to_ask_for_more() -> None:
    team = Team(1)
    checkout = team.checkout()
    review(hand_in(checkout, "discussion", date(2018, 2, 19), FEB), team, SubmissionState.PASSED, date(2018, 2, 19), FEB)
    night(date(2018, 4, 24))
    night(date(2018, 5, 2))
    reminder, expired = Notice.objects.filter(code="L11").order_by("pk")
    reminder.claimed_at = day(date(2018, 4, 24))
    subject, text = composing.preview(reminder, now=day(date(2018, 4, 24)))
    assert subject == "1 of 3 exercises passed: the rest is due in 7 days"
    assert "2 exercises are left: Lesson contribution, Teaching demonstration." in text
    assert "Tue 1 May 2018, end of day Chicago time (in 7 days); for you until Wed 2 May 2018, 0:59 New York time" in text
    expired.claimed_at = day(date(2018, 5, 2))
    subject, text = composing.preview(expired, now=day(date(2018, 5, 2)))
    assert subject == "The time for your exercises is over"
    assert "Hand it in until Tue 15 May 2018" in text
    assert "Ask for more time" in text


def test_the_desk_shows_what_staff_decide_and_review() -> None:
    confirmed = datetime(2018, 2, 21, 18, tzinfo=UTC)
    team = Team(2, confirmed_at=confirmed)
    first, second = team.checkout(0), team.checkout(1)
    hand_in(first, "discussion", date(2018, 2, 21), confirmed + timedelta(hours=1))
    actions.ask_extension(checkout_id=second.pk, reason="ill", by=second.place.person, now=confirmed)
    later = day(date(2018, 5, 2))
    cards = {name: query(later) for name, query in CARDS.items()}
    assert {name: [item.text for item in card.items] for name, card in cards.items()} == {
        "requests": [f"R25: {second}"],
        "to_review": [f"{first.place.name}: Discussion session"],
        "long_waiting": [first.place.name],
        "expired_with_work": [str(first)],
        "late_offers": [str(first), str(second)],
    }
    assert cards["to_review"].count == 1


CARDS = {
    "requests": desk.requests,
    "to_review": desk.to_review,
    "long_waiting": desk.long_waiting,
    "expired_with_work": desk.expired_with_work,
    "late_offers": desk.late_offers,
}


def test_one_that_expired_is_seen_behind_many_whose_work_is_in_review() -> None:
    """Three pieces of work each: they are counted by checkout."""
    team = Team(7)
    for number in range(7):
        for code in CODES:
            hand_in(team.checkout(number), code, date(2018, 2, 19), FEB)
    expired = Team(1, starts_on=date(2018, 2, 6), start=50)
    hand_in(expired.checkout(), "discussion", date(2018, 2, 19), FEB)
    card = desk.expired_with_work(day(date(2018, 6, 1)))
    assert [item.text for item in card.items] == [str(expired.checkout())]


def test_more_time_is_offered_for_a_late_confirmation_not_for_a_late_correction() -> None:
    team, staff = Team(7), StaffFactory()
    late = Team(1, starts_on=date(2018, 2, 6), start=50, confirmed_at=FEB + timedelta(days=10))
    for number in range(7):  # their attendance is corrected, and a checkout is opened after all
        Checkout.objects.filter(place=team.places[number].pk).delete()
        actions.open_checkout(place_id=team.places[number].pk, by=staff, now=FEB + timedelta(days=20))
    card = desk.late_offers(FEB + timedelta(days=20))
    assert [item.text for item in card.items] == [str(late.checkout())]
    assert (card.count, card.all) == (1, ("/admin/certification/checkout/?late=offered", "All of them"))
    actions.extend_for_late_confirmation(checkout_id=late.checkout().pk, by=staff, now=FEB + timedelta(days=20))
    assert desk.late_offers(FEB + timedelta(days=20)).items == []


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ("R25", "Work is taken until Tue 1 May 2018"),
        ("R26", "Work is taken until Tue 1 May 2018"),
        ("R27", "3 exercises are to be done by Tue 1 May 2018"),
        ("R28", "Staff may give more time"),
    ],
)
def test_the_rules_are_explained_for_a_place(rule: str, says: str) -> None:
    team, out = Team(1), StringIO()
    call_command("explain", rule, place=team.places[0].pk, as_of="2018-02-20T12:00+00:00", stdout=out)
    assert says in out.getvalue()


def test_the_audit_names_a_pass_without_a_checkout_and_a_date_without_an_extension() -> None:
    team = Team(2)
    first, second = team.checkout(0), team.checkout(1)
    Checkout.objects.filter(pk=first.pk).update(due_on=DUE + timedelta(days=3))
    Checkout.objects.filter(pk=second.pk).delete()
    found = [(one.audit, one.subject, one.expected, one.found) for one in run_audits()]
    assert found == [
        ("passed = checkout", f"place {second.place_id}", "a checkout", "none"),
        ("due dates", f"checkout {first.pk}", "2018-05-01", "2018-05-04"),
    ]
    Checkout.objects.filter(pk=first.pk).update(due_on=DUE, late_days=9)
    assert [(one.audit, one.subject, one.expected, one.found) for one in run_audits()][1:] == [
        ("due dates", f"checkout {first.pk}", "0", "9"),
    ]
    Checkout.objects.filter(pk=first.pk).update(late_days=0)
    actions.open_checkout(place_id=second.place_id, by=StaffFactory(), now=FEB)
