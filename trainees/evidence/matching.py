"""Whose connection it may be: a person on the roster or a site with its team. A proposal with its reason, that people confirm (P9). Pure."""

from __future__ import annotations

import enum
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from trainees.evidence.names import contained, is_like, is_part, listed, readings, same_name
from trainees.evidence.report import Connection


class Kind(enum.StrEnum):
    PERSON = "person"
    SITE = "site"
    TRAINER = "trainer"
    NONE = "none"


class Confidence(enum.StrEnum):
    SURE = "sure"
    LIKELY = "likely"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class RosterPerson:
    """Someone on a roster of the training, or one of its trainers."""

    id: int
    name: str
    email: str
    trains: bool = False

    @property
    def kind(self) -> Kind:
        return Kind.TRAINER if self.trains else Kind.PERSON


@dataclass(frozen=True, slots=True)
class TeamSite:
    """Where a team meets: its room has one connection for all (P9, R13)."""

    id: int
    name: str
    organization: str
    coordinator_email: str


@dataclass(frozen=True, slots=True)
class Match:
    """Whose connection it seems to be, and why. `id` is that of a person, a site or a trainer; None where the kind is none."""

    connection: Connection
    kind: Kind
    id: int | None
    confidence: Confidence
    reason: str


@dataclass(frozen=True, slots=True)
class _Found:
    """One candidate: a higher score is a better one of the same rule."""

    kind: Kind
    id: int
    label: str
    confidence: Confidence
    reason: str
    score: float = 1


Rule = Callable[[Connection, Sequence[RosterPerson], Sequence[TeamSite]], list[_Found]]


def match(connections: Sequence[Connection], people: Sequence[RosterPerson], sites: Sequence[TeamSite]) -> tuple[Match, ...]:
    """One proposal for each connection, in their order; nothing is decided here.

    Addresses come first, then names, then what a device is called by and slips of the pen. Of equally good candidates none is
    chosen: the reason names them.
    """
    people = sorted(set(people), key=lambda person: (person.id, person.name, person.email, person.trains))
    sites = sorted(set(sites), key=lambda site: (site.id, site.name, site.organization, site.coordinator_email))
    return tuple(_match(connection, people, sites) for connection in connections)


def _match(connection: Connection, people: Sequence[RosterPerson], sites: Sequence[TeamSite]) -> Match:
    for rule in RULES:
        found = _best(rule(connection, people, sites))
        if found and rule is _by_address:
            found = _beside_names(found, _best(_by_name(connection, people, sites)))
        if len(found) == 1:
            one = found[0]
            return Match(connection, one.kind, one.id, one.confidence, one.reason)
        if found:
            reason = _("It fits several equally well: %(names)s.") % {"names": listed([one.label for one in found])}
            return Match(connection, Kind.NONE, None, Confidence.UNSURE, reason)
    return Match(connection, Kind.NONE, None, Confidence.UNSURE, _("Nobody on the rosters and no site is called like that."))


def _best(found: Sequence[_Found]) -> list[_Found]:
    """The candidates of the highest score, each person and site once."""
    most = max((one.score for one in found), default=0)
    best: dict[tuple[Kind, int], _Found] = {}
    for one in found:
        if one.score == most:
            best.setdefault((one.kind, one.id), one)
    return list(best.values())


def _beside_names(by_address: list[_Found], by_name: Sequence[_Found]) -> list[_Found]:
    """Of several with the address, the one that is shown by its name as well. Of one, where the name speaks of others, with those named."""
    owners = {(one.kind, one.id) for one in by_address}
    named = [one for one in by_name if (one.kind, one.id) in owners]
    if len(by_address) > 1:
        return named if len(named) == 1 else by_address
    if not by_name or named:
        return by_address
    others = _("But the name fits %(names)s.") % {"names": listed([one.label for one in by_name])}
    return [replace(by_address[0], reason=f"{by_address[0].reason} {others}")]


def _by_address(connection: Connection, people: Sequence[RosterPerson], sites: Sequence[TeamSite]) -> list[_Found]:
    """The same address, compared without case (P11)."""
    key = _key(connection.email)
    if not key:
        return []
    of_person = {Kind.PERSON: _("The address is the one on the roster."), Kind.TRAINER: _("The address is that of a trainer.")}
    found = [
        _Found(person.kind, person.id, _person_label(person), Confidence.SURE, of_person[person.kind])
        for person in people
        if _key(person.email) == key
    ]
    reason = _("The address is that of the coordinator of the site “%(site)s”.")
    return found + [
        _Found(Kind.SITE, site.id, _site_label(site), Confidence.SURE, reason % {"site": site.name})
        for site in sites
        if _key(site.coordinator_email) == key
    ]


def _by_name(connection: Connection, people: Sequence[RosterPerson], sites: Sequence[TeamSite]) -> list[_Found]:
    """A person's whole name, or the name of a site or its organization within what is shown.

    A site's name weighs by its letters, so "Science Library" goes before "Library"; a person and a site do not outweigh each other.
    """
    persons = [found for person in people for shown in _shown(connection) if (found := _named_person(person, shown, connection))]
    places = _best([found for site in sites for shown in _shown(connection) if (found := _named_site(site, shown))])
    return persons + [_Found(one.kind, one.id, one.label, one.confidence, one.reason) for one in places]


def _named_person(person: RosterPerson, shown: str, connection: Connection) -> _Found | None:
    for reading in readings(shown):
        how = same_name(reading, person.name)
        if how is None:
            continue
        reason = _how(how)
        if reading != shown:
            reason = _("Read as “%(reading)s”.") % {"reading": reading} + " " + reason
        if _key(person.email) not in ("", _key(connection.email)) and connection.email:
            reason += " " + _("The address is another one.")
        return _Found(person.kind, person.id, _person_label(person), Confidence.LIKELY, reason)
    return None


def _how(how: str) -> str:
    return {
        "same": _("The name is the same."),
        "case": _("The name is the same but for capital letters."),
        "accents": _("The name is the same but for accents."),
        "writing": _("The name is the same but for how it is written."),
        "order": _("The name is the same in another order."),
    }[how]


def _named_site(site: TeamSite, shown: str) -> _Found | None:
    of_site, of_organization = contained(site.name, shown), contained(site.organization, shown)
    named = {"site": site.name, "organization": site.organization}
    if of_site and of_organization:
        reason = _("Contains the names of the organization “%(organization)s” and of its site “%(site)s”.")
    elif of_site:
        reason = _("Contains the name of the site “%(site)s”.")
    elif of_organization:
        reason = _("Contains the name of the organization “%(organization)s”, which has the site “%(site)s”.")
    else:
        return None
    score = max(of_site, of_organization) if site.name == site.organization else of_site + of_organization
    return _Found(Kind.SITE, site.id, _site_label(site), Confidence.LIKELY, reason % named, score)


def _by_part(connection: Connection, people: Sequence[RosterPerson], _sites: Sequence[TeamSite]) -> list[_Found]:
    """One word that is someone's first or last name, as devices have it."""
    reason = _("“%(reading)s” is a part of the name “%(name)s”.")
    return [
        _Found(
            person.kind,
            person.id,
            _person_label(person),
            Confidence.UNSURE,
            reason % {"reading": reading, "name": person.name},
        )
        for person in people
        for shown in _shown(connection)
        for reading in readings(shown)
        if is_part(reading, person.name)
    ]


def _by_likeness(connection: Connection, people: Sequence[RosterPerson], sites: Sequence[TeamSite]) -> list[_Found]:
    """A slip of the pen in the name of a person or a site."""
    reason = _("The name is like “%(name)s”.")
    all_ = [(person.kind, person.id, person.name, _person_label(person)) for person in people]
    all_ += [(Kind.SITE, site.id, site.name, _site_label(site)) for site in sites]
    return [
        _Found(kind, id_, label, Confidence.UNSURE, reason % {"name": name})
        for kind, id_, name, label in all_
        for shown in _shown(connection)
        for reading in readings(shown)
        if is_like(reading, name)
    ]


RULES: tuple[Rule, ...] = (_by_address, _by_name, _by_part, _by_likeness)


def _shown(connection: Connection) -> tuple[str, ...]:
    """Every name that the connection was shown under."""
    return tuple(name for name in (connection.name, *connection.also) if name)


def _key(email: str) -> str:
    return unicodedata.normalize("NFC", email.strip()).casefold()


def _person_label(person: RosterPerson) -> str:
    return f"{person.name} ({person.email})" if person.email else person.name


def _site_label(site: TeamSite) -> str:
    return _("the site “%(site)s” of %(organization)s") % {"site": site.name, "organization": site.organization}
