"""What staff fill in about certificates. Saves nothing."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from carpentries_portal.common.fields import DayField


def _why(label: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))


class NameForm(forms.Form):
    name = forms.CharField(label=_("Name as it shall stand on the certificate"), max_length=200)
    why = _why(_("Why: it stands in the letter and in the journal"))


class RevokeForm(forms.Form):
    why = _why(_("Why: the holder reads it, nobody else"))


class NothingForm(forms.Form):
    """Nothing to fill in."""


class HoldForm(forms.Form):
    until = DayField(label=_("Until the end of (the training’s zone)"))
    why = _why(_("Why"))


class DaysForm(forms.Form):
    first_on = DayField(label=_("Issued from (empty: from the beginning)"), required=False)
    last_on = DayField(label=_("Issued to (empty: to the end)"), required=False)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("first_on") and values.get("last_on") and values["first_on"] > values["last_on"]:
            raise forms.ValidationError(_("The first day is later than the last."))
        return values


class ReissueForm(DaysForm):
    tell = forms.BooleanField(label=_("Mail each holder the new file"), required=False)
    why = _why(_("Why: each new revision keeps it, and the letter says it"))
