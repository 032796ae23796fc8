"""Every letter there is, as it leaves in the demo's fourteen months: whole, the same as text and as HTML, its links open, its .ics is valid."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.test import Client

from carpentries_portal.common import clock
from carpentries_portal.common.links import find_link
from carpentries_portal.common.models import Notice
from carpentries_portal.common.models.notices import NoticeState
from carpentries_portal.common.notices import delivery
from carpentries_portal.common.notices.registry import CATALOGUE
from carpentries_portal.demo.loader import Picture
from trainings.tests.ics_reader import read_ics

pytestmark = [pytest.mark.django_db, pytest.mark.long]

ROOT = Path(__file__).resolve().parents[2]

NOW = datetime(2026, 11, 24, 15, 5, tzinfo=UTC)
# what does not happen in the demo's picture, and the test that reads it
ELSEWHERE = {
    "common.address_changed": "carpentries_portal/tests/test_own_data.py",
    "common.factor_changed": "carpentries_portal/tests/test_second_factor.py",
    "certification.changed": "certification/tests/test_pages.py",
    "memberships.coordinator_invited": "carpentries_portal/tests/test_organization.py",
    "memberships.coordinator_removed": "carpentries_portal/tests/test_organization.py",
    "memberships.seats_changed": "carpentries_portal/tests/test_seats_admin.py",
    "trainees.address_corrected": "trainees/tests/test_roster_requests.py",
    "trainees.list_changed": "trainees/tests/test_lists_by_staff.py",
    "trainees.place_moved": "trainees/tests/test_moving.py",
    "trainees.training_moved": "trainees/tests/test_new_dates.py",
    "trainings.training_moved": "trainees/tests/test_new_dates.py",
    "trainings.training_moved_trainer": "trainees/tests/test_new_dates.py",
    "trainings.trainer_removed": "trainings/tests/test_trainers.py",
    "trainees.remote_granted": "trainees/tests/test_alone.py",
    "trainings.booking_changed": "carpentries_portal/tests/test_admin.py",
    "trainings.training_suits": "trainings/tests/test_demands.py",
    "common.braked": "carpentries_portal/common/tests/test_brake.py",
    "common.data_answered": "carpentries_portal/tests/test_own_data.py",
    "common.data_asked": "carpentries_portal/tests/test_own_data.py",
    "common.login_code": "carpentries_portal/tests/test_letters_admin.py",
}


CONTACT = "instructor.training@example.org"
MANNER = {
    "button",
    "link",
    "above",
    "rule",
    "rules",
    "curriculum",
    "where",
    "and",
    "when",
}  # how text and HTML speak of the same thing
CALENDARS = {  # letters with an .ics, and how many days each file has
    "trainees.invitation": {(2,)},
    "trainings.booking_cancelled": {(2,)},
    "trainings.booking_confirmed": {(2,)},
    "trainings.booking_moved": {(2, 2)},
    "trainings.roster_closed": {(2,)},
    "trainings.trainer_assigned": {(2,)},
    "trainings.training_cancelled": {(2,)},
    "trainings.training_cancelled_trainer": {(2,)},
}


class Post(Picture):
    """The picture with its post: each day what is owed leaves, as a worker would send it."""

    def __init__(self, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(now)
        self.monkeypatch = monkeypatch
        self.sent: dict[str, list[EmailMultiAlternatives]] = defaultdict(list)
        self.opened: dict[str, list[str]] = {}

    def paint(self) -> None:
        super().paint()
        self._send(self.now)

    def _end_of(self, day: date, at: datetime) -> None:
        super()._end_of(day, at)
        self._send(min(at.replace(hour=20), self.now))

    def _send(self, evening: datetime) -> None:
        self.monkeypatch.setattr(clock, "now", lambda: evening)
        while delivery.deliver_due(now=evening, limit=500):
            continue
        for message in mail.outbox:
            assert isinstance(message, EmailMultiAlternatives)
            notice = Notice.objects.get(pk=int(re.findall(r"notice-(\d+)@", message.extra_headers["Message-ID"])[0]))
            if notice.letter not in self.opened:  # once a kind, on the day on which it came
                self.opened[notice.letter] = [opened(link) for link in links_in(message.body)]
            self.sent[notice.letter].append(message)
        mail.outbox.clear()


def links_in(text: str) -> list[str]:
    return re.findall(r"http\S+?(?=[.,;)]?(?:\s|$))", text)


def opened(link: str) -> str:
    """Where a link of the portal leads whoever presses the button, and what the page's heading says."""
    path = "/" + link.split("/", 3)[3]
    if "/enter/" not in path:
        return path
    assert find_link(path.split("/")[2], now=clock.now()) is not None, link
    answer = Client().post(path, follow=True)
    assert answer.status_code == 200, (link, answer.redirect_chain)
    heading = re.search(r"<h1[^>]*>(.*?)</h1>", answer.content.decode(), re.DOTALL)
    assert heading, answer.redirect_chain
    return f"{answer.redirect_chain[-1][0]}: {heading[1].strip()}"


class Reader(HTMLParser):
    """What a person reads of a letter's HTML, and what it would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.said.append(data)


def words(text: str) -> set[str]:
    """The words, without the addresses of pages and the single digits that number a list."""
    return set(re.findall(r"[^\W_]{2,}", re.sub(r"https?://\S+", " ", text).casefold()))


def problems_of(name: str, message: EmailMultiAlternatives) -> list[str]:
    """What is wrong with a letter that left."""
    found = []
    if not re.fullmatch(r"\S.{8,150}\S", message.subject):
        found.append(f"subject {message.subject!r}")
    if odd := re.findall(r"\{\{.*|\{%.*|\bNone\b.*|&\w+;.*|<\w+>.*|\[\].*", message.subject + message.body):
        found.append(f"odd {odd}")
    if message.reply_to != [CONTACT] or f"It goes to {CONTACT}." not in message.body:
        found.append(f"answers go to {message.reply_to}")
    if not message.to[0].endswith(("@example.org", "@example.com")):
        found.append(f"to {message.to}")
    reader = Reader()
    html, kind = message.alternatives[0]
    reader.feed(str(html))
    if kind != "text/html" or reader.tags & {"script", "style", "img", "link", "iframe", "form"}:
        found.append(f"HTML with {reader.tags}")
    if odd := (words(" ".join(reader.said)) ^ words(message.body)) - MANNER:
        found.append(f"text and HTML differ in {sorted(odd)}")
    return [f"{name}: {one}" for one in found]


def calendars_in(message: EmailMultiAlternatives) -> list[int]:
    """How many events each attached .ics has, read by a strict reader."""
    files = [one for one in message.attachments if str(one[0]).endswith(".ics")]
    return [len(read_ics(one[1] if isinstance(one[1], bytes) else str(one[1]).encode()).events) for one in files]


def test_every_letter_leaves_whole_the_same_as_text_and_html_with_links_that_open(monkeypatch: pytest.MonkeyPatch) -> None:
    post = Post(NOW, monkeypatch)
    post.paint()
    assert set(CATALOGUE.letters) - set(post.sent) == set(ELSEWHERE)
    assert [name for name, where in ELSEWHERE.items() if name not in (ROOT / where).read_text(encoding="utf-8")] == []
    assert not Notice.objects.filter(state=NoticeState.FAILED).exists()
    found = {one for name, messages in post.sent.items() for message in messages for one in problems_of(name, message)}
    assert sorted(found) == []
    assert {name for name, found in post.opened.items() if not found} == {
        "trainees.place_ended"
    }  # who takes part no more has nothing to open
    calendars = {name: {tuple(calendars_in(message)) for message in messages} for name, messages in post.sent.items()}
    assert {name: found for name, found in calendars.items() if found != {()}} == CALENDARS
