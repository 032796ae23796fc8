"""Sending what is due: a worker claims one row, makes the text and the personal link, sends, commits."""

from __future__ import annotations

import logging
import smtplib
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import css_inline
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string
from django.utils.html import escape

from carpentries_portal.common import editions
from carpentries_portal.common.links import make_link
from carpentries_portal.common.models import Notice
from carpentries_portal.common.models.notices import NoticeState
from carpentries_portal.common.notices.registry import CATALOGUE, Content

log = logging.getLogger(__name__)

BACK_OFF_MINUTES = (1, 5, 15, 60, 180, 360, 720)
STUCK_AFTER = timedelta(minutes=10)
MASK = "[personal link]"


def deliver_due(*, now: datetime, limit: int = 200) -> int:
    """Send up to `limit` letters that are due; one that fails stops no other. Returns how many were handled."""
    free_stuck(now=now)
    handled = 0
    while handled < limit and (notice := claim(now=now)) is not None:
        _deliver(notice, now=now)
        handled += 1
    return handled


def free_stuck(*, now: datetime) -> int:
    """A worker that died while sending leaves a row behind: it goes back to the queue."""
    stuck = Notice.objects.filter(state=NoticeState.SENDING, claimed_at__lt=now - STUCK_AFTER)
    return stuck.update(state=NoticeState.QUEUED)


def claim(*, now: datetime) -> Notice | None:
    """The next letter that is due, claimed by a conditional update: two workers never get the same."""
    while True:
        row = Notice.objects.filter(state=NoticeState.QUEUED, due_at__lte=now).order_by("due_at", "pk").first()
        if row is None:
            return None
        mine = Notice.objects.filter(pk=row.pk, state=NoticeState.QUEUED)
        if mine.update(state=NoticeState.SENDING, claimed_at=now):
            row.refresh_from_db()
            return row


def _deliver(notice: Notice, *, now: datetime) -> None:
    try:
        message, body = _message(notice, now=now)
    except Exception as problem:  # noqa: BLE001  # a letter that cannot be made is kept, marked and shown
        log.exception("letter %s cannot be made", notice.pk)
        _keep(notice, state=NoticeState.FAILED, error=f"{type(problem).__name__}: {problem}")
        return
    try:
        message.send()
    except smtplib.SMTPRecipientsRefused as problem:
        _refused(notice, problem, now=now)
    except (smtplib.SMTPException, OSError) as problem:
        _later(notice, str(problem), now=now)
    else:
        notice.subject_line, notice.body = message.subject[:300], body
        _keep(notice, state=NoticeState.SENT, error="", sent_at=now)


def _refused(notice: Notice, problem: smtplib.SMTPRecipientsRefused, *, now: datetime) -> None:
    """A final no (5xx) is kept with the server's words; a temporary one is tried again."""
    code, words = next(iter(problem.recipients.values()))
    text = words.decode(errors="replace") if isinstance(words, bytes) else str(words)
    if code >= 500:
        _keep(notice, state=NoticeState.FAILED, error=f"The address was refused: {code} {text}")
    else:
        _later(notice, f"{code} {text}", now=now)


def _later(notice: Notice, error: str, *, now: datetime) -> None:
    if notice.attempts >= len(BACK_OFF_MINUTES):
        _keep(notice, state=NoticeState.FAILED, error=error)
        return
    notice.due_at = now + timedelta(minutes=BACK_OFF_MINUTES[notice.attempts])
    notice.attempts += 1
    _keep(notice, state=NoticeState.QUEUED, error=error)


def _keep(notice: Notice, *, state: NoticeState, error: str, sent_at: datetime | None = None) -> None:
    notice.state, notice.error, notice.sent_at = state, error[:2000], sent_at
    notice.save(update_fields=["state", "error", "sent_at", "due_at", "attempts", "subject_line", "body"])


def _message(notice: Notice, *, now: datetime) -> tuple[EmailMultiAlternatives, str]:
    """The mail, and its text with the personal link masked, for the log."""
    letter = CATALOGUE.letters[notice.letter]
    content = letter.build(notice)
    link, masked = _link(notice, content, now=now), settings.SITE_URL + "/" + MASK
    contact = content.reply_to or editions.in_force(now.date()).contact
    context = {"now": now, "reader_zone": content.zone, "contact": contact, "site_url": settings.SITE_URL, "notice": notice}
    context |= dict(content.context)
    subject = " ".join(render_to_string(f"{letter.template}.subject.txt", {**context, "link": link}).split())
    text = render_to_string(f"{letter.template}.txt", {**context, "link": link}).strip() + "\n"
    html = render_to_string(f"{letter.template}.html", {**context, "link": link})
    message = EmailMultiAlternatives(
        subject=subject,
        body=text,
        to=[notice.to_address],
        reply_to=[contact],
        headers={"Auto-Submitted": "auto-generated", "Message-ID": f"<notice-{notice.pk}@{_domain()}>"},
    )
    message.attach_alternative(inlined(html), "text/html")
    for attachment in content.attachments:
        message.attach(attachment.name, attachment.body, attachment.mimetype)
    return message, text.replace(link, masked) if link else text


def inlined(html: str) -> str:
    """The letter's HTML with its style sheet in the elements, because mail readers drop <style>."""
    path = finders.find("css/letter.css")
    css = Path(path).read_text(encoding="utf-8") if isinstance(path, str) else ""
    return css_inline.CSSInliner(extra_css=css, load_remote_stylesheets=False).inline(html)


def _domain() -> str:
    return settings.SITE_URL.split("//", 1)[-1].split(":")[0].split("/")[0]


def _link(notice: Notice, content: Content, *, now: datetime) -> str:
    """A fresh personal link for who gets the letter; staff's desk gets a plain address."""
    if content.link is None:
        return ""
    if notice.to_person is None:
        return settings.SITE_URL + content.link.path
    with transaction.atomic():
        path = make_link(person=notice.to_person, purpose=content.link.purpose, leads_to=content.link.path, now=now)
    return settings.SITE_URL + path


def preview(notice: Notice, *, now: datetime) -> Mapping[str, Any]:
    """The letter as it would leave, without making a link or sending: subject and text."""
    letter = CATALOGUE.letters[notice.letter]
    content = letter.build(notice)
    contact = content.reply_to or editions.in_force(now.date()).contact
    context = {"now": now, "reader_zone": content.zone, "contact": contact, "site_url": settings.SITE_URL, "link": escape(MASK)}
    context |= dict(content.context)
    return {
        "subject": " ".join(render_to_string(f"{letter.template}.subject.txt", context).split()),
        "text": render_to_string(f"{letter.template}.txt", context).strip(),
    }
