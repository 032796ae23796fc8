"""The outbox: owed once, sent once, and what happens when it cannot be sent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.db import IntegrityError, OperationalError, transaction

from carpentries_portal.common import notices
from carpentries_portal.common.links import find_link
from carpentries_portal.common.models import JournalEntry, Notice, Person, PersonalLink
from carpentries_portal.common.models.notices import NoticeState
from carpentries_portal.common.notices import Attachment, Content, LinkTo, Obsolete, again, delivery
from carpentries_portal.common.notices.registry import CATALOGUE, Letter

NOW = datetime(2018, 2, 12, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
TEMPLATE = "common/emails/login_code"  # the plainest


def _build(notice: Notice) -> Content:
    if notice.context.get("obsolete"):
        raise Obsolete("It is over.")
    if notice.context.get("away") and notice.attempts == 1:
        raise OperationalError("the database system is starting up")
    if notice.context.get("broken"):
        raise ValueError("no such booking")
    attachment = Attachment(name="day.ics", mimetype="text/calendar; method=PUBLISH; charset=utf-8", body=b"BEGIN:VCALENDAR\r\n")
    context = {"code": notice.context.get("code", "a <b> & c"), "minutes": 3}
    return Content(context=context, link=LinkTo(purpose="test", path="/trainings/"), attachments=(attachment,))


@pytest.fixture(autouse=True)
def _letters() -> Iterator[None]:
    CATALOGUE.add(Letter(code="L0", name="test.plain", template=TEMPLATE, build=_build))
    CATALOGUE.add(Letter(code="L0", name="test.no_template", template="common/emails/nowhere", build=_build))
    yield
    del CATALOGUE.letters["test.plain"], CATALOGUE.letters["test.no_template"]


@pytest.fixture
def ana(db: None) -> Person:
    return Person.objects.create_user("ana@example.org", "Ana Ferreira")


def _owe(person: Person | None, occasion: str = "once", letter: str = "test.plain", **more: object) -> Notice | None:
    return notices.queue(letter=letter, to=person, occasion=occasion, now=NOW, **more)


def _states() -> list[str]:
    return list(Notice.objects.order_by("pk").values_list("state", flat=True))


# --- owing ---------------------------------------------------------------------------------------------------------------


def test_queue_same_occasion_again_is_owed_once(ana: Person) -> None:
    assert _owe(ana) is not None
    assert _owe(ana) is None
    ana.email = "ANA@example.org"
    assert _owe(ana) is None
    assert _states() == ["queued"]


def test_queue_each_owes_the_others_where_one_is_owed_already(ana: Person) -> None:
    bea = Person.objects.create_user("bea@example.org", "Bea Okafor")
    _owe(ana)
    owed = [notices.Owed(to=person, occasion="once") for person in (ana, bea)]
    assert notices.queue_each(letter="test.plain", owed=owed, now=NOW) == 1
    assert list(Notice.objects.order_by("pk").values_list("to_address", flat=True)) == [ana.email, bea.email]
    assert notices.queue_each(letter="test.plain", owed=[], now=NOW) == 0


def test_queue_that_breaks_another_rule_of_the_table_is_not_taken_for_owed_already(ana: Person) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        _owe(ana, occasion=None)  # type: ignore[arg-type]  # what the table must refuse
    assert _states() == []


def test_hasten_lets_what_waits_leave_now_and_nothing_else(ana: Person) -> None:
    later = NOW + timedelta(hours=1)
    _owe(ana, "one", about=ana, due_at=later)
    _owe(ana, "two", due_at=later)
    assert notices.hasten(about=[], letter="test.plain", now=NOW) == 0
    assert notices.hasten(about=[ana], letter="test.other", now=NOW) == 0
    assert notices.hasten(about=[ana], letter="test.plain", now=NOW) == 1
    assert list(Notice.objects.order_by("pk").values_list("due_at", flat=True)) == [NOW, later]


def test_queue_for_an_instant_that_is_over_is_due_now(ana: Person) -> None:
    notice = _owe(ana, due_at=NOW - timedelta(days=1))
    assert notice is not None
    assert notice.due_at == NOW


def test_forget_leaves_no_trace_but_of_what_has_left(ana: Person) -> None:
    _owe(ana, "sent", about=ana)
    delivery.deliver_due(now=NOW)
    _owe(ana, "taken back", about=ana)
    notices.cancel(about=ana)
    _owe(ana, "waits", about=ana)
    _owe(ana, "of another")
    assert notices.forget(about=ana) == 2
    assert list(Notice.objects.order_by("pk").values_list("occasion", flat=True)) == ["sent", "of another"]


def test_two_letters_of_one_name_are_a_mistake() -> None:
    with pytest.raises(ValueError, match=r"two letters are called test[.]plain"):
        CATALOGUE.add(Letter(code="L0", name="test.plain", template=TEMPLATE, build=_build))


def test_queue_other_occasion_is_owed_too(ana: Person) -> None:
    _owe(ana, "journal:1")
    _owe(ana, "journal:2")
    assert _states() == ["queued", "queued"]


def test_queue_after_cancel_is_owed_anew(ana: Person) -> None:
    _owe(ana, about=ana)
    assert notices.cancel(about=ana, letters=("test.other",)) == 0
    assert notices.cancel(about=ana, letters=("test.plain",)) == 1
    assert _owe(ana, about=ana) is not None
    assert _states() == ["cancelled", "queued"]


def test_cancel_what_has_left_stays_sent(ana: Person) -> None:
    _owe(ana, about=ana)
    delivery.deliver_due(now=NOW)
    assert notices.cancel(about=ana) == 0
    assert _states() == ["sent"]


def test_queue_in_a_transaction_that_fails_nothing_leaves(ana: Person, django_capture_on_commit_callbacks: object) -> None:
    with django_capture_on_commit_callbacks() as bells:
        with pytest.raises(RuntimeError), transaction.atomic():
            _owe(ana)
            raise RuntimeError
    assert bells == []
    assert delivery.deliver_due(now=NOW) == 0
    assert mail.outbox == []


def test_queue_rings_after_commit(ana: Person, django_capture_on_commit_callbacks: object) -> None:
    with django_capture_on_commit_callbacks() as bells:
        _owe(ana)
    assert len(bells) == 1


# --- sending -------------------------------------------------------------------------------------------------------------


def test_deliver_due_now_leaves_whole(ana: Person) -> None:
    notice = _owe(ana)
    assert notice is not None
    assert delivery.deliver_due(now=NOW) == 1
    (sent,) = mail.outbox
    message = sent.message()
    assert sent.to == ["ana@example.org"]
    assert message["Reply-To"] == "instructor.training@example.org"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"] == f"<notice-{notice.pk}@localhost>"
    assert "List-Unsubscribe" not in message
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "text/calendar",
    ]
    assert sent.body.startswith("Your code: a <b> & c\n")
    html = sent.alternatives[0][0]
    assert "Your code: a &lt;b&gt; &amp; c" in html
    assert 'style="' in html
    assert "<style" not in html
    assert "<link" not in html


def test_deliver_due_personal_link_opens_and_is_masked_in_the_log(ana: Person) -> None:
    _owe(ana)
    delivery.deliver_due(now=NOW)
    token = re.findall(r"http://localhost:8000/enter/([\w-]{43})/", mail.outbox[0].body)[0]
    link = find_link(token, now=NOW)
    assert link is not None
    assert (link.person, link.leads_to, link.purpose) == (ana, "/trainings/", "test")
    kept = Notice.objects.get()
    assert token not in kept.body
    assert "http://localhost:8000/[personal link]" in kept.body
    assert (kept.subject_line, kept.sent_at, kept.attempts, kept.error) == ("Your code to log in", NOW, 1, "")


def test_deliver_due_to_the_desk_has_a_plain_address_and_no_personal_link(db: None) -> None:
    _owe(None)
    delivery.deliver_due(now=NOW)
    assert mail.outbox[0].to == ["staff@example.org"]
    assert "http://localhost:8000/trainings/" in mail.outbox[0].body
    assert not PersonalLink.objects.exists()


def test_deliver_due_later_waits(ana: Person) -> None:
    _owe(ana, due_at=NOW + MINUTE)
    assert delivery.deliver_due(now=NOW) == 0
    assert delivery.deliver_due(now=NOW + MINUTE) == 1
    assert delivery.deliver_due(now=NOW + MINUTE) == 0
    assert len(mail.outbox) == 1


def test_deliver_due_oldest_first_up_to_the_limit(ana: Person) -> None:
    for n in range(5):
        _owe(ana, f"{n}", due_at=NOW + (5 - n) * MINUTE)
    assert delivery.deliver_due(now=NOW + 5 * MINUTE, limit=3) == 3
    assert _states() == ["queued", "queued", "sent", "sent", "sent"]


def test_claim_gives_a_row_to_one_worker_only(ana: Person) -> None:
    _owe(ana)
    assert delivery.claim(now=NOW) is not None
    assert delivery.claim(now=NOW) is None


# --- what goes wrong -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("letter", "context", "error"),
    [
        ("test.plain", {"broken": True}, "It cannot be made. ValueError: no such booking"),
        ("test.no_template", {}, "It cannot be made. TemplateDoesNotExist: common/emails/nowhere.subject.txt"),
    ],
)
def test_deliver_due_letter_that_cannot_be_made_is_shown_and_stops_no_other(
    ana: Person, letter: str, context: dict[str, object], error: str
) -> None:
    _owe(ana, "broken", letter, context=context)
    _owe(ana, "sound")
    assert delivery.deliver_due(now=NOW) == 2
    assert _states() == ["failed", "sent"]
    assert Notice.objects.get(state=NoticeState.FAILED).error == error


def test_deliver_due_letter_that_only_waits_for_the_database_leaves_later(ana: Person) -> None:
    _owe(ana, context={"away": True})
    delivery.deliver_due(now=NOW)
    assert list(Notice.objects.values_list("state", "error")) == [
        ("queued", "It could not be made. OperationalError: the database system is starting up")
    ]
    delivery.deliver_due(now=NOW + MINUTE)
    assert (_states(), len(mail.outbox)) == (["sent"], 1)


def test_deliver_due_letter_that_the_code_no_longer_knows_is_shown(ana: Person) -> None:
    _owe(ana)
    Notice.objects.update(letter="test.gone")
    delivery.deliver_due(now=NOW)
    assert Notice.objects.get().error == "It cannot be made. KeyError: 'test.gone'"


def test_deliver_due_obsolete_letter_is_cancelled_and_may_be_owed_anew(ana: Person) -> None:
    _owe(ana, context={"obsolete": True})
    delivery.deliver_due(now=NOW)
    assert (Notice.objects.get().state, Notice.objects.get().error) == ("cancelled", "It is over.")
    assert _owe(ana) is not None
    assert mail.outbox == []


@pytest.mark.parametrize("address", ["ana@example.org\nBcc: eve@example.org", "ana@example.org\r\nSubject: pay", "no address"])
def test_deliver_due_address_that_smuggles_a_header_never_leaves(ana: Person, address: str) -> None:
    _owe(ana, "evil")
    Notice.objects.update(to_address=address)
    _owe(ana, "sound")
    delivery.deliver_due(now=NOW)
    evil, sound = Notice.objects.order_by("pk")
    assert sound.state == NoticeState.SENT
    assert [sent.to for sent in mail.outbox if sent.to == ["ana@example.org"]] == [["ana@example.org"]]
    if "\n" in address:
        assert evil.state == NoticeState.FAILED
        assert evil.error.startswith("It cannot be sent. BadHeaderError")


def test_deliver_due_name_with_line_breaks_cannot_make_a_header(ana: Person) -> None:
    CATALOGUE.letters["test.plain"] = Letter(code="L0", name="test.plain", template="common/emails/exception_received", build=_evil)
    _owe(ana)
    delivery.deliver_due(now=NOW)
    subject = mail.outbox[0].message()["Subject"]
    assert subject == "We have your request about rule R6: Uni Bcc: eve@example.org tail"
    assert "\0" not in str(mail.outbox[0].body) + str(mail.outbox[0].alternatives[0][0])
    assert _states() == ["sent"]


def _evil(notice: Notice) -> Content:
    name = "Uni\r\nBcc: eve@example.org\u2028\x00 tail"
    return Content(context={"record": {"rule": "R6", "reason": "because"}, "subject_text": name, "zone": "UTC"})


def test_free_stuck_after_ten_minutes_goes_back_and_leaves(ana: Person) -> None:
    _owe(ana)
    delivery.claim(now=NOW)  # the worker dies here
    assert delivery.deliver_due(now=NOW + 10 * MINUTE) == 0
    assert delivery.deliver_due(now=NOW + 11 * MINUTE) == 1
    assert (Notice.objects.get().state, Notice.objects.get().attempts) == ("sent", 2)
    assert len(mail.outbox) == 1


def test_free_stuck_each_time_fails_in_the_end(ana: Person) -> None:
    _owe(ana)
    at = NOW
    for _attempt in range(delivery.MAX_ATTEMPTS):
        assert delivery.claim(now=at) is not None
        at += 11 * MINUTE
        delivery.free_stuck(now=at)
    assert delivery.claim(now=at) is None
    assert (Notice.objects.get().state, Notice.objects.get().error) == ("failed", "The worker stopped while sending it, each time.")


def test_deliver_due_sent_after_its_row_was_freed_is_not_sent_again(ana: Person) -> None:
    """A worker so slow that its row was given back still marks it sent."""
    _owe(ana)
    slow = delivery.claim(now=NOW)
    assert slow is not None
    delivery.free_stuck(now=NOW + 11 * MINUTE)
    delivery._deliver(slow, now=NOW)
    assert delivery.deliver_due(now=NOW + 11 * MINUTE) == 0
    assert len(mail.outbox) == 1


def test_deliver_due_taken_back_after_its_row_was_freed_stays_taken_back(ana: Person) -> None:
    """The slow worker cannot put back into the queue, or mark as failed, what was taken back meanwhile."""
    _owe(ana, about=ana)
    slow = delivery.claim(now=NOW)
    assert slow is not None
    delivery.free_stuck(now=NOW + 11 * MINUTE)
    assert notices.cancel(about=ana) == 1
    delivery._deliver(slow, now=NOW)
    assert _states() == ["cancelled"]


def test_deliver_due_no_server_backs_off_then_fails(ana: Person, settings: object, unused_port: int) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", unused_port
    _owe(ana)
    at, waits = NOW, []
    for _attempt in range(delivery.MAX_ATTEMPTS):
        assert delivery.deliver_due(now=at) == 1
        notice = Notice.objects.get()
        waits.append((notice.state, (notice.due_at - at) / MINUTE))
        at = max(at, notice.due_at)
    queued = [("queued", minutes) for minutes in (1, 5, 15, 60, 180, 360, 720)]
    assert waits == [*queued, ("failed", 0)]
    assert "ConnectionRefusedError" in notice.error


def test_deliver_due_no_server_stops_after_three(ana: Person, settings: object, unused_port: int) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", unused_port
    for n in range(5):
        _owe(ana, f"{n}")
    assert delivery.deliver_due(now=NOW) == 3
    assert list(Notice.objects.order_by("pk").values_list("attempts", flat=True)) == [1, 1, 1, 0, 0]


# --- the code to log in --------------------------------------------------------------------------------------------------


def test_login_code_leaves_in_clear_and_is_kept_nowhere(ana: Person) -> None:
    _owe(ana, "code:1", "common.login_code", context={"code": "7F3K-2P"})
    delivery.deliver_due(now=NOW)
    assert "Your code: 7F3K-2P" in mail.outbox[0].body
    kept = Notice.objects.get()
    assert kept.context == {}
    assert "7F3K-2P" not in kept.body + kept.subject_line
    assert "Your code: [not kept]" in kept.body


def test_login_code_leaves_to_the_last_instant_at_which_it_is_of_use(ana: Person) -> None:
    _owe(ana, "code:1", "common.login_code", context={"code": "7F3K-2P"})
    delivery.deliver_due(now=NOW + CATALOGUE.letters["common.login_code"].holds)
    assert (_states(), len(mail.outbox)) == (["sent"], 1)


def test_login_code_too_late_is_skipped_and_forgotten(ana: Person) -> None:
    _owe(ana, "code:1", "common.login_code", context={"code": "7F3K-2P"})
    delivery.deliver_due(now=NOW + 16 * MINUTE)
    kept = Notice.objects.get()
    assert (kept.state, kept.context, kept.error) == ("skipped", {}, "It came too late to be of use.")
    assert mail.outbox == []


# --- by hand -------------------------------------------------------------------------------------------------------------


def test_again_a_letter_that_waits_is_not_owed_twice_and_one_that_has_left_is_not_taken_back(ana: Person) -> None:
    staff = Person.objects.create_user("ines@example.org", "Ines", is_staff=True)
    notice = _owe(ana)
    assert notice is not None
    values = {"notice_id": notice.pk, "by": staff, "now": NOW}
    with pytest.raises(again.UnableToSendAgain, match="has not left yet"):
        again.send_again(**values)
    delivery.deliver_due(now=NOW)
    with pytest.raises(again.UnableToTakeBack, match="does not wait any more"):
        again.take_back(why="a mistake", **values)
    assert _states() == ["sent"]
    again.take_back(why="a mistake", **{**values, "notice_id": again.send_again(**values).pk})
    assert _states() == ["sent", "cancelled"]
    lines = JournalEntry.objects.filter(what__startswith="letter_").order_by("pk")
    assert [(line.what, line.by, line.why) for line in lines] == [
        ("letter_sent_again", staff, "Sent again by hand: letter L0."),
        ("letter_taken_back", staff, "Taken back before it left: a mistake"),
    ]


def test_every_code_and_name_of_a_letter_fits_its_column() -> None:
    """SQLite takes what is too long; PostgreSQL does not."""
    for letter in CATALOGUE.letters.values():
        assert len(letter.code) <= (Notice._meta.get_field("code").max_length or 0)
        assert len(letter.name) <= (Notice._meta.get_field("letter").max_length or 0)
