"""Owing a letter, and taking it back: in the transaction of its cause."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, models, transaction

from carpentries_portal.common import jobs
from carpentries_portal.common.models import Notice, Person, email_key
from carpentries_portal.common.models.notices import NoticeState
from carpentries_portal.common.notices.registry import CATALOGUE


def queue(
    *,
    letter: str,
    to: Person | None,
    occasion: str,
    now: datetime,
    about: models.Model | None = None,
    context: Mapping[str, Any] | None = None,
    due_at: datetime | None = None,
) -> Notice | None:
    """Owe a letter to a person, or to the staff desk (None), in the caller's transaction; due now unless `due_at` says later.

    Returns None where the letter was owed to the same address on the same occasion already: it is not owed twice.
    """
    address = to.email if to is not None else settings.STAFF_EMAIL
    notice = Notice(
        code=CATALOGUE.letters[letter].code,
        letter=letter,
        to_person=to,
        to_address=address,
        to_key=email_key(address),
        occasion=occasion,
        subject_label=about._meta.label_lower if about is not None else "",
        subject_id=about.pk if about is not None else None,
        context=dict(context or {}),
        queued_at=now,
        due_at=max(now, due_at or now),
    )
    try:
        with transaction.atomic():
            notice.save()
    except IntegrityError:
        same = Notice.objects.exclude(state=NoticeState.CANCELLED).filter(letter=letter, to_key=notice.to_key, occasion=occasion)
        if not same.exists():
            raise
        return None
    jobs.enqueue("common.deliver")
    return notice


def cancel(*, about: models.Model, letters: tuple[str, ...] = ()) -> int:
    """Take back what has not left yet, because its cause is gone; `letters` names them, empty: all about the row. Returns how many."""
    rows = Notice.objects.filter(subject_label=about._meta.label_lower, subject_id=about.pk, state=NoticeState.QUEUED)
    if letters:
        rows = rows.filter(letter__in=letters)
    return rows.update(state=NoticeState.CANCELLED)


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
