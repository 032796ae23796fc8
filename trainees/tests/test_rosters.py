"""Naming a team: accepted whole or not at all, undone without a trace, invited once; what ends with the booking."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from carpentries_portal.common import exceptions, people_requests
from carpentries_portal.common.auditing import run_audits
from carpentries_portal.common.enforcement import runs
from carpentries_portal.common.enforcement.plan import plan
from carpentries_portal.common.merging import merge_people, preview
from carpentries_portal.common.models import JournalEntry, Notice, Person
from carpentries_portal.common.notices import composing, delivery
from memberships.factories import EPOCH, CoordinatorFactory, MembershipFactory, PersonFactory, StaffFactory
from memberships.models import Coordinator, Membership
from trainees import desk, policy, queries
from trainees.actions import Named, UnableToChangeRoster, accept_roster, ask_remote, send_invitations, undo_roster
from trainees.factories import name_people, named
from trainees.models import Place, RosterChange
from trainings import actions
from trainings.factories import BookingFactory, TrainingFactory
from trainings.models import Booking, TrainingException

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
TICK = timedelta(microseconds=1)


@pytest.fixture(autouse=True)
def _the_sums_hold_at_the_end() -> Iterator[None]:
    yield
    assert [str(finding) for finding in run_audits()] == []


def team(**more: object) -> tuple[Booking, Coordinator]:
    """Nine seats at 12-13 March 2018 in Chicago: names until Mon 19 Feb."""
    coordinator = CoordinatorFactory()
    membership = MembershipFactory(organization=coordinator.organization)
    training = more.pop("training", None) or TrainingFactory()
    return BookingFactory(training=training, membership=membership, by=coordinator.person, **more), coordinator


def accept(booking: Booking, who: Coordinator, people: list[Named], now: datetime = EPOCH) -> RosterChange:
    return accept_roster(booking_id=booking.pk, people=people, by=who.person, now=now)


def on_roster(booking: Booking) -> list[tuple[str, str, str]]:
    rows = Place.objects.active().filter(booking=booking).select_related("person").order_by("pk")
    return [(place.name, place.person.email, place.location) for place in rows]


def seats_of(booking: Booking) -> tuple[int, int, int]:
    row = Membership.objects.get(pk=booking.membership_id)
    return row.available, row.reserved, row.forfeited


def invitations() -> list[tuple[str, str]]:
    rows = Notice.objects.filter(letter="trainees.invitation").order_by("pk")
    return [(row.to_address, row.state) for row in rows]


def night(on: date) -> datetime:
    return datetime(on.year, on.month, on.day, 12, 30, tzinfo=UTC)


# the list


def test_a_list_gives_each_person_a_place_and_owes_the_invitation_in_an_hour() -> None:
    booking, who = team()
    change = accept(booking, who, named(2))
    assert on_roster(booking) == [("Ana Silva", "trainee-0@example.org", ""), ("Björn Åkesson", "trainee-1@example.org", "")]
    assert (len(change.added), change.removed, change.changed) == (2, [], [])
    assert set(Place.objects.values_list("invite_at", flat=True)) == {EPOCH + HOUR}
    assert set(Notice.objects.filter(letter="trainees.invitation").values_list("due_at", flat=True)) == {EPOCH + HOUR}
    entry = JournalEntry.objects.get(what="roster_accepted")
    assert (entry.why, entry.by) == ("A list of names was accepted: 2 new, 0 changed, 0 taken off.", who.person)
    assert "Ana" not in entry.why


def test_the_next_list_is_the_whole_list_new_changed_and_taken_off() -> None:
    booking, who = team()
    first = named(3)
    accept(booking, who, first)
    second = [first[0], replace(first[1], name="Björn A.", location="Annex"), *named(1, start=5)]
    change = accept(booking, who, second, now=EPOCH + HOUR * 2)
    assert on_roster(booking) == [
        ("Ana Silva", "trainee-0@example.org", ""),
        ("Björn A.", "trainee-1@example.org", "Annex"),
        ("فاطمة الزهراء", "trainee-5@example.org", ""),
    ]
    assert (len(change.added), len(change.removed), len(change.changed)) == (1, 1, 1)
    removed = Place.objects.get(state="removed")
    assert (removed.name, removed.removed_by, removed.removed_why) == ("Chidi Okafor", who.person, "Taken off the list.")
    assert Notice.objects.filter(letter="trainees.place_ended").get().to_address == "trainee-2@example.org"


def test_who_was_not_invited_yet_is_taken_off_without_a_letter() -> None:
    booking, who = team()
    accept(booking, who, named(2))
    accept(booking, who, named(1), now=EPOCH + HOUR - TICK)
    assert invitations() == [("trainee-0@example.org", "queued"), ("trainee-1@example.org", "cancelled")]
    assert not Notice.objects.filter(letter="trainees.place_ended").exists()


def test_the_same_list_again_changes_nothing() -> None:
    booking, who = team()
    accept(booking, who, named(2))
    with pytest.raises(UnableToChangeRoster, match="stands already"):
        accept(booking, who, named(2))
    assert RosterChange.objects.count() == 1


def test_a_list_never_renames_a_person_whom_the_portal_knows() -> None:
    PersonFactory(email="Trainee-0@example.org", name="Ana Maria Silva")
    booking, who = team()
    accept(booking, who, named(1))
    assert [(row.name, row.person.name) for row in Place.objects.select_related("person")] == [("Ana Silva", "Ana Maria Silva")]


@pytest.mark.parametrize(
    ("people", "sentence"),
    [
        (named(10), "The booking has 9 seats"),
        ([*named(1), Named(2, "Ana again", "TRAINEE-0@example.org")], "stands twice"),
        ([Named(1, " ", "a@example.org")], "each person has a name"),
        ([Named(1, "x" * 201, "a@example.org")], "each person has a name"),
    ],
)
def test_a_list_that_does_not_hold_is_refused_whole(people: list[Named], sentence: str) -> None:
    booking, who = team()
    with pytest.raises(UnableToChangeRoster, match=sentence):
        accept(booking, who, people)
    assert (Place.objects.count(), Notice.objects.filter(code="L4").count()) == (0, 0)
    assert Person.objects.count() == 1  # the coordinator


def test_a_long_list_costs_as_many_queries_as_a_short_one() -> None:
    """Named, put elsewhere, invited, undone in part, taken off: for five people and for forty."""

    def asked(count: int) -> list[int]:
        coordinator = CoordinatorFactory()
        membership = MembershipFactory(organization=coordinator.organization, contract_seats=80)
        booking = BookingFactory(
            training=TrainingFactory(capacity=200), membership=membership, by=coordinator.person, seats=count + 6
        )
        people = named(count, start=count * 10)
        elsewhere = [replace(one, name=f"{one.name} Jr.", location="Annex") for one in people]
        steps: list[Callable[[], object]] = [
            lambda: accept(booking, coordinator, people),
            lambda: accept(booking, coordinator, elsewhere),
            lambda: undo_roster(booking_id=booking.pk, by=coordinator.person, now=EPOCH),
            lambda: send_invitations(booking_id=booking.pk, by=coordinator.person, now=EPOCH),
            lambda: accept(booking, coordinator, named(1, start=count * 10), now=EPOCH + TICK),
        ]
        counts = []
        for step in steps:
            with CaptureQueriesContext(connection) as queries:
                step()
            counts.append(len(queries))
        return counts

    few = asked(5)
    assert asked(40) == few  # SQLite takes a thousand values in a statement: more people come in chunks
    assert max(few) < 30


def test_an_address_that_is_none_is_refused_whole() -> None:
    booking, who = team()
    with pytest.raises(Exception, match="is not an e-mail address"):
        accept(booking, who, [*named(1), Named(2, "Bo", "nobody")])
    assert Place.objects.count() == 0


def test_nobody_has_two_places_at_one_time() -> None:
    booking, who = team()
    accept(booking, who, named(1))
    same, same_who = team(training=booking.training)
    with pytest.raises(UnableToChangeRoster, match="another team’s list at this training") as problem:
        accept(same, same_who, named(1))
    assert [finding.code for finding in problem.value.findings] == ["here-already"]
    next_day, next_who = team(training=TrainingFactory(starts_on=date(2018, 3, 13)))
    with pytest.raises(UnableToChangeRoster, match="another training on 12–13 Mar 2018"):
        accept(next_day, next_who, named(1))
    later, later_who = team(training=TrainingFactory(starts_on=date(2018, 3, 15)))
    accept(later, later_who, named(1))
    assert Place.objects.filter(person__email="trainee-0@example.org").count() == 2


def test_of_two_trainings_at_the_same_time_the_earlier_one_is_named() -> None:
    for starts_on in (date(2018, 3, 14), date(2018, 3, 12)):
        booking, who = team(training=TrainingFactory(starts_on=starts_on))
        accept(booking, who, named(1))
    between, between_who = team(training=TrainingFactory(starts_on=date(2018, 3, 13)))
    with pytest.raises(UnableToChangeRoster, match="another training on 12–13 Mar 2018"):
        accept(between, between_who, named(1))


def test_the_coordinator_may_be_a_trainee_too() -> None:
    booking, who = team()
    accept(booking, who, [Named(1, "Me", who.person.email)])
    assert Place.objects.get().person == who.person


# the cut-off


@pytest.mark.parametrize("zone", ["Pacific/Honolulu", "Pacific/Auckland", "America/Chicago"])
def test_names_are_taken_to_the_last_microsecond_of_d21_and_invited_at_once_then(zone: str) -> None:
    booking, who = team(training=TrainingFactory(zone=zone))
    end = booking.roster_cut_off().ends_at
    with pytest.raises(UnableToChangeRoster) as problem:
        accept(booking, who, named(1), now=end)
    assert [verdict.rule for verdict in problem.value.verdicts] == ["R16"]
    accept(booking, who, named(1), now=end - TICK)
    assert Place.objects.get().invite_at == end


# undo and invite


def test_undo_leaves_no_trace_of_who_was_named() -> None:
    booking, who = team()
    accept(booking, who, named(2))
    undo_roster(booking_id=booking.pk, by=who.person, now=EPOCH + HOUR - TICK)
    assert (Place.objects.count(), RosterChange.objects.count(), invitations()) == (0, 0, [])
    assert not Person.objects.filter(email__startswith="trainee").exists()
    assert "trainee" not in "".join(JournalEntry.objects.values_list("why", flat=True))


def test_undo_brings_back_what_the_last_list_changed_and_only_that() -> None:
    booking, who = team()
    accept(booking, who, named(3))
    before = on_roster(booking)
    accept(booking, who, [replace(named(1)[0], name="A. S."), *named(1, start=7)], now=EPOCH + HOUR / 2)
    undo_roster(booking_id=booking.pk, by=who.person, now=EPOCH + HOUR / 2 + TICK)
    assert on_roster(booking) == before
    assert sorted(address for address, state in invitations() if state == "queued") == [
        f"trainee-{n}@example.org" for n in range(3)
    ]


@pytest.mark.parametrize(
    ("elsewhere", "why"),
    [
        (date(2018, 3, 12), "Ana Silva. Is on another team’s list at this training."),
        (date(2018, 3, 13), "Ana Silva. Takes part in another training on 13–14 Mar 2018, at the same time."),
    ],
)
def test_undo_brings_nobody_back_who_is_on_another_list_by_now(elsewhere: date, why: str) -> None:
    """P11 holds however somebody comes onto a list."""
    booking, who = team(training=TrainingFactory(capacity=100), seats=6)
    accept(booking, who, named(3))
    accept(booking, who, named(3)[1:], now=EPOCH + HOUR)
    there = booking.training if elsewhere == date(2018, 3, 12) else TrainingFactory(starts_on=elsewhere)
    other, theirs = team(training=there, seats=6)
    accept(other, theirs, named(1), now=EPOCH + HOUR)
    with pytest.raises(UnableToChangeRoster, match=f"^It cannot be undone, because of {why}$"):
        undo_roster(booking_id=booking.pk, by=who.person, now=EPOCH + HOUR * 2)
    assert [name for name, _email, _location in on_roster(booking)] == ["Björn Åkesson", "Chidi Okafor"]


def test_undo_brings_back_no_more_people_than_there_are_seats_by_now() -> None:
    booking, who = team(seats=8)
    accept(booking, who, named(8))
    accept(booking, who, named(6), now=EPOCH + HOUR)
    actions.change_seats(booking_id=booking.pk, seats=6, by=who.person, now=EPOCH + HOUR)
    with pytest.raises(UnableToChangeRoster, match="The booking has 6 seats: this person would be one too many"):
        undo_roster(booking_id=booking.pk, by=who.person, now=EPOCH + HOUR * 2)
    assert len(on_roster(booking)) == 6


def test_undo_brings_nobody_back_who_was_forgotten_meanwhile() -> None:
    booking, who = team()
    accept(booking, who, named(3))
    accept(booking, who, named(2), now=EPOCH + HOUR)
    gone = Person.objects.with_email("trainee-2@example.org")
    assert gone is not None
    people_requests.forget(person_id=gone.pk, keep_verifiable=False, why="Asked.", by=StaffFactory(), now=EPOCH + HOUR)
    with pytest.raises(UnableToChangeRoster, match="was forgotten since"):
        undo_roster(booking_id=booking.pk, by=who.person, now=EPOCH + HOUR * 2)
    assert len(on_roster(booking)) == 2


def one_person(kept: str, merged: str, *, now: datetime) -> None:
    rows = [Person.objects.with_email(email) for email in (kept, merged)]
    assert rows[0] is not None
    assert rows[1] is not None
    seen = preview(rows[0], rows[1]).seen
    merge_people(kept_id=rows[0].pk, merged_id=rows[1].pk, why="One.", seen=seen, by=StaffFactory(), now=now)


@pytest.mark.parametrize(("off", "kept", "merged"), [(2, 0, 1), (1, 1, 0)], ids=["both came off", "one stays"])
def test_undo_puts_nobody_twice_on_a_list_who_turned_out_to_be_one(off: int, kept: int, merged: int) -> None:
    booking, who = team()
    accept(booking, who, named(4))
    accept(booking, who, named(4)[off:], now=EPOCH + HOUR)
    one_person(f"trainee-{kept}@example.org", f"trainee-{merged}@example.org", now=EPOCH + HOUR)
    with pytest.raises(UnableToChangeRoster, match="would stand on it twice"):
        undo_roster(booking_id=booking.pk, by=who.person, now=EPOCH + HOUR * 2)
    assert len(on_roster(booking)) == 4 - off


@pytest.mark.parametrize("declined", [False, True])
def test_a_list_is_not_undone_when_it_was_asked_about_one_of_it(declined: bool) -> None:
    booking, who = team()
    accept(booking, who, [replace(named(1)[0], remote=True)])
    record = ask_remote(place_id=Place.objects.get().pk, reason="Far.", by=who.person, now=EPOCH + TICK)
    if declined:
        exceptions.decline(record, by=StaffFactory(), now=EPOCH + TICK, note="No.")
    with pytest.raises(UnableToChangeRoster, match="asked meanwhile that Ana Silva may take part alone: change the list instead"):
        undo_roster(booking_id=booking.pk, by=who.person, now=EPOCH + TICK * 2)
    assert len(on_roster(booking)) == 1
    accept(booking, who, [named(2)[1]], now=EPOCH + TICK * 3)


def test_staff_undo_no_list_that_they_were_on() -> None:
    staff = StaffFactory(email="trainee-0@example.org")
    booking, who = team()
    accept(booking, who, named(3))
    accept(booking, who, named(3)[1:], now=EPOCH + HOUR)
    with pytest.raises(exceptions.UnableToDecide, match="you are on the list"):
        undo_roster(booking_id=booking.pk, by=staff, now=EPOCH + HOUR * 2, for_team=True)
    assert len(on_roster(booking)) == 2


def test_undo_ends_when_invitations_leave() -> None:
    booking, who = team()
    accept(booking, who, named(2))
    with pytest.raises(UnableToChangeRoster, match="Invitations have left"):
        undo_roster(booking_id=booking.pk, by=who.person, now=EPOCH + HOUR)
    with pytest.raises(UnableToChangeRoster, match="Invitations have left"):
        undo_roster(booking_id=team()[0].pk, by=who.person, now=EPOCH)
    assert Place.objects.count() == 2


def test_undo_keeps_a_person_whom_the_portal_knew() -> None:
    known = PersonFactory(email="trainee-0@example.org")
    booking, who = team()
    accept(booking, who, named(1))
    undo_roster(booking_id=booking.pk, by=who.person, now=EPOCH)
    assert Person.objects.filter(pk=known.pk).exists()


def test_send_invitations_now_and_each_once() -> None:
    booking, who = team()
    accept(booking, who, named(2))
    while delivery.deliver_due(now=EPOCH + TICK, limit=10):
        continue
    assert [state for _address, state in invitations()] == ["queued", "queued"]
    assert send_invitations(booking_id=booking.pk, by=who.person, now=EPOCH + TICK) == 2
    line = JournalEntry.objects.get(what="invitations_sent")
    assert (line.rule, line.by, line.why) == ("R16", who.person, "2 invitations leave.")
    while delivery.deliver_due(now=EPOCH + TICK * 2, limit=10):
        continue
    assert [state for _address, state in invitations()] == ["sent", "sent"]
    with pytest.raises(UnableToChangeRoster, match="left already"):
        send_invitations(booking_id=booking.pk, by=who.person, now=EPOCH + HOUR)


# what ends with the booking


def test_a_booking_that_shrinks_keeps_a_seat_for_each_name() -> None:
    booking, who = team()
    accept(booking, who, named(8))
    with pytest.raises(UnableToChangeRoster, match="Take 1 name off the list first"):
        actions.change_seats(booking_id=booking.pk, seats=7, by=who.person, now=EPOCH)
    booking.refresh_from_db()
    assert (booking.seats, seats_of(booking)) == (9, (6, 9, 0))
    actions.change_seats(booking_id=booking.pk, seats=8, by=who.person, now=EPOCH)


def test_a_cancelled_booking_ends_its_places_and_tells_who_was_invited() -> None:
    booking, who = team()
    accept(booking, who, named(2))
    send_invitations(booking_id=booking.pk, by=who.person, now=EPOCH)
    accept(booking, who, named(3), now=EPOCH + TICK)
    actions.cancel_booking(booking_id=booking.pk, why="No room.", by=who.person, now=EPOCH + TICK * 2)
    assert on_roster(booking) == []
    told = Notice.objects.filter(letter="trainees.place_ended").order_by("to_address")
    assert [(row.to_address, row.context["sentence"]) for row in told] == [
        ("trainee-0@example.org", "No room."),
        ("trainee-1@example.org", "No room."),
    ]


def test_a_cancelled_training_ends_its_places_and_tells_why() -> None:
    booking, who = team()
    accept(booking, who, named(1))
    actions.cancel_training(training_id=booking.training_id, why="The trainers are ill.", by=StaffFactory(), now=EPOCH + HOUR)
    assert on_roster(booking) == []
    letter = Notice.objects.get(letter="trainees.place_ended")
    assert letter.context["sentence"] == "The training was cancelled: The trainers are ill."


# P6: the night


def test_the_night_forfeits_seats_without_a_name_once() -> None:
    booking, who = team()
    name_people(booking, 7, by=who.person)
    runs.run(now=night(date(2018, 2, 19)))
    assert seats_of(booking) == (6, 9, 0)
    for on in (date(2018, 2, 20), date(2018, 2, 20), date(2018, 2, 21)):
        runs.run(now=night(on))
    booking.refresh_from_db()
    assert (seats_of(booking), booking.seats, booking.state) == ((6, 7, 2), 9, "confirmed")
    assert booking.roster_closed_at == night(date(2018, 2, 20))
    letter = Notice.objects.get(letter="trainings.roster_closed")
    sentence = "The roster closed on Mon 19 Feb 2018: 2 seats without a name are forfeited."
    assert (letter.to_address, letter.context["sentence"]) == (who.person.email, sentence)
    assert JournalEntry.objects.get(what="roster_closed").why == sentence


def test_the_night_ends_a_booking_without_any_name() -> None:
    booking, _who = team()
    runs.run(now=night(date(2018, 2, 20)))
    booking.refresh_from_db()
    assert (booking.state, booking.cancelled_rule, seats_of(booking)) == ("cancelled", "P6", (6, 0, 9))


def test_a_complete_roster_closes_and_nothing_is_lost() -> None:
    booking, who = team()
    name_people(booking, 9, by=who.person)
    runs.run(now=night(date(2018, 2, 20)))
    assert seats_of(booking) == (6, 9, 0)


def ask(booking: Booking, who: Coordinator, now: datetime) -> exceptions.ExceptionRecord:
    return actions.ask_roster_date(booking=booking, reason="Two are on leave.", by=who.person, now=now)


def test_a_request_made_in_time_suspends_the_closing_until_it_is_declined() -> None:
    booking, who = team()
    request = ask(booking, who, booking.roster_cut_off().ends_at - TICK)
    assert [action for action in plan(now=night(date(2018, 2, 21)))[0] if action.rule == "P6"] == []  # nor is it shown
    runs.run(now=night(date(2018, 2, 21)))
    assert seats_of(booking) == (6, 9, 0)
    exceptions.decline(request, by=StaffFactory(), now=night(date(2018, 2, 22)), note="No.")
    runs.run(now=night(date(2018, 2, 22)))
    assert seats_of(booking) == (6, 0, 9)


def test_a_request_made_late_suspends_nothing() -> None:
    booking, who = team()
    ask(booking, who, booking.roster_cut_off().ends_at)
    runs.run(now=night(date(2018, 2, 20)))
    assert seats_of(booking) == (6, 0, 9)


def test_at_the_latest_it_closes_when_the_training_begins() -> None:
    booking, who = team()
    ask(booking, who, EPOCH)
    runs.run(now=night(date(2018, 3, 12)))
    assert seats_of(booking) == (6, 9, 0)
    runs.run(now=night(date(2018, 3, 13)))
    assert seats_of(booking) == (6, 0, 9)


def test_an_approval_gives_the_booking_a_roster_date_of_its_own() -> None:
    booking, who = team()
    request = ask(booking, who, EPOCH)
    now = night(date(2018, 2, 22))
    with pytest.raises(actions.UnableToChangeRoster, match="Name the day"):
        exceptions.approve(request, by=StaffFactory(), now=now, until=booking.training.starts_at)
    for to_date in (date(2018, 2, 21), date(2018, 3, 12)):
        with pytest.raises(actions.UnableToChangeRoster, match="a day from today to Sun 11 Mar 2018"):
            exceptions.approve(request, by=StaffFactory(), now=now, until=booking.training.starts_at, to_date=to_date)
    exceptions.approve(request, by=StaffFactory(), now=now, until=booking.training.starts_at, to_date=date(2018, 3, 5))
    accept(booking, who, named(8), now=now)
    runs.run(now=night(date(2018, 3, 5)))
    assert seats_of(booking) == (6, 9, 0)
    runs.run(now=night(date(2018, 3, 6)))
    assert seats_of(booking) == (6, 8, 1)


def test_an_approval_opens_a_closed_roster_again_with_its_seats_and_it_may_close_again() -> None:
    booking, who = team()
    name_people(booking, 7, by=who.person)
    runs.run(now=night(date(2018, 2, 20)))
    now = night(date(2018, 2, 22))
    request = ask(booking, who, now)
    exceptions.approve(request, by=StaffFactory(), now=now, until=booking.training.starts_at, to_date=date(2018, 2, 28))
    assert seats_of(booking) == (6, 9, 0)
    runs.run(now=night(date(2018, 3, 1)))
    assert seats_of(booking) == (6, 7, 2)


# what is left


def test_undo_of_a_list_that_only_took_people_off_ends_with_the_roster_and_tells_nobody_twice() -> None:
    booking, who = team()
    accept(booking, who, named(3))
    accept(booking, who, named(2), now=EPOCH + HOUR * 2)
    with pytest.raises(UnableToChangeRoster, match="Names were due"):
        undo_roster(booking_id=booking.pk, by=who.person, now=booking.roster_cut_off().ends_at)
    undo_roster(booking_id=booking.pk, by=who.person, now=EPOCH + HOUR * 3)
    assert len(on_roster(booking)) == 3
    assert [state for _address, state in invitations()] == ["queued", "queued", "cancelled", "queued"]
    assert [row.state for row in Notice.objects.filter(letter="trainees.place_ended")] == ["cancelled"]


def test_a_roster_of_an_ended_booking_is_neither_closed_nor_opened_nor_asked_for() -> None:
    booking, who = team()
    request = ask(booking, who, EPOCH)
    actions.cancel_booking(booking_id=booking.pk, why="ill", by=who.person, now=EPOCH)
    booking.refresh_from_db()
    verdict = policy.close_roster(queries.roster_facts(booking), now=night(date(2018, 2, 20)))
    with pytest.raises(actions.UnableToChangeRoster, match="closed already"):
        actions.close_roster(booking_id=booking.pk, unnamed=9, cancels=True, verdict=verdict, now=night(date(2018, 2, 20)))
    last = {"until": booking.training.starts_at, "to_date": booking.training.roster_until}
    with pytest.raises(exceptions.UnableToDecide, match="decided already: declined"):  # with the booking
        exceptions.approve(request, by=StaffFactory(), now=EPOCH, **last)
    about = {"training": booking.training, "membership": booking.membership, "booking": booking, "rule": "R16", "reason": "Slow."}
    with pytest.raises(actions.UnableToChangeRoster, match="The booking has ended"):
        exceptions.enter(TrainingException(**about, **last), by=StaffFactory(), now=EPOCH)
    with pytest.raises(exceptions.UnableToAsk, match="takes no names any more"):
        ask(booking, who, EPOCH)
    assert seats_of(booking) == (15, 0, 0)


def test_a_booking_whose_plan_breaks_stops_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    broken, _who = team()
    fine, _who = team(training=TrainingFactory(starts_on=date(2018, 3, 13)))
    known = policy.close_roster

    def close(facts: policy.RosterFacts, *, now: datetime) -> object:
        if facts.cut_off == broken.roster_cut_off():
            raise ZeroDivisionError("a broken row")
        return known(facts, now=now)

    monkeypatch.setattr(policy, "close_roster", close)
    run = runs.run(now=night(date(2018, 2, 21)))
    assert [(error.subject_id, error.error) for error in run.errors.filter(rule="P6")] == [
        (broken.pk, "ZeroDivisionError: a broken row")
    ]
    fine.refresh_from_db()
    assert fine.state == "cancelled"


def test_the_letters_of_rosters_say_why() -> None:
    booking, who = team()
    accept(booking, who, named(2))
    send_invitations(booking_id=booking.pk, by=who.person, now=EPOCH)
    invitation = Notice.objects.filter(letter="trainees.invitation").order_by("pk")[0]
    runs.run(now=night(date(2018, 2, 20)))
    subject, text = composing.preview(Notice.objects.get(letter="trainings.roster_closed"), now=night(date(2018, 2, 20)))
    assert subject.startswith("The list of names is closed: 12–13 Mar 2018")
    assert "7 seats without a name are forfeited" in text
    actions.cancel_training(
        training_id=booking.training_id, why="The trainers are ill.", by=StaffFactory(), now=night(date(2018, 2, 21))
    )
    ended = Notice.objects.filter(letter="trainees.place_ended").order_by("pk")[0]
    subject, text = composing.preview(ended, now=night(date(2018, 2, 21)))
    assert subject == "Your instructor training on 12–13 Mar 2018 does not take place for you"
    assert "The training was cancelled: The trainers are ill." in text
    with pytest.raises(Exception, match="taken off the roster"):
        composing.preview(invitation, now=night(date(2018, 2, 21)))


def test_explain_prints_the_pages_verdicts() -> None:
    booking, _who = team()
    for rule, words in (("R16", "Names are taken until Mon 19 Feb 2018"), ("P6", "The roster closes on Mon 19 Feb 2018.")):
        out = StringIO()
        call_command("explain", rule, booking=booking.pk, as_of="2018-02-01T12:00Z", stdout=out)
        assert words in out.getvalue()


def test_the_desk_shows_teams_that_became_small_and_letters_that_were_refused() -> None:
    booking, who = team()
    name_people(booking, 4, by=who.person)
    Notice.objects.filter(letter="trainees.invitation", to_address="trainee-0@example.org").update(
        state="failed", error="550 no such user"
    )
    runs.run(now=night(date(2018, 2, 20)))
    (thin,) = desk.thin_teams(night(date(2018, 2, 21))).items
    assert thin.more == "4 names for 9 seats; a team has at least 6."
    (refused,) = desk.refused_letters(night(date(2018, 2, 21))).items
    assert (refused.text, refused.more) == ("trainee-0@example.org", "550 no such user")


def test_the_audit_names_places_that_are_elsewhere_or_too_many() -> None:
    booking, who = team()
    name_people(booking, 9, by=who.person)
    other = TrainingFactory(starts_on=date(2018, 5, 14))
    place = Place.objects.order_by("pk")[0]
    Place.objects.filter(pk=place.pk).update(training=other)
    assert [finding.sentence for finding in run_audits()] == [
        f"it says training {other.pk}; its booking is at {booking.training_id}"
    ]
    Place.objects.filter(pk=place.pk).update(training=booking.training)
    extra = PersonFactory()
    Place.objects.create(booking=booking, training=booking.training, person=extra, name="X", added_at=EPOCH, invite_at=EPOCH)
    assert [finding.sentence for finding in run_audits()] == ["it has 10 names for 9 seats"]
    Place.objects.filter(person=extra).delete()
