"""More time (R28): asked for by the trainee, given by staff, more than once; taken back with a reason. The exception is to R25."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from carpentries_portal.common import exceptions, journal
from carpentries_portal.common.dates import CutOff
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.models import Person
from carpentries_portal.common.models.exceptions import ExceptionState
from certification import emails, policy, queries
from certification.actions.checkouts import about_checkout, settle
from certification.actions.locks import lock_checkout
from certification.models import Checkout, CheckoutException

RULE = "R25"


class UnableToExtend(UnableTo):
    """The checkout has ended, or the date is not later than the one in force."""


def ask_extension(*, checkout_id: int, reason: str, by: Person, now: datetime, to: date | None = None) -> CheckoutException:
    """R28: the trainee asks for more time, or a coordinator of the team for them; a date may be named. Staff are told, and answer (L13).

    Raises UnableToAsk, UnableToExtend.
    """
    with transaction.atomic():
        checkout = lock_checkout(checkout_id)
        found = queries.facts(checkout)
        verdict = policy.ask_for_time(found, now=now)
        if to is not None and verdict.allowed:
            verdict = policy.extend(found, to=to, now=now)
        if verdict.refused:
            raise UnableToExtend(verdict.sentence, verdicts=[verdict])
        new = CutOff(on=to, zone=found.zone) if to is not None else None
        record = CheckoutException(
            checkout=checkout,
            rule=RULE,
            reason=reason.strip()[:4000],
            refusal=policy.finish_in_time(found, now=now).sentence,
            asked_for=_("more time, until %(day)s") % {"day": policy.here(new)} if new else _("more time"),
            to_date=to,
        )
        return exceptions.ask(record, by=by, now=now)


def apply_extension(record: CheckoutException, *, now: datetime) -> None:
    """R28: an approved extension sets the due date. In the transaction of its approval, which holds the checkout's lock.

    Raises UnableToExtend.
    """
    checkout = lock_checkout(record.checkout_id)
    if record.to_date is None:
        raise UnableToExtend(_("Name the day until which there is time."))
    verdict = policy.extend(queries.facts(checkout), to=record.to_date, now=now)
    if verdict.refused:
        raise UnableToExtend(verdict.sentence, verdicts=[verdict])
    before = checkout.due_on
    checkout.due_on, checkout.round = record.to_date, checkout.round + 1
    checkout.save(update_fields=["due_on", "round"])
    settle(checkout, now=now)
    journal.record(
        what="checkout_extended",
        now=now,
        by=record.decided_by,
        rule="R28",
        why=record.note or record.reason,
        about=[record, *about_checkout(checkout)],
        old={"due_on": before.isoformat()},
        new={"due_on": checkout.due_on.isoformat()},
    )


def extend_checkout(*, checkout_id: int, to: date, why: str, by: Person, now: datetime) -> CheckoutException:
    """R28: staff give more time without being asked; the person is told. Raises UnableToExtend, UnableToAsk."""
    with transaction.atomic():
        checkout = lock_checkout(checkout_id)
        verdict = policy.extend(queries.facts(checkout), to=to, now=now)
        if verdict.refused:
            raise UnableToExtend(verdict.sentence, verdicts=[verdict])
        new = CutOff(on=to, zone=checkout.place.training.zone)
        text = _("more time, until %(day)s") % {"day": policy.here(new)}
        record = CheckoutException(checkout=checkout, rule=RULE, reason=why.strip(), asked_for=text, to_date=to)
        record.until = max(new.ends_at, now + timedelta(microseconds=1))  # a date that is over still makes late work count
        exceptions.enter(record, by=by, now=now)
        checkout.refresh_from_db()
        emails.checkout_changed(checkout, what="extended", occasion=f"extension:{record.pk}", why=record.reason, now=now)
    return record


def extend_for_late_confirmation(*, checkout_id: int, by: Person, now: datetime) -> CheckoutException:
    """R25: one extension a checkout by the days that attendance was confirmed late. Raises UnableToExtend."""
    with transaction.atomic():
        checkout = lock_checkout(checkout_id)
        days = _offered(checkout)
        text = ngettext(
            "Attendance was confirmed %(n)d day after the training: as much more time.",
            "Attendance was confirmed %(n)d days after the training: as much more time.",
            days,
        )
        to = checkout.due_on + timedelta(days=days)
        record = extend_checkout(checkout_id=checkout_id, to=to, why=text % {"n": days}, by=by, now=now)
        Checkout.objects.filter(pk=checkout_id).update(late_settled_at=now)
    return record


def _offered(checkout: Checkout) -> int:
    if not checkout.late_days:
        raise UnableToExtend(_("Attendance was not confirmed late: nothing is offered."))
    if checkout.late_settled_at is not None:
        raise UnableToExtend(_("This was decided already: it is offered once."))
    return checkout.late_days


def decline_late_offer(*, checkout_id: int, why: str, by: Person, now: datetime) -> None:
    """R25: staff let the offer go, with a reason. Raises UnableToExtend, UnableToDecide."""
    if not why.strip():
        raise UnableToExtend(_("Say why: the journal keeps it."))
    with transaction.atomic():
        checkout = lock_checkout(checkout_id)
        _offered(checkout)
        exceptions.refuse_gainer(checkout, by=by)
        Checkout.objects.filter(pk=checkout_id).update(late_settled_at=now)
        journal.record(what="late_offer_declined", now=now, by=by, rule="R25", why=why.strip(), about=about_checkout(checkout))


def revoke_extension(*, record_id: int, note: str, by: Person, now: datetime) -> CheckoutException:
    """R28: an extension is taken back: the latest of those that remain holds. What was passed in time by it stands only if it still is.

    Raises UnableToDecide, UnableToExtend.
    """
    with transaction.atomic():
        record = CheckoutException.objects.select_related("checkout__place__training", "checkout__place__booking").get(pk=record_id)
        checkout = lock_checkout(record.checkout_id)
        if not queries.facts(checkout).under_way:
            raise UnableToExtend(_("The checkout has ended: its dates are settled."))
        record = exceptions.revoke(record, by=by, now=now, note=note)
        before = checkout.due_on
        checkout.due_on, checkout.round = due_by_extensions(checkout), checkout.round + 1
        checkout.save(update_fields=["due_on", "round"])
        settle(checkout, now=now)
        journal.record(
            what="extension_revoked",
            now=now,
            by=by,
            rule="R28",
            why=note.strip(),
            about=[record, *about_checkout(checkout)],
            old={"due_on": before.isoformat()},
            new={"due_on": checkout.due_on.isoformat()},
        )
    return record


def due_by_extensions(checkout: Checkout) -> date:
    """The due date that the approved extensions and reopenings give: the latest of them, or the first one. Reads `exceptions`."""
    given = [row for row in checkout.exceptions.all() if row.state == ExceptionState.APPROVED and row.rule in {RULE, "R27"}]
    return max([checkout.first_due_on, *(row.to_date for row in given if row.to_date is not None)])
