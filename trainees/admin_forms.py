"""What staff fill in about people on rosters. Saves nothing."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from carpentries_portal.common.exception_admin import ApproveForm, EnterForm
from trainees.forms import AwayField, AwayWidget, DayForm
from trainees.models import Place
from trainees.states import Ground


def _why() -> forms.CharField:
    return forms.CharField(label=_("Why"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))


class ExcuseForm(forms.Form):
    ground = forms.ChoiceField(label=_("On what ground"), choices=Ground.choices)
    why = _why()


class AcceptForm(forms.Form):
    """A change of a list is accepted as it was asked for: there is nothing to fill in but a word to who asked."""

    note = forms.CharField(label=_("Note to who asked"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3}))


class ClockInput(forms.TimeInput):
    input_type = "time"


class ApproveAloneForm(ApproveForm):
    """Leave to take part alone (R14) has an end; it grants neither seats nor days."""

    seats = None  # type: ignore[assignment]  # how a form leaves out what it inherits
    to_date = None  # type: ignore[assignment]  # as above


class CorrectForm(DayForm):
    """A day of the roll call as it should be."""

    day = forms.IntegerField(label=_("Day"), min_value=1, max_value=60)
    how = forms.ChoiceField(label=_("That day the person was"), choices=DayForm.HOW[1:])
    late = forms.TimeField(label=_("Came at"), required=False, widget=ClockInput())
    left = forms.TimeField(label=_("Left at"), required=False, widget=ClockInput())
    away = AwayField(label=_("Away from – to"), required=False, widget=AwayWidget(blank=3))
    why = _why()

    field_order = ["day", "how", "late", "left", "away", "why"]


class AloneForm(EnterForm):
    """R14: one person may take part alone. To pass with too much missed (R15) is a button of the place."""

    place = forms.IntegerField(label=_("Number of the place"), min_value=1, max_value=10**9)
    field_order = ["place", "rule", "until", "reason"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["rule"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("R14", _("R14: takes part alone, from elsewhere"))]

    def clean_place(self) -> Place:
        row = Place.objects.active().select_related("training", "booking", "person").filter(pk=self.cleaned_data["place"]).first()
        if row is None:
            raise forms.ValidationError(_("There is no place with this number on a list."))
        return row
