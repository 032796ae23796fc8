"""What a page has shown before a button: the values and what the rules say to them, so that nobody confirms what they have not read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from carpentries_portal.common.handbook import Verdict


def of(verdicts: Iterable[Verdict], *values: object) -> str:
    """A short digest of the values and of every sentence but a plain "allowed"."""
    said = [
        f"{verdict.rule} {verdict.answer} {verdict.sentence}"
        for verdict in verdicts
        if not verdict.allowed or verdict.warned or verdict.exception
    ]
    text = "\n".join([*(str(value) for value in values), *said])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def of_booking(verdicts: Iterable[Verdict], values: Mapping[str, Any]) -> str:
    """The digest of a booking's form: the membership, the seats, the site's zone."""
    return of(verdicts, values["membership"].pk, values["seats"], values["site_zone"])
