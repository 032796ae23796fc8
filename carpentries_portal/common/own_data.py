"""What is held about a person: each app registers its part. Downloaded as an archive, corrected, redacted where one is forgotten."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain
from typing import Any

from allauth.mfa.models import Authenticator
from django.db import models
from django.utils.translation import gettext as _

from carpentries_portal.common.models import JournalEntry, Notice, Person
from carpentries_portal.common.registries import Registry

MASK = "[forgotten]"
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that is held: its name in the archive, and its bytes."""

    name: str
    body: bytes


def _nothing(person: Person) -> list[Any]:
    return []


@dataclass(frozen=True, slots=True)
class Holding:
    """An app's part: `rows` to show, the `files`, the `words` that name the person, and what journal and letters are found by.

    `things` are the person's alone: their lines are shown. `around` is shared with others, whose lines are nobody else's to read;
    it is looked through where the person is forgotten.
    """

    rows: Callable[[Person], dict[str, list[Row]]]
    files: Callable[[Person], Iterable[Kept]] = _nothing
    things: Callable[[Person], Iterable[models.Model]] = _nothing
    around: Callable[[Person], Iterable[models.Model]] = _nothing
    words: Callable[[Person], Iterable[str]] = _nothing


HELD: Registry[Holding] = Registry()


def row_of(thing: models.Model, *names: str) -> Row:
    """Some fields of a row as plain values: choices in words, instants in ISO, UTC."""
    shown: Row = {}
    for name in names:
        value = getattr(thing, name)
        word = getattr(thing, f"get_{name}_display", None)
        shown[name] = str(word()) if word is not None and value not in (None, "") else plain(value)
    return shown


def plain(value: Any) -> Any:
    """A value that JSON takes."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    return str(value)


def held(person: Person) -> dict[str, list[Row]]:
    """Everything that is held about the person, by what it is; the parts in the order in which apps registered."""
    found: dict[str, list[Row]] = {}
    for holding in HELD:
        for title, rows in holding.rows(person).items():
            found.setdefault(title, []).extend(rows)
    return found


def archive(person: Person, *, now: datetime) -> bytes:
    """A ZIP: data.json with all that is held, and the files. The same data give the same bytes."""
    out = io.BytesIO()
    data = {"made_at": now.isoformat(), "about": person.email, **held(person)}
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        _put(book, "data.json", json.dumps(data, ensure_ascii=False, indent=1).encode(), now=now)
        for holding in HELD:
            for kept in holding.files(person):
                _put(book, f"files/{kept.name}", kept.body, now=now)
    return out.getvalue()


def _put(book: zipfile.ZipFile, name: str, body: bytes, *, now: datetime) -> None:
    entry = zipfile.ZipInfo(name, date_time=(now.year, now.month, now.day, now.hour, now.minute, now.second))
    entry.compress_type = zipfile.ZIP_DEFLATED
    book.writestr(entry, body)


Things = dict[str, set[int]]
"""Ids of rows by their model's label."""


def own_things(person: Person) -> Things:
    """The rows that are the person's alone."""
    return _by_label(thing for holding in HELD for thing in holding.things(person))


def things_of(person: Person) -> Things:
    """The rows that may name the person: their own, and those they share with others."""
    return _by_label(thing for holding in HELD for thing in chain(holding.things(person), holding.around(person)))


def _by_label(things: Iterable[models.Model]) -> Things:
    found: Things = {}
    for thing in things:
        found.setdefault(thing._meta.label_lower, set()).add(thing.pk)
    return found


def words_of(person: Person) -> list[str]:
    """Each name and address that stands for the person somewhere."""
    words = {word.strip() for holding in HELD for word in holding.words(person)}
    return sorted(word for word in words if word)


class Redactor:
    """Puts a mask where a person is named: whole names and addresses, without case."""

    def __init__(self, words: Sequence[str]) -> None:
        self.words = words = tuple(sorted(words, key=lambda word: (-len(word), word)))  # an address before the name within it
        self._found = re.compile("|".join(rf"(?<!\w){re.escape(word)}(?!\w)" for word in words), re.IGNORECASE) if words else None

    def text(self, text: str) -> str:
        return self._found.sub(MASK, text) if self._found is not None else text

    def value(self, value: Any) -> Any:
        """The same for a value of JSON, at any depth."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.value(one) for one in value]
        if isinstance(value, dict):
            return {key: self.value(one) for key, one in value.items()}
        return value


# The floor's own part.


def _rows(person: Person) -> dict[str, list[Row]]:
    account = row_of(person, "name", "email", "zone", "is_staff", "added_at", "last_login")
    return {
        "account": [account],
        "merged_with": [row_of(row, "name", "email", "merged_at") for row in person.merged_here.order_by("pk")],
        "second_factors": [row_of(row, "type", "created_at", "last_used_at") for row in Authenticator.objects.filter(user=person)],
        "sessions": [row_of(row, "expire_date") for row in person.portal_sessions.order_by("expire_date")],
        "personal_links": [row_of(link, "purpose", "made_at", "expires_at", "last_used_at") for link in _links(person)],
        "letters": [
            row_of(one, "code", "state", "to_address", "queued_at", "sent_at", "subject_line", "body") for one in _letters(person)
        ],
        "requests_about_own_data": [
            row_of(one, "kind", "state", "text", "asked_at", "decided_at", "note") for one in person.data_requests.order_by("pk")
        ],
        "journal": _lines(person),
    }


def _links(person: Person) -> Iterator[models.Model]:
    return iter(person.personal_links.order_by("pk"))


def _letters(person: Person) -> Iterator[models.Model]:
    return Notice.objects.filter(to_person=person).order_by("pk").iterator(chunk_size=200)


def journal_of(person: Person, things: Things) -> models.QuerySet[JournalEntry]:
    """The lines that the person wrote, or that are about one of these things."""
    about = models.Q(by=person)
    for label, ids in things.items():
        about |= models.Q(subjects__label=label, subjects__object_id__in=ids)
    return JournalEntry.objects.filter(pk__in=JournalEntry.objects.filter(about).values("pk")).order_by("pk")


def _lines(person: Person) -> list[Row]:
    """The journal as the person may read it. A line of somebody else that is about others too is there without its sentence, which names them."""
    own = own_things(person)
    shown = []
    for line in journal_of(person, own).prefetch_related("subjects"):
        row = row_of(line, "at", "what", "rule", "why")
        others = any(one.label in own and one.object_id not in own[one.label] for one in line.subjects.all())
        shown.append(row if line.by_id == person.pk or not others else row | {"why": ""})
    return shown


def _things(person: Person) -> Iterator[models.Model]:
    """The person, and their letters: staff send them again, and try them on themselves."""
    yield person
    yield from Notice.objects.filter(to_person=person).only("pk").order_by("pk")


def _words(person: Person) -> Iterator[str]:
    """Theirs, and those of people who turned out to be them."""
    for row in (person, *person.merged_here.all()):
        yield row.name
        yield row.email


def describe(person: Person) -> list[str]:
    """How much is held, in lines that staff read before they forget somebody."""
    return [
        _("%(title)s: %(n)d") % {"title": title.replace("_", " "), "n": len(rows)} for title, rows in held(person).items() if rows
    ]


def register() -> None:
    """Called when the app is ready."""
    HELD.add("common", Holding(rows=_rows, things=_things, words=_words))
