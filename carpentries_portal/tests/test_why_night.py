"""What timelines say of the night, of people who moved, and of exceptions that are used; as of each day too."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from carpentries_portal.common import clock, exceptions, why
from carpentries_portal.common.enforcement import brake, runs
from carpentries_portal.common.models import AppliedAction, Run, RunError
from certification.factories import Team
from memberships.factories import CoordinatorFactory, MembershipFactory, StaffFactory
from trainings import actions
from trainings.actions.bookings import Site
from trainings.factories import BookingFactory, TrainingFactory
from trainings.models import Training, TrainingException

pytestmark = pytest.mark.django_db

CUT_OFF = date(2018, 2, 12)


def night(day: int) -> datetime:
    return datetime(2018, 2, day, 9, tzinfo=UTC)


@pytest.fixture
def empty() -> list[Training]:
    """One more than the brake lets a night cancel."""
    return [TrainingFactory() for _n in range(6)]


def lines(kind: str, pk: int, until: datetime | None = None, *, rule: str = "R7") -> list[why.Line]:
    """What the night did by a rule, newest first."""
    found = why.KINDS.get(kind)
    assert found is not None
    story = found.story(pk)
    assert story is not None
    return [line for line in why.timeline(story, until=until, group="night").lines if line.rule == rule]


def words(kind: str, pk: int, until: datetime | None = None) -> list[str]:
    return [line.what for line in lines(kind, pk, until)]


BRAKED = "the brake held back what the nightly run would do by R7, cut-off Mon 12 Feb 2018"
RELEASED = "what the brake held back of R7 was released, cut-off Mon 12 Feb 2018"
LET_GO = "what the brake held back of R7 waits no longer, cut-off Mon 12 Feb 2018"
APPLIED = "the nightly run applied R7, cut-off Mon 12 Feb 2018"


def test_what_the_brake_held_back_is_told_with_its_reason_its_release_and_what_came_of_it(empty: list[Training]) -> None:
    staff = StaffFactory(name="Ines Moreau")
    runs.run(now=night(15))
    runs.run(now=night(16))
    brake.release(rule="R7", on=CUT_OFF, by=staff, now=night(16) + timedelta(hours=6))
    runs.run(now=night(17))
    applied = AppliedAction.objects.get(subject_id=empty[2].pk)
    told = lines("training", empty[2].pk)
    assert [line.what for line in told] == [APPLIED, RELEASED, BRAKED]
    done, released, braked = told
    assert (braked.at, released.at, done.at) == (night(15), night(16) + timedelta(hours=6), night(17))
    assert (braked.who, released.who) == ("", "Ines Moreau")
    assert braked.why == applied.sentence
    assert applied.sentence in released.why
    assert braked.changes == ["too much was due for one day: nothing is done until staff release it"]
    assert {(line.rule, line.edition, line.rule_title) for line in told} == {("R7", "2017", done.rule_title)}
    days = {14: [], 15: [BRAKED], 16: [RELEASED, BRAKED], 17: [APPLIED, RELEASED, BRAKED]}
    assert {day: words("training", empty[2].pk, night(day) + timedelta(hours=12)) for day in days} == days


def test_one_whose_reason_is_gone_waits_no_longer_and_one_that_comes_back_is_held_back_anew(empty: list[Training]) -> None:
    """Each time stays in the timeline, though the action is the same."""
    staff, coordinator = StaffFactory(), CoordinatorFactory()
    membership = MembershipFactory(organization=coordinator.organization)
    runs.run(now=night(15))
    brake.release(rule="R7", on=CUT_OFF, by=staff, now=night(15))
    site = Site(name="Library", room="1", zone="America/New_York")
    first = empty[0].pk
    booking = actions.book(
        training_id=first, membership_id=membership.pk, seats=6, site=site, by=staff, staff_reason="Late.", now=night(15)
    )
    for training in empty[1:]:
        actions.hold_training(training_id=training.pk, until_on=date(2018, 2, 20), why="A team asks.", by=staff, now=night(15))
    runs.run(now=night(16))
    assert words("training", first) == [LET_GO, RELEASED, BRAKED]
    assert lines("training", first)[0].why == "It is not due any more: its reason is gone, and nothing was done."
    actions.cancel_booking(booking_id=booking.pk, why="Ill.", by=staff, now=night(17))
    runs.run(now=night(21))
    second = empty[1].pk
    assert words("training", second) == [BRAKED, LET_GO, RELEASED, BRAKED]
    assert words("training", second, night(16)) == [RELEASED, BRAKED]
    assert words("training", second, night(15)) == []
    assert words("training", second, night(18)) == [LET_GO, RELEASED, BRAKED]


def test_what_broke_is_told_where_it_broke_with_the_error_and_the_next_night_does_it() -> None:
    training, fine = TrainingFactory(), TrainingFactory(starts_on=date(2018, 3, 13))
    zone = training.zone
    Training.objects.filter(pk=training.pk).update(zone="Nowhere/Atall")
    run = runs.run(now=night(16))
    Training.objects.filter(pk=training.pk).update(zone=zone)
    runs.run(now=night(17))
    assert words("training", fine.pk) == ["the nightly run applied R7, cut-off Tue 13 Feb 2018"]
    done, broken = lines("training", training.pk)
    assert (done.what, broken.what) == (APPLIED, "the nightly run could not do R7")
    assert (broken.at, broken.rule, broken.url) == (night(16), "R7", f"/admin/runs/{run.pk}/")
    assert "Nowhere/Atall" in broken.why
    assert broken.why.startswith("An error stopped it, so nothing of it was done; the next run tries again. The error: ")
    assert words("training", training.pk, night(16)) == []
    assert words("training", training.pk, night(17)) == ["the nightly run could not do R7"]


def test_a_subject_stands_on_the_pages_of_all_that_it_belongs_to() -> None:
    """A booking that breaks at the closing of its list, a checkout that breaks when it ends: on the pages around them."""
    team = Team()
    checkout, place = team.checkout(), team.places[0]
    run = Run.objects.create(as_of=night(16), finished_at=night(16))
    for label, pk, rule in (("trainings.booking", team.booking.pk, "P6"), ("certification.checkout", checkout.pk, "R27")):
        RunError.objects.create(run=run, at=night(16), rule=rule, subject_label=label, subject_id=pk, error="OSError: no ink")
    pages = {
        "training": team.training.pk,
        "membership": team.booking.membership_id,
        "booking": team.booking.pk,
        "person": place.person_id,
        "checkout": checkout.pk,
    }
    found = {rule: {kind for kind, pk in pages.items() if "no ink" in str(lines(kind, pk, rule=rule))} for rule in ("P6", "R27")}
    assert found == {"P6": {"training", "membership", "booking"}, "R27": {"person", "checkout"}}


def test_the_page_says_it_in_plain_words(empty: list[Training], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: night(18))
    runs.run(now=night(15))
    brake.release(rule="R7", on=CUT_OFF, by=StaffFactory(name="Ines Moreau"), now=night(16))
    client = Client()
    client.force_login(StaffFactory(), backend="carpentries_portal.common.backends.PersonBackend")
    path = f"/admin/why/training/{empty[0].pk}/"
    page = client.get(path).content.decode()
    assert BRAKED.capitalize()[:8] in page
    for said in (BRAKED[1:], RELEASED[1:], "too much was due for one day", "Ines Moreau", "#rule-R7"):
        assert said in page, said
    before = client.get(f"{path}?on=2018-02-15").content.decode()
    assert (BRAKED[1:] in before, RELEASED[1:] in before) == (True, False)


def test_a_night_of_many_lines_is_read_with_as_many_queries_as_one_of_few(empty: list[Training]) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            assert words("training", empty[0].pk)
        return len(caught)

    runs.run(now=night(15))
    few = queries()
    run = Run.objects.get()
    for n in range(20):
        RunError.objects.create(
            run=run, at=night(16), rule="R7", subject_label="trainings.training", subject_id=empty[0].pk, error=f"{n}"
        )
    assert queries() <= few + 1  # one for the errors, however many


def test_people_who_went_along_to_another_training_stay_in_the_timeline_that_they_left() -> None:
    """A team moves with its people: what happened to them before stays where it happened, and is not told of the other training before."""
    team = Team(confirm=False)
    target = TrainingFactory(starts_on=date(2018, 3, 5), now=team.training.added_at)
    day = datetime(2017, 12, 10, 12, tzinfo=UTC)
    before, there = texts("training", team.training.pk), texts("training", target.pk)
    assert [text for text in before if "trainee-0@" in text]
    new = actions.move_booking(booking_id=team.booking.pk, to_training_id=target.pk, by=team.coordinator, now=day)
    again = actions.move_booking(
        booking_id=new.pk, to_training_id=elsewhere(team).pk, by=team.coordinator, now=day + timedelta(days=3)
    )
    for kind, pk in (("training", team.training.pk), ("booking", team.booking.pk), ("membership", team.booking.membership_id)):
        assert [text for text in texts(kind, pk, day) if "trainee-0@" in text], kind
    assert texts("training", team.training.pk, day) == before
    assert texts("training", target.pk, day) == there
    assert len(texts("training", again.training_id, day)) == 1  # it was announced: nobody was there yet
    assert [text for text in texts("booking", new.pk) if "trainee-0@" in text]
    late = BookingFactory(training=target, seats=6, now=day + timedelta(days=4))
    assert not [text for text in texts("booking", late.pk) if "trainee-0@" in text]


def test_an_exception_is_told_as_used_from_the_day_on_which_it_was_and_with_the_end_that_was_decided() -> None:
    coordinator = CoordinatorFactory()
    membership, training = MembershipFactory(organization=coordinator.organization), TrainingFactory()
    more = {"training": training, "membership": membership, "rule": "R6", "reason": "Late.", "seats": 6}
    record = actions.ask_exception(**more, by=coordinator.person, now=night(13))
    exceptions.approve(record, by=StaffFactory(), now=night(14), until=night(20))
    site = Site(name="Library", room="1", zone="America/New_York")
    who = {"training_id": training.pk, "membership_id": membership.pk, "by": coordinator.person}
    actions.book(**who, seats=6, site=site, now=night(16))
    TrainingException.objects.filter(pk=record.pk).update(until=night(27))  # as a move of the training does to those of R14 (P8)
    for kind, pk in (("membership", membership.pk), ("training", training.pk)):
        told = {day: [line.what for line in decided(kind, pk, night(day) + timedelta(hours=1))] for day in (13, 14, 16)}
        asked, approved, used = "exception asked for", "exception approved", "exception used"
        assert told == {13: [asked], 14: [approved, asked], 16: [used, approved, asked]}, kind
        assert decided(kind, pk, None)[1].changes == ["holds until: 2018-02-20 09:00 UTC"]


def decided(kind: str, pk: int, until: datetime | None) -> list[why.Line]:
    found = why.KINDS.get(kind)
    assert found is not None
    story = found.story(pk)
    assert story is not None
    return why.timeline(story, until=until, group="exceptions").lines


def elsewhere(team: Team) -> Training:
    third: Training = TrainingFactory(starts_on=date(2018, 4, 9), now=team.training.added_at)
    return third


def texts(kind: str, pk: int, until: datetime | None = None) -> list[str]:
    found = why.KINDS.get(kind)
    assert found is not None
    story = found.story(pk)
    assert story is not None
    return [f"{line.at}: {line.what}: {line.why}" for line in why.timeline(story, until=until, shown=500).lines]
