"""The catalogue of letters: a name, its code in the handbook, its templates, and what fills them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from carpentries_portal.common.models import Notice


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
    code: str
    name: str
    template: str
    build: Builder


@dataclass
class Catalogue:
    letters: dict[str, Letter] = field(default_factory=dict)

    def add(self, letter: Letter) -> None:
        if letter.name in self.letters:
            raise ValueError(f"two letters are called {letter.name}")
        self.letters[letter.name] = letter


CATALOGUE = Catalogue()


def letter(code: str, name: str, *, template: str) -> Callable[[Builder], Builder]:
    """Registers a builder: from a notice, which has the frozen sentences and ids, to what its templates get."""

    def register(build: Builder) -> Builder:
        CATALOGUE.add(Letter(code=code, name=name, template=template, build=build))
        return build

    return register
