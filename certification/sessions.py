"""Who was at a session: lines of names and addresses, matched to people whose exercises are under way. Saves nothing."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _

from carpentries_portal.common.handbook import Verdict
from carpentries_portal.common.models import email_key
from certification import policy, queries
from certification.models import Checkout
from certification.states import SubmissionState

MOST_LINES = 200
ADDRESS = re.compile(r"[^\s<>(),;\"']+@[^\s<>(),;\"']+")


@dataclass(frozen=True, slots=True)
class Match:
    """One person that a line may mean: why it is thought so, and what would be done."""

    checkout: Checkout
    reason: str
    verdict: Verdict
    waits: bool

    @property
    def possible(self) -> bool:
        return self.verdict.allowed


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the list. `certain`: exactly one person, and it can be recorded."""

    number: int
    text: str
    matches: tuple[Match, ...]
    problem: str = ""

    @property
    def certain(self) -> bool:
        return not self.problem and len(self.matches) == 1 and self.matches[0].possible


def folded(name: str) -> str:
    """A name as it is compared: without case, accents apart from the letters, punctuation and doubled spaces."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    letters = "".join(char if char.isalnum() else " " for char in plain if not unicodedata.combining(char))
    return " ".join(letters.split())


def split_line(text: str) -> tuple[str, str]:
    """(name, address) of a line, either of which may be empty."""
    found = ADDRESS.search(text)
    address = found.group().strip(".") if found else ""
    return folded(text.replace(found.group(), " ") if found else text), address


def match_people(text: str, *, exercise: str, done_on: date, now: datetime) -> list[Line]:
    """Each line of a list with the people it may mean. A constant number of queries."""
    rows = [(number, line.strip()) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    by_key, by_name = _under_way(done_on)
    lines: list[Line] = []
    seen: set[int] = set()
    for number, line in rows[:MOST_LINES]:
        found = _line(number, line, by_key, by_name, exercise=exercise, done_on=done_on, now=now)
        if found.certain and found.matches[0].checkout.pk in seen:
            found = Line(number, line, found.matches, _("stands on the list already"))
        seen |= {match.checkout.pk for match in found.matches} if found.certain else set()
        lines.append(found)
    for number, line in rows[MOST_LINES:]:
        lines.append(Line(number, line, (), _("more than %(n)d lines: send the rest as another list") % {"n": MOST_LINES}))
    return lines


def _under_way(done_on: date) -> tuple[dict[str, list[Checkout]], dict[str, list[Checkout]]]:
    """The checkouts that were open on a day, by address and by each name that the person goes by."""
    by_key: dict[str, list[Checkout]] = defaultdict(list)
    by_name: dict[str, list[Checkout]] = defaultdict(list)
    rows = Checkout.objects.under_way().with_story().select_related("place__application").prefetch_related("submissions")
    for row in rows.filter(due_on__gte=done_on).order_by("pk"):
        by_key[row.place.person.email_key].append(row)
        application = getattr(row.place, "application", None)
        names = {row.place.name, row.place.person.name, application.certificate_name if application else ""}
        for name in {folded(name) for name in names} - {""}:
            by_name[name].append(row)
    return by_key, by_name


def _line(
    number: int,
    text: str,
    by_key: dict[str, list[Checkout]],
    by_name: dict[str, list[Checkout]],
    *,
    exercise: str,
    done_on: date,
    now: datetime,
) -> Line:
    name, address = split_line(text)
    found, reason = by_key.get(email_key(address), []) if address else [], _("by the address")
    if not found and name:
        found, reason = by_name.get(name, []), _("by the name")
    if not found:
        return Line(number, text, (), _("nobody whose exercises were open on that day goes by this name or address"))
    matches = tuple(_match(row, reason, exercise=exercise, done_on=done_on, now=now) for row in found)
    if len(matches) > 1:
        return Line(number, text, matches, _("more than one person goes by it: tick who was there"))
    return Line(number, text, matches, "" if matches[0].possible else matches[0].verdict.sentence)


def _match(row: Checkout, reason: str, *, exercise: str, done_on: date, now: datetime) -> Match:
    submissions = list(row.submissions.all())
    found = queries.facts_of(row, submissions)
    waiting = [one for one in submissions if one.exercise == exercise and one.state == SubmissionState.SUBMITTED]
    if waiting:
        work = queries.work_of(waiting[0])
        verdict = policy.review(found, work, result=SubmissionState.PASSED, confirmed_on=done_on, now=now)
    else:
        verdict = policy.hand_in(found, exercise=exercise, done_on=done_on, now=now, as_staff=True)
    return Match(checkout=row, reason=reason, verdict=verdict, waits=bool(waiting))


def possible(lines: Iterable[Line]) -> set[int]:
    """The checkouts that a list can mean."""
    return {match.checkout.pk for line in lines for match in line.matches if match.possible}
