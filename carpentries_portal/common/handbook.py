"""The handbook as values: an edition (every number, with its rule) and the verdict that each rule answers with.

Pure: no database, settings or clock. The rows that keep editions are `models.EditionRecord`.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time

from django.utils.translation import gettext_lazy as _

from carpentries_portal.common.dates import CutOff


@dataclass(frozen=True, slots=True)
class AgendaItem:
    """One line of a training's agenda, as offsets from the day's start (R8, R15, R23)."""

    day: int
    title: str
    kind: str  # session, break, lunch
    starts_after: int  # minutes after the day's start
    minutes: int


@dataclass(frozen=True, slots=True)
class Exercise:
    """One of the three checkout tasks (R26): what it is, and where one signs up for it."""

    code: str
    name: str
    link: str


@dataclass(frozen=True, slots=True)
class Edition:
    """The set of numbers in force from a date on. Each field names the rule it comes from."""

    name: str
    in_force_from: date
    level_seats: Mapping[str, int | None]  # R1, R10; None: the contract states the number
    minimum_team: int  # R11
    recommended_months: int  # R5
    sign_up_days: int  # R6
    cancel_empty: bool  # R7
    cancel_after_days: int  # R7: the run waits this long after the cut-off
    at_risk_days: int  # R7: shown to staff from D(n) on
    at_risk_letter_days: int  # L7
    hold_days: int  # R7: a hold ends at D(n) at the latest
    late_request_days: int  # R7: an R6 request holds to D(n) at the latest
    starts: time  # R8
    ends: time  # R8
    training_days: int  # R2
    earliest_hour: time  # R9: hours outside are pointed out
    latest_hour: time  # R9
    capacity: int  # P2
    max_minutes_missed: int  # R15
    roster_days: int  # R16
    reading_days: int  # R18
    link_days: int  # R24
    checkout_days: int  # R25
    extension_days: int  # R28
    late_hand_in_days: int  # R27
    late_confirmation_days: int  # R25
    moved_notice_days: int  # P8
    roster_reminders: tuple[int, ...]  # L3: days before the roster closes
    checkout_reminders: tuple[int, ...]  # L11
    report_months: tuple[int, ...]  # L15
    welcome_days: int  # L1: days before the membership starts
    contact: str  # R19: where questions go
    curriculum_link: str  # R18
    support_link: str  # R30
    exercises: tuple[Exercise, ...] = ()
    agenda: tuple[AgendaItem, ...] = ()

    def seats_of(self, level: str) -> int | None:
        """The seats of a level (R1); None where the contract states the number, 0 where a level has none or is unknown (R10)."""
        return self.level_seats.get(level, 0)

    def minimum_for(self, level_seats: int | None) -> int:
        """The smallest team that may book: the minimum, or all the seats of the level if those are fewer (R11)."""
        return min(self.minimum_team, level_seats) if level_seats else self.minimum_team


class Answer(enum.StrEnum):
    ALLOWED = "allowed"
    WARNED = "warned"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class ExceptionUsed:
    """An approved exception that changes the answer of a rule, as policy sees it."""

    label: str  # model label, such as "trainings.trainingexception"
    id: int
    rule: str
    until: datetime | None = None  # when it ends; None: no end
    seats: int | None = None
    to_date: date | None = None
    note: str = ""

    def in_force(self, now: datetime) -> bool:
        return self.until is None or now < self.until


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rule answers: the sentence that page, letter, admin, log and test all show."""

    answer: Answer
    rule: str
    sentence: str
    turns_on: CutOff | None = None
    exception: ExceptionUsed | None = None
    facts: Mapping[str, object] = field(default_factory=dict)

    @property
    def allowed(self) -> bool:
        return self.answer is not Answer.REFUSED

    @property
    def warned(self) -> bool:
        return self.answer is Answer.WARNED

    @property
    def refused(self) -> bool:
        return self.answer is Answer.REFUSED

    @property
    def name(self) -> str:
        return rule_name(self.rule)


def allow(rule: str, sentence: str, **more: object) -> Verdict:
    return Verdict(Answer.ALLOWED, rule, sentence, **more)  # type: ignore[arg-type]  # the keywords are Verdict's own


def warn(rule: str, sentence: str, **more: object) -> Verdict:
    return Verdict(Answer.WARNED, rule, sentence, **more)  # type: ignore[arg-type]  # as above


def refuse(rule: str, sentence: str, **more: object) -> Verdict:
    return Verdict(Answer.REFUSED, rule, sentence, **more)  # type: ignore[arg-type]  # as above


RULES: Mapping[str, object] = {
    "R1": _("seats of a membership"),
    "R2": _("online, two days"),
    "R3": _("sign up as a team"),
    "R4": _("no technical background needed"),
    "R5": _("train in the first six months"),
    "R6": _("four weeks ahead"),
    "R7": _("empty trainings may be cancelled"),
    "R8": _("hours of the training"),
    "R9": _("your hours in its zone"),
    "R10": _("seats depend on the level"),
    "R11": _("at least six at once"),
    "R12": _("unused seats are forfeited"),
    "R13": _("one team, one room"),
    "R14": _("nobody takes part alone"),
    "R15": _("at most one hour missed"),
    "R16": _("names three weeks ahead"),
    "R17": _("application form"),
    "R18": _("information and reading in advance"),
    "R19": _("staff may make exceptions"),
    "R20": _("the room"),
    "R21": _("wifi"),
    "R22": _("own laptops"),
    "R23": _("lunch and breaks"),
    "R24": _("link in advance"),
    "R25": _("exercises within 90 days"),
    "R26": _("three exercises"),
    "R27": _("who does not finish in time"),
    "R28": _("extensions"),
    "R29": _("certificate"),
    "R30": _("support goes on"),
    "R31": _("this page"),
    "P1": _("inside the membership year"),
    "P2": _("capacity"),
    "P3": _("one booking per training"),
    "P4": _("cancelling and shrinking"),
    "P5": _("cancelled trainings give seats back"),
    "P6": _("the roster closes"),
    "P7": _("changes after the roster closed"),
    "P8": _("moving a training"),
    "P9": _("roll call"),
    "P10": _("staff are warned, not walled in"),
    "P11": _("one person, one address"),
    "P12": _("only the newest reminder"),
    "P13": _("when invitations leave"),
}


def rule_name(rule: str) -> str:
    """The short name of a rule: "R6" -> "four weeks ahead". Raises KeyError for a rule that the handbook has not."""
    return str(RULES[rule])
