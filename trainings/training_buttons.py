"""Staff say who trains at a training, and how many seats it holds: what follows is said before it is done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from carpentries_portal.common.buttons import Button, NoteForm, Section
from carpentries_portal.common.models import Notice
from carpentries_portal.common.requests import now_of, person_of
from trainings import actions, queries
from trainings.actions import NamedTrainers, SetCapacity
from trainings.admin_forms import CapacityForm, TrainersForm
from trainings.models import Trainer, Training
from trainings.moving_admin import letters_section
from trainings.states import TrainingState


def _name(request: HttpRequest, row: Training, values: dict[str, Any]) -> NamedTrainers:
    return actions.set_trainers(
        training=row, trainers=values["trainers"], by=person_of(request), now=now_of(request), why=values["why"]
    )


def _tells_of_trainers(request: HttpRequest, done: NamedTrainers, owed: Sequence[Notice]) -> list[Section]:
    """Who comes, who goes, who is elsewhere on these days, and who is told."""
    if not done.new and not done.gone:
        return [(str(done.training), [_("They train at it already: nothing changes.")])]
    lines = [
        *(_("%(name)s is new.") % {"name": trainer} for trainer in done.new),
        *(_("%(name)s trains there no longer.") % {"name": trainer} for trainer in done.gone),
        *(
            _("%(name)s trains on these days already, %(days)s.") % {"name": name, "days": days}
            for name, days in queries.trainers_elsewhere(done.training)
        ),
    ]
    if not done.training.training_trainers.exists():
        lines.append(_("Nobody trains at it then."))
    return [(str(done.training), lines), *letters_section(owed)]


TRAINERS = Button(
    "trainers",
    gettext_lazy("Name the trainers…"),
    form=TrainersForm,
    run=_name,
    tells=_tells_of_trainers,
    consequence=lambda request, row: [
        str(row),
        _("These trainers, and nobody else. Who is new, and who is taken off, gets a letter until the training is over."),
    ],
    form_about=lambda row: {"training": row},
    initial=lambda request, row: {"trainers": list(row.training_trainers.values_list("trainer", flat=True))},
)


def _seats(n: int) -> str:
    return ngettext("%(n)d seat", "%(n)d seats", n) % {"n": n}


def _capacity_now(request: HttpRequest, row: Training) -> list[str]:
    booked = queries.facts_of(row).seats_booked
    return [
        str(row),
        _("It holds %(seats)s, and %(n)d are booked: it cannot hold fewer than that (P2).")
        % {"seats": _seats(row.capacity), "n": booked},
    ]


def _set(request: HttpRequest, row: Training, values: dict[str, Any]) -> SetCapacity:
    return actions.set_capacity(
        training_id=row.pk, capacity=values["capacity"], why=values["why"], by=person_of(request), now=now_of(request)
    )


def _tells_of_capacity(request: HttpRequest, done: SetCapacity, owed: Sequence[Notice]) -> list[Section]:
    """How many seats are free then, and whether a new team finds room."""
    training, free = done.training, done.training.capacity - done.booked
    lines = [
        _("It holds %(seats)s; until now %(n)d.") % {"seats": _seats(training.capacity), "n": done.before},
        _("%(booked)s; %(free)s free then.")
        % {
            "booked": ngettext("%(n)d seat is booked, and stays", "%(n)d seats are booked, and stay", done.booked)
            % {"n": done.booked}
            if done.booked
            else _("No seat is booked"),
            "free": ngettext("%(n)d is", "%(n)d are", free) % {"n": free},
        },
        _room(training, free),
    ]
    return [(str(training), lines), *letters_section(owed)]


def _room(training: Training, free: int) -> str:
    """What the free seats are for new teams."""
    minimum = training.edition.edition().minimum_team
    teams = free // minimum
    if not teams:
        return _("It is full for a new team, which needs %(n)d seats; teams that are booked may still grow (P2, P3).") % {
            "n": minimum
        }
    return ngettext("There is room for %(teams)d new team of %(n)d.", "There is room for %(teams)d new teams of %(n)d.", teams) % {
        "teams": teams,
        "n": minimum,
    }


CAPACITY = Button(
    "capacity",
    gettext_lazy("Change the capacity…"),
    form=CapacityForm,
    run=_set,
    tells=_tells_of_capacity,
    consequence=_capacity_now,
    shown=lambda request, row: row.state == TrainingState.SCHEDULED and row.ends_at > now_of(request),
    initial=lambda request, row: {"capacity": row.capacity},
)


def _retire(request: HttpRequest, row: Trainer, values: dict[str, Any]) -> None:
    actions.retire(trainer_id=row.pk, why=values["why"], by=person_of(request), now=now_of(request))


def _bring_back(request: HttpRequest, row: Trainer, values: dict[str, Any]) -> None:
    actions.bring_back(trainer_id=row.pk, by=person_of(request), now=now_of(request))


TRAINER_BUTTONS = (
    Button(
        "retire",
        gettext_lazy("Retire…"),
        form=NoteForm,
        run=_retire,
        consequence=lambda request, row: [
            str(row),
            _("No training offers this name any more, and the work of trainees is not theirs to review. What they trained stays."),
        ],
        shown=lambda request, row: row.retired_at is None,
    ),
    Button(
        "bring-back",
        gettext_lazy("Trains again…"),
        form=forms.Form,
        run=_bring_back,
        consequence=lambda request, row: [str(row), _("Trainings offer this name again, and they review work again.")],
        shown=lambda request, row: row.retired_at is not None and row.person.forgotten_at is None,
    ),
)
