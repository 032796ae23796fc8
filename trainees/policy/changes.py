"""A team's list as it should be, against the roster as it stands: who comes, who leaves, what is corrected (P7). Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from trainees.states import LineKind as Kind


@dataclass(frozen=True, slots=True)
class Standing:
    """A place as it stands. `key`: of the address (P11). `applied`: the person has begun the application."""

    place: int
    key: str
    name: str
    location: str
    remote: bool
    applied: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """A person as a list names them."""

    line: int
    key: str
    name: str
    email: str
    location: str = ""
    remote: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """One change. Who comes has no `before`; who leaves has no `after`. `readdressed`: the same name with another address."""

    kind: Kind
    before: Standing | None = None
    after: Wanted | None = None
    readdressed: bool = False


@dataclass(frozen=True, slots=True)
class Changes:
    """All of a list's changes, those of the list in its order, then who leaves."""

    each: tuple[Change, ...] = ()
    of: Counter[Kind] = field(default_factory=Counter)

    @property
    def only_corrections(self) -> bool:
        """Whether nobody comes, leaves or gets another address: only how the same people are listed changes."""
        return bool(self.each) and all(one.kind == Kind.CHANGES and not one.readdressed for one in self.each)

    @property
    def of_applied(self) -> tuple[Change, ...]:
        """New addresses of people who have begun their application: a request, at any time."""
        return tuple(one for one in self.each if one.readdressed and one.before is not None and one.before.applied)

    def summary(self) -> str:
        """In words, without a name."""
        said: dict[Kind, str] = {
            Kind.COMES: ngettext("%(n)d person comes", "%(n)d people come", self.of[Kind.COMES]),
            Kind.LEAVES: ngettext("%(n)d person leaves", "%(n)d people leave", self.of[Kind.LEAVES]),
            Kind.CHANGES: ngettext("%(n)d is corrected", "%(n)d are corrected", self.of[Kind.CHANGES]),
        }
        return ", ".join(text % {"n": self.of[kind]} for kind, text in said.items() if self.of[kind]) or _("nothing changes")


def changes_of(standing: Sequence[Standing], listed: Iterable[Wanted]) -> Changes:
    """What a list would change. Whoever it names under the same name with another address is the same person, corrected.

    Two of one name are not told apart: the one leaves, and the other comes.
    """
    by_key = {one.key: one for one in standing}
    wanted = list(listed)
    keys = {one.key for one in wanted}
    leaving = [one for one in standing if one.key not in keys]
    new_names = Counter(one.name.casefold() for one in wanted if one.key not in by_key)
    old_names = Counter(one.name.casefold() for one in leaving)
    same = {one.name.casefold(): one for one in leaving if old_names[one.name.casefold()] == new_names[one.name.casefold()] == 1}
    found: list[Change] = []
    for one in wanted:
        here = by_key.get(one.key)
        if here is None:
            moved = same.get(one.name.casefold())
            found.append(Change(Kind.CHANGES if moved else Kind.COMES, before=moved, after=one, readdressed=moved is not None))
        elif (here.name, here.location, here.remote) != (one.name, one.location, one.remote):
            found.append(Change(Kind.CHANGES, before=here, after=one))
    staying = {one.before.place for one in found if one.before is not None}
    found += [Change(Kind.LEAVES, before=one) for one in leaving if one.place not in staying]
    return Changes(tuple(found), Counter(one.kind for one in found))
