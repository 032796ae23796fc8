"""Forms of staff's buttons about checkouts."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from carpentries_portal.common.buttons import NoteForm
from carpentries_portal.common.fields import DayField
from certification.models import Checkout
from certification.queries import exercise_choices
from trainees.models import Place
from trainees.states import Outcome


class ExtendForm(NoteForm):
    to = DayField(label=_("To the day, that whole day in the training's zone"))
    field_order = ["to", "why"]


class EnterExtensionForm(ExtendForm):
    """More time for one person's exercises, entered without a request (R25)."""

    checkout = forms.IntegerField(label=_("Number of the checkout"), min_value=1, max_value=10**9)
    field_order = ["checkout", "to", "why"]

    def clean_checkout(self) -> Checkout:
        row = Checkout.objects.with_story().filter(pk=self.cleaned_data["checkout"]).first()
        if row is None:
            raise forms.ValidationError(_("There is no checkout with this number."))
        return row


class ReopenForm(NoteForm):
    to = DayField(label=_("New due day (needed once the old one is over)"), required=False)
    field_order = ["to", "why"]


class OpenForm(forms.Form):
    """A place that passed and has no checkout."""

    place = forms.ModelChoiceField(label=_("Place that passed and has no checkout"), queryset=Place.objects.none())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["place"]
        assert isinstance(field, forms.ModelChoiceField)
        rows = Place.objects.filter(outcome=Outcome.PASSED, checkout__isnull=True).select_related("training")
        field.queryset = rows.order_by("-training__starts_at", "pk")


class RecordForm(NoteForm):
    """Staff record work that was done in time, after hand-in has closed (R27)."""

    exercise = forms.ChoiceField(label=_("Exercise"))
    done_on = DayField(label=_("Done on, in the training's zone"))
    link = forms.URLField(label=_("Link"), max_length=500, required=False, assume_scheme="https")
    field_order = ["exercise", "done_on", "link", "why"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["exercise"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = exercise_choices()


class ApproveExtensionForm(forms.Form):
    to_date = DayField(label=_("To the day, that whole day in the training's zone"))
    note = forms.CharField(label=_("Note to who asked"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3}))


class ApproveExtensionsForm(forms.Form):
    """For several at once: each by so many days beyond its own date, or to the day that was asked for."""

    days = forms.IntegerField(label=_("Days more, where no day was asked for"), min_value=1, max_value=1000, initial=90)
    note = forms.CharField(label=_("Note to who asked"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3}))
