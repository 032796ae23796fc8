"""What people do about their own data, and staff's answer: correct it, or forget them. Names go; counts, ledger and journal stay."""

from __future__ import annotations

from datetime import datetime

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, models, transaction
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from carpentries_portal.common import emails, journal
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.merging import PARTS
from carpentries_portal.common.models import AT_NOWHERE, DataRequest, ExceptionRecord, JournalEntry, Notice, Person, email_key
from carpentries_portal.common.models.notices import NoticeState
from carpentries_portal.common.models.own_data import DataRequestKind, DataRequestState
from carpentries_portal.common.notices import redirect
from carpentries_portal.common.own_data import Redactor, journal_of, things_of, words_of
from carpentries_portal.common.people import LONGEST_ADDRESS
from carpentries_portal.common.signals import person_forgotten, person_readdressed
from carpentries_portal.common.texts import one_line
from carpentries_portal.common.ways_in import staff_by_superuser

BATCH = 200
ANOTHERS = gettext_lazy("This address is another person’s: if they are one, merge them.")


class UnableToAskAboutData(UnableTo):
    """The same was asked already, or nothing is said."""


class UnableToCorrect(UnableTo):
    """The name or address is none, or the address is somebody else's."""


class UnableToForget(UnableTo):
    """The person is needed: staff, a coordinator, somebody on a list to come."""


def ask(*, person: Person, kind: DataRequestKind, text: str, now: datetime, keep_verifiable: bool = False) -> DataRequest:
    """Keep a request about the person's own data; they and the desk are told (L13). Raises UnableToAskAboutData."""
    if kind == DataRequestKind.CORRECT and not text.strip():
        raise UnableToAskAboutData(_("Say what is wrong, and how it should read."))
    row = DataRequest(person=person, kind=kind, text=text.strip()[:4000], keep_verifiable=keep_verifiable, asked_at=now)
    with transaction.atomic():
        _locked(person.pk)
        if DataRequest.objects.filter(person=person, kind=kind, state=DataRequestState.ASKED).exists():
            raise UnableToAskAboutData(_("You asked this already: staff answer it."))
        row.save()
        why = _("Asked to %(kind)s.") % {"kind": kind.label}
        entry = journal.record(what=f"data_{kind}_asked", now=now, by=person, why=why, about=[row, person])
        emails.data_asked(row, entry=entry, now=now)
    return row


def answer(*, request_id: int, done: bool, note: str, by: Person, now: datetime) -> DataRequest:
    """Close a request: done, or declined with a reason; who asked is told (L13). Raises UnableToAskAboutData."""
    with transaction.atomic():
        row = _waiting(request_id)
        if not note.strip() and not done:
            raise UnableToAskAboutData(_("Say why: who asked reads it."))
        row.state = DataRequestState.DONE if done else DataRequestState.DECLINED
        row.decided_at, row.decided_by, row.note = now, by, note.strip()
        row.save()
        why = note.strip() or _("Done.")
        entry = journal.record(what=f"data_{row.kind}_{row.state}", now=now, by=by, why=why, about=[row, row.person])
        emails.data_answered(row, entry=entry, now=now)
    return row


def _waiting(request_id: int) -> DataRequest:
    row = DataRequest.objects.select_for_update(of=("self",), no_key=True).select_related("person").get(pk=request_id)
    if row.state != DataRequestState.ASKED:
        raise UnableToAskAboutData(_("This was answered already: %(state)s.") % {"state": row.get_state_display()})
    return row


def _locked(person_id: int) -> Person:
    return Person.objects.select_for_update(of=("self",), no_key=True).get(pk=person_id)


def correct_own_name(*, person: Person, name: str, now: datetime) -> Person:
    """A person corrects the name that the portal greets them with. Lists and certificates have names of their own. Raises UnableToCorrect."""
    with transaction.atomic():
        row = _locked(person.pk)
        if row.forgotten_at is not None or row.merged_into_id is not None:
            raise UnableToCorrect(_("This account has ended."))
        _rename(row, name, by=row, now=now, why=_("Corrected by the person."), old=row.email)
    return row


def correct_person(*, person_id: int, name: str, email: str, why: str, by: Person, now: datetime) -> Person:
    """Staff correct a name or an address. A new address ends the links and sessions of before; both addresses are told. Raises UnableToCorrect.

    An account of staff only a superuser corrects: a new address is a way in.
    """
    if not why.strip():
        raise UnableToCorrect(_("Say why: the journal keeps it."))
    with transaction.atomic():
        row = _locked(person_id)
        if row.forgotten_at is not None:
            raise UnableToCorrect(_("This person was forgotten."))
        if row.merged_into_id is not None:
            raise UnableToCorrect(_("This row was merged: correct the person that was kept."))
        if refusal := staff_by_superuser(row, by=by):
            raise UnableToCorrect(refusal)
        if (one_line(name), email.strip()) == (row.name, row.email):
            raise UnableToCorrect(_("Name and address are so already."))
        old = row.email
        if email.strip() != row.email:
            _readdress(row, email.strip(), now=now)
        entry = _rename(row, name, by=by, now=now, why=why.strip(), old=old)
        if email_key(old) != row.email_key:
            person_readdressed.send(sender=Person, person=row, old=old, now=now)
            emails.address_changed(row, old=old, entry=entry, now=now)
    return row


def _rename(row: Person, name: str, *, by: Person, now: datetime, why: str, old: str) -> JournalEntry:
    """The name, with an address that was set before; `old` is the address until now."""
    name, before = one_line(name), {"name": row.name, "email": old}
    if not name or len(name) > 200:
        raise UnableToCorrect(_("A name has 1 to 200 characters."))
    row.name = name
    try:
        with transaction.atomic():
            row.save(update_fields=["name", "email", "email_key"])
    except IntegrityError:  # somebody else got it a moment ago
        raise UnableToCorrect(str(ANOTHERS)) from None
    new = {"name": row.name, "email": row.email}
    changed = [key for key in new if new[key] != before[key]]
    old_values, new_values = {key: before[key] for key in changed}, {key: new[key] for key in changed}
    return journal.record(what="person_corrected", now=now, by=by, why=why, about=[row], old=old_values, new=new_values)


def _readdress(row: Person, email: str, *, now: datetime) -> None:
    try:
        validate_email(email)
    except ValidationError:
        raise UnableToCorrect(_("“%(email)s” is not an e-mail address.") % {"email": email[:100]}) from None
    if len(email) > LONGEST_ADDRESS:
        raise UnableToCorrect(_("An e-mail address has at most %(n)d characters.") % {"n": LONGEST_ADDRESS})
    other = _others_row(row, email)
    if other is not None and other.merged_into_id == row.pk:  # an address of before the merge: the two change places
        Person.objects.filter(pk=row.pk).update(email_key=f"changing-{row.pk}")
        Person.objects.filter(pk=other.pk).update(email=row.email, email_key=row.email_key)
        EmailAddress.objects.filter(user=row, primary=True).update(primary=False)
    elif other is not None:
        raise UnableToCorrect(str(ANOTHERS))
    old_key, row.email, row.email_key = row.email_key, email, email_key(email)
    EmailAddress.objects.filter(user=row, primary=True).delete()  # those of people merged into this one stay
    EmailAddress.objects.filter(user=row, email=email.lower()).delete()
    EmailAddress.objects.create(user=row, email=email.lower(), primary=True, verified=False)
    if old_key != row.email_key:
        row.personal_links.filter(revoked_at__isnull=True).update(revoked_at=now)
        redirect(Notice.objects.filter(to_person=row, to_key=old_key), address=row.email)  # not the word to an address of before
        row.portal_sessions.all().delete()


def _others_row(row: Person, email: str) -> Person | None:
    """Who has this address, if it is not this one."""
    return Person.objects.filter(email_key=email_key(email)).exclude(pk=row.pk).first()


def forget(*, person_id: int, keep_verifiable: bool, why: str, by: Person, now: datetime) -> Person:
    """Names, addresses, answers and files of a person go, everywhere; what is counted stays. It cannot be undone. Raises UnableTo….

    The apps do their part by the signal `person_forgotten`, and may veto. Texts that name the person get a mask. What decides it is locked
    as for a merge, the person last.
    """
    with transaction.atomic():
        person = Person.objects.get(pk=person_id)
        for part in PARTS:
            part.lock(person, person)
        person = _locked(person_id)
        if person.forgotten_at is not None:
            raise UnableToForget(_("This person was forgotten already."))
        if person.merged_into_id is not None:
            raise UnableToForget(_("This row was merged: forget the person that was kept."))
        if person.is_staff or person.is_superuser:
            raise UnableToForget(_("Staff cannot be forgotten: take the staff flag away first."))
        redactor, things = Redactor(words_of(person)), things_of(person)
        lines = list(journal_of(person, things).values_list("pk", flat=True))
        person_forgotten.send(sender=Person, person=person, keep_verifiable=keep_verifiable, now=now)
        _redact_journal(person, lines, redactor)
        for record in _redact_exceptions(redactor):
            things.setdefault(record._meta.label_lower, set()).add(record.pk)
        _redact_letters(person, things, redactor)
        _close_requests(person, by=by, now=now)
        _anonymise(person, now=now)
        journal.record(what="person_forgotten", now=now, by=by, why=redactor.text(why.strip()) or _("As asked."), about=[person])
    return person


def _redact_journal(person: Person, lines: list[int], redactor: Redactor) -> None:
    """Lines stay, as all of the journal; who is named in them does not."""
    for entry in JournalEntry.objects.filter(pk__in=lines).iterator(chunk_size=BATCH):
        before = (entry.by_name, entry.why, entry.old, entry.new)
        entry.by_name = "" if entry.by_id == person.pk else redactor.text(entry.by_name)
        entry.why, entry.old, entry.new = redactor.text(entry.why), redactor.value(entry.old), redactor.value(entry.new)
        if before != (entry.by_name, entry.why, entry.old, entry.new):
            entry.save(update_fields=["by_name", "why", "old", "new"])


def _redact_letters(person: Person, things: dict[str, set[int]], redactor: Redactor) -> None:
    """Letters to the person lose text and address, and leave no more; in letters to others about them the name is masked."""
    keys = [person.email_key, *person.merged_here.values_list("email_key", flat=True)]
    ids = list(Notice.objects.filter(models.Q(to_person=person) | models.Q(to_key__in=keys)).values_list("pk", flat=True))
    own = Notice.objects.filter(pk__in=ids)
    tried = Notice.objects.filter(subject_label=Notice._meta.label_lower, subject_id__in=ids)  # by staff, on themselves
    for rows in (own, tried):
        rows.filter(state__in=[NoticeState.QUEUED, NoticeState.SENDING]).update(state=NoticeState.CANCELLED)
        rows.update(subject_line="", body="", error="", context={})
    address = forgotten_address(person)
    key = Concat(
        models.Value(f"{address}/"), Cast("pk", models.CharField())
    )  # one letter went to two addresses of theirs: it stays two
    own.update(to_address=address, to_key=key)
    about = models.Q()
    for label, things_of_label in things.items():
        about |= models.Q(subject_label=label, subject_id__in=things_of_label)
    others = Notice.objects.filter(about).exclude(to_address=address)
    for notice in others.iterator(chunk_size=BATCH):
        notice.subject_line, notice.body = redactor.text(notice.subject_line), redactor.text(notice.body)
        notice.context = redactor.value(notice.context)
        notice.save(update_fields=["subject_line", "body", "context"])


def _redact_exceptions(redactor: Redactor) -> list[ExceptionRecord]:
    """What was asked for and answered stays; who is named in it does not. Returns those that named the person."""
    redacted = []
    texts = ("asked_for", "reason", "refusal", "note")
    for table in ExceptionRecord.__subclasses__():
        named = models.Q()
        for word in redactor.words:
            for text in texts:
                named |= models.Q(**{f"{text}__icontains": word})
        for record in table._default_manager.filter(named).iterator(chunk_size=BATCH):
            for text in texts:
                setattr(record, text, redactor.text(getattr(record, text)))
            record.save(update_fields=texts)
            redacted.append(record)
    return redacted


def _close_requests(person: Person, *, by: Person, now: datetime) -> None:
    rows = DataRequest.objects.filter(person=person)
    rows.filter(state=DataRequestState.ASKED).update(state=DataRequestState.DONE, decided_at=now, decided_by=by)
    rows.update(text="", note="")


def forgotten_address(person: Person) -> str:
    """An address that no mail reaches, unique as each person's is."""
    return f"forgotten-{person.pk}{AT_NOWHERE}"


def _anonymise(person: Person, *, now: datetime) -> None:
    EmailAddress.objects.filter(user=person).delete()
    person.personal_links.all().delete()
    person.portal_sessions.all().delete()
    Authenticator.objects.filter(user=person).delete()
    person.groups.clear()
    person.user_permissions.clear()
    person.name, person.email, person.zone = "", forgotten_address(person), ""
    person.email_key, person.is_active, person.forgotten_at, person.last_login = person.email, False, now, None
    person.set_unusable_password()
    person.save()
    for row in person.merged_here.all():
        row.name, row.email, row.zone, row.forgotten_at = "", forgotten_address(row), "", now
        row.email_key = row.email
        row.save()
