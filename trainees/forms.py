"""What coordinators and trainees fill in: the list of a team, the application. Saves nothing."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from datetime import UTC, datetime, time
from typing import Any

from django import forms
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from carpentries_portal.common.lettering import why_not
from carpentries_portal.common.texts import one_line
from trainees.policy import DayMarks, Stamp
from trainees.states import Expertise, Involvement, Occupation, TeachingExperience, TeachingTraining

MOST_BYTES = 5 * 1024 * 1024
MOST_AWAY = 40
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


class ChangeReasonForm(forms.Form):
    """Why a closed list should change (P7). The change itself is the list that was shown."""

    why = forms.CharField(
        label=_("Why does your list change?"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Staff read this when they decide."),
    )


class StaffChangeForm(ChangeReasonForm):
    """Why staff change a closed list themselves (P7, P10)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["why"].label = _("Why")
        self.fields["why"].help_text = _("It stands in the journal, and in the letter to the team’s coordinators.")


class AloneForm(forms.Form):
    """Why somebody should take part alone (R14)."""

    reason = forms.CharField(
        label=_("Why can this person not sit with the team?"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Staff read this when they decide."),
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
        help_text=_("Only staff read this: not your coordinator, not your trainers, not the other participants."),
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


class AwayWidget(forms.Widget):
    """Pairs of times, out and back: those that are given, and some to fill in."""

    def __init__(self, *, blank: int = 1) -> None:
        super().__init__()
        self.blank = blank

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        pairs = [*pairs_text(value or ()), *[("", "")] * self.blank]
        return render_to_string("trainees/_away.html", {"name": name, "pairs": pairs})

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[tuple[str, str]]:
        every = data.getlist if hasattr(data, "getlist") else lambda key: data.get(key, [])
        return list(itertools.zip_longest(every(f"{name}-out"), every(f"{name}-back"), fillvalue=""))


class AwayField(forms.Field):
    """Any number of absences of one day, each with both its times."""

    widget = AwayWidget

    def clean(self, value: Any) -> tuple[tuple[time, time], ...]:
        times = forms.TimeField(required=False)
        given = [(times.clean(out), times.clean(back)) for out, back in value[:MOST_AWAY]]
        if any((out is None) != (back is None) for out, back in given):
            raise forms.ValidationError(_("Away needs both times: out and back."))
        return tuple((out, back) for out, back in given if out is not None and back is not None)


def time_text(at: time | str | None) -> str:
    """As a browser's field of a time takes it; what somebody typed stays as it is."""
    return at.strftime("%H:%M:%S" if at.second else "%H:%M") if isinstance(at, time) else at or ""


def pairs_text(pairs: Iterable[tuple[Any, Any]]) -> list[tuple[str, str]]:
    return [(time_text(out), time_text(back)) for out, back in pairs if out or back]


class DayForm(forms.Form):
    """The roll call of one person on one day. An empty one says nothing yet."""

    HOW = [("", _("not marked")), ("there", _("all day")), ("part", _("part of it")), ("absent", _("absent"))]
    how = forms.ChoiceField(choices=HOW, required=False)
    late = forms.TimeField(required=False)
    left = forms.TimeField(required=False)
    away = AwayField(required=False)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if self.errors:
            return values
        timed = any(values[name] for name in ("late", "left", "away"))
        if timed and values["how"] in {"there", "absent"}:
            raise forms.ValidationError(_("Times go with “part of it”."))
        if values["how"] == "part" and not timed:
            raise forms.ValidationError(_("Say from when, until when, or when away."))
        return values

    def marks(self) -> DayMarks | None:
        """The marks of a valid form; None where it says nothing."""
        values = self.cleaned_data
        if not any(values[name] for name in ("how", "late", "left", "away")):
            return None
        return DayMarks(absent=values["how"] == "absent", late=values["late"], left=values["left"], away=values["away"])

    def problems(self) -> str:
        """What is wrong, in one line."""
        return " ".join(str(text) for texts in self.errors.values() for text in texts)


class MarkForm(DayForm):
    """One mark, as a device sends it: of whom, for which day, its key, and when it was made (milliseconds since 1970, UTC)."""

    how = forms.ChoiceField(choices=DayForm.HOW[1:])
    place = forms.IntegerField(min_value=1, max_value=2**31)
    day = forms.IntegerField(min_value=1, max_value=60)
    key = forms.UUIDField()
    made = forms.IntegerField(min_value=0, max_value=2**42)
    rest = forms.BooleanField(required=False)

    def stamp(self) -> Stamp:
        """As the device claims it; the action believes no hour to come."""
        values = self.cleaned_data
        made_at = datetime.fromtimestamp(values["made"] / 1000, tz=UTC)
        return Stamp(key=values["key"], made_at=made_at, rest=values["rest"])
