"""Drawing many certificates anew: asked for once, made bit by bit by a worker, with progress that can be left and found again."""

from __future__ import annotations

from datetime import date, datetime

from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from carpentries_portal.common import jobs, journal, turns
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.models import Person
from certification import certificate_queries
from certification.actions.certificates import DRAW, revise
from certification.models import Certificate, Reissue

BATCH = 100
TURN = "certification.reissues"
"""Whoever asks for one looks first whether another is at work."""


class UnableToReissue(UnableTo):
    """No reason, no certificate in these days, or another re-issue is not made yet."""


def _meant(reissue: Reissue) -> models.QuerySet[Certificate]:
    rows = certificate_queries.valid_between(first_on=reissue.first_on, last_on=reissue.last_on)
    return rows.filter(issued_at__lte=reissue.asked_at)


def start_reissue(*, why: str, first_on: date | None, last_on: date | None, tell: bool, by: Person, now: datetime) -> Reissue:
    """All valid certificates that were issued from one day to another get a new revision; `tell`: their holders get it by mail.

    Raises UnableToReissue.
    """
    if not why.strip():
        raise UnableToReissue(_("Say why: each new revision keeps it."))
    reissue = Reissue(asked_at=now, asked_by=by, why=why.strip(), first_on=first_on, last_on=last_on, tell=tell)
    with transaction.atomic():
        turns.take(TURN)
        reissue.total = _meant(reissue).count()
        if reissue.total == 0:
            raise UnableToReissue(_("No valid certificate was issued in these days."))
        if Reissue.objects.filter(made_at__isnull=True).exists():
            raise UnableToReissue(_("Another one is at work: wait until all of its certificates are made."))
        reissue.save()
        text = ngettext("%(n)d certificate is drawn anew: %(why)s", "%(n)d certificates are drawn anew: %(why)s", reissue.total)
        said = text % {"n": reissue.total, "why": reissue.why}
        journal.record(what="certificates_reissued", now=now, by=by, rule="R29", why=said, about=[reissue])
        jobs.enqueue(DRAW)
    return reissue


def make_some(*, now: datetime, limit: int = BATCH) -> int:
    """The next revisions of the oldest re-issue that is not made yet, in one transaction. Returns how many; 0: nothing is left.

    A crash in the middle undoes this bit alone; the next worker goes on where it stood.
    """
    with transaction.atomic():
        waiting = Reissue.objects.filter(made_at__isnull=True).order_by("pk")
        reissue = waiting.select_for_update(of=("self",), no_key=True, skip_locked=True).first()
        if reissue is None:
            return 0
        rows = _meant(reissue).filter(pk__gt=reissue.last_id).order_by("pk")[:limit]
        certificates = list(rows.select_for_update(of=("self",), no_key=True))
        for certificate in certificate_queries.with_newest(certificates):
            last = certificate.newest  # type: ignore[attr-defined]  # set by with_newest
            revise(
                certificate,
                name=last.name,
                data=last.data,
                why=reissue.why,
                by=reissue.asked_by,
                now=now,
                tell=reissue.tell,
                reissue=reissue,
            )
        reissue.made += len(certificates)
        if certificates:
            reissue.last_id = certificates[-1].pk
        if len(certificates) < limit:
            reissue.made_at = now
        reissue.save(update_fields=["made", "last_id", "made_at"])
    return len(certificates)
