"""Forms of trainings, bookings, lists of names and attendance."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db import models

from carpentries_portal.common import exceptions
from carpentries_portal.tests.pressing.floor import NOTE, UNTIL, WHY
from carpentries_portal.tests.pressing.members import ours
from carpentries_portal.tests.pressing.registry import NOW, add, bulk, button, numbers
from certification.factories import Team
from memberships.factories import EPOCH, CoordinatorFactory, MembershipFactory, StaffFactory
from trainees import actions as trainees_actions
from trainees.factories import name_people, named
from trainees.models import Place, PlaceException, RosterRequest
from trainings import actions
from trainings.actions.agendas import frame_of
from trainings.agenda_text import text_of
from trainings.factories import BookingFactory, DemandFactory, TrainerFactory, TrainingFactory
from trainings.models import Booking, Training, TrainingException

Made = tuple[models.Model, dict[str, Any]]


def team_of(people: int = 0, **more: Any) -> Booking:
    """A booking of a coordinator, with names."""
    coordinator = CoordinatorFactory()
    membership = MembershipFactory(organization=coordinator.organization)
    booking: Booking = BookingFactory(membership=membership, by=coordinator.person, **more)
    if people:
        name_people(booking, people, by=coordinator.person, start=10 * next(numbers))
    return booking


def was_there(**more: Any) -> Team:
    """A team of two whose training is over, of people who are in no other."""
    return Team(2, start=10 * next(numbers), **more)


@button("Demand", "close")
def _demand() -> Made:
    return DemandFactory(membership=ours()), WHY


# trainings


@button("Training", "move")
def _moved() -> Made:
    values = {"starts_on": "2018-03-19", "starts": "09:00", "ends": "17:00", "zone": "America/Chicago"}
    return team_of().training, {**WHY, **values}


@button("Training", "agenda")
def _agenda() -> Made:
    row: Training = TrainingFactory()
    lines = text_of(row.agenda, frame_of(row)).splitlines()
    return row, {"agenda": "\n".join(lines[:-1])}


@button("Training", "trainers")
def _trainers() -> Made:
    return TrainingFactory(trainers=[TrainerFactory()]), {**WHY, "trainers": [TrainerFactory().pk]}


@button("Training", "capacity")
def _capacity() -> Made:
    return team_of().training, {**WHY, "capacity": 24}


@button("Training", "link")
def _link() -> Made:
    return team_of().training, {"link": "https://example.org/room"}


@button("Training", "hold")
def _held() -> Made:
    return TrainingFactory(), {**WHY, "until_on": "2018-02-23"}


@button("Training", "cancel")
def _cancelled() -> Made:
    return team_of(6).training, WHY


@button("Trainer", "retire")
def _retired() -> Made:
    return TrainerFactory(), WHY


@button("Trainer", "bring-back")
def _back() -> Made:
    row = TrainerFactory()
    return actions.retire(trainer_id=row.pk, why="Left.", by=StaffFactory(), now=EPOCH), {}


@add("Training")
def _new_training() -> dict[str, Any]:
    day = date(2018, 9, 3) + timedelta(days=next(numbers))
    return {"starts_on": day.isoformat(), "starts": "09:00", "ends": "17:00", "zone": "America/Chicago"}


@add("Trainer")
def _new_trainer() -> dict[str, Any]:
    return {"name": "Tariq", "email": f"tariq{next(numbers)}@example.org"}


# bookings


@button("Booking", "seats")
def _seats() -> Made:
    return team_of(), {"seats": 11}


@button("Booking", "move")
def _to_another() -> Made:
    return team_of(6), {"training": TrainingFactory(starts_on=date(2018, 4, 16)).pk}


@button("Booking", "cancel")
def _left() -> Made:
    return team_of(6), WHY


@button("Booking", "restore")
def _late() -> Made:
    """It shrank after its sign-up had ended (P4)."""
    row = team_of(training=TrainingFactory(starts_on=date(2018, 2, 26)), now=EPOCH)
    actions.change_seats(booking_id=row.pk, seats=6, by=StaffFactory(), now=NOW)
    return row, {**WHY, "rule": "P4", "seats": 2, "to": "booking"}


@add("Booking")
def _on_behalf() -> dict[str, Any]:
    values = {"seats": 6, "site": "Library", "site_zone": "America/New_York"}
    return {"training": TrainingFactory().pk, "membership": ours().pk, **values}


# exceptions


def asked() -> TrainingException:
    coordinator = CoordinatorFactory()
    membership = MembershipFactory(organization=coordinator.organization)
    return actions.ask_exception(
        training=TrainingFactory(starts_on=date(2018, 2, 19)),
        membership=membership,
        rule="R6",
        seats=6,
        reason="We were ill.",
        by=coordinator.person,
        now=NOW - timedelta(days=1),
    )


@button("TrainingException", "approve")
def _asked() -> Made:
    return asked(), {**UNTIL, **NOTE, "seats": 6}


@button("TrainingException", "decline")
def _asked_no() -> Made:
    return asked(), NOTE


@button("TrainingException", "revoke")
def _approved() -> Made:
    record = TrainingException(training=TrainingFactory(), membership=ours(), rule="R6", reason="Ill.", until=NOW.replace(month=4))
    return exceptions.enter(record, by=StaffFactory(), now=EPOCH), WHY


@bulk("TrainingException", "approve_selected")
def _several() -> tuple[list[Any], dict[str, Any]]:
    return [asked(), asked()], {**UNTIL, **NOTE}


@bulk("TrainingException", "decline_selected")
def _several_no() -> tuple[list[Any], dict[str, Any]]:
    return [asked(), asked()], NOTE


@add("TrainingException")
def _entered() -> dict[str, Any]:
    return {"training": TrainingFactory().code, "membership": ours().pk, "rule": "R6", "reason": "Ill.", **UNTIL}


# people


@button("Place", "excuse")
def _excused() -> Made:
    return was_there(confirm=False).places[0], {**WHY, "ground": "emergency"}


@button("Place", "correct")
def _corrected() -> Made:
    return was_there().places[0], {**WHY, "day": 1, "how": "absent"}


def _place() -> Place:
    return name_people(team_of(), 6, by=StaffFactory(), start=10 * next(numbers))[0]


def alone() -> PlaceException:
    place = _place()
    record = PlaceException(place=place, rule="R14", reason="Far away.", asked_for="take part alone")
    return exceptions.ask(record, by=place.person, now=EPOCH)


@button("PlaceException", "approve")
def _alone() -> Made:
    return alone(), {**UNTIL, **NOTE}


@button("PlaceException", "decline")
def _alone_no() -> Made:
    return alone(), NOTE


@button("PlaceException", "revoke")
def _was_alone() -> Made:
    record = PlaceException(place=_place(), rule="R14", reason="Far away.", until=NOW.replace(month=4))
    return exceptions.enter(record, by=StaffFactory(), now=EPOCH), WHY


@bulk("PlaceException", "approve_selected")
def _several_alone() -> tuple[list[Any], dict[str, Any]]:
    return [alone(), alone()], {**UNTIL, **NOTE}


@bulk("PlaceException", "decline_selected")
def _several_alone_no() -> tuple[list[Any], dict[str, Any]]:
    return [alone(), alone()], NOTE


@add("PlaceException")
def _enter_alone() -> dict[str, Any]:
    return {"place": _place().pk, "rule": "R14", "reason": "Far away.", **UNTIL}


def changes() -> RosterRequest:
    """A team's list is closed; one leaves, and another comes."""
    start = 10 * next(numbers)
    row = team_of(training=TrainingFactory(starts_on=date(2018, 2, 22)), seats=6, now=EPOCH)
    by = row.booked_by
    assert by is not None
    name_people(row, 6, by=by, start=start)
    people = [*named(5, start=start), *named(1, start=10 * next(numbers))]
    Booking.objects.filter(pk=row.pk).update(roster_closed_at=NOW - timedelta(days=2))
    return trainees_actions.ask_changes(booking_id=row.pk, people=people, reason="Ill.", by=by, now=NOW - timedelta(days=1))


@button("RosterRequest", "approve")
@button("RosterRequest", "decline")
def _changes() -> Made:
    return changes(), NOTE


@bulk("RosterRequest", "approve_selected")
@bulk("RosterRequest", "decline_selected")
def _several_changes() -> tuple[list[Any], dict[str, Any]]:
    return [changes(), changes()], NOTE
