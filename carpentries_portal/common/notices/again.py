"""What staff do with letters by hand: send one again, take one back, try one on themselves. The log keeps each."""

from __future__ import annotations

from datetime import datetime

from django.db import models, transaction
from django.utils.translation import gettext as _

from carpentries_portal.common import jobs, journal
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.models import AT_NOWHERE, Notice, Person
from carpentries_portal.common.models.notices import NoticeState
from carpentries_portal.common.notices.composing import TEST, is_test
from carpentries_portal.common.notices.registry import CATALOGUE

GONE = (NoticeState.SENT, NoticeState.FAILED, NoticeState.SKIPPED, NoticeState.CANCELLED)


class UnableToSendAgain(UnableTo):
    """The letter or a copy of it is on its way, or it holds a secret that is not kept."""


class UnableToTakeBack(UnableTo):
    """The letter has left."""


def has_secret(notice: Notice) -> bool:
    """Whether the letter lives on something that the log does not keep, such as a code to log in."""
    letter = CATALOGUE.letters.get(notice.letter)
    return letter is None or bool(letter.secret)


def is_empty(notice: Notice) -> bool:
    """Whether its person was forgotten, and with them all that it was made of."""
    return notice.to_address.endswith(AT_NOWHERE)


@transaction.atomic
def send_again(*, notice_id: int, by: Person, now: datetime) -> Notice:
    """Owe a letter once more, to the person's address of today. What it says is made anew when it leaves. Raises UnableToSendAgain."""
    notice = _locked(notice_id)
    if notice.state not in GONE:
        raise UnableToSendAgain(_("This letter has not left yet: it leaves by itself."))
    _must_say_something(notice)
    if has_secret(notice) or is_test(notice):
        raise UnableToSendAgain(_("A letter of this kind is asked for anew, not sent again."))
    copies = Notice.objects.filter(letter=notice.letter, occasion__startswith=f"again:{notice.pk}:")
    if copies.filter(state__in=[NoticeState.QUEUED, NoticeState.SENDING]).exists():
        raise UnableToSendAgain(_("Somebody sent it again already: it is about to leave."))
    count = copies.count()
    fresh = _copy(notice, to=notice.to_person, occasion=f"again:{notice.pk}:{count + 1}", now=now)
    _journal("letter_sent_again", _("Sent again by hand: letter %(code)s."), notice, fresh, by=by, now=now)
    return fresh


@transaction.atomic
def take_back(*, notice_id: int, why: str, by: Person, now: datetime) -> None:
    """Cancel a letter that has not left. Raises UnableToTakeBack."""
    notice = _locked(notice_id)
    if notice.state != NoticeState.QUEUED:
        raise UnableToTakeBack(_("This letter does not wait any more: it has left, or was taken back."))
    Notice.objects.filter(pk=notice.pk).update(state=NoticeState.CANCELLED, error=why[:2000])
    about: list[models.Model] = [notice]
    journal.record(
        what="letter_taken_back", now=now, by=by, about=about, why=_("Taken back before it left: %(why)s") % {"why": why}
    )


@transaction.atomic
def send_test(*, notice_id: int, by: Person, now: datetime) -> Notice:
    """The letter as it would leave now, to whoever asks: marked as a test, without anybody's personal link. Raises UnableToSendAgain."""
    notice = _locked(notice_id)
    _must_say_something(notice)
    if has_secret(notice):
        raise UnableToSendAgain(_("A letter of this kind is asked for anew, not sent again."))
    fresh = _copy(notice, to=by, occasion=f"{TEST}{notice.pk}:{now.isoformat()}", now=now)
    _journal("letter_tested", _("Tried on themselves: letter %(code)s."), notice, fresh, by=by, now=now)
    return fresh


def _must_say_something(notice: Notice) -> None:
    if is_empty(notice):
        raise UnableToSendAgain(_("Its person was forgotten: nothing is left of what it said."))


def _locked(notice_id: int) -> Notice:
    return Notice.objects.select_for_update(of=("self",), no_key=True).get(pk=notice_id)


def _copy(notice: Notice, *, to: Person | None, occasion: str, now: datetime) -> Notice:
    """A test is about the letter that is tried, so that no page takes it for one of its own."""
    about = journal.label_of(notice) if occasion.startswith(TEST) else (notice.subject_label, notice.subject_id)
    fresh = Notice.objects.create(
        code=notice.code,
        letter=notice.letter,
        to_person=to,
        to_address=to.email if to is not None else notice.to_address,
        to_key=to.email_key if to is not None else notice.to_key,
        occasion=occasion,
        subject_label=about[0],
        subject_id=about[1],
        context=notice.context,
        queued_at=now,
        due_at=now,
    )
    jobs.enqueue("common.deliver")
    return fresh


def _journal(what: str, why: str, notice: Notice, fresh: Notice, *, by: Person, now: datetime) -> None:
    about: list[models.Model] = [notice, fresh]
    journal.record(what=what, now=now, by=by, about=about, why=why % {"code": notice.code}, new={"letter": notice.letter})
