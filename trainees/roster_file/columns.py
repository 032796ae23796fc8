"""Which column of a table holds what: by its headings, and where there are none by what stands in it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from trainees.roster_file import names
from trainees.roster_file.addresses import at_count, stands_alone
from trainees.roster_file.attendance import says_remote
from trainees.roster_file.headings import EMAIL, FAMILY, GIVEN, LOCATION, MIDDLE, NAME, ONSITE, REMOTE, role_of
from trainees.roster_file.values import Row

_HEADER_WITHIN = 20


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column holds what; `header` is the index of the row with the headings, -1 where there is none.

    `parts` are the columns of a name in parts, given name first; `onsite`: the remote column asks who comes in person.
    """

    header: int
    width: int
    headings: tuple[str, ...] = ()
    name: int | None = None
    parts: tuple[int, ...] = ()
    email: int | None = None
    locations: tuple[int, ...] = ()
    remote: int | None = None
    onsite: bool = False

    def used(self) -> set[int]:
        found = {*self.parts, *self.locations, self.name, self.email, self.remote}
        return {column for column in found if column is not None}


@dataclass(frozen=True, slots=True)
class Profile:
    """What stands in a column: how many cells are filled, how many are addresses, text, whole names, different from each other, and whether all say who is remote."""

    filled: int
    addresses: int
    texts: int
    whole: int
    different: float
    says_remote: bool


def find_columns(rows: Sequence[Row]) -> Columns:
    """The columns of a table."""
    header = _header_at(rows)
    width = max((len(row.cells) for row in rows), default=0)
    body = rows[header + 1 :]
    profiles = [_profile(row.cell(column) for row in body) for column in range(width)]
    if header < 0:
        return _by_content(Columns(-1, width), profiles)
    headings = tuple(_heading(rows[header], column) for column in range(width))
    return _by_headings(Columns(header, width, headings), profiles, body)


def has_headings(rows: Sequence[Row]) -> bool:
    """Whether a table has a row of headings."""
    return _header_at(rows) >= 0


def _heading(row: Row, column: int) -> str:
    return row.cell(column) or row.spread.get(column, "")


def _header_at(rows: Sequence[Row]) -> int:
    """The row with the most headings among the first: e-mail and a name among them, or e-mail, or two others; -1 where there is none."""
    best, at = (0, 0), -1
    addresses_seen = False
    for index, row in enumerate(rows[:_HEADER_WITHIN]):
        headings = {heading for column in range(len(row.cells)) if (heading := _heading(row, column))}
        if any(at_count(heading) for heading in headings):
            addresses_seen = addresses_seen or any(map(stands_alone, headings))
            continue
        said = [role_of(heading) for heading in headings]
        roles, exact = {role for role, _exact in said} - {""}, sum(whole for role, whole in said if role)
        strong = EMAIL in roles and bool(roles & {NAME, GIVEN, FAMILY})
        weak = (
            exact > 0
            and not addresses_seen
            and (EMAIL in roles or len(roles) > 1 or _heads_addresses(row, rows[index + 1 : index + 4]))
        )
        if (strong or weak) and (2 if strong else 1, exact) > best:
            best, at = (2 if strong else 1, exact), index
    return at


def _heads_addresses(row: Row, below: Sequence[Row]) -> bool:
    """Whether a word without "@" stands right above an address: "Contact"."""
    return any(row.cell(column) and any(stands_alone(other.cell(column)) for other in below) for column in range(len(row.cells)))


def _profile(cells: Iterable[str]) -> Profile:
    filled = [cell for cell in cells if cell]
    texts = [cell for cell in filled if any(sign.isalpha() for sign in cell) and not at_count(cell)]
    return Profile(
        filled=len(filled),
        addresses=sum(map(stands_alone, filled)),
        texts=len(texts),
        whole=sum(map(names.is_whole_name, texts)),
        different=round(len({text.casefold() for text in texts}) / len(texts), 1) if texts else 0,
        says_remote=bool(filled) and all(says_remote(cell, onsite=False) is not None for cell in filled),
    )


def _by_headings(columns: Columns, profiles: Sequence[Profile], body: Sequence[Row]) -> Columns:
    by_role: dict[str, list[int]] = {}
    said = [role_of(heading) for heading in columns.headings]
    for role in (NAME, GIVEN, MIDDLE, FAMILY, LOCATION, REMOTE, ONSITE):
        whole = [column for column, found in enumerate(said) if found == (role, True)]
        by_role[role] = whole or [column for column, found in enumerate(said) if found == (role, False)][:1]
    remote = by_role[REMOTE] or by_role[ONSITE]
    columns = replace(
        columns,
        email=_email(said, profiles),
        locations=tuple(by_role[LOCATION][:3]),
        remote=remote[0] if remote else None,
        onsite=bool(remote) and not by_role[REMOTE],
    )
    columns = _named(columns, by_role, profiles, body)
    if columns.name is None and not columns.parts:
        taken = columns.used() | {at for at, found in enumerate(said) if found == ("", True)}
        nothing = Profile(0, 0, 0, 0, 0, says_remote=False)
        guessed = _by_content(columns, [nothing if at in taken else profile for at, profile in enumerate(profiles)])
        columns = replace(columns, name=guessed.name, parts=guessed.parts)
    return columns


def _email(said: Sequence[tuple[str, bool]], profiles: Sequence[Profile]) -> int | None:
    """The column that is headed so and holds addresses, a whole wording first; else one that holds them under any heading."""
    headed = [column for column, (role, _whole) in enumerate(said) if role == EMAIL]
    holding = [column for column in headed if profiles[column].addresses]
    if holding:
        return max(holding, key=lambda column: (said[column][1], profiles[column].addresses, -column))
    elsewhere = (column for column in range(len(profiles)) if said[column] != ("", True))
    others = [column for column in elsewhere if profiles[column].addresses * 2 > profiles[column].filled]
    if others:
        return max(others, key=lambda column: (profiles[column].addresses, -column))
    return headed[0] if headed else None


def _named(columns: Columns, by_role: dict[str, list[int]], profiles: Sequence[Profile], body: Sequence[Row]) -> Columns:
    """One column with the name, or its parts. "Name" beside "First name" is the family name, unless it holds the first name too."""
    name, given, family = by_role[NAME][:1], by_role[GIVEN][:1], by_role[FAMILY][:1]
    if name and bool(given) != bool(family) and not _contains(body, name[0], (given or family)[0]):
        given, family, name = given or name, family or name, []
    if len(by_role[NAME]) > 1 and name and not given and profiles[name[0]].whole * 2 < profiles[name[0]].texts:
        return replace(columns, parts=tuple(by_role[NAME][:2]))
    middle = by_role[MIDDLE][:1] if given and family else []
    return replace(columns, name=name[0] if name else None, parts=(*given, *middle, *family))


def _contains(body: Sequence[Row], whole: int, part: int) -> bool:
    pairs = [(row.cell(whole).casefold(), row.cell(part).casefold()) for row in body if row.cell(whole) and row.cell(part)]
    return sum(part in whole for whole, part in pairs) * 2 > len(pairs)


def _by_content(columns: Columns, profiles: Sequence[Profile]) -> Columns:
    """Without headings: most addresses are the e-mail column; whole names, different from each other, the name; the rest the location."""
    email = max(range(len(profiles)), key=lambda at: (profiles[at].addresses, -at), default=None)
    if email is not None and not profiles[email].addresses:
        email = None
    texts = [at for at, profile in enumerate(profiles) if at != email and profile.texts * 2 > profile.filled]
    remote = next((at for at in texts if profiles[at].says_remote), None)
    texts = [at for at in texts if at != remote]
    whole = [at for at in texts if profiles[at].whole * 2 >= profiles[at].texts]
    name: int | None = None
    parts: tuple[int, ...] = ()
    if whole:
        name = max(whole, key=lambda at: (profiles[at].different, -at))
    elif len(texts) > 1 and (profiles[texts[1]].different > 0.5 or len(texts) > 2):
        parts = (texts[0], texts[1])
    elif texts:
        name = texts[0]
    left = [at for at in texts if at != name and at not in parts]
    location = min(left, key=lambda at: (profiles[at].different, at), default=None)
    locations = () if location is None else (location,)
    return replace(columns, email=email, name=name, parts=parts, locations=locations, remote=remote)
