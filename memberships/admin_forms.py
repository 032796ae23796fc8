"""What staff fill in about organizations and memberships. Saves nothing."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from carpentries_portal.common.dates import offered_zones
from carpentries_portal.common.exception_admin import EnterForm
from carpentries_portal.common.fields import DayField
from memberships.models import Membership, Organization
from memberships.states import Account, Level


def zones() -> list[tuple[Any, Any]]:
    return [("", _("Choose…")), *((name, name) for name in offered_zones())]


class OrganizationForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=200)
    other_name = forms.CharField(label=_("Other name"), max_length=200, required=False)
    zone = forms.ChoiceField(label=_("Time zone"), choices=zones, help_text=_("Its memberships' days are counted in it."))


class CorrectOrganizationForm(forms.Form):
    """What an import could not know. A zone that is no longer offered by its name stays possible."""

    name = forms.CharField(label=_("Name"), max_length=200, help_text=_("The one of before stays as another name of it."))
    zone = forms.ChoiceField(label=_("Time zone"), choices=zones, help_text=_("Its memberships' days are counted in it."))
    why = forms.CharField(label=_("Why"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, zone: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["zone"]
        assert isinstance(field, forms.ChoiceField)
        if zone not in offered_zones():
            field.choices = [(zone, zone), *zones()[1:]]


class CoordinatorForm(forms.Form):
    organization = forms.ModelChoiceField(label=_("Organization"), queryset=Organization.objects.order_by("name"))
    name = forms.CharField(label=_("Name"), max_length=200)
    email = forms.EmailField(label=_("E-mail"), max_length=254, help_text=_("The welcome letter with a link goes there."))


class MembershipForm(forms.Form):
    organization = forms.ModelChoiceField(label=_("Organization"), queryset=Organization.objects.order_by("name"))
    level = forms.ChoiceField(label=_("Level"), choices=Level.choices)
    starts_on = DayField(label=_("First day"))
    ends_on = DayField(label=_("Last day"), help_text=_("As the contract writes it; the day itself is included."))
    contract_seats = forms.IntegerField(
        label=_("Seats by contract"),
        min_value=0,
        max_value=10_000,
        required=False,
        help_text=_("Empty: by the level. Platinum needs a number."),
    )
    note = forms.CharField(label=_("Note"), max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 3}))


class RenewForm(MembershipForm):
    """The next year of a membership: its organization is given."""

    organization = None  # type: ignore[assignment]  # how Django takes a field of the parent away


class SeatsWhyForm(forms.Form):
    seats = forms.IntegerField(label=_("Seats"), min_value=1, max_value=10_000)
    why = forms.CharField(label=_("Why"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))


class RestoreForm(SeatsWhyForm):
    until_on = DayField(label=_("They can be booked until"))


class ReturnedForm(SeatsWhyForm):
    give_back = forms.BooleanField(label=_("Give them back (else they are let go)"), required=False)
    until_on = DayField(label=_("If given back: until"), required=False)

    def clean(self) -> dict[str, object]:
        values = super().clean() or {}
        if values.get("give_back") and not values.get("until_on"):
            self.add_error("until_on", _("Seats that are given back need an end."))
        return values


class OtherMembership(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return _("%(membership)s (%(n)d available)") % {"membership": obj, "n": obj.available}


class MoveSeatsForm(SeatsWhyForm):
    """Seats to another membership of the organization."""

    field_order = ["seats", "source", "to", "why"]
    source = forms.ChoiceField(
        label=_("Which"),
        choices=[(Account.AVAILABLE.value, _("available ones")), (Account.FORFEITED.value, _("ones that the year’s end took"))],
    )
    to = OtherMembership(label=_("To the membership"), queryset=Membership.objects.none())

    def __init__(self, *args: Any, others: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["to"]
        assert isinstance(field, OtherMembership)
        field.queryset = others


class StaffNoteForm(forms.Form):
    text = forms.CharField(
        label=_("Note"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Staff alone read it. It is never edited; it can be struck out, with a reason."),
    )


class EndEarlyForm(forms.Form):
    on = DayField(label=_("Its last day"))
    why = forms.CharField(label=_("Why"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))


class MembershipExceptionForm(EnterForm):
    """R12: seats that are left stay bookable after the year, to the end of the exception."""

    membership = forms.IntegerField(label=_("Number of the membership"), min_value=1, max_value=10**9)
    field_order = ["membership", "rule", "until", "reason"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["rule"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("R12", _("R12: unused seats are not forfeited yet"))]

    def clean_membership(self) -> Membership:
        row = Membership.objects.select_related("organization").filter(pk=self.cleaned_data["membership"]).first()
        if row is None:
            raise forms.ValidationError(_("There is no membership with this number."))
        return row
