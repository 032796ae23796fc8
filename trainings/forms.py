"""What coordinators fill in: the shape of the input and its messages. Saves nothing."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from carpentries_portal.common.dates import offered_zones
from memberships.models import Membership

MOST_SEATS = 500


class EveryZoneField(forms.ChoiceField):
    """Every zone by name, for a select that works without JavaScript; none is chosen for anybody."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=self._offered, **kwargs)

    @staticmethod
    def _offered() -> list[tuple[Any, Any]]:
        return [("", _("Choose…")), *((name, name.replace("_", " ")) for name in offered_zones())]

    def valid_value(self, value: Any) -> bool:
        return value in offered_zones()  # choices are built for a page, not for an answer


def membership_words(membership: Membership) -> str:
    """A membership as one chooses it: whose, which level, what is left, until when."""
    level, until = membership.get_level_display(), f"{membership.last_on:%d %b %Y}"
    return f"{membership.organization}, {level}, {membership.available} left until {until}"


class MembershipChoice(forms.ChoiceField):
    """One of the memberships at hand: a person's are few, and were read already."""

    def offer(self, memberships: Sequence[Membership]) -> None:
        self.memberships = {str(one.pk): one for one in memberships}
        self.choices = [(key, membership_words(one)) for key, one in self.memberships.items()]

    def prepare_value(self, value: Any) -> Any:
        return str(value.pk) if isinstance(value, Membership) else value

    def clean(self, value: Any) -> Any:
        return self.memberships[super().clean(value)]


class BookingForm(forms.Form):
    """Which seats, how many, and where the team sits (R13)."""

    membership = MembershipChoice(label=_("From which membership"))
    seats = forms.IntegerField(label=_("Seats"), min_value=1, max_value=MOST_SEATS)
    site = forms.CharField(label=_("Site"), max_length=200, help_text=_("The building where the whole team sits together."))
    room = forms.CharField(label=_("Room"), max_length=200, required=False)
    site_zone = EveryZoneField(label=_("Time zone of the site"))

    second = forms.ChoiceField(
        label=_("Second choice (optional)"),
        required=False,
        help_text=_("If this training fills up at the moment you book, the other is one click away. Nothing is reserved there."),
    )

    def __init__(
        self, *args: Any, memberships: Sequence[Membership], others: Callable[[], Sequence[tuple[str, str]]] = tuple, **kwargs: Any
    ) -> None:
        """`others`: what the second choice may be, asked for where it is shown or was chosen; none is shown where it is empty."""
        super().__init__(*args, **kwargs)
        field, second = self.fields["membership"], self.fields["second"]
        assert isinstance(field, MembershipChoice)
        assert isinstance(second, forms.ChoiceField)
        field.offer(memberships)
        found = functools.cache(others)
        second.choices = lambda: [("", _("None")), *found()]

    def shown(self) -> list[forms.BoundField]:
        """The fields; the second choice where there is one."""
        return [field for field in self if field.name != "second" or len(list(self.fields["second"].choices)) > 1]  # type: ignore[attr-defined]  # a ChoiceField


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
