"""What trainers and staff fill in about a videoconference's report. Saves nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from carpentries_portal.common.dates import offered_zones
from trainees.evidence.table import MOST_BYTES


class ReportForm(forms.Form):
    """A videoconference's report, and where its host's clock hangs. `reports`: those it may take the place of, as (id, name)."""

    file = forms.FileField(
        label=_("The report, as CSV"),
        help_text=_(
            "In Zoom: Reports, Usage, the number of participants, then “Export with meeting data”, without “Show unique users”. At most 5 MB."
        ),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.txt,.tsv"}),
    )
    zone = forms.ChoiceField(
        label=_("Time zone of the host"),
        help_text=_("The report has the times of the host’s account, without saying which zone that is."),
    )
    replaces = forms.TypedChoiceField(label=_("In place of"), required=False, coerce=int, empty_value=None)

    def __init__(self, *args: Any, zone: str, reports: Sequence[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zones = sorted({*offered_zones(), zone})
        self.initial.setdefault("zone", zone)
        choice, replaces = self.fields["zone"], self.fields["replaces"]
        assert isinstance(choice, forms.ChoiceField)
        assert isinstance(replaces, forms.ChoiceField)
        choice.choices = [(name, name.replace("_", " ")) for name in zones]
        replaces.choices = [("", _("none: it comes beside what is there")), *reports]
        if not reports:
            del self.fields["replaces"]

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(_("The file is larger than 5 MB: a report of one training is not."))
        return file


class WhoseForm(forms.Form):
    """Whose a connection is: the suggestion, by a tick, or another. Nothing chosen says nothing."""

    yes = forms.BooleanField(required=False, widget=forms.CheckboxInput(attrs={"class": "form-check-input"}))
    whose = forms.ChoiceField(required=False)

    def __init__(self, *args: Any, choices: Sequence[tuple[Any, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["whose"]
        assert isinstance(choice, forms.ChoiceField)
        choice.choices = choices

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("yes") and values.get("whose"):
            raise forms.ValidationError(_("Either the suggestion, or another: not both."))
        return values
