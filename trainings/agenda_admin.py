"""Staff change the agenda of one training: as lines, with what it means for the roll call before it is stored."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from carpentries_portal.common.buttons import Button, Section
from carpentries_portal.common.dates import day_text
from carpentries_portal.common.models import Notice
from carpentries_portal.common.requests import now_of, person_of
from trainings import actions, queries
from trainings.actions.agendas import frame_of
from trainings.agenda_text import Items, read_agenda, teaching_minutes, text_of
from trainings.models import Training
from trainings.states import TrainingState


class AgendaForm(forms.Form):
    """One line an item; what is wrong stands at the field, with its line. `initial["frame"]`: what it must fit into. Cleaned to items."""

    agenda = forms.CharField(
        label=gettext_lazy("Agenda"),
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 18, "spellcheck": "true"}),
        help_text=gettext_lazy(
            "One line each: day, from-to by the clock of the training, session, break or lunch, title. "
            "For example: 1 09:00-10:30 session Welcome"
        ),
    )

    def clean_agenda(self) -> Items:
        items, problems = read_agenda(self.cleaned_data["agenda"], self.initial["frame"])
        if problems:
            raise forms.ValidationError(problems)
        return items


def _set(request: HttpRequest, row: Training, values: dict[str, Any]) -> tuple[Training, int]:
    return actions.set_agenda(training_id=row.pk, items=values["agenda"], by=person_of(request), now=now_of(request))


def _tells(request: HttpRequest, done: tuple[Training, int], owed: Sequence[Notice]) -> list[Section]:
    training, before = done
    found: list[Section] = [
        (
            day_text(on),
            [f"{line.starts:%H:%M}–{line.ends:%H:%M}, {line.kind}: {line.title}" for line in lines],
        )
        for on, lines in queries.agenda_days(training)
    ]
    minutes = teaching_minutes(training.agenda)
    counted = _("%(n)d minutes of teaching count for attendance (R15); until now %(old)d.") % {"n": minutes, "old": before}
    seen = _(
        "Everybody sees it on the training's page at once. Marks of the roll call that are there already are counted by it, too."
    )
    return [*found, (_("What it means"), [counted, seen, _("No letter leaves.")])]


SET_AGENDA = Button(
    "agenda",
    gettext_lazy("Change the agenda…"),
    form=AgendaForm,
    run=_set,
    tells=_tells,
    consequence=lambda request, row: [
        str(row),
        _("%(starts)s–%(ends)s on each day, %(city)s time.")
        % {"starts": f"{row.starts:%H:%M}", "ends": f"{row.ends:%H:%M}", "city": row.city},
        _("%(n)d minutes of teaching count for attendance (R15).") % {"n": teaching_minutes(row.agenda)},
    ],
    shown=lambda request, row: row.state == TrainingState.SCHEDULED,
    initial=lambda request, row: {"agenda": text_of(row.agenda, frame_of(row)), "frame": frame_of(row)},
)
