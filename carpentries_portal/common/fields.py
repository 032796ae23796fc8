"""Form fields that more than one app asks for."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from carpentries_portal.common.dates import FIRST_YEAR, LAST_YEAR

_MESSAGE = _("A day of the years %(first)d to %(last)d.") % {"first": FIRST_YEAR, "last": LAST_YEAR}


def _check_year(value: date | None) -> None:
    if value is not None and not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise forms.ValidationError(_MESSAGE)


class InstantField(forms.DateTimeField):
    """An instant, typed as UTC, of the same years."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    def to_python(self, value: Any) -> datetime | None:
        found = super().to_python(value)
        return found and found.replace(tzinfo=UTC)

    def validate(self, value: Any) -> None:
        super().validate(value)
        _check_year(value)


class DayField(forms.DateField):
    """A day that the portal can count with: months before and years after it are still dates."""

    widget: Any = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")  # no day and month to mix up

    def validate(self, value: Any) -> None:
        super().validate(value)
        _check_year(value)
