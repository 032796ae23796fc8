"""What coordinators fill in: the shape of the input and its messages. Saves nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from carpentries_portal.common.dates import offered_zones
from memberships.models import Membership

MOST_SEATS = 500


def zone_choices() -> list[tuple[Any, Any]]:
    """Every zone by name, for a select that works without JavaScript; none is chosen for anybody."""
    return [("", _("Choose…")), *((name, name.replace("_", " ")) for name in offered_zones())]


class MembershipChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.organization}, {obj.get_level_display()}, {obj.available} left until {obj.last_on:%d %b %Y}"


class BookingForm(forms.Form):
    """Which seats, how many, and where the team sits (R13)."""

    membership = MembershipChoice(queryset=Membership.objects.none(), label=_("From which membership"), empty_label=None)
    seats = forms.IntegerField(label=_("Seats"), min_value=1, max_value=MOST_SEATS)
    site = forms.CharField(label=_("Site"), max_length=200, help_text=_("The building where the whole team sits together."))
    room = forms.CharField(label=_("Room"), max_length=200, required=False)
    site_zone = forms.ChoiceField(label=_("Time zone of the site"), choices=zone_choices)

    second = forms.ChoiceField(
        label=_("Second choice (optional)"),
        required=False,
        help_text=_("If this training fills up at the moment you book, the other is one click away. Nothing is reserved there."),
    )

    def __init__(
        self, *args: Any, memberships: Sequence[Membership], others: Sequence[tuple[str, str]] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        ids = [membership.pk for membership in memberships]
        field = self.fields["membership"]
        assert isinstance(field, MembershipChoice)
        field.queryset = Membership.objects.filter(pk__in=ids).select_related("organization").order_by("ends_on", "pk")
        second = self.fields["second"]
        assert isinstance(second, forms.ChoiceField)
        second.choices = [("", _("None")), *others]
        if not others:
            del self.fields["second"]


class AskForm(forms.Form):
    """A request for an exception: why, and for how many seats."""

    seats = forms.IntegerField(label=_("Seats"), min_value=1, max_value=MOST_SEATS)
    reason = forms.CharField(
        label=_("Why this training, and not a later one?"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Staff read this when they decide. A sentence or two is enough."),
    )


class SeatsForm(forms.Form):
    """Another number of seats for a booking."""

    seats = forms.IntegerField(label=_("Seats"), min_value=1, max_value=MOST_SEATS)


class CancelForm(forms.Form):
    """Why a booking is cancelled: optional for its coordinator."""

    why = forms.CharField(label=_("Why (optional)"), max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 3}))
