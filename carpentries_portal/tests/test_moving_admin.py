"""Staff move a training or a booking in admin: every consequence is said first, and nothing else is done; twice does nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from carpentries_portal.common import clock
from carpentries_portal.common.auditing import run_audits
from carpentries_portal.common.enforcement import runs
from carpentries_portal.common.models import JournalEntry, Notice, Person
from carpentries_portal.common.notices import composing
from carpentries_portal.tests.buttons import hidden, looked, told
from carpentries_portal.tests.test_letters import problems_of
from memberships.factories import CoordinatorFactory, MembershipFactory, PersonFactory, StaffFactory
from memberships.models import Coordinator, Membership
from trainees.factories import name_people
from trainings.actions import ask_exception
from trainings.factories import BookingFactory, TrainerFactory, TrainingFactory
from trainings.models import Booking, Training, TrainingException

pytestmark = pytest.mark.django_db

CLOSED = datetime(2018, 2, 22, 18, tzinfo=UTC)
BACKEND = "carpentries_portal.common.backends.PersonBackend"
MAY = {"starts_on": "2018-05-14", "ends_on": "", "starts": "09:00", "ends": "17:00", "zone": "America/Chicago", "why": "Ill."}


@pytest.fixture(autouse=True)
def _in_february(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(clock, "now", lambda: CLOSED)
    yield
    assert [str(finding) for finding in run_audits()] == []


@pytest.fixture
def dana() -> Coordinator:
    return CoordinatorFactory(name="Dana Whitfield", email="dana@example.org", organization__name="University of Florida")


@pytest.fixture
def team(dana: Coordinator) -> Booking:
    """Nine seats with seven names at 12-13 March 2018; the roster closed three days ago, and two seats were forfeited."""
    nora = TrainerFactory(name="Nora Weiss", email="nora@example.org")
    membership = MembershipFactory(organization=dana.organization)
    booking = BookingFactory(training=TrainingFactory(trainers=[nora]), membership=membership, by=dana.person, seats=9)
    name_people(booking, 7, by=dana.person)
    runs.run(now=datetime(2018, 2, 20, 12, 30, tzinfo=UTC))
    return booking


def path_of(row: Training | Booking) -> str:
    return f"/admin/trainings/{row._meta.model_name}/{row.pk}/do/move/"


def stored() -> tuple[object, ...]:
    return (
        list(Training.objects.order_by("pk").values_list("starts_on", "zone", "round")),
        list(Booking.objects.order_by("pk").values_list("state", "seats", "round", "roster_closed_at")),
        list(Membership.objects.order_by("pk").values_list("available", "reserved", "forfeited")),
        Notice.objects.count(),
        JournalEntry.objects.count(),
        TrainingException.objects.count(),
    )


def test_move_says_every_consequence_before_and_then_does_it(desk: Client, team: Booking, staff: Person) -> None:
    other = CoordinatorFactory(email="other@example.org", organization__name="University of Oregon")
    theirs = MembershipFactory(organization=other.organization, starts_on=date(2017, 4, 1), ends_on=date(2018, 3, 31))
    now = datetime(2018, 1, 5, 12, tzinfo=UTC)
    second = BookingFactory(
        training=team.training, membership=theirs, by=other.person, seats=6, site_zone="Pacific/Honolulu", now=now
    )
    late = MembershipFactory(organization=other.organization)
    ask_exception(training=team.training, membership=late, rule="R6", reason="Late", by=other.person, now=CLOSED, seats=6)
    TrainingFactory(starts_on=date(2018, 5, 15), trainers=[team.training.training_trainers.get().trainer])
    before = stored()
    answer, form = looked(desk, path_of(team.training), **MAY)
    assert told(answer) == {
        "The training": [
            "From: Mon 12 Mar 2018, 09:00–17:00; Tue 13 Mar 2018, 09:00–17:00, Chicago time.",
            "To: Mon 14 May 2018, 09:00–17:00; Tue 15 May 2018, 09:00–17:00, Chicago time.",
            "Sign-up and free leaving until: Mon 16 Apr 2018; until now Mon 12 Feb 2018.",
            "Names until: Mon 23 Apr 2018; until now Mon 19 Feb 2018.",
            "Nora Weiss trains on these days already, 15–16 May 2018.",
        ],
        "University of Florida, 9 seats": [
            "Names until: Mon 23 Apr 2018; until now Mon 19 Feb 2018.",
            "Its list of names was closed, and opens again.",
            "2 seats that P6 forfeited come back to it.",
        ],
        "University of Oregon, 6 seats": [
            "Names until: Mon 23 Apr 2018; until now Mon 19 Feb 2018.",
            "The training starts on Mon 14 May 2018, after the membership year ends on Sat 31 Mar 2018. "
            "Its exception (P1) is made, in your name.",
            "The team keeps the hours of the training: 04:00–12:00 on Mon 14 May 2018 at your site (Honolulu time). "
            "That lies outside 07:00–20:00. (R9)",
        ],
        "People and lists": ["7 people stay on the lists. 7 were invited, and are told."],
        "Requests that are answered, because nobody has to decide them any more": [
            "R6, University of Oregon at 14–15 May 2018, Chicago: The training was moved; sign-up is open, and leaving free, until "
            "Mon 16 Apr 2018, end of day Chicago time: no exception is needed."
        ],
        "Letters that leave": [
            "L7, trainees (7): " + ", ".join(f"trainee-{n}@example.org" for n in range(7)),
            "L7, coordinators (2): dana@example.org, other@example.org",
            "L7, trainers (1): nora@example.org",
            "L13, who asked (1): other@example.org",
        ],
    }
    assert stored() == before
    done = desk.post(path_of(team.training), form, follow=True)
    assert "Done: Move to new dates." in done.content.decode()
    training = Training.objects.get(pk=team.training_id)
    assert (training.starts_on, training.ends_on, training.sign_up_until, training.round) == (
        date(2018, 5, 14),
        date(2018, 5, 15),
        date(2018, 4, 16),
        1,
    )
    assert JournalEntry.objects.get(what="training_moved").by == staff
    assert list(Booking.objects.order_by("pk").values_list("roster_closed_at", "round")) == [(None, 1), (None, 1)]
    assert TrainingException.objects.get(rule="P1").booking == second


def test_pressed_twice_moves_once(desk: Client, team: Booking) -> None:
    _answer, form = looked(desk, path_of(team.training), **MAY)
    desk.post(path_of(team.training), form)
    again = desk.post(path_of(team.training), form, follow=True)
    assert "This was done already, a moment ago: Move to new dates." in again.content.decode()
    assert (Training.objects.get(pk=team.training_id).round, JournalEntry.objects.filter(what="training_moved").count()) == (1, 1)


def test_what_was_not_shown_is_not_done(desk: Client, team: Booking, dana: Coordinator) -> None:
    """Other dates than were shown, or another team since: the page is shown again."""
    _answer, form = looked(desk, path_of(team.training), **MAY)
    other = CoordinatorFactory(organization__name="Newcomers")
    early = datetime(2018, 2, 1, 12, tzinfo=UTC)
    BookingFactory(
        training=team.training, membership=MembershipFactory(organization=other.organization), by=other.person, seats=6, now=early
    )
    before = stored()
    for values in (form, {**form, "starts_on": "2018-06-04"}):
        answer = desk.post(path_of(team.training), values)
        assert "It is not what this page showed before: read it again. Nothing was done." in answer.content.decode()
        assert "Newcomers, 6 seats" in told(answer)
        assert stored() == before
    assert desk.post(path_of(team.training), {**form, **hidden(answer), "starts_on": "2018-06-04"}).status_code == 302
    assert Training.objects.get(pk=team.training_id).starts_on == date(2018, 6, 4)


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"starts_on": ""}, "starts_on", "This field is required."),
        ({"starts_on": "soon"}, "starts_on", "Enter a valid date."),
        ({"starts_on": "1999-01-01"}, "starts_on", "A day of the years 2012 to 2100."),
        ({"zone": "Mars/Olympus"}, "zone", "Select a valid choice."),
        ({"starts": "25:00"}, "starts", "Enter a valid time."),
        ({"why": " "}, "why", "This field is required."),
        ({"why": "x" * 2001}, "why", "at most 2000 characters"),
        ({"why": "a\x00"}, "why", "Null characters are not allowed."),
        ({"ends_on": "2018-05-13"}, "", "The last day comes before the first."),
        ({"starts_on": "2018-02-21"}, "", "A training is moved to a time that is still to come."),
        ({"starts_on": "2018-03-12"}, "", "These are the dates and hours that it has already."),
    ],
)
def test_bad_input_is_said_at_its_field_and_nothing_is_done(
    desk: Client, team: Booking, changes: dict[str, str], field: str, sentence: str
) -> None:
    before = stored()
    answer, form = looked(desk, path_of(team.training), **{**MAY, **changes})
    errors = answer.context["form"].errors
    assert sentence in " ".join(errors.get(field or "__all__", []))
    assert ("seen" in form, told(answer)) == (False, {})
    assert stored() == before


def test_who_may_only_look_moves_nothing(team: Booking) -> None:
    reader = PersonFactory(is_staff=True)
    reader.user_permissions.add(*Permission.objects.filter(codename__in=["view_training", "view_booking"]))
    client = Client()
    client.force_login(reader, backend=BACKEND)
    for row in (team.training, team):
        assert (client.get(path_of(row)).status_code, client.post(path_of(row), MAY).status_code) == (403, 403)
    assert Training.objects.get(pk=team.training_id).round == 0


def test_a_cancelled_training_offers_no_move(desk: Client) -> None:
    from trainings.actions import cancel_training

    training = TrainingFactory()
    cancel_training(training_id=training.pk, why="No trainer.", by=StaffFactory(), now=CLOSED)
    assert path_of(training) not in desk.get(f"/admin/trainings/training/{training.pk}/change/").content.decode()
    answer, _form = looked(desk, path_of(training), **MAY)
    assert "This is not possible any more" in answer.content.decode()
    assert told(answer) == {}


def test_letters_of_a_move_say_the_same_as_text_and_html(desk: Client, team: Booking) -> None:
    year = Membership.objects.filter(pk=team.membership_id)
    year.update(ends_on=date(2018, 4, 30))
    Booking.objects.filter(pk=team.pk).update(site_zone="Pacific/Honolulu")
    _answer, form = looked(desk, path_of(team.training), **MAY)
    assert desk.post(path_of(team.training), form).status_code == 302
    for name in ("trainings.training_moved", "trainings.training_moved_trainer", "trainees.training_moved"):
        notice = Notice.objects.filter(letter=name).earliest("pk")
        assert problems_of(name, composing.compose(notice, now=CLOSED).message) == []


# a booking to another training


def test_move_a_booking_past_warnings_with_the_exceptions_that_are_written(desk: Client, team: Booking, staff: Person) -> None:
    """D(18), to a training whose sign-up is over, too: R6 is bent with a reason; what is left behind is forfeited (P4)."""
    target = TrainingFactory(starts_on=date(2018, 3, 19))
    before = stored()
    membership = Membership.objects.get(pk=team.membership_id)
    assert membership.available == 6
    answer, form = looked(desk, path_of(team), training=target.pk, why="")
    assert answer.context["form"].non_field_errors() == ["6 seats are left in this membership; you ask for 7."]
    assert stored() == before
    from memberships.actions import grant_extra

    grant_extra(membership=membership, seats=9, why="Goodwill", by=staff, now=CLOSED)
    answer, form = looked(desk, path_of(team), training=target.pk, why=" ")
    assert answer.context["form"].non_field_errors() == ["Say why: you go past what a rule refuses."]
    answer, form = looked(desk, path_of(team), training=target.pk, why="Their building is flooded.")
    sections = told(answer)
    assert list(sections) == ["University of Florida", "Exceptions that are written in your name", "Letters that leave"]
    (line,) = sections["Exceptions that are written in your name"]
    assert line.startswith("R6: A team signs up at least four weeks before a training.")
    assert desk.post(path_of(team), form).status_code == 302
    new = Booking.objects.get(training=target)
    assert (new.seats, new.moved_from, new.places.count()) == (7, team, 7)
    record = TrainingException.objects.get(rule="R6")
    assert (record.state, record.booking, record.decided_by, record.reason) == (
        "approved",
        new,
        staff,
        "Their building is flooded.",
    )
    membership.refresh_from_db()
    assert (membership.available, membership.reserved, membership.forfeited) == (8, 7, 9)


def test_move_a_booking_late_and_give_the_seats_back_all_the_same(desk: Client, team: Booking, staff: Person) -> None:
    """P4 would forfeit the seven that are left, and six are too few for a new booking: staff return them, with a reason."""
    target = TrainingFactory(starts_on=date(2018, 5, 14))
    values = {"training": target.pk, "give_back": "on"}
    answer, _form = looked(desk, path_of(team), **values, why="")
    assert answer.context["form"].non_field_errors() == ["Say why: you go past what a rule refuses."]
    answer, form = looked(desk, path_of(team), **values, why="Their building is flooded.")
    (line,) = told(answer)["Exceptions that are written in your name"]
    assert line.startswith("P4: 7 seats are forfeited: leaving was free until Mon 12 Feb 2018")
    assert desk.post(path_of(team), form).status_code == 302
    membership = Membership.objects.get(pk=team.membership_id)
    assert (membership.available, membership.reserved, membership.forfeited) == (6, 7, 2)
    record = TrainingException.objects.get()
    assert (record.rule, record.booking, record.decided_by) == ("P4", team, staff)
    letter = composing.compose(Notice.objects.get(letter="trainings.booking_moved"), now=CLOSED)
    assert "Staff gave the seats back: Their building is flooded." in letter.text


def test_move_a_booking_where_all_rules_allow_it_needs_no_reason(desk: Client, dana: Coordinator) -> None:
    booking = BookingFactory(
        training=TrainingFactory(starts_on=date(2018, 5, 14)),
        membership=MembershipFactory(organization=dana.organization),
        by=dana.person,
        seats=9,
    )
    target = TrainingFactory(starts_on=date(2018, 6, 4))
    answer, form = looked(desk, path_of(booking), training=target.pk, why="")
    assert list(told(answer)) == ["University of Florida", "Letters that leave"]
    assert told(answer)["Letters that leave"] == ["L2, coordinators (1): dana@example.org"]
    assert desk.post(path_of(booking), form).status_code == 302
    assert (Booking.objects.get(training=target).seats, TrainingException.objects.count()) == (9, 0)


@pytest.mark.parametrize("training", ["", "999", "1e9", "a\x00"])
def test_move_a_booking_to_nothing_is_said_at_the_field(desk: Client, team: Booking, training: str) -> None:
    before = stored()
    answer, _form = looked(desk, path_of(team), training=training, why="")
    assert "training" in answer.context["form"].errors
    assert stored() == before
