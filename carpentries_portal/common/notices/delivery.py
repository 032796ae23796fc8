"""Sending what is due: a worker claims one row, makes the mail, sends, commits.

Between the mail server's OK and our commit a kill may send one letter twice; nowhere else.
"""

from __future__ import annotations

import logging
import smtplib
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, connection
from django.db.models import F

from carpentries_portal.common.models import Notice
from carpentries_portal.common.models.notices import ADDRESS_REFUSED, NoticeState
from carpentries_portal.common.notices.composing import Composed, compose
from carpentries_portal.common.notices.registry import CATALOGUE, Obsolete

log = logging.getLogger(__name__)

BACK_OFF_MINUTES = (1, 5, 15, 60, 180, 360, 720)
MAX_ATTEMPTS = len(BACK_OFF_MINUTES) + 1
STUCK_AFTER = timedelta(minutes=10)
GIVE_UP_AFTER = 3  # letters in a row that find no server: the next sweep tries again
KEEP_WAITS = (
    0.2,
    1.0,
    2.0,
    5.0,
    10.0,
    20.0,
)  # seconds: a database that starts anew is waited for, or what has left would leave again


def deliver_for(turn: timedelta, *, read: Callable[[], datetime]) -> bool:
    """Send what is due, until nothing is or the turn is over. True where more may be left.

    The clock is read for each letter: however slow the server, a claim tells when it was made, and a turn ends.
    """
    ends = read() + turn
    free_stuck(now=read())
    in_vain = 0
    while in_vain < GIVE_UP_AFTER:
        now = read()
        if now > ends:
            return True
        if (notice := claim(now=now)) is None:
            return False
        in_vain = 0 if _deliver(notice, now=now) else in_vain + 1
    return False


def deliver_due(*, now: datetime, limit: int = 200) -> int:
    """Send up to `limit` letters that are due at one instant; one that fails stops no other. Returns how many were handled."""
    free_stuck(now=now)
    handled = in_vain = 0
    while handled < limit and in_vain < GIVE_UP_AFTER and (notice := claim(now=now)) is not None:
        in_vain = 0 if _deliver(notice, now=now) else in_vain + 1
        handled += 1
    return handled


def free_stuck(*, now: datetime) -> int:
    """A worker that died while sending leaves a row behind: it goes back to the queue, unless it does so each time. Returns how many."""
    stuck = Notice.objects.filter(state=NoticeState.SENDING, claimed_at__lt=now - STUCK_AFTER)
    stuck.filter(attempts__gte=MAX_ATTEMPTS).update(
        state=NoticeState.FAILED, error="The worker stopped while sending it, each time."
    )
    return stuck.update(state=NoticeState.QUEUED)


def claim(*, now: datetime) -> Notice | None:
    """The next letter that is due, claimed by a conditional update: two workers never get the same."""
    while True:
        row = Notice.objects.filter(state=NoticeState.QUEUED, due_at__lte=now).order_by("due_at", "pk").first()
        if row is None:
            return None
        mine = Notice.objects.filter(pk=row.pk, state=NoticeState.QUEUED)
        if mine.update(state=NoticeState.SENDING, claimed_at=now, attempts=F("attempts") + 1):
            return Notice.objects.select_related("to_person").get(pk=row.pk)


def _deliver(notice: Notice, *, now: datetime) -> bool:
    """Send one claimed letter, and keep how it went. False where no mail server answered."""
    letter = CATALOGUE.letters.get(notice.letter)
    if letter is not None and letter.holds is not None and now > notice.queued_at + letter.holds:
        _keep(notice, state=NoticeState.SKIPPED, error="It came too late to be of use.")
        return True
    try:
        composed = compose(notice, now=now)
    except Obsolete as reason:
        _keep(notice, state=NoticeState.CANCELLED, error=str(reason))
        return True
    except (OperationalError, InterfaceError) as problem:  # no fault of the letter: the database was away, or busy
        log.warning("letter %s waits for the database: %s", notice.pk, problem)
        _later(notice, f"It could not be made. {type(problem).__name__}: {problem}", now=now)
        return True
    except Exception as problem:  # a letter that cannot be made is kept, marked and shown
        log.exception("letter %s cannot be made", notice.pk)
        _keep(notice, state=NoticeState.FAILED, error=f"It cannot be made. {type(problem).__name__}: {problem}")
        return True
    return _send(notice, composed, now=now)


def _send(notice: Notice, composed: Composed, *, now: datetime) -> bool:
    """Hand the mail to the server. A final no is kept with the server's words; what may pass is tried again."""
    try:
        composed.message.send()
    except smtplib.SMTPRecipientsRefused as problem:
        code, words = next(iter(problem.recipients.values()))
        _refused(notice, ADDRESS_REFUSED, code, words, now=now)
    except smtplib.SMTPDataError as problem:
        _refused(notice, "The letter was refused", problem.smtp_code, problem.smtp_error, now=now)
    except OSError as problem:  # smtplib's other exceptions are OSErrors, like those of the network
        _later(notice, f"No mail server took it. {type(problem).__name__}: {problem}", now=now)
        return False
    except Exception as problem:  # a header or an address that cannot be written as mail
        log.exception("letter %s cannot be sent", notice.pk)
        _keep(notice, state=NoticeState.FAILED, error=f"It cannot be sent. {type(problem).__name__}: {problem}")
    else:
        notice.sent_at, notice.subject_line, notice.body = now, composed.subject[:300], composed.text
        _keep(notice, state=NoticeState.SENT, error="")
    return True


def _refused(notice: Notice, what: str, code: int, words: bytes | str, *, now: datetime) -> None:
    said = words.decode(errors="replace") if isinstance(words, bytes) else words
    error = f"{what}: {code} {said}"
    if code >= 500:
        _keep(notice, state=NoticeState.FAILED, error=error)
    else:
        _later(notice, error, now=now)


def _later(notice: Notice, error: str, *, now: datetime) -> None:
    """Back to the queue, each time for longer; failed when it was tried often enough."""
    if notice.attempts >= MAX_ATTEMPTS:
        _keep(notice, state=NoticeState.FAILED, error=error)
        return
    notice.due_at = now + timedelta(minutes=BACK_OFF_MINUTES[notice.attempts - 1])
    _keep(notice, state=NoticeState.QUEUED, error=error)


def _keep(notice: Notice, *, state: NoticeState, error: str) -> None:
    """Store how it went, also where the database starts anew meanwhile. Raises its error where it stays away."""
    for wait in KEEP_WAITS:
        try:
            return _store(notice, state=state, error=error)
        except (OperationalError, InterfaceError) as away:
            if connection.in_atomic_block:
                raise
            log.warning("letter %s: what became of it cannot be kept yet: %s", notice.pk, away)
            connection.close()  # the next try opens its own
            time.sleep(wait)  # it is starting anew; asked again, for most of a minute in all
    return _store(notice, state=state, error=error)


def _store(notice: Notice, *, state: NoticeState, error: str) -> None:
    """A letter that has left is marked so even if its row was freed as stuck meanwhile; else only who claimed it may."""
    letter = CATALOGUE.letters.get(notice.letter)
    secret = letter.secret if letter is not None and state != NoticeState.QUEUED else ()
    rows = Notice.objects.filter(pk=notice.pk).exclude(state=NoticeState.CANCELLED)
    if state != NoticeState.SENT:
        rows = rows.filter(state=NoticeState.SENDING, claimed_at=notice.claimed_at, attempts=notice.attempts)
    rows.update(
        state=state,
        error=error[:2000].replace("\0", ""),
        due_at=notice.due_at,
        sent_at=notice.sent_at,
        subject_line=notice.subject_line,
        body=notice.body,
        context={key: value for key, value in notice.context.items() if key not in secret},
    )
