"""Owing a letter, and taking it back: in the transaction of its cause."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, models, transaction

from carpentries_portal.common import jobs
from carpentries_portal.common.models import Notice, Person, email_key
from carpentries_portal.common.models.notices import NoticeState
from carpentries_portal.common.notices.registry import CATALOGUE

BATCH = 500
_owed: ContextVar[list[Notice] | None] = ContextVar("owed", default=None)


@contextmanager
def noting_owed() -> Iterator[list[Notice]]:
    """What is queued meanwhile, by this thread alone: how the preview finds the letters of an action that it takes back."""
    owed: list[Notice] = []
    token = _owed.set(owed)
    try:
        yield owed
    finally:
        _owed.reset(token)


def queue(
    *,
    letter: str,
    to: Person | None,
    occasion: str,
    now: datetime,
    about: models.Model | None = None,
    context: Mapping[str, Any] | None = None,
    due_at: datetime | None = None,
    address: str = "",
) -> Notice | None:
    """Owe a letter to a person, or to the staff desk (None), in the caller's transaction; due now unless `due_at` says later.

    `address`: another than the person's own, such as the one that they had. Returns None where it was owed to that address about the same thing on the same occasion already: it is not owed twice.
    """
    owed = Owed(to=to, occasion=occasion, about=about, context=context or {}, due_at=due_at, address=address)
    saved = _save(_notice(letter, owed, now=now))
    if saved is not None:
        jobs.enqueue("common.deliver")
    return saved


@dataclass(frozen=True, slots=True)
class Owed:
    """One of many letters of a kind: the arguments of `queue`."""

    to: Person | None
    occasion: str
    about: models.Model | None = None
    context: Mapping[str, Any] = field(default_factory=dict)
    due_at: datetime | None = None
    address: str = ""


def queue_each(*, letter: str, owed: Sequence[Owed], now: datetime, unheard: bool = False) -> int:
    """As `queue` for each of many, in few queries. Returns how many are owed that were not owed before.

    `unheard`: the occasion is a line that the caller's transaction has just written, so nothing can have been owed on it; then there is no
    savepoint to go back to.
    """
    if not owed:
        return 0
    try:
        with nullcontext() if unheard else transaction.atomic():
            made = Notice.objects.bulk_create([_notice(letter, one, now=now) for one in owed], batch_size=BATCH)
        _note(made)
        count = len(made)
    except IntegrityError:  # one of them was owed already
        if unheard:
            raise
        count = sum(_save(_notice(letter, one, now=now)) is not None for one in owed)
    jobs.enqueue("common.deliver")
    return count


def _notice(letter: str, owed: Owed, *, now: datetime) -> Notice:
    address = owed.address or (owed.to.email if owed.to is not None else settings.STAFF_EMAIL)
    return Notice(
        code=CATALOGUE.letters[letter].code,
        letter=letter,
        to_person=owed.to,
        to_address=address,
        to_key=email_key(address),
        occasion=owed.occasion,
        subject_label=owed.about._meta.label_lower if owed.about is not None else "",
        subject_id=owed.about.pk if owed.about is not None else None,
        context=dict(owed.context),
        queued_at=now,
        due_at=max(now, owed.due_at or now),
    )


def _save(notice: Notice) -> Notice | None:
    try:
        with transaction.atomic():
            notice.save()
    except IntegrityError:
        if not _same_as(notice, to_key=notice.to_key).exclude(state=NoticeState.CANCELLED).exists():
            raise
        return None
    _note([notice])
    return notice


def _same_as(notice: Notice, *, to_key: str) -> models.QuerySet[Notice]:
    """The letters of its kind to an address that are about the same thing, on the same occasion."""
    same = Notice.objects.filter(letter=notice.letter, to_key=to_key, occasion=notice.occasion)
    return same.filter(subject_label=notice.subject_label, subject_id=notice.subject_id)


def redirect(waiting: models.QuerySet[Notice], *, address: str) -> None:
    """Letters that have not left go to another address; one that is owed there already, on the same occasion, leaves once."""
    for notice in waiting.filter(state=NoticeState.QUEUED).order_by("pk"):
        owed = _same_as(notice, to_key=email_key(address)).exclude(pk=notice.pk).exclude(state=NoticeState.CANCELLED)
        if owed.exists():
            notice.state = NoticeState.CANCELLED
        else:
            notice.to_address, notice.to_key = address, email_key(address)
        notice.save(update_fields=["state", "to_address", "to_key"])


def _note(notices: Sequence[Notice]) -> None:
    if (owed := _owed.get()) is not None:
        owed.extend(notices)


def cancel_each(*, about: Sequence[models.Model], letters: tuple[str, ...] = ()) -> int:
    """As `cancel` for many rows of one model. Returns how many."""
    if not about:
        return 0
    rows = Notice.objects.filter(subject_label=about[0]._meta.label_lower, subject_id__in=[row.pk for row in about])
    rows = rows.filter(state=NoticeState.QUEUED)
    if letters:
        rows = rows.filter(letter__in=letters)
    return rows.update(state=NoticeState.CANCELLED)


def cancel(*, about: models.Model, letters: tuple[str, ...] = ()) -> int:
    """Take back what has not left yet, because its cause is gone; `letters` names them, empty: all about the row. Returns how many."""
    return cancel_each(about=[about], letters=letters)


def take_back(*, about: models.Model, to: Person, letter: str = "") -> list[Mapping[str, Any]]:
    """Take back what one person was owed about a row and has not been sent; `letter` names it, empty: all. Returns what each knew, the oldest first."""
    rows = Notice.objects.filter(subject_label=about._meta.label_lower, subject_id=about.pk, to_key=email_key(to.email))
    rows = rows.filter(letter=letter) if letter else rows
    found = list(rows.filter(state=NoticeState.QUEUED).order_by("pk"))
    Notice.objects.filter(pk__in=[row.pk for row in found], state=NoticeState.QUEUED).update(state=NoticeState.CANCELLED)
    return [row.context for row in found]


def forget(*, about: models.Model) -> int:
    """Delete what was owed about a row and has not left, as if it had never been owed (P13). Returns how many."""
    rows = Notice.objects.filter(subject_label=about._meta.label_lower, subject_id=about.pk)
    count, _rows = rows.filter(state__in=[NoticeState.QUEUED, NoticeState.CANCELLED]).delete()
    return count


def hasten(*, about: list[models.Model], letter: str, now: datetime) -> int:
    """Let what waits for later leave now. Returns how many."""
    if not about:
        return 0
    label, ids = about[0]._meta.label_lower, [row.pk for row in about]
    rows = Notice.objects.filter(letter=letter, subject_label=label, subject_id__in=ids, state=NoticeState.QUEUED)
    count = rows.filter(due_at__gt=now).update(due_at=now)
    jobs.enqueue("common.deliver")
    return count
