"""Letters of the floor: about exceptions and own data (L13), and the code to log in."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.apps import apps
from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from carpentries_portal.common.dates import CutOff
from carpentries_portal.common.journal import label_of
from carpentries_portal.common.models import DataRequest, ExceptionRecord, JournalEntry, Notice, Person
from carpentries_portal.common.models.exceptions import ExceptionState
from carpentries_portal.common.models.own_data import DataRequestKind, DataRequestState
from carpentries_portal.common.notices import Content, LinkTo, Obsolete, letter, queue


def exception_asked(record: ExceptionRecord, *, entry: JournalEntry, now: datetime) -> None:
    """L13: received, to who asked, to whom it was asked for, and to the staff desk."""
    label, pk = label_of(record)
    context = {"record": [label, pk]}
    for person in record.told():
        queue(
            letter="common.exception_received",
            to=person,
            occasion=f"journal:{entry.pk}",
            about=record,
            context=context,
            now=now,
        )
    queue(letter="common.exception_to_decide", to=None, occasion=f"journal:{entry.pk}", about=record, context=context, now=now)


def exception_decided(
    record: ExceptionRecord, *, entry: JournalEntry, now: datetime, note: str = "", needless: bool = False
) -> None:
    """L13: approved, declined or revoked, to who asked and to whom it was asked for; `needless`: declined because it is possible without."""
    label, pk = label_of(record)
    context = {"record": [label, pk], "state": record.state, "note": note or record.note, "needless": needless}
    for person in record.told():
        queue(
            letter="common.exception_decided",
            to=person,
            occasion=f"journal:{entry.pk}",
            about=record,
            context=context,
            now=now,
        )


def _record(notice: Notice) -> ExceptionRecord:
    label, pk = notice.context["record"]
    model = apps.get_model(label)
    if not issubclass(model, ExceptionRecord):
        raise LookupError(f"{label} is no exception")
    return model._default_manager.get(pk=pk)


def _content(notice: Notice) -> Content:
    record = _record(notice)
    asked_by, reader = record.asked_by, notice.to_person
    context = {
        "record": record,
        "asker": asked_by if reader is not None and asked_by is not None and asked_by != reader else None,
        "subject_text": record.subject_text(),
        "details": record.details(),
        "done": record.done_by_approval and notice.context.get("state") == ExceptionState.APPROVED,
        "approved": notice.context.get("state") == ExceptionState.APPROVED,
        "revoked": notice.context.get("state") == ExceptionState.REVOKED,
        "to_day": CutOff(on=record.to_date, zone=record.zone()) if record.to_date else None,
        "note": notice.context.get("note", ""),
        "needless": notice.context.get("needless", False),
        "zone": record.zone(),
        "until_day": _whole_day(record.until, record.zone()) if record.until else None,
    }
    path = record.admin_path() if reader is None else record.page_for(reader)
    chosen = reader or asked_by
    zone = chosen.zone if chosen and chosen.zone else record.reader_zone()
    return Content(context=context, zone=zone, link=LinkTo(purpose="exception", path=path))


def _whole_day(until: datetime, zone: str) -> CutOff | None:
    """The day that is over at an instant, if it is a day's end in the zone: people read "until Mon 19 Feb", not "Tue 20 Feb, 0:00"."""
    last = until.astimezone(ZoneInfo(zone)).date() - timedelta(days=1)
    day = CutOff(on=last, zone=zone)
    return day if day.ends_at == until else None


@letter("L13", "common.exception_received", template="common/emails/exception_received")
def build_received(notice: Notice) -> Content:
    return _content(notice)


@letter("L13", "common.exception_decided", template="common/emails/exception_decided")
def build_decided(notice: Notice) -> Content:
    return _content(notice)


@letter("L13", "common.exception_to_decide", template="common/emails/exception_to_decide")
def build_to_decide(notice: Notice) -> Content:
    return _content(notice)


def data_asked(row: DataRequest, *, entry: JournalEntry, now: datetime) -> None:
    """L13: a request about own data, to who asked and to the staff desk."""
    for to in (row.person, None):
        occasion, context = f"journal:{entry.pk}", {"request": row.pk}
        queue(letter="common.data_asked", to=to, occasion=occasion, about=row, context=context, now=now)


def data_answered(row: DataRequest, *, entry: JournalEntry, now: datetime) -> None:
    """L13: done or declined, to who asked."""
    occasion, context = f"journal:{entry.pk}", {"request": row.pk}
    queue(letter="common.data_answered", to=row.person, occasion=occasion, about=row, context=context, now=now)


def _data_content(notice: Notice) -> Content:
    row = DataRequest.objects.select_related("person").get(pk=notice.context["request"])
    if row.person.forgotten_at is not None:
        raise Obsolete("The person was forgotten.")
    for_desk = notice.to_person is None
    path = reverse("admin:common_datarequest_change", args=[row.pk]) if for_desk else reverse("pages:me")
    context = {
        "request_row": row,
        "for_desk": for_desk,
        "done": row.state == DataRequestState.DONE,
        "forgetting": row.kind == DataRequestKind.FORGET,
    }
    return Content(context=context, zone=row.person.zone or "UTC", link=LinkTo(purpose="own data", path=path))


@letter("L13", "common.data_asked", template="common/emails/data_asked")
def build_data_asked(notice: Notice) -> Content:
    return _data_content(notice)


@letter("L13", "common.data_answered", template="common/emails/data_answered")
def build_data_answered(notice: Notice) -> Content:
    return _data_content(notice)


CODE_HOLDS = timedelta(seconds=settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT)


@letter("login", "common.login_code", template="common/emails/login_code", secret=("code",), holds=CODE_HOLDS)
def build_login_code(notice: Notice) -> Content:
    minutes = int(CODE_HOLDS.total_seconds() // 60)
    return Content(context={"code": notice.context["code"], "minutes": minutes})


def address_changed(person: Person, *, old: str, entry: JournalEntry, now: datetime) -> None:
    """Staff corrected an address: both the new one and the old one are told. The letter to the old one names no other address."""
    for address in (person.email, old):
        occasion, context = f"journal:{entry.pk}", {"old": old}
        queue(
            letter="common.address_changed", to=person, occasion=occasion, about=person, context=context, now=now, address=address
        )


@letter("login", "common.address_changed", template="common/emails/address_changed")
def build_address_changed(notice: Notice) -> Content:
    return Content(context={"old": notice.context["old"], "to_old": notice.to_address == notice.context["old"]})


def factors_reset(person: Person, *, entry: JournalEntry, now: datetime) -> None:
    """A superuser took the person's second factors away."""
    occasion, context = f"journal:{entry.pk}", {"what": "reset"}
    queue(letter="common.factor_changed", to=person, occasion=occasion, about=person, context=context, now=now)


FACTOR_SENTENCES = {
    "app_added": _("An app with codes is your second factor now."),
    "app_removed": _("The app with codes is no second factor of yours any more."),
    "key_added": _("A passkey is your second factor now."),
    "key_removed": _("A passkey of yours was removed."),
    "codes_made": _("New recovery codes were made; those of before let nobody in."),
    "reset": _("Staff took your second factors away, and logged you out. Log in with a code, and set up another."),
}


@letter("login", "common.factor_changed", template="common/emails/factor_changed")
def build_factor_changed(notice: Notice) -> Content:
    return Content(context={"sentence": FACTOR_SENTENCES[notice.context["what"]]})
