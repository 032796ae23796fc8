"""An edition's numbers in words: each with its rule and what it counts, grouped as a person thinks. For staff's form, page and preview."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from carpentries_portal.common.handbook import AgendaItem, Edition, Exercise, rule_name

SEATS = "level_seats"
Words = str | Promise

GROUPS: tuple[tuple[Words, tuple[tuple[str, str, Words], ...]], ...] = (
    (
        lazy("Seats and teams"),
        (
            (SEATS, "R1", lazy("Seats of the level")),
            ("minimum_team", "R11", lazy("Smallest team, in seats")),
            ("capacity", "P2", lazy("Seats of a training")),
            ("recommended_months", "R5", lazy("Months of the year in which we advise to train")),
        ),
    ),
    (
        lazy("Signing up, and empty trainings"),
        (
            ("sign_up_days", "R6", lazy("Sign-up closes, days before the first day")),
            ("late_request_days", "R6", lazy("A request to sign up late holds to, days before")),
            ("cancel_empty", "R7", lazy("Cancel by itself what nobody signed up for")),
            ("cancel_after_days", "R7", lazy("… this many days after sign-up closed")),
            ("at_risk_days", "R7", lazy("Shown to staff as at risk from, days before")),
            ("at_risk_letter_days", "R7", lazy("Letter to staff (L7), days before")),
            ("hold_days", "R7", lazy("A hold ends at the latest, days before")),
            ("moved_notice_days", "P8", lazy("Days of notice when a training is moved")),
        ),
    ),
    (
        lazy("Names, reading and the room"),
        (
            ("roster_days", "R16", lazy("Names are due, days before")),
            ("roster_reminders", "R16", lazy("Reminders (L3), days before names are due")),
            ("reading_days", "R18", lazy("Reading again, days before")),
            ("curriculum_link", "R18", lazy("Link to the curriculum")),
            ("link_days", "R24", lazy("Link to test the room, days before")),
        ),
    ),
    (
        lazy("The training itself"),
        (
            ("training_days", "R2", lazy("Days of a training")),
            ("starts", "R8", lazy("It starts at")),
            ("ends", "R8", lazy("It ends at")),
            ("earliest_hour", "R9", lazy("Hours of a team are pointed out before")),
            ("latest_hour", "R9", lazy("Hours of a team are pointed out after")),
            ("max_minutes_missed", "R15", lazy("Minutes that may be missed")),
            ("agenda", "R23", lazy("Agenda")),
        ),
    ),
    (
        lazy("Exercises and certificate"),
        (
            ("checkout_days", "R25", lazy("Exercises are due, days after the last day")),
            ("late_confirmation_days", "R25", lazy("More time is offered when attendance is confirmed later than, days")),
            ("exercises", "R26", lazy("Exercises")),
            ("late_hand_in_days", "R27", lazy("Work done in time is taken for, days longer")),
            ("extension_days", "R28", lazy("An extension, days")),
            ("checkout_reminders", "R25", lazy("Reminders (L11), days before they are due")),
            ("support_link", "R30", lazy("Link to support and mentoring")),
        ),
    ),
    (
        lazy("Letters and questions"),
        (
            ("welcome_days", "R1", lazy("Welcome (L1), days before a membership starts")),
            ("report_months", "R12", lazy("Reports of the year (L15), in months")),
            ("contact", "R19", lazy("Questions go to")),
        ),
    ),
)
"""Each field of an edition but its name and day, with its rule and its label. A test holds that none is missing."""


@dataclass(frozen=True, slots=True)
class Said:
    """One number in words."""

    rule: str
    label: str
    value: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.label}: {self.value}"


def agenda_line(item: AgendaItem) -> str:
    """A line of the agenda as staff type it: day; hours and minutes after the start; minutes; kind; title."""
    hours, minutes = divmod(item.starts_after, 60)
    return f"{item.day}; {hours:02}:{minutes:02}; {item.minutes}; {item.kind}; {item.title}"


def exercise_line(exercise: Exercise) -> str:
    return f"{exercise.code}; {exercise.name}; {exercise.link}"


def value_text(value: Any) -> str:
    """A number as staff type and read it; long lists a line each."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, time):
        return value.strftime("%H:%M")
    if value is None:
        return _("by contract")
    if isinstance(value, tuple):
        if value and isinstance(value[0], AgendaItem):
            return "\n".join(agenda_line(item) for item in value)
        if value and isinstance(value[0], Exercise):
            return "\n".join(exercise_line(item) for item in value)
        return ", ".join(str(one) for one in value)
    return str(value)


def said(edition: Edition) -> list[tuple[str, list[Said]]]:
    """All numbers of an edition, by group."""
    return [(str(title), [line for field in fields for line in _lines(edition, *field)]) for title, fields in GROUPS]


def _lines(edition: Edition, name: str, rule: str, label: Words) -> Iterator[Said]:
    value = getattr(edition, name)
    if name == SEATS:
        for level, seats in value.items():
            yield Said("R1", _("Seats of %(level)s") % {"level": level}, value_text(seats))
    elif name in ("agenda", "exercises"):
        for number, line in enumerate(value_text(value).splitlines(), start=1):
            yield Said(rule, f"{label} {number}", line)
    else:
        yield Said(rule, str(label), value_text(value))


def changes(old: Edition, new: Edition) -> list[str]:
    """What differs, in the order of the groups: "R6, four weeks ahead: Sign-up closes, days before the first day: 28 → 35"."""
    found: list[str] = []
    for _title, fields in GROUPS:
        for name, rule, label in fields:
            before, after = getattr(old, name), getattr(new, name)
            if before != after:
                found += [f"{rule}, {rule_name(rule)}: {line}" for line in _differences(name, str(label), before, after)]
    return found


def _differences(name: str, label: str, before: Any, after: Any) -> Iterator[str]:
    if name == SEATS:
        yield from _levels(before, after)
    elif name in ("agenda", "exercises"):
        yield from _listed(label, value_text(before).splitlines(), value_text(after).splitlines())
    else:
        yield f"{label}: {value_text(before)} → {value_text(after)}"


def _levels(before: Mapping[str, int | None], after: Mapping[str, int | None]) -> Iterator[str]:
    for level in {**before, **after}:
        was, will = (value_text(one[level]) if level in one else _("none") for one in (before, after))
        if was != will:
            yield f"{_('Seats of %(level)s') % {'level': level}}: {was} → {will}"


def _listed(label: str, before: Sequence[str], after: Sequence[str]) -> Iterator[str]:
    """Lines that go and lines that come."""
    gone, new = [line for line in before if line not in after], [line for line in after if line not in before]
    yield from (f"{label}: − {line}" for line in gone)
    yield from (f"{label}: + {line}" for line in new)
    if not gone and not new:
        yield _("%(label)s: in another order") % {"label": label}
