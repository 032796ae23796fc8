"""The developers' page: every component of templates/components/ with sample values, in a few states. Its people are invented."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from carpentries_portal.common.dates import CutOff, Hours, today_in
from carpentries_portal.common.handbook import ExceptionUsed, Verdict, allow, refuse, warn
from carpentries_portal.common.requests import now_of
from carpentries_portal.pages.queries import NextStep
from memberships.queries import SeatMeter
from trainings.timeline import Milestone, StateWord

ZONE = "America/Chicago"


class SampleForm(forms.Form):
    """One field that is right, and one that is not."""

    site = forms.CharField(label="Site", help_text="The building where the whole team sits together.")
    seats = forms.IntegerField(label="Seats", min_value=1, max_value=15)

    def clean(self) -> dict[str, Any]:
        raise forms.ValidationError("Nothing was booked: 16 seats are more than the 6 that are left.")


@require_safe
def components(request: HttpRequest) -> HttpResponse:
    """Every component, around the day of the request."""
    today = today_in(ZONE, now_of(request))
    context = {
        "meters": meters(today),
        "verdicts": verdicts(today),
        "step": next_step(today),
        "dates": dates(today),
        "states": [StateWord("open", "good"), StateWord("late", "bad"), StateWord("closes soon", "warn"), StateWord("held", "")],
        "people": people(),
        "cut_off": cut_off(today, 8),
        "hours": [Hours(on=today + timedelta(days=36), starts=time(9), ends=time(17), zone=zone) for zone in (ZONE, "Asia/Tokyo")],
        "at": now_of(request),
        "form": SampleForm({"site": "Main Library", "seats": "16"}),
    }
    return render(request, "pages/components.html", context)


def cut_off(today: date, days: int) -> CutOff:
    return CutOff(on=today + timedelta(days=days), zone=ZONE)


def meters(today: date) -> list[SeatMeter]:
    """A year that begins, one that is nearly used, and one with more seats than boxes."""
    until = today + timedelta(days=150)
    none = {"returned": 0, "withdrawn": 0, "moved": 0}
    return [
        SeatMeter(granted=15, available=15, reserved=0, used=0, forfeited=0, until=until, **none),
        SeatMeter(granted=15, available=3, reserved=3, used=8, forfeited=1, until=until, **none),
        SeatMeter(granted=120, available=66, reserved=18, used=30, forfeited=6, until=until, **none),
    ]


def verdicts(today: date) -> list[Verdict]:
    """One of each answer."""
    used = ExceptionUsed(label="trainings.trainingexception", id=1, rule="R6", note="The flu went round; six places are free.")
    return [
        allow("R6", "Sign-up is open.", turns_on=cut_off(today, 8)),
        allow("R6", "Sign-up has closed, and staff let your team in.", turns_on=cut_off(today, -1), exception=used),
        warn("R5", "We advise to train in the first 6 months of the membership year.", turns_on=cut_off(today, 62)),
        refuse("R6", "Sign-up closed four weeks ahead.", turns_on=cut_off(today, -3)),
    ]


def next_step(today: date) -> NextStep:
    why = "A seat that has no name on that day is forfeited."
    return NextStep(what="Name your 9 people", why=why, button="Add people", url="#people", by=cut_off(today, 4), rule="R16")


def dates(today: date) -> list[Milestone]:
    """Done, late, next and to come."""
    return [
        Milestone(cut_off(today, -30), "Booked: 9 seats", state="done"),
        Milestone(cut_off(today, -1), "Link to test the room", rule="R24", state="late"),
        Milestone(cut_off(today, 4), "Names and e-mails of all 9", rule="R16", note="Then the roster closes.", state="next"),
        Milestone(cut_off(today, 25), "Training", rule="R8", last=today + timedelta(days=26)),
    ]


def people() -> list[dict[str, Any]]:
    """Names of several scripts; one with a problem and a menu."""
    menu = [{"label": "Send the invitation again", "url": "#people"}, {"label": "Swap", "url": "#people"}]
    return [
        {"key": 1, "name": "Ana Ferreira", "state": StateWord("applied", "good"), "missing": "", "actions": menu},
        {"key": 2, "name": "Оксана Шевчук", "state": StateWord("invited", "now"), "missing": "", "actions": menu},
        {
            "key": 3,
            "name": "ليلى حداد",
            "state": StateWord("returned", "bad"),
            "missing": "Her address refuses our letters.",
            "actions": [],
        },
    ]
