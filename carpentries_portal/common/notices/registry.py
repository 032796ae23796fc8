"""The catalogue of letters: a name, its code in the handbook, its templates, and what fills them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from carpentries_portal.common.models import Notice


class Obsolete(Exception):
    """Raised by a builder: what the letter would say is true no longer. It is cancelled, and may be owed anew."""


@dataclass(frozen=True, slots=True)
class Attachment:
    name: str
    mimetype: str
    body: bytes


@dataclass(frozen=True, slots=True)
class LinkTo:
    """A personal link that the letter carries: made when the letter is sent."""

    purpose: str
    path: str


@dataclass(frozen=True, slots=True)
class Content:
    """What a letter's templates get. `zone` is the reader's (IANA): letters use the site's."""

    context: Mapping[str, Any]
    zone: str = "UTC"
    link: LinkTo | None = None
    attachments: tuple[Attachment, ...] = ()
    reply_to: str = ""


Builder = Callable[[Notice], Content]


@dataclass(frozen=True, slots=True)
class Letter:
    """`secret`: keys of the notice's context that the log masks, and that are forgotten once it is done.
    `holds`: it is of no use to anybody later than this after it was queued."""

    code: str
    name: str
    template: str
    build: Builder
    secret: tuple[str, ...] = ()
    holds: timedelta | None = None


@dataclass
class Catalogue:
    letters: dict[str, Letter] = field(default_factory=dict)

    def add(self, letter: Letter) -> None:
        if letter.name in self.letters:
            raise ValueError(f"two letters are called {letter.name}")
        self.letters[letter.name] = letter


CATALOGUE = Catalogue()


def letter(
    code: str, name: str, *, template: str, secret: tuple[str, ...] = (), holds: timedelta | None = None
) -> Callable[[Builder], Builder]:
    """Registers a builder: from a notice, which has the frozen sentences and ids, to what its templates get."""

    def register(build: Builder) -> Builder:
        CATALOGUE.add(Letter(code=code, name=name, template=template, build=build, secret=secret, holds=holds))
        return build

    return register
