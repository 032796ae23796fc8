"""What staff fill in about trainings and bookings. Saves nothing."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any

from django import forms
from django.db import DataError
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from carpentries_portal.common.exception_admin import EnterForm
from carpentries_portal.common.fields import DayField
from carpentries_portal.common.handbook import RULES
from memberships.models import Membership
from trainings.actions.trainings import Schedule
from trainings.forms import MOST_SEATS, EveryZoneField, membership_words
from trainings.models import Booking, Trainer, Training, TrainingException

WHY = _("Why")


def _why(label: Any = WHY, *, required: bool = True) -> forms.CharField:
    return forms.CharField(label=label, max_length=2000, required=required, widget=forms.Textarea(attrs={"rows": 3}))


def _clock() -> forms.TimeInput:
    return forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


class TrainersField(forms.ModelMultipleChoiceField):
    """A number that no row can have is none of the choices."""

    def clean(self, value: Any) -> Any:
        try:
            return super().clean(value)
        except (OverflowError, DataError):
            raise forms.ValidationError(_("This is none of the trainers.")) from None


class TrainingForm(forms.Form):
    starts_on = DayField(label=_("First day"))
    ends_on = DayField(label=_("Last day"), required=False, help_text=_("Empty: the day after the first."))
    starts = forms.TimeField(label=_("From"), initial=time(9))
    ends = forms.TimeField(label=_("To"), initial=time(17))
    zone = EveryZoneField(label=_("Time zone"))
    capacity = forms.IntegerField(
        label=_("Capacity in seats"), min_value=1, max_value=2000, required=False, help_text=_("Empty: as the edition says.")
    )
    trainers = TrainersField(label=_("Trainers"), queryset=Trainer.objects.active().select_related("person"), required=False)
    link = forms.URLField(label=_("Videoconference link"), required=False, assume_scheme="https", max_length=500)
    note = _why(_("Note of staff"), required=False)


class MoveTrainingForm(forms.Form):
    """New dates of a training (P8)."""

    starts_on = DayField(label=_("First day"))
    ends_on = DayField(label=_("Last day"), required=False, help_text=_("Empty: as many days as now."))
    starts = forms.TimeField(label=_("From"), widget=_clock())
    ends = forms.TimeField(label=_("To"), widget=_clock())
    zone = EveryZoneField(label=_("Time zone"))
    why = _why(_("Why: everybody who is told reads it"))


class AnyTraining(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        free = obj.capacity - obj.seats_booked
        return _("%(training)s time, %(n)d places free") % {"training": obj, "n": free}


class MoveBookingForm(forms.Form):
    """A team to another training: refusals are warnings, and going past one needs a reason."""

    training = AnyTraining(
        label=_("To which training"), queryset=Training.objects.scheduled().with_seats_booked().order_by("starts_at", "pk")
    )
    give_back = forms.BooleanField(label=_("Give the seats back also where the rule forfeits them"), required=False)
    why = _why(_("Why (needed where you go past a rule)"), required=False)


class TrainerForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=200)
    email = forms.EmailField(label=_("E-mail"), max_length=254)


class TrainersForm(forms.Form):
    """Those who train, and those who are named there though they are retired."""

    trainers = TrainersField(
        label=_("Trainers"),
        queryset=Trainer.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    why = _why(_("Why: who is taken off reads it"), required=False)

    def __init__(self, *args: Any, training: Training, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["trainers"]
        assert isinstance(field, forms.ModelMultipleChoiceField)
        there = training.training_trainers.values("trainer")
        rows = Trainer.objects.filter(Q(retired_at__isnull=True) | Q(pk__in=there))
        field.queryset = rows.select_related("person").order_by("person__name", "pk")


class CapacityForm(forms.Form):
    capacity = forms.IntegerField(label=_("Capacity in seats"), min_value=1, max_value=2000)
    why = _why()


class LinkForm(forms.Form):
    link = forms.URLField(label=_("Videoconference link"), assume_scheme="https", max_length=500)


class CancelTrainingForm(forms.Form):
    why = _why(_("Why: everybody who is told reads it"))


class HoldForm(forms.Form):
    until_on = DayField(label=_("Hold until the end of"))
    why = _why()


def _bookable() -> QuerySet[Membership]:
    return Membership.objects.filter(available__gt=0).select_related("organization").order_by("organization__name", "ends_on")


class AnyMembership(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return membership_words(obj)


class BookForm(forms.Form):
    """Booking on behalf: refusals are warnings, and going past one needs a reason."""

    training = forms.ModelChoiceField(label=_("Training"), queryset=Training.objects.scheduled().order_by("starts_at"))
    membership = AnyMembership(label=_("Membership"), queryset=Membership.objects.none())
    seats = forms.IntegerField(label=_("Seats"), min_value=1, max_value=MOST_SEATS)
    site = forms.CharField(label=_("Site"), max_length=200)
    room = forms.CharField(label=_("Room"), max_length=200, required=False)
    site_zone = EveryZoneField(label=_("Time zone of the site"))
    why = _why(_("Why (needed where you go past a rule)"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["membership"]
        assert isinstance(field, AnyMembership)
        field.queryset = _bookable()


class ChangeSeatsForm(forms.Form):
    seats = forms.IntegerField(label=_("Seats"), min_value=1, max_value=MOST_SEATS)
    why = _why(_("Why (needed where you go past a rule)"), required=False)


class CancelBookingForm(forms.Form):
    give_back = forms.BooleanField(label=_("Give the seats back also where the rule forfeits them"), required=False)
    why = _why()


BENT = ("R6", "R10", "R11", "P1", "P2", "P3", "P4", "R16", "P6")  # a hold (R7) has a button of its own


class TrainingExceptionForm(EnterForm):
    """For one member at one training; R16 and P6 are about its booking there, and name a day."""

    training = forms.SlugField(label=_("Code of the training"), max_length=60)
    membership = forms.IntegerField(label=_("Number of the membership"), min_value=1, max_value=10**9)
    seats = forms.IntegerField(label=_("Seats (if it grants some)"), min_value=1, max_value=MOST_SEATS, required=False)
    to_date = DayField(label=_("To the day (R16, P6: names are taken until then)"), required=False)
    field_order = ["training", "membership", "rule", "seats", "to_date", "until", "reason"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["rule"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(code, f"{code}: {RULES[code]}") for code in BENT]

    def clean_training(self) -> Training:
        row = Training.objects.select_related("edition").filter(code=self.cleaned_data["training"]).first()
        if row is None:
            raise forms.ValidationError(_("There is no training with this code."))
        return row

    def clean_membership(self) -> Membership:
        row = Membership.objects.select_related("organization").filter(pk=self.cleaned_data["membership"]).first()
        if row is None:
            raise forms.ValidationError(_("There is no membership with this number."))
        return row

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("rule") in {"R16", "P6"} and not self.errors:
            rows = Booking.objects.confirmed().filter(training=values["training"], membership=values["membership"])
            values["booking"] = rows.first()
            if values["booking"] is None:
                self.add_error("membership", _("It has no booking at this training."))
            if values["to_date"] is None:
                self.add_error("to_date", _("Name the day until which the booking takes names."))
        return values


class RestoreSeatsForm(forms.Form):
    """Seats that a rule took from a booking: which, how many, and where they go."""

    rule = forms.ChoiceField(label=_("Which"))
    seats = forms.IntegerField(label=_("Seats"), min_value=1, max_value=MOST_SEATS)
    to = forms.ChoiceField(
        label=_("Where to"),
        choices=[("membership", _("to the membership: available again")), ("booking", _("to this booking: reserved again"))],
    )
    until_on = DayField(label=_("To the membership: they can be booked until"), required=False)
    why = _why()

    def __init__(self, *args: Any, rules: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["rule"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = rules

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("to") == "membership" and not values.get("until_on"):
            self.add_error("until_on", _("Say until when they can be booked."))
        return values


def exception_of(values: dict[str, Any]) -> TrainingException:
    """The record, unsaved, that the form describes."""
    names = ("training", "membership", "seats", "to_date")
    return TrainingException(**{name: values[name] for name in names}, booking=values.get("booking"))


def schedule_of(values: dict[str, Any]) -> Schedule:
    """The dates and hours that the form describes; without a last day, the day after the first."""
    ends_on = values["ends_on"] or values["starts_on"] + timedelta(days=1)
    return Schedule(
        starts_on=values["starts_on"], ends_on=ends_on, starts=values["starts"], ends=values["ends"], zone=values["zone"]
    )
