"""P7: a change of a closed list, asked for with the change in it, accepted whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command

from carpentries_portal.common import exceptions, links
from carpentries_portal.common.auditing import run_audits
from carpentries_portal.common.enforcement import runs
from carpentries_portal.common.exceptions import UnableToAsk, UnableToDecide
from carpentries_portal.common.models import JournalEntry, Notice, Person
from carpentries_portal.common.notices import composing, delivery
from memberships.factories import EPOCH, CoordinatorFactory, MembershipFactory, StaffFactory
from memberships.models import LedgerEntry, Membership
from trainees import actions, desk
from trainees.actions import Named, UnableToChangeRoster
from trainees.actions.applications import ANSWERS
from trainees.factories import name_people, named
from trainees.models import Place, RosterLine, RosterRequest
from trainings.actions import cancel_booking, cancel_training
from trainings.factories import BookingFactory, TrainingFactory
from trainings.models import Booking, Training

pytestmark = pytest.mark.django_db

LATE = datetime(2018, 2, 26, 15, tzinfo=UTC)  # two weeks before Mon 12 Mar 2018
TICK = timedelta(microseconds=1)
CY = Named(90, "Cy Twombly", "cy@example.org")
DI = Named(91, "Di Prima", "di@example.org")


@pytest.fixture(autouse=True)
def _the_sums_hold_at_the_end() -> Iterator[None]:
    yield
    assert [str(finding) for finding in run_audits()] == []


class Team:
    """Nine seats at 12-13 March 2018, `names` of them named; the list closed in the night of D(20), unless it is open."""

    def __init__(self, names: int = 9, *, closed: bool = True, training: Training | None = None, start: int = 0) -> None:
        coordinator = CoordinatorFactory()
        self.who: Person = coordinator.person
        self.staff: Person = StaffFactory()
        membership = MembershipFactory(organization=coordinator.organization)
        self.booking: Booking = BookingFactory(training=training or TrainingFactory(), membership=membership, by=self.who)
        self.people = named(names, start=start)
        if names:
            name_people(self.booking, names, by=self.who, start=start)
        while delivery.deliver_due(now=EPOCH + timedelta(days=1)):
            continue
        if closed:
            runs.run(now=datetime(2018, 2, 20, 12, 30, tzinfo=UTC))

    def ask(self, people: list[Named], *, why: str = "Somebody is ill.", now: datetime = LATE) -> RosterRequest:
        return actions.ask_changes(booking_id=self.booking.pk, people=people, reason=why, by=self.who, now=now)

    def accept(self, request: RosterRequest, *, now: datetime = LATE) -> RosterRequest:
        return actions.accept_changes(request_id=request.pk, note="Get well.", by=self.staff, now=now)

    def names(self) -> list[str]:
        return list(Place.objects.active().filter(booking=self.booking).order_by("pk").values_list("name", flat=True))

    def seats(self) -> tuple[int, int, int]:
        row = Membership.objects.get(pk=self.booking.membership_id)
        return row.available, row.reserved, row.forfeited


def letters(*names: str) -> list[tuple[str, str]]:
    rows = Notice.objects.filter(queued_at__gte=LATE).exclude(state="cancelled").order_by("letter", "to_address")
    return [(row.letter.split(".")[1], row.to_address) for row in rows if not names or row.letter.split(".")[1] in names]


def words(request: RosterRequest) -> list[str]:
    return request.details()


# the change


def test_a_swap_at_two_weeks_is_one_click_and_moves_no_seat() -> None:
    team = Team()
    request = team.ask([*team.people[1:], CY])
    assert words(request) == ["Cy Twombly comes (cy@example.org).", "Ana Silva leaves."]
    assert (request.asked_for, request.rule) == ("1 person comes, 1 person leaves", "P7")
    assert request.refusal == "Names were due by Mon 19 Feb 2018, end of that day; a change now is decided by staff."
    assert (team.names()[0], Person.objects.filter(email="cy@example.org").exists()) == ("Ana Silva", False)
    moved = LedgerEntry.objects.count()

    team.accept(request)

    assert team.names() == [*(one.name for one in team.people[1:]), "Cy Twombly"]
    assert (team.seats(), LedgerEntry.objects.count()) == ((6, 9, 0), moved)
    request.refresh_from_db()
    assert (request.state, request.used_at, request.decided_by, request.note) == ("approved", LATE, team.staff, "Get well.")
    place = Place.objects.get(name="Cy Twombly")
    assert (place.invite_at, place.added_by) == (LATE, team.staff)
    gone = Place.objects.get(name="Ana Silva")
    assert (gone.state, gone.removed_why) == ("removed", "Your coordinator took you off the list.")
    assert letters("invitation", "place_ended", "exception_decided") == [
        ("exception_decided", team.who.email),
        ("invitation", "cy@example.org"),
        ("place_ended", "trainee-0@example.org"),
    ]
    line = JournalEntry.objects.get(what="roster_changed")
    assert (line.rule, line.why, line.by) == (
        "P7",
        "The list was changed: 1 person comes, 1 person leaves. No seat moves.",
        team.staff,
    )


def test_a_name_for_a_forfeited_seat_takes_it_back_from_the_ledger() -> None:
    team = Team(7)
    assert team.seats() == (6, 7, 2)
    request = team.ask([*team.people, CY])
    team.accept(request)
    assert (team.seats(), team.names()[-1]) == ((6, 8, 1), "Cy Twombly")
    entry = LedgerEntry.objects.order_by("pk").last()
    assert entry is not None
    assert (entry.source, entry.target, entry.seats, entry.rule, entry.reason) == (
        "forfeited",
        "reserved",
        1,
        "P7",
        "1 forfeited seat is used again.",
    )
    assert (entry.exception_label, entry.exception_id) == ("trainees.rosterrequest", request.pk)


def test_who_is_taken_out_leaves_a_forfeited_seat_that_a_later_name_can_take() -> None:
    team = Team()
    team.accept(team.ask(team.people[:6]))
    assert (len(team.names()), team.seats()) == (6, (6, 6, 3))
    team.accept(team.ask([*team.people[:6], CY, DI], now=LATE + TICK), now=LATE + TICK)
    assert (len(team.names()), team.seats()) == (8, (6, 8, 1))


def test_a_team_that_becomes_thin_stays_and_lies_before_staff() -> None:
    team = Team(6)
    request = team.ask(team.people[:4])
    team.accept(request)
    assert (len(team.names()), team.seats(), desk.thin_teams(LATE).items[0].more) == (
        4,
        (6, 4, 5),
        "4 names for 9 seats; a team has at least 6.",
    )


def test_nobody_would_be_left_is_a_cancelled_booking_and_no_request() -> None:
    team = Team(1)
    request = team.ask([CY])
    Place.objects.filter(booking=team.booking).update(name="Ana S.")  # corrected since
    team.accept(request)
    assert team.names() == ["Cy Twombly"]
    request = team.ask([CY, DI])
    RosterLine.objects.filter(request=request).update(
        kind="leaves", place=Place.objects.active().get(), was="Cy Twombly", name="", email="", email_key=""
    )
    with pytest.raises(UnableToChangeRoster, match="cancel the booking instead"):
        team.accept(request)
    assert team.names() == ["Cy Twombly"]


def test_an_empty_team_asks_for_names_until_the_night_ends_its_booking() -> None:
    team = Team(0, closed=False)
    end = team.booking.roster_cut_off().ends_at
    first = team.ask([CY, DI], now=end)
    assert team.accept(first, now=end + TICK).state == "approved"
    assert (team.names(), team.seats()) == (["Cy Twombly", "Di Prima"], (6, 9, 0))
    runs.run(now=datetime(2018, 2, 20, 12, 30, tzinfo=UTC))
    assert team.seats() == (6, 2, 7)

    other = Team(0, closed=False, training=TrainingFactory(starts_on=date(2018, 3, 12)), start=20)
    waits = other.ask([Named(1, "Ed", "ed@example.org")], now=end)
    runs.run(now=datetime(2018, 2, 21, 12, 30, tzinfo=UTC))
    waits.refresh_from_db()
    assert (waits.state, waits.note[:19]) == ("declined", "The booking ended: ")
    with pytest.raises(UnableToChangeRoster, match="This booking was cancelled"):
        other.ask([Named(1, "Ed", "ed@example.org")])


# when


@pytest.mark.parametrize("zone", ["Pacific/Honolulu", "Pacific/Auckland"])
def test_it_is_asked_for_from_d20_to_the_trainings_first_minute_in_its_zone(zone: str) -> None:
    team = Team(closed=False, training=TrainingFactory(zone=zone))
    end, begins = team.booking.roster_cut_off().ends_at, team.booking.training.starts_at
    swap = [*team.people[1:], CY]
    with pytest.raises(UnableToChangeRoster, match="still open: accept it"):
        team.ask(swap, now=end - TICK)
    request = team.ask(swap, now=end)
    actions.take_back(booking_id=team.booking.pk, by=team.who, now=end)
    request = team.ask(swap, now=begins - TICK)
    with pytest.raises(UnableToChangeRoster, match="The training has begun"):
        team.accept(request, now=begins)
    with pytest.raises(UnableToChangeRoster, match="The training has begun"):
        team.ask(team.people[1:], now=begins)
    with pytest.raises(UnableToChangeRoster, match="The training has begun"):  # by whatever way it is approved
        exceptions.approve(request, by=team.staff, now=begins, until=begins + TICK)
    assert "Cy Twombly" not in team.names()
    team.accept(request, now=begins - TICK)
    assert "Cy Twombly" in team.names()


def test_explain_prints_the_same_sentence() -> None:
    team, out = Team(), StringIO()
    call_command("explain", "P7", booking=team.booking.pk, as_of="2018-02-26T12:00Z", stdout=out)
    assert "Until the training begins staff accept or decline a change of your list." in out.getvalue()


def test_one_request_waits_at_a_time_and_can_be_taken_back_with_its_letter() -> None:
    team = Team()
    request = team.ask([*team.people[1:], CY])
    with pytest.raises(UnableToAsk, match="take it back first"):
        team.ask([*team.people[2:], CY, DI])
    actions.take_back(booking_id=team.booking.pk, by=team.who, now=LATE + TICK)
    request.refresh_from_db()
    assert (request.state, request.taken_back_at, request.note) == ("declined", LATE + TICK, "Taken back by the team.")
    assert letters() == []
    line = JournalEntry.objects.get(what="exception_taken_back")
    assert (line.rule, line.by, line.why) == ("P7", team.who, "Taken back by the team.")
    with pytest.raises(UnableToAsk, match="No request waits"):
        actions.take_back(booking_id=team.booking.pk, by=team.who, now=LATE + TICK)
    with pytest.raises(UnableToDecide, match="decided already"):
        team.accept(request)
    team.accept(team.ask([*team.people[2:], CY, DI]))
    assert len(team.names()) == 9


def test_a_request_without_a_reason_or_a_change_or_with_a_bad_list_is_none() -> None:
    team = Team()
    for people, why, sentence in [
        ([*team.people[1:], CY], "  ", "Say why"),
        (team.people, "ill", "stands already"),
        ([*team.people, CY], "ill", "one too many"),
        ([*team.people[2:], CY, replace(CY, line=92)], "ill", "stands twice"),
        ([*team.people[1:], replace(CY, name="")], "ill", "each person has a name"),
    ]:
        with pytest.raises((UnableToAsk, UnableToChangeRoster), match=sentence):
            team.ask(people, why=why)
    assert (RosterRequest.objects.count(), letters()) == (0, [])


def test_what_is_corrected_along_with_a_swap_needs_no_new_address() -> None:
    team = Team()
    bo = replace(team.people[1], name="Bo Diddley Jr.", location="Main Library")
    request = team.ask([bo, *team.people[2:], CY])
    told = Notice.objects.order_by("-pk")[0].pk
    team.accept(request)
    place = Place.objects.active().select_related("person").get(name="Bo Diddley Jr.")
    assert (place.location, place.person.email) == ("Main Library", team.people[1].email)
    assert not Notice.objects.filter(pk__gt=told, to_person=place.person).exists()


def test_nothing_of_an_open_list_is_undone_under_a_request_that_waits() -> None:
    team = Team(2, closed=False)
    apply(Place.objects.get(name="Ana Silva"))
    now = EPOCH + timedelta(days=2)
    actions.accept_roster(booking_id=team.booking.pk, people=[*team.people, CY], by=team.who, now=now)
    team.ask([replace(team.people[0], email="ana@example.net"), team.people[1], CY], now=now)
    with pytest.raises(UnableToChangeRoster, match="A request about this list waits for staff"):
        actions.undo_roster(booking_id=team.booking.pk, by=team.who, now=now)
    actions.take_back(booking_id=team.booking.pk, by=team.who, now=now)
    actions.undo_roster(booking_id=team.booking.pk, by=team.who, now=now)
    assert team.names() == [one.name for one in team.people]


def test_no_list_is_undone_across_a_request_that_was_accepted() -> None:
    team = Team(2, closed=False)
    apply(Place.objects.get(name="Ana Silva"))
    now = EPOCH + timedelta(days=2)
    people = [replace(team.people[0], email="ana@example.net"), team.people[1], CY]
    actions.accept_roster(booking_id=team.booking.pk, people=[*team.people, CY], by=team.who, now=now)
    team.accept(team.ask(people, now=now), now=now)
    with pytest.raises(UnableToChangeRoster, match="or the list was undone"):
        actions.undo_roster(booking_id=team.booking.pk, by=team.who, now=now)
    assert len(team.names()) == 3


# what has changed since


def accepting(team: Team, request: RosterRequest) -> str:
    """Why it cannot be accepted; nothing at all has changed then."""
    before = (team.names(), team.seats(), Person.objects.count(), Notice.objects.count(), JournalEntry.objects.count())
    with pytest.raises(UnableToChangeRoster) as problem:
        team.accept(request)
    assert (team.names(), team.seats(), Person.objects.count(), Notice.objects.count(), JournalEntry.objects.count()) == before
    request.refresh_from_db()
    assert request.state == "asked"
    return str(problem.value)


def test_what_does_not_hold_any_more_is_said_and_nothing_is_half_done() -> None:
    team = Team()
    request = team.ask([*team.people[1:], CY])
    other = Team(0, closed=False, training=team.booking.training)
    actions.accept_changes(request_id=other.ask([CY]).pk, note="", by=other.staff, now=LATE)
    assert accepting(team, request) == "Cy Twombly: is on another team’s list at this training."
    exceptions.decline(request, by=team.staff, now=LATE, note="Elsewhere.")

    next_day = TrainingFactory(starts_on=date(2018, 3, 13))
    request = team.ask([*team.people[1:], DI])
    name_people(BookingFactory(training=next_day, membership=MembershipFactory(), by=team.who), 1, by=team.who, start=70)
    Person.objects.filter(email="trainee-70@example.org").update(email="di@example.org", email_key="di@example.org")
    assert accepting(team, request) == "Di Prima: takes part in another training on 13–14 Mar 2018, at the same time."
    exceptions.decline(request, by=team.staff, now=LATE, note="Elsewhere.")

    request = team.ask(team.people[1:])
    Place.objects.filter(booking=team.booking, name="Ana Silva").update(
        state="removed", removed_at=LATE, removed_why="Taken off by hand."
    )
    assert accepting(team, request).startswith("Ana Silva: not on the list any more.")


def test_a_name_that_came_onto_the_list_meanwhile_is_not_added_twice() -> None:
    team = Team(7)
    request = team.ask([*team.people, CY])
    place = Place.objects.active().filter(booking=team.booking).order_by("-pk")[0]
    Person.objects.filter(pk=place.person_id).update(email=CY.email, email_key=CY.email)
    assert accepting(team, request) == "Cy Twombly: is on this list already."


@pytest.mark.parametrize("ends", ["booking", "training"])
def test_what_ends_the_booking_declines_its_request(ends: str) -> None:
    team = Team()
    request = team.ask([*team.people[1:], CY])
    if ends == "booking":
        cancel_booking(booking_id=team.booking.pk, why="No room.", by=team.who, now=LATE)
    else:
        cancel_training(training_id=team.booking.training_id, why="No room.", by=team.staff, now=LATE)
    request.refresh_from_db()
    assert (request.state, "No room." in request.note) == ("declined", True)
    with pytest.raises(UnableToChangeRoster, match="was cancelled"):
        team.accept(request)


# before the list closes: the address of somebody who has applied


def apply(place: Place) -> None:
    answers = dict.fromkeys(ANSWERS, "") | {"expertise": [], "involvement": []}
    actions.save_application(place_id=place.pk, answers=answers, agreed=False, by=place.person, now=EPOCH)


def test_a_new_address_before_the_application_is_another_person_with_a_new_link() -> None:
    team = Team(2, closed=False)
    place = Place.objects.get(name="Ana Silva")
    old = place.person
    path = links.make_link(person=old, purpose="place", leads_to=f"/places/{place.pk}/", now=LATE - timedelta(days=30))
    now = LATE - timedelta(days=20)
    assert links.find_link(path.rstrip("/").rpartition("/")[2], now=now) is not None
    people = [replace(team.people[0], email="ana@example.net"), team.people[1]]
    actions.accept_roster(booking_id=team.booking.pk, people=people, by=team.who, now=now)
    new = Place.objects.active().get(name="Ana Silva")
    assert (new.person.email, new.person.pk != old.pk) == ("ana@example.net", True)
    assert links.find_link(path.rstrip("/").rpartition("/")[2], now=now) is None
    told = Notice.objects.filter(queued_at=now).order_by("letter").values_list("letter", "to_address")
    assert list(told) == [("trainees.address_corrected", old.email), ("trainees.invitation", "ana@example.net")]


def test_a_new_address_after_the_application_is_a_request_that_keeps_it() -> None:
    team = Team(2, closed=False)
    place = Place.objects.get(name="Ana Silva")
    old = place.person
    apply(place)
    now = EPOCH + timedelta(days=2)
    people = [replace(team.people[0], email="ana@example.net"), team.people[1]]
    with pytest.raises(UnableToChangeRoster, match="Ana Silva: the application was begun at the old address"):
        actions.accept_roster(booking_id=team.booking.pk, people=people, by=team.who, now=now)
    request = team.ask(people, why="Misspelt.", now=now)
    assert words(request) == ["Ana Silva: has the address ana@example.net."]
    runs.run(now=datetime(2018, 2, 20, 12, 30, tzinfo=UTC))
    assert team.seats() == (6, 9, 0)  # made in time, it suspends the closing (P6)
    team.accept(request)
    place.refresh_from_db()
    assert (place.state, place.person.email, place.application.pk > 0) == ("active", "ana@example.net", True)
    assert letters("address_corrected", "invitation") == [("address_corrected", old.email), ("invitation", "ana@example.net")]
    runs.run(now=LATE)
    assert team.seats() == (6, 2, 7)


def test_after_the_closing_names_are_corrected_without_a_request_and_nobody_known_is_renamed() -> None:
    team = Team(6)
    Person.objects.filter(email="trainee-1@example.org").update(added_at=EPOCH - timedelta(days=300))
    people = [replace(team.people[0], name="Ana Sylva"), replace(team.people[1], name="Bjorn Akesson"), *team.people[2:]]
    actions.accept_roster(booking_id=team.booking.pk, people=people, by=team.who, now=LATE)
    assert team.names()[:2] == ["Ana Sylva", "Bjorn Akesson"]
    assert [Person.objects.get(email=f"trainee-{n}@example.org").name for n in (0, 1)] == ["Ana Sylva", "Björn Åkesson"]
    with pytest.raises(UnableToChangeRoster, match="decided by staff"):
        actions.accept_roster(booking_id=team.booking.pk, people=[*people, CY], by=team.who, now=LATE)
    with pytest.raises(UnableToChangeRoster, match="The training has begun: the roll call counts now"):
        actions.accept_roster(booking_id=team.booking.pk, people=team.people, by=team.who, now=team.booking.training.starts_at)
    assert team.names()[:2] == ["Ana Sylva", "Bjorn Akesson"]


# letters and the desk


def test_the_letters_and_the_desk_tell_the_change_in_words() -> None:
    team = Team(7)
    request = team.ask([*team.people[1:], CY], why="Ana is ill.")
    to_decide = Notice.objects.get(letter="common.exception_to_decide")
    subject, text = composing.preview(to_decide, now=LATE)
    assert "rule P7" in subject
    assert "  - Cy Twombly comes (cy@example.org).\n  - Ana Silva leaves." in text
    (item,) = desk.to_decide(LATE).items
    assert (item.more, item.url) == (
        f"{team.who}: 1 person comes, 1 person leaves – Ana is ill.",
        f"/admin/trainees/rosterrequest/{request.pk}/do/approve/",
    )
    team.accept(request)
    subject, text = composing.preview(Notice.objects.get(letter="common.exception_decided"), now=LATE)
    assert "Your request is approved." in text
    assert "It is done: nothing is left for you to do." in text
    assert "use it in time" not in text
    assert desk.to_decide(LATE).items == []
    team.ask([*team.people[2:], CY])
    exceptions.decline(RosterRequest.objects.waiting().get(), by=team.staff, now=LATE, note="Too many.")
    assert (
        "Too many." in composing.preview(Notice.objects.filter(letter="common.exception_decided").order_by("-pk")[0], now=LATE)[1]
    )
