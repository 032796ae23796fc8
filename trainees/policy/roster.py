"""The roster: until when names are taken (R16), what a list may hold (R13, R14, P11), and how it closes (P6). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from carpentries_portal.common.dates import CutOff, day_text
from carpentries_portal.common.handbook import Verdict, allow, refuse
from trainees.policy.changes import Change

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


def request_changes(r: RosterFacts, *, now: datetime) -> Verdict:
    """P7: from the roster's last day to the training's start a change of the list is a request that staff accept or decline."""
    if r.cancelled:
        return refuse("P7", _("This booking was cancelled: nobody is on its list any more."), facts={"hard": True})
    if now >= r.begins_at:
        return refuse("P7", _("The training has begun: the roll call says who was there."), facts={"hard": True})
    return allow("P7", _("Until the training begins staff accept or decline a change of your list."), turns_on=r.cut_off)


def settle_seats(r: RosterFacts, *, after: int, forfeited: int) -> Verdict:
    """P7: what a changed list of `after` names does to the seats, of which the closing forfeited some (P6).

    Facts: `reopen`, forfeited seats that names are added to; `forfeit`, seats of a closed roster that are left without a name.
    """
    if not after:
        return refuse("P7", _("Nobody would be left on the list: cancel the booking instead."))
    reopen = max(after - r.reserved, 0)
    if reopen > forfeited:
        text = ngettext(
            "The booking has %(n)d seat: nobody can be added.", "The booking has %(n)d seats: nobody can be added.", r.seats
        )
        return refuse("P7", text % {"n": r.seats})
    forfeit = max(r.reserved - after, 0) if r.closed else 0
    facts = {"reopen": reopen, "forfeit": forfeit}
    parts = [
        ngettext("%(n)d forfeited seat is used again.", "%(n)d forfeited seats are used again.", reopen) % {"n": reopen}
        if reopen
        else "",
        ngettext(
            "%(n)d seat is left without a name, and forfeited.", "%(n)d seats are left without a name, and forfeited.", forfeit
        )
        % {"n": forfeit}
        if forfeit
        else "",
        _("The team would have %(n)d people; at least %(minimum)d attend at once (R11).") % {"n": after, "minimum": r.minimum}
        if after < r.minimum
        else "",
    ]
    return allow("P7", " ".join(part for part in parts if part) or _("No seat moves."), facts=facts)


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
    granted: bool = False  # may take part alone, by an exception (R14)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a row of a list. `blocks`: it cannot be accepted as it stands."""

    line: int
    field: str  # "name", "email", "location" or "" for the row
    code: str
    text: str
    suggestion: str = ""
    blocks: bool = True


def new_address_of_applied(changes: Sequence[Change]) -> str:
    """Why a list cannot give these people another address by itself."""
    names = ", ".join(one.before.name for one in changes if one.before is not None)
    text = _("%(names)s: the application was begun at the old address, so a new one is a request that staff accept (P7).")
    return text % {"names": names}


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
    if person.remote and person.granted:
        return []
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


def may_follow(names: Sequence[tuple[str, Known]], *, marked: bool) -> Verdict:
    """P8, P11: whether a training can get new dates, as far as its people go. `names`: each with what stands in the way on these days.

    `marked`: somebody has begun its roll call, so that it took place at least in part.
    """
    if marked:
        return refuse("P8", _("Its roll call has begun: what took place is not moved."), facts={"hard": True})
    busy = [_("%(name)s (%(days)s)") % {"name": name, "days": known.overlaps} for name, known in names if known.overlaps]
    if busy:
        sentence = _(
            "At another training on these days: %(names)s. Nobody can be at both; have them taken off one of the lists first."
        )
        return refuse("P11", sentence % {"names": ", ".join(busy)}, facts={"hard": True})
    return allow("P11", _("Nobody is at another training on these days."))


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


def never_named(*, reserved: int, people: int) -> Verdict:
    """P6: seats that came after the closing and got no name either; with the roll call's confirmation nobody can take them. Facts: `unnamed`."""
    unnamed = max(reserved - people, 0)
    if not unnamed:
        return allow("P6", _("Each seat has a name."), facts={"unnamed": 0})
    text = ngettext(
        "%(n)d seat has no name, and with the confirmed roll call none can come: it is forfeited.",
        "%(n)d seats have no name, and with the confirmed roll call none can come: they are forfeited.",
        unnamed,
    )
    return refuse("P6", text % {"n": unnamed}, facts={"unnamed": unnamed})


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
