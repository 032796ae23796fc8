"""A team's list as rows for pages, and as CSV and XLSX files that no formula can hide in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from carpentries_portal.common.models.exceptions import ExceptionState
from carpentries_portal.common.models.notices import NoticeState
from carpentries_portal.common.tables import KINDS, csv_bits, xlsx_file
from trainees.letter_queries import invitations
from trainees.models import Place, PlaceException
from trainees.policy import takes_part_alone
from trainees.request_queries import alone_requests, seat_of
from trainees.states import Outcome
from trainings.timeline import StateWord


@dataclass(frozen=True, slots=True)
class RowAction:
    """Something to do about one row."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A person of a team as its page shows them: the state in words, and what is missing."""

    key: int
    name: str
    email: str
    location: str
    remote: bool
    state: StateWord
    missing: str
    flags: tuple[str, ...] = ()
    """Where the person sits, if not with the team (R13, R14)."""
    notes: tuple[str, ...] = ()
    actions: tuple[RowAction, ...] = ()


def people_rows(places: Sequence[Place], *, now: datetime, may_ask: bool = False, addresses: bool = False) -> list[PersonRow]:
    """One row for each place. Two queries: the invitations, and what was asked for those who are listed as alone (R14).

    `may_ask`: with a way to ask, for who may. `addresses`: for who gave the list and may correct it. Needs their booking and people loaded.
    """
    sent = invitations(places)
    remote = [place.pk for place in places if place.remote]
    asked = alone_requests(remote) if remote else {}
    rows = []
    for place in places:
        row = _row(place, sent[place.pk].state, now=now)
        row = _seated(row, place, asked.get(place.pk), now=now, may_ask=may_ask)
        rows.append(_with_address(row, place, sent[place.pk].refused, addresses=addresses))
    return rows


def _with_address(row: PersonRow, place: Place, error: str, *, addresses: bool) -> PersonRow:
    """The row with what the mail server said to the person's address, and the way to correct it: the list itself."""
    if not error:
        return row
    if not addresses:
        return replace(row, flags=(*row.flags, _("Letters do not reach the address on the list.")))
    text = _("Letters do not reach %(email)s. %(words)s") % {"email": row.email, "words": error}
    to = f"{reverse('trainees:people', args=[place.booking_id])}#list"
    return replace(row, flags=(*row.flags, text), actions=(*row.actions, RowAction(_("Correct the address in the list"), to)))


def _seated(row: PersonRow, place: Place, asked: PlaceException | None, *, now: datetime, may_ask: bool) -> PersonRow:
    """The row with what R13 and R14 say about where the person sits."""
    seat = seat_of(place)
    if seat.elsewhere:
        text = _("At %(where)s: a team sits together in one room (R13).") % {"where": place.location}
        return replace(row, flags=(text,))
    if not seat.remote:
        return row
    given = [asked.as_used()] if asked is not None and asked.is_in_force(now) else []
    verdict = takes_part_alone(seat, exceptions=given)
    if not verdict.refused:
        return replace(row, notes=(_("Takes part alone, by an exception (R14)."),))
    waits = asked is not None and asked.state == ExceptionState.ASKED
    text = (
        _("Takes part alone: staff have not decided yet (R14).") if waits else _("Nobody takes part remotely on their own (R14).")
    )
    label = _("See what was asked") if waits else _("Ask for an exception")
    ways = (RowAction(label, reverse("trainees:alone", args=[place.pk])),) if may_ask else ()
    return replace(row, flags=(text,), actions=ways)


def _row(place: Place, letter: str, *, now: datetime) -> PersonRow:
    application = getattr(place, "application", None)
    missing = ""
    if place.outcome:
        state, missing = _outcome(place)
    elif application is not None and application.finished_at is not None:
        state = StateWord(_("application done"), "good")
    elif application is not None:
        state, missing = StateWord(_("application begun"), "now"), _("the rest of the application")
    elif letter == NoticeState.FAILED:
        state, missing = StateWord(_("letter refused"), "bad"), _("an address that takes letters")
    elif place.invited(now):
        state, missing = StateWord(_("invited"), "now"), _("the application")
    else:
        state = StateWord(_("invitation leaves soon"), "")
    return PersonRow(
        key=place.pk,
        name=place.name,
        email=place.person.email,
        location=place.location,
        remote=place.remote,
        state=state,
        missing=missing,
    )


def _outcome(place: Place) -> tuple[StateWord, str]:
    """What confirmed attendance says, and the application where it is still missing (R17)."""
    text = ngettext("%(state)s, %(n)d minute missed", "%(state)s, %(n)d minutes missed", place.minutes_missed or 0)
    word = text % {"state": place.get_outcome_display(), "n": place.minutes_missed or 0}
    application = getattr(place, "application", None)
    done = application is not None and application.finished_at is not None
    return StateWord(word, "good" if place.outcome == Outcome.PASSED else "bad"), "" if done else _("the application")


def roster_file(places: Sequence[Place], *, kind: str, now: datetime) -> tuple[str, bytes]:
    """The mimetype and the file."""
    header = [_("Name"), _("E-mail"), _("Location"), _("How it stands"), _("What is missing")]
    rows = [
        [row.name, row.email, row.location or ("remote" if row.remote else ""), str(row.state.word), row.missing]
        for row in people_rows(places, now=now)
    ]
    if kind == "csv":
        return KINDS[kind], b"".join(csv_bits(header, rows))
    with xlsx_file(header, rows, title=_("People")) as book:
        return KINDS[kind], book.read()
