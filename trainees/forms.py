"""What coordinators and trainees fill in: the list of a team, the application. Saves nothing."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from carpentries_portal.common.lettering import why_not
from carpentries_portal.common.texts import one_line
from trainees.policy import DayMarks
from trainees.states import Expertise, Involvement, Occupation, TeachingExperience, TeachingTraining

MOST_BYTES = 5 * 1024 * 1024
CHOOSE = [("", _("Choose…"))]


class ListForm(forms.Form):
    """A team's people: typed, pasted, or from a file."""

    listed = forms.CharField(
        label=_("Names and e-mails, one person a line"),
        required=False,
        max_length=400_000,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 10, "spellcheck": "false", "autocapitalize": "off", "dir": "auto"}),
        help_text=_(
            "Paste the columns from a spreadsheet, or type “Ana Silva, ana@example.org”. Another room goes into a third column."
        ),
    )
    file = forms.FileField(
        label=_("Or a file"),
        required=False,
        help_text=_("CSV or Excel (XLSX), at most 5 MB. Its list takes the place of the one above."),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.txt,.tsv,.xlsx"}),
    )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        file = values.get("file")
        if file and file.size > MOST_BYTES:
            self.add_error("file", _("The file is larger than 5 MB: a list of people is not."))
        if not file and not (values.get("listed") or "").strip() and not self.errors:
            self.add_error("listed", _("Name at least one person, or choose a file."))
        return values


class ReasonForm(forms.Form):
    """Why staff should take names later."""

    reason = forms.CharField(
        label=_("What changed, and who should come?"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Staff read this when they decide. Give the names and e-mails as they should be."),
    )


class ApplicationForm(forms.Form):
    """Every answer may be empty while one goes; what finishing needs is the policy's."""

    certificate_name = forms.CharField(
        label=_("Your name as it shall stand on the certificate"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    pronouns = forms.CharField(label=_("Your pronouns (optional)"), max_length=60, required=False)
    affiliation = forms.CharField(
        label=_("Your affiliation"), max_length=200, required=False, widget=forms.TextInput(attrs={"autocomplete": "organization"})
    )
    country = forms.ChoiceField(label=_("Country where you work"), choices=lambda: [*CHOOSE, *countries], required=False)
    occupation = forms.ChoiceField(label=_("What do you do?"), choices=[*CHOOSE, *Occupation.choices], required=False)
    occupation_other = forms.CharField(label=_("In your own words (optional)"), max_length=200, required=False)
    expertise = forms.MultipleChoiceField(
        label=_("Your areas of expertise"),
        choices=Expertise.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"}),
    )
    expertise_other = forms.CharField(label=_("Other areas (optional)"), max_length=200, required=False)
    involvement = forms.MultipleChoiceField(
        label=_("With The Carpentries you have so far … (optional)"),
        choices=Involvement.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"}),
    )
    teaching_training = forms.ChoiceField(
        label=_("Your training in teaching so far"), choices=[*CHOOSE, *TeachingTraining.choices], required=False
    )
    teaching_experience = forms.ChoiceField(
        label=_("Your experience in teaching so far"), choices=[*CHOOSE, *TeachingExperience.choices], required=False
    )
    accessibility = forms.CharField(
        label=_("What would help you to take part? (optional)"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Only staff read this: not your coordinator, not the other participants."),
    )
    agreed = forms.BooleanField(
        label=_("I agree to follow the code of conduct of The Carpentries."),
        required=False,
        widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
    )

    def clean_certificate_name(self) -> str:
        """Said here, where it can be mended: what no certificate can be lettered with."""
        name = one_line(self.cleaned_data["certificate_name"])
        against = why_not(name) if name else ""
        if against:
            raise forms.ValidationError(against)
        return name


class DayForm(forms.Form):
    """The roll call of one person on one day. An empty one says nothing yet."""

    HOW = [("", _("not marked")), ("there", _("all day")), ("part", _("part of it")), ("absent", _("absent"))]
    how = forms.ChoiceField(choices=HOW, required=False)
    late = forms.TimeField(required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    left = forms.TimeField(required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    out = forms.TimeField(required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    back = forms.TimeField(required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        hours = [values.get(name) for name in ("late", "left", "out", "back")]
        if bool(values.get("out")) != bool(values.get("back")):
            raise forms.ValidationError(_("Away needs both times: out and back."))
        if any(hours) and values.get("how") in {"there", "absent"}:
            raise forms.ValidationError(_("Times go with “part of it”."))
        if values.get("how") == "part" and not any(hours):
            raise forms.ValidationError(_("Say from when, until when, or when away."))
        return values

    def marks(self) -> DayMarks | None:
        """The marks of a valid form; None where it says nothing."""
        values = self.cleaned_data
        how = values["how"] or ("part" if any(values[name] for name in ("late", "left", "out")) else "")
        if not how:
            return None
        away = ((values["out"], values["back"]),) if values["out"] else ()
        return DayMarks(absent=how == "absent", late=values["late"], left=values["left"], away=away)
