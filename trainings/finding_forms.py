"""What people look for: the filter of the calendar's query string, and the dates that would suit where nothing does. Saves nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from carpentries_portal.common.dates import add_months, day_text, is_zone
from carpentries_portal.common.fields import DayField
from memberships.models import Membership
from trainings.forms import MOST_SEATS, EveryZoneField
from trainings.models import Demand
from trainings.policy import DemandFacts
from trainings.queries import Wanted, month_end


class MonthInput(forms.TextInput):
    input_type = "month"


class MonthField(forms.RegexField):
    """A month as "2018-03", as its first day."""

    widget = MonthInput

    def __init__(self, **kwargs: Any) -> None:
        wrong = {"invalid": gettext_lazy("Write a month as 2018-03.")}
        super().__init__(r"\A(20[0-9]{2})-(0[1-9]|1[0-2])\Z", required=False, error_messages=wrong, **kwargs)

    def clean(self, value: Any) -> date | None:
        text = super().clean(value)
        return date.fromisoformat(f"{text}-01") if text else None


class ZoneField(forms.ChoiceField):
    """A zone: a few are offered, every known one is taken."""

    def valid_value(self, value: Any) -> bool:
        return is_zone(str(value))


class CalendarFilter(forms.Form):
    """What of the calendar is shown. Every field may be missing; a wrong one is said and left aside."""

    zone = ZoneField(
        label=gettext_lazy("Show hours in"),
        required=False,
        error_messages={"invalid_choice": gettext_lazy("“%(value)s” is not a time zone. Choose one of the list.")},
    )
    month = MonthField(label=gettext_lazy("From month"))
    until = MonthField(label=gettext_lazy("To month"))
    seats = forms.IntegerField(
        label=gettext_lazy("Seats for a team of"),
        min_value=1,
        max_value=MOST_SEATS,
        required=False,
        error_messages=dict.fromkeys(
            ("invalid", "min_value", "max_value"), gettext_lazy("Write a number from 1 to %(most)d.") % {"most": MOST_SEATS}
        ),
    )
    within = forms.ChoiceField(
        label=gettext_lazy("Within"),
        required=False,
        error_messages={"invalid_choice": gettext_lazy("This is none of your memberships. Choose one of the list.")},
    )
    open = forms.BooleanField(label=gettext_lazy("Open for sign-up"), required=False)
    suits = forms.BooleanField(label=gettext_lazy("Only hours from 7:00 to 20:00 for you"), required=False)

    def __init__(
        self,
        data: QueryDict,
        *,
        zone: str,
        zones: Iterable[str] = (),
        memberships: Sequence[Membership] = (),
        grid: bool = False,
    ) -> None:
        """`zone`: the reader's. `zones`: others to offer. `memberships`: those in which the reader may look, with edition.

        `grid`: one month is shown, so that there is no last one to choose.
        """
        filled = data.copy()
        filled.setdefault("zone", zone)
        super().__init__(filled)
        if grid:
            self.fields["month"].label = _("Month")
            del self.fields["until"]
        chosen = data.get("zone", "")
        self.shown_zone = chosen if is_zone(chosen) else zone
        offered = sorted({self.shown_zone, zone, "UTC", *zones, *(row.organization.zone for row in memberships)})
        self._offer("zone", [(name, name.replace("_", " ")) for name in offered])
        self.memberships = [row for row in memberships if row.available]
        self.years = {key: span for row in memberships for key, _words, span in _windows(row)}
        if memberships:
            groups = [(str(row), [(key, words) for key, words, _span in _windows(row)]) for row in memberships]
            self._offer("within", [("", _("any time")), *groups])
        else:
            del self.fields["within"]

    def _offer(self, name: str, choices: list[Any]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        first, last = values.get("month"), values.get("until")
        if first and last and last < first:
            self.add_error("until", _("This month comes before the first one."))
        return values

    def wanted(self) -> Wanted:
        """What the fields that hold say. Call it after `is_valid()`, whatever that answered."""
        values = self.cleaned_data
        return Wanted(
            first_on=values.get("month"),
            last_on=month_end(values["until"]) if values.get("until") else None,
            year=self.years.get(values.get("within") or ""),
            open=bool(values.get("open")),
            seats=values.get("seats"),
            suits=self.shown_zone if values.get("suits") else "",
        )


def _windows(row: Membership) -> list[tuple[str, str, tuple[date, date]]]:
    """The spans in which a membership's team may begin (P1), or had best begin (R5): key, words, days."""
    best = min(add_months(row.starts_on, row.edition.edition().recommended_months), row.last_on)
    return [
        (f"year-{row.pk}", _("its year, to %(day)s") % {"day": day_text(row.last_on)}, (row.starts_on, row.last_on)),
        (f"best-{row.pk}", _("the recommended months, to %(day)s") % {"day": day_text(best)}, (row.starts_on, best)),
    ]


SPANS = 4
"""How many spans of dates the form has lines for; the last is free where fewer are filled in."""


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class HourInput(forms.TimeInput):
    input_type = "time"

    def __init__(self) -> None:
        super().__init__(format="%H:%M")


class DemandForm(forms.Form):
    """Which dates and hours would suit a team, and for how many seats."""

    seats = forms.IntegerField(label=gettext_lazy("Seats"), min_value=1, max_value=MOST_SEATS)
    zone = EveryZoneField(label=gettext_lazy("Your team’s time zone"))
    earliest = forms.TimeField(label=gettext_lazy("Not before"), widget=HourInput)
    latest = forms.TimeField(label=gettext_lazy("Not after"), widget=HourInput)
    note = forms.CharField(
        label=gettext_lazy("Anything that staff should know (optional)"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, data: QueryDict | None, *, membership: Membership, said: Demand | None) -> None:
        """What was said before fills it; else the organization's zone, the usual day, and a team of the seats that are left."""
        edition, rows = membership.edition.edition(), said.spans() if said else []
        team = min(membership.available, 2 * edition.minimum_team - 1) or edition.minimum_team
        initial: dict[str, Any] = {
            "seats": said.seats if said else team,
            "zone": said.zone if said else membership.organization.zone,
            "earliest": said.earliest if said else edition.earliest_hour,
            "latest": said.latest if said else edition.latest_hour,
            "note": said.note if said else "",
        }
        for number, (first, last) in enumerate(rows, start=1):
            initial |= {f"first_{number}": first, f"last_{number}": last}
        super().__init__(data, initial=initial)
        for number in range(1, max(SPANS, len(rows)) + 1):
            self.fields[f"first_{number}"] = DayField(label=_("From"), required=number == 1, widget=DayInput())
            self.fields[f"last_{number}"] = DayField(label=_("To"), required=number == 1, widget=DayInput())

    def spans(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        """The fields of each span."""
        numbers = range(1, sum(name.startswith("first_") for name in self.fields) + 1)
        return [(self[f"first_{number}"], self[f"last_{number}"]) for number in numbers]

    def has_more(self) -> bool:
        """Whether a span after the first has something to show."""
        return any(field.value() or field.errors for span in self.spans()[1:] for field in span)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        for first, last in ((first.name, last.name) for first, last in self.spans()):
            if values.get(first) and not values.get(last) and last not in self.errors:
                self.add_error(last, _("Give the last day, too."))
            elif values.get(last) and not values.get(first) and first not in self.errors:
                self.add_error(first, _("Give the first day, too."))
            elif values.get(first) and values.get(last) and values[last] < values[first]:
                self.add_error(last, _("This day comes before the first one."))
        if values.get("earliest") and values.get("latest") and values["latest"] <= values["earliest"]:
            self.add_error("latest", _("This hour comes before the earliest one."))
        return values

    def facts(self) -> DemandFacts:
        """What was filled in, as policy takes it."""
        values = self.cleaned_data
        pairs = ((values[first.name], values[last.name]) for first, last in self.spans())
        return DemandFacts(
            seats=values["seats"],
            zone=values["zone"],
            earliest=values["earliest"],
            latest=values["latest"],
            spans=tuple(sorted((first, last) for first, last in pairs if first and last)),
        )
