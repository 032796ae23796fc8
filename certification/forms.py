"""What trainees and reviewers fill in: the shape of the input and its messages. Saves nothing."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from carpentries_portal.common.fields import DayField
from certification.policy.files import ACCEPT, MAX_BYTES, TAKEN, too_large
from certification.states import SubmissionState


class HandInForm(forms.Form):
    """The day it was done, and something to look at."""

    done_on = DayField(label=_("Done on"))
    link = forms.URLField(label=_("Link to it"), max_length=500, required=False, assume_scheme="https")
    notes = forms.CharField(
        label=_("Notes for the reviewer"), max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )
    file = forms.FileField(
        label=_("File"),
        required=False,
        max_length=1000,
        help_text=_("%(taken)s, up to 10 MB.") % {"taken": TAKEN},
        widget=forms.FileInput(attrs={"accept": ACCEPT}),
    )

    def clean_link(self) -> str:
        link: str = self.cleaned_data["link"]
        if link and not link.casefold().startswith(("https://", "http://")):
            raise forms.ValidationError(_("A link begins with https://."))
        return link

    def clean_file(self) -> UploadedFile | None:
        """Its size is known before it is read; what it holds is looked at by the action."""
        found: UploadedFile | None = self.cleaned_data["file"]
        if found is not None and (found.size or 0) > MAX_BYTES:
            raise forms.ValidationError(too_large(found.name or ""))
        return found


class MoreTimeForm(forms.Form):
    to = DayField(label=_("Until when, if you know"), required=False)
    reason = forms.CharField(label=_("Why"), max_length=4000, widget=forms.Textarea(attrs={"rows": 4}))


RESULTS = [
    (SubmissionState.PASSED.value, _("Passed")),
    (SubmissionState.REPEAT.value, _("To repeat: the trainee does it once more")),
    (SubmissionState.FAILED.value, _("Failed: it closes the checkout")),
]


class ReviewForm(forms.Form):
    """A result, the day on which it was done, and what the trainee reads."""

    result = forms.ChoiceField(label=_("Result"), choices=RESULTS, widget=forms.RadioSelect)
    confirmed_on = DayField(label=_("Done on"), help_text=_("The trainee’s day, unless you know better. It decides."))
    feedback = forms.CharField(
        label=_("What the trainee reads"),
        help_text=_("Needed unless it is passed: the reason, and what to do better."),
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
    )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("result") not in {None, SubmissionState.PASSED.value} and not values.get("feedback", "").strip():
            self.add_error("feedback", _("Say why: the trainee reads it, and learns from it."))
        return values


class SessionForm(forms.Form):
    """One session: which exercise, on which day, and who was there."""

    exercise = forms.ChoiceField(label=_("Exercise"))
    done_on = DayField(label=_("Day of the session"))
    people = forms.CharField(
        label=_("Who passed"),
        help_text=_("One person a line: an e-mail address, a name, or both."),
        max_length=40_000,
        widget=forms.Textarea(attrs={"rows": 8}),
    )
    feedback = forms.CharField(label=_("What they read"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, exercises: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["exercise"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = exercises
