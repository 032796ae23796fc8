"""What the page of reports shows: each connection with when it was, whose it may be, and the form that says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.core.paginator import Page, Paginator
from django.http import QueryDict
from django.utils.translation import gettext as _

from carpentries_portal.common.dates import Hours
from trainees.actions import Decision
from trainees.actions.evidence import is_possible, suggested
from trainees.evidence_forms import WhoseForm
from trainees.models import EvidenceConnection, EvidenceReport, Place
from trainees.queries import Team
from trainees.states import Confidence, Whose
from trainings.models import Booking, Training

PER_PAGE = 50
TONES = {Confidence.SURE: "good", Confidence.LIKELY: "now", Confidence.UNSURE: "warn"}


@dataclass(frozen=True, slots=True)
class Stay:
    """A day of a connection: from the first join to the last leave, in how many parts, and the whole minutes within them."""

    hours: Hours
    parts: int
    minutes: int


@dataclass(frozen=True, slots=True)
class Word:
    """A state in words, with its tone."""

    word: str
    tone: str


@dataclass(frozen=True, slots=True)
class ConnectionLine:
    """A connection on the page. `suggestion` and `whose` are in words; `form` is None where nothing is asked of it here."""

    row: EvidenceConnection
    stays: list[Stay]
    confidence: Word | None
    suggestion: str
    whose: str
    form: WhoseForm | None = None

    @property
    def title(self) -> str:
        return self.row.name or self.row.email


@dataclass(frozen=True, slots=True)
class ReportCard:
    """A report: what was read of it, and what is left to do."""

    report: EvidenceReport
    waiting: list[ConnectionLine]
    count: int
    certain: int
    problems_more: int
    notes_more: int


@dataclass(frozen=True, slots=True)
class Board:
    """All connections of a training: a page of the open ones, which are asked for, and those that were decided."""

    reports: list[ReportCard]
    asked: Page[EvidenceConnection]
    lines: list[ConnectionLine]
    decided: list[ConnectionLine]
    open: int

    @property
    def certain(self) -> int:
        return sum(card.certain for card in self.reports)


def stays_of(row: EvidenceConnection, training: Training) -> list[Stay]:
    """The days of a connection by the clock of the training's zone."""
    zone = ZoneInfo(training.zone)
    spans = [(begin.astimezone(zone), end.astimezone(zone)) for begin, end in row.instants()]
    days = dict.fromkeys(begin.date() for begin, _end in spans)
    found = []
    for day in days:
        parts = [(begin, end) for begin, end in spans if begin.date() == day]
        hours = Hours(on=day, starts=parts[0][0].time(), ends=parts[-1][1].time(), zone=training.zone)
        seconds = sum((end - begin).total_seconds() for begin, end in row.instants() if begin.astimezone(zone).date() == day)
        found.append(Stay(hours, len(parts), int(seconds // 60)))
    return found


def board_of(
    training: Training, reports: Sequence[EvidenceReport], teams: Sequence[Team], *, page: str, change: str, sent: QueryDict | None
) -> Board:
    """The board as it is asked for: which page of the open ones, which decided one is to change, what was sent with problems."""
    rows = [row for report in reports for row in report.connections.all()]
    again = [row for row in rows if str(row.pk) == change and not row.is_open and not row.waiting]
    order = list(Confidence.values)
    open_ = sorted((row for row in rows if row.is_open), key=lambda row: (order.index(row.confidence), not row.suggested, row.pk))
    asked: Page[EvidenceConnection] = Paginator([*again, *open_], PER_PAGE).get_page(page)
    choices = choices_of(teams)
    lines = [_line(row, training, form=form_of(row, choices, sent)) for row in asked]
    decided = [_line(row, training) for row in rows if not row.is_open and not row.waiting and row not in again]
    return Board([_card(report, training) for report in reports], asked, lines, decided, len(open_))


def choices_of(teams: Sequence[Team]) -> list[tuple[object, object]]:
    """Whose a connection may be: the rooms and the people by team, or nobody's who counts."""
    groups: list[tuple[object, object]] = [("", _("Choose…"))]
    for team in teams:
        named = [(f"site-{team.booking.pk}", _("The room: %(site)s") % {"site": site_text(team.booking)})]
        named += [(f"person-{place.pk}", place.name) for place in team.places]
        groups.append((team.booking.membership.organization.name, named))
    return [*groups, ("ignored", _("Not counted: host, helper, somebody else")), ("open", _("Not decided yet"))]


def form_of(row: EvidenceConnection, choices: Sequence[tuple[object, object]], sent: QueryDict | None) -> WhoseForm:
    """The form of a connection; of one that was decided, with what it is now."""
    owner = row.place_id or row.booking_id
    now = f"{row.whose}-{owner}" if owner else row.whose
    return WhoseForm(sent, prefix=f"c{row.pk}", choices=choices, initial={"whose": now})


def decision_of(row: EvidenceConnection, form: WhoseForm) -> Decision | None:
    """What a valid form says; None where it says nothing."""
    if form.cleaned_data["yes"]:
        return suggested(row)
    kind, _dash, number = form.cleaned_data["whose"].partition("-")
    if not kind:
        return None
    return Decision(Whose.OPEN) if kind == "open" else Decision(Whose(kind), int(number) if number else None)


def site_text(booking: Booking) -> str:
    return ", ".join(part for part in (booking.site, booking.room) if part)


def _line(row: EvidenceConnection, training: Training, *, form: WhoseForm | None = None) -> ConnectionLine:
    possible = bool(row.suggested) and is_possible(row)
    confidence = Confidence(row.confidence)
    return ConnectionLine(
        row=row,
        stays=stays_of(row, training),
        confidence=Word(str(confidence.label), TONES[confidence]) if possible else None,
        suggestion=_words(row.suggested, row.suggested_place, row.suggested_booking) if possible else "",
        whose=_words(row.whose, row.place, row.booking),
        form=form,
    )


def _words(whose: str, place: Place | None, booking: Booking | None) -> str:
    if place is not None:
        return _("%(name)s, %(team)s") % {"name": place.name, "team": place.booking.membership.organization.name}
    if booking is not None:
        team = booking.membership.organization.name
        return _("The room of %(team)s: %(site)s") % {"team": team, "site": site_text(booking)}
    return _("Not counted") if whose == Whose.IGNORED else ""


def _card(report: EvidenceReport, training: Training) -> ReportCard:
    rows = list(report.connections.all())
    return ReportCard(
        report=report,
        waiting=[_line(row, training) for row in rows if row.waiting],
        count=sum(not row.waiting for row in rows),
        certain=sum(row.is_open and row.confidence == Confidence.SURE and is_possible(row) for row in rows),
        problems_more=report.problem_count - len(report.problems),
        notes_more=report.note_count - len(report.notes),
    )


def rows_by_id(reports: Sequence[EvidenceReport]) -> Mapping[int, EvidenceConnection]:
    return {row.pk: row for report in reports for row in report.connections.all()}
