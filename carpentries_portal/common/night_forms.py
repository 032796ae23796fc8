"""What staff send from the pages of the night: a day to look at, a hold, and the preview that they saw."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

from django import forms
from django.conf import settings
from django.core import signing
from django.utils.translation import gettext_lazy as _

from carpentries_portal.common.enforcement import PlannedAction
from carpentries_portal.common.enforcement.registry import Key
from carpentries_portal.common.fields import DayField

AHEAD = 60  # days that can be looked at
SALT = "portal.night"
SEEN_KEEPS = timedelta(hours=12)


class NightForm(forms.Form):
    """Which night; today and the next 60 days."""

    on = forms.DateField(label=_("The night of"))

    def __init__(self, *args: object, today: date, **options: object) -> None:
        super().__init__(*args, **options)  # type: ignore[arg-type]  # handed through
        self.today = today
        last = today + timedelta(days=AHEAD)
        self.fields["on"].widget.attrs.update({"min": today.isoformat(), "max": last.isoformat()})

    def clean_on(self) -> date:
        on: date = self.cleaned_data["on"]
        if not self.today <= on <= self.today + timedelta(days=AHEAD):
            raise forms.ValidationError(_("A day from today on, at most %(days)d days ahead.") % {"days": AHEAD})
        return on


class HoldForm(forms.Form):
    until_on = DayField(label=_("Hold until the end of"))
    why = forms.CharField(label=_("Why: the journal keeps it"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))


def night_of(on: date) -> datetime:
    """The instant at which the run of a day starts (UTC)."""
    return datetime.combine(on, time.fromisoformat(settings.PORTAL_RUN_AT), tzinfo=UTC)


def seal(actions: Iterable[PlannedAction]) -> str:
    """What a page showed, for its form to bring back: signed, so that nobody makes the report speak of what was never shown."""
    rows = [
        [rule, label, pk, on.isoformat(), round_, action.subject_text[:200]]
        for action in actions
        for rule, label, pk, on, round_ in [action.key]
    ]
    return signing.dumps(rows, salt=SALT, compress=True)


def unseal(given: str) -> dict[Key, str] | None:
    """The subjects in words by key; None where the page is too old, or not ours."""
    try:
        rows = signing.loads(given, salt=SALT, max_age=SEEN_KEEPS)
    except signing.BadSignature:
        return None
    return {(rule, label, pk, date.fromisoformat(on), round_): text for rule, label, pk, on, round_, text in rows}
