"""Making a letter out of its notice: subject, text and HTML, attachments, and the personal link."""

from __future__ import annotations

import functools
import logging
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import css_inline
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.mail import EmailMultiAlternatives
from django.template import Context
from django.template.loader import get_template
from django.utils.translation import gettext as _

from carpentries_portal.common import editions
from carpentries_portal.common.links import make_link
from carpentries_portal.common.models import Notice
from carpentries_portal.common.notices.registry import CATALOGUE, Content, Letter, Obsolete

log = logging.getLogger(__name__)

LINK_MASK = "[personal link]"
CONTROLS = {code: None for code in range(32) if chr(code) not in "\t\n"}  # no mail may hold them, nor PostgreSQL's text a NUL
TEST = "test:"  # how the occasion of a letter begins that staff try on themselves; then comes whose letter it is
SECRET_MASK = "[not kept]"  # noqa: S105  # what stands in its place


@dataclass(frozen=True, slots=True)
class Composed:
    """The mail as it leaves; its subject and text as the log keeps them, with the personal link and secrets masked."""

    message: EmailMultiAlternatives
    subject: str
    text: str


def compose(notice: Notice, *, now: datetime) -> Composed:
    """The mail of a notice, with a fresh personal link. Raises Obsolete, and whatever a builder or template raises."""
    letter = CATALOGUE.letters[notice.letter]
    tried = _tried(notice)
    content = letter.build(tried)
    link = _link(notice, content, now=now)
    context = _context(tried, content, link=link, now=now)
    subject, text = _subject(letter, context), _text(letter, context)
    if is_test(notice):
        subject = _("Test: %(subject)s") % {"subject": subject}
    message = EmailMultiAlternatives(
        subject=subject,
        body=text,
        to=[notice.to_address],
        reply_to=[context["contact"]],
        headers={"Auto-Submitted": "auto-generated", "Message-ID": f"<notice-{notice.pk}@{_domain()}>"},
    )
    message.attach_alternative(_html(letter, context), "text/html")
    for attachment in content.attachments:
        message.attach(attachment.name, attachment.body, attachment.mimetype)
    masks = _masks(letter, notice, link)
    return Composed(message=message, subject=_masked(subject, masks), text=_masked(text, masks))


def preview(notice: Notice, *, now: datetime) -> tuple[str, str]:
    """Subject and text as they would leave now, masked; makes no link and sends nothing. Raises as `compose`."""
    draft = draft_of(notice, now=now)
    return draft.subject, draft.text


@dataclass(frozen=True, slots=True)
class Draft:
    """A letter as it would leave now, masked, with the names of what is attached; or the problem with it."""

    subject: str = ""
    text: str = ""
    html: str = ""
    attached: tuple[str, ...] = ()
    problem: str = ""


def draft_of(notice: Notice, *, now: datetime) -> Draft:
    """The whole letter; makes no link and sends nothing. Raises Obsolete, and whatever a builder or template raises."""
    letter = CATALOGUE.letters[notice.letter]
    tried = _tried(notice)
    content = letter.build(tried)
    link = settings.SITE_URL + "/" + LINK_MASK if content.link else ""
    context = _context(tried, content, link=link, now=now)
    masks = _masks(letter, notice, "")
    subject, text, html = (_masked(part(letter, context), masks) for part in (_subject, _text, _html))
    return Draft(subject, text, html, attached=tuple(one.name for one in content.attachments))


def look_at(notice: Notice, *, now: datetime) -> Draft:
    """The same for who looks: a letter that is obsolete or cannot be made is a draft with its problem in words."""
    try:
        return draft_of(notice, now=now)
    except Obsolete as reason:
        return Draft(problem=_("It would not leave any more: %(why)s") % {"why": reason})
    except Exception as problem:  # whatever a builder or a template raises is what staff want to see
        log.warning("letter %s cannot be made", notice.pk, exc_info=True)
        return Draft(problem=_("It cannot be made. %(kind)s: %(why)s") % {"kind": type(problem).__name__, "why": problem})


def is_test(notice: Notice) -> bool:
    """Whether staff try a letter on themselves: it changes nothing and counts for nothing."""
    return notice.occasion.startswith(TEST)


def _tried(notice: Notice) -> Notice:
    """Whose letter it is: the notice's own, or for a test the one that is tried. Raises Notice.DoesNotExist."""
    if not is_test(notice):
        return notice
    return Notice.objects.select_related("to_person").get(pk=int(notice.occasion.split(":")[1]))


def _context(notice: Notice, content: Content, *, link: str, now: datetime) -> dict[str, Any]:
    contact = content.reply_to or editions.in_force(now.date()).contact
    frame = {"now": now, "reader_zone": content.zone, "contact": contact, "site_url": settings.SITE_URL, "person": notice.to_person}
    return {**frame, **content.context, "link": link}


def _plain(template: str, context: dict[str, Any]) -> str:
    """A template that makes text: nothing is escaped as HTML."""
    return get_template(template).template.render(Context(context, autoescape=False))  # type: ignore[attr-defined]  # Django's own backend


def _subject(letter: Letter, context: dict[str, Any]) -> str:
    """One line, without control characters: no header can be smuggled in by a name."""
    line = _plain(f"{letter.template}.subject.txt", context)
    return " ".join("".join(char if char.isprintable() else " " for char in line).split())


def _text(letter: Letter, context: dict[str, Any]) -> str:
    """The text without the gaps that template tags leave."""
    plain = _plain(f"{letter.template}.txt", context).translate(CONTROLS)
    lines = [line.rstrip() for line in plain.splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"


def _html(letter: Letter, context: dict[str, Any]) -> str:
    """The HTML with its style sheet in the elements, because mail readers drop <style>."""
    return _inliner().inline(get_template(f"{letter.template}.html").render(context).translate(CONTROLS))


@functools.cache
def _inliner() -> css_inline.CSSInliner:
    path = finders.find("css/letter.css")
    css = Path(path).read_text(encoding="utf-8") if isinstance(path, str) else ""
    return css_inline.CSSInliner(extra_css=css, load_remote_stylesheets=False)


def _domain() -> str:
    return urlsplit(settings.SITE_URL).hostname or "localhost"


def _link(notice: Notice, content: Content, *, now: datetime) -> str:
    """A fresh personal link for who gets the letter; the staff desk, which is no person, gets a plain address."""
    if content.link is None:
        return ""
    if notice.to_person is None or is_test(notice):  # a link of their own is made for nobody else
        return settings.SITE_URL + content.link.path
    return settings.SITE_URL + make_link(person=notice.to_person, purpose=content.link.purpose, leads_to=content.link.path, now=now)


def _masks(letter: Letter, notice: Notice, link: str) -> dict[str, str]:
    masks = {str(notice.context[key]): SECRET_MASK for key in letter.secret if notice.context.get(key)}
    return {link: settings.SITE_URL + "/" + LINK_MASK, **masks} if link and notice.to_person else masks


def _masked(text: str, masks: dict[str, str]) -> str:
    for found, mask in masks.items():
        text = text.replace(found, mask)
    return text
