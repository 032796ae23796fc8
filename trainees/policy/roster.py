"""The roster: until when names are taken (R16), what a list may hold (R13, R14, P11), and how it closes (P6). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from carpentries_portal.common.dates import CutOff, day_text
from carpentries_portal.common.handbook import Verdict, allow, refuse

INVITE_AFTER = timedelta(hours=1)
"""P13: invitations leave this long after names were accepted, if nobody sends them before."""


@dataclass(frozen=True, slots=True)
class RosterFacts:
    """A booking as its roster's rules see it. `pending`: a request of it (R16, P6), made before the cut-off, waits for staff."""

    seats: int
    reserved: int
    names: int
    cut_off: CutOff
    begins_at: datetime
    minimum: int
    cancelled: bool
    closed: bool
    pending: bool = False


def take_names(r: RosterFacts, *, now: datetime) -> Verdict:
    """R16: names are taken to the end of the roster's last day; later it is a request (P7)."""
    if r.cancelled:
        return refuse("R16", _("This booking was cancelled: it takes no names."), facts={"hard": True})
    if now >= r.begins_at:
        return refuse("R16", _("The training has begun: the roll call counts now."), facts={"hard": True})
    until = day_text(r.cut_off.on)
    if r.closed or r.cut_off.passed(now):
        sentence = _("Names were due by %(day)s, end of that day; a change now is decided by staff.") % {"day": until}
        return refuse("R16", sentence, turns_on=r.cut_off)
    return allow("R16", _("Names are taken until %(day)s, end of that day.") % {"day": until}, turns_on=r.cut_off)


@dataclass(frozen=True, slots=True)
class Known:
    """What the portal knows of a listed person: other rosters of theirs that stand in the way (P11)."""

    here: bool = False  # on another team's roster of this training
    overlaps: str = ""  # the days of another training at the same time


@dataclass(frozen=True, slots=True)
class Listed:
    """One person of a list, as checked against the booking."""

    line: int
    location: str
    remote: bool
    known: Known


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a row of a list. `blocks`: it cannot be accepted as it stands."""

    line: int
    field: str  # "name", "email", "location" or "" for the row
    code: str
    text: str
    suggestion: str = ""
    blocks: bool = True


def check_list(r: RosterFacts, people: Sequence[Listed], *, site: str, others: int = 0) -> list[Finding]:
    """What stands against a list: more people than seats, one who is elsewhere (P11); what is flagged (R13, R14).

    `others`: names that stay on the roster besides the list.
    """
    found: list[Finding] = []
    for number, person in enumerate(people, start=1):
        if number + others > r.seats:
            text = ngettext(
                "The booking has %(n)d seat: this person would be one too many. Enlarge it, or leave somebody out.",
                "The booking has %(n)d seats: this person would be one too many. Enlarge it, or leave somebody out.",
                r.seats,
            )
            found.append(Finding(person.line, "", "more-than-seats", text % {"n": r.seats}))
        if person.known.here:
            found.append(Finding(person.line, "email", "here-already", _("Is on another team’s list at this training.")))
        elif person.known.overlaps:
            text = _("Takes part in another training on %(days)s, at the same time.") % {"days": person.known.overlaps}
            found.append(Finding(person.line, "email", "overlaps", text))
        found.extend(_placed(person, site=site))
    return found


def _placed(person: Listed, *, site: str) -> list[Finding]:
    if person.remote:
        text = _("Nobody takes part alone (R14): ask staff for an exception, or bring this person to %(site)s.") % {"site": site}
        return [Finding(person.line, "location", "remote", text, blocks=False)]
    if person.location and person.location.casefold() != site.casefold():
        text = _("Another place than %(site)s: a team sits together in one room (R13).") % {"site": site}
        return [Finding(person.line, "location", "other-location", text, blocks=False)]
    return []


def may_move(names: Sequence[tuple[str, Known]]) -> Verdict:
    """P11: whether a team's people can go along to another training. `names`: each with what stands in the way there."""
    here = [name for name, known in names if known.here]
    busy = [_("%(name)s (%(days)s)") % {"name": name, "days": known.overlaps} for name, known in names if known.overlaps]
    if here:
        sentence = _("On another team’s list at that training already: %(names)s. Take them off your list first.")
        return refuse("P11", sentence % {"names": ", ".join(here)}, facts={"hard": True})
    if busy:
        sentence = _("At another training at the same time: %(names)s. Take them off your list first.")
        return refuse("P11", sentence % {"names": ", ".join(busy)}, facts={"hard": True})
    if not names:
        return allow("P11", _("Nobody is named yet, so there is nobody to take along."))
    sentence = ngettext(
        "%(n)d person on your list goes along; who was invited gets a letter with the new dates.",
        "%(n)d people on your list go along; who was invited gets a letter with the new dates.",
        len(names),
    )
    return allow("P11", sentence % {"n": len(names)})


def close_roster(r: RosterFacts, *, now: datetime) -> Verdict:
    """P6: what closes with the roster. Facts: `due`; `unnamed`, the seats it forfeits; `cancels`; `for_staff`, a thin team."""
    unnamed = min(max(r.seats - r.names, 0), r.reserved)
    facts = {"due": False, "unnamed": unnamed, "cancels": not r.names, "for_staff": 0 < r.names < r.minimum}
    until = day_text(r.cut_off.on)
    if r.closed or r.cancelled:
        return allow("P6", _("The roster is closed."), turns_on=r.cut_off, facts=facts)
    if not r.cut_off.passed(now):
        return allow("P6", _("The roster closes on %(day)s.") % {"day": until}, turns_on=r.cut_off, facts=facts)
    if r.pending and now < r.begins_at:
        sentence = _("The roster was due to close on %(day)s; it waits for staff to answer your request.")
        return allow("P6", sentence % {"day": until}, turns_on=r.cut_off, facts=facts)
    facts["due"] = True
    return refuse("P6", _closing(r, unnamed), turns_on=r.cut_off, facts=facts)


def _closing(r: RosterFacts, unnamed: int) -> str:
    until = day_text(r.cut_off.on)
    if not r.names:
        text = ngettext(
            "The roster closed on %(day)s without a name: the booking ends, and its %(n)d seat is forfeited.",
            "The roster closed on %(day)s without a name: the booking ends, and its %(n)d seats are forfeited.",
            unnamed,
        )
        return text % {"day": until, "n": unnamed}
    if unnamed:
        text = ngettext(
            "The roster closed on %(day)s: %(n)d seat without a name is forfeited.",
            "The roster closed on %(day)s: %(n)d seats without a name are forfeited.",
            unnamed,
        )
        return text % {"day": until, "n": unnamed}
    return _("The roster closed on %(day)s: each seat has a name.") % {"day": until}
