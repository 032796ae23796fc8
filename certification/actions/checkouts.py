"""Checkouts are opened by confirmed attendance (R25), withdrawn and given back when it is corrected, closed and reopened by staff."""

from __future__ import annotations

from datetime import date, datetime

from django.db import models, transaction
from django.utils.translation import gettext as _

from carpentries_portal.common import exceptions, jobs, journal
from carpentries_portal.common.dates import CutOff, today_in
from carpentries_portal.common.errors import UnableTo
from carpentries_portal.common.models import Person
from certification import emails, policy, queries
from certification.actions.locks import lock_checkout
from certification.models import Certificate, Checkout, CheckoutException
from certification.states import CheckoutState, Standing
from trainees.models import Place
from trainees.states import Outcome


class UnableToOpenCheckout(UnableTo):
    """The training was not passed, a certificate is held, or the place has its checkout already."""


class UnableToCloseCheckout(UnableTo):
    """It has ended already, or no reason is given."""


class UnableToReopenCheckout(UnableTo):
    """It is not closed, no reason is given, or the due date has passed and no new one is named."""


def about_checkout(checkout: Checkout) -> list[models.Model]:
    """What the journal finds it from."""
    place = checkout.place
    return [checkout, place, place.booking, place.training]


def open_checkout(*, place_id: int, by: Person | None, now: datetime) -> Checkout:
    """R25: the checkout of a place that passed: due on the last day + 90. One that was withdrawn comes back as it was.

    Raises UnableToOpenCheckout, also where the place has one already.
    """
    with transaction.atomic():
        Place.objects.select_for_update(of=("self",), no_key=True).get(pk=place_id)
        place = Place.objects.select_related("training__edition", "booking", "person").get(pk=place_id)
        verdict = queries.may_open(place)
        known = Checkout.objects.filter(place=place_id).first()
        if known is not None and known.state != CheckoutState.WITHDRAWN:
            raise UnableToOpenCheckout(_("There is a checkout of this place already."))
        if verdict.refused:
            raise UnableToOpenCheckout(verdict.sentence, verdicts=[verdict])
        checkout = _made(place, now=now) if known is None else _given_back(known.pk, now=now)
        journal.record(
            what="checkout_opened",
            now=now,
            by=by,
            rule="R25",
            why=verdict.sentence,
            about=about_checkout(checkout),
            new={"due_on": checkout.due_on.isoformat()},
            edition=place.training.edition.name,
        )
    return checkout


def _made(place: Place, *, now: datetime) -> Checkout:
    due = queries.first_due_of(place)
    enforced = max(today_in(place.training.zone, now), place.training.enforced_from_on)
    checkout = Checkout.objects.create(
        place=place,
        opened_at=now,
        first_due_on=due,
        due_on=due,
        enforced_from_on=enforced,
        late_days=queries.late_days_of(place),
    )
    checkout.place = place
    return checkout


def _given_back(checkout_id: int, *, now: datetime) -> Checkout:
    checkout = lock_checkout(checkout_id)
    begin_again(checkout)
    note_complete(checkout, now=now)
    return checkout


def open_after_revocation(place_id: int, *, by: Person, now: datetime) -> None:
    """R25: a pass of another training, which drew no checkout while a certificate was valid, draws one now; the person is told."""
    known = Checkout.objects.filter(place=place_id).first()
    if known is not None and known.state != CheckoutState.WITHDRAWN:
        return
    checkout = open_checkout(place_id=place_id, by=by, now=now)
    why = _("You passed this training too, and hold no certificate any more.")
    emails.checkout_changed(checkout, what="reopened", occasion=f"revoked:{checkout.pk}:{checkout.round}", why=why, now=now)


def begin_again(checkout: Checkout) -> None:
    """Under way again, and a new round: the rules of the run may rightly act again."""
    checkout.state, checkout.ended_at, checkout.ended_by, checkout.ended_why = CheckoutState.UNDER_WAY, None, None, ""
    checkout.expired_on, checkout.round = None, checkout.round + 1
    checkout.save(update_fields=["state", "ended_at", "ended_by", "ended_why", "expired_on", "round"])


def note_complete(checkout: Checkout, *, now: datetime) -> Standing:
    """Whether every exercise is passed is kept with it, for the desk. Under its lock. Returns how it stands now."""
    found = queries.standing_of(checkout, now=now)
    if checkout.complete != (found == Standing.COMPLETE):
        checkout.complete = found == Standing.COMPLETE
        checkout.save(update_fields=["complete"])
    return found


def settle(checkout: Checkout, *, now: datetime) -> Standing:
    """After each change under its lock: what has revived is not recorded as expired any more. Returns how it stands now."""
    found = note_complete(checkout, now=now)
    if checkout.expired_on is not None and found != Standing.EXPIRED:
        checkout.expired_on, checkout.round = None, checkout.round + 1
        checkout.save(update_fields=["expired_on", "round"])
    if found == Standing.COMPLETE:
        jobs.enqueue("certification.issue", checkout=checkout.pk)  # R29, at once; the night looks again
    return found


def follow_attendance(*, place: Place, now: datetime) -> bool:
    """R25: a place's outcome was set or corrected, in the transaction that holds its locks. No checkout where a certificate is held.

    One that has ended stays: staff decide about the certificate of a pass that was taken back (R29), and only an exception reopens
    what was failed or closed (R27). Returns whether exercises follow.
    """
    known = Checkout.objects.filter(place=place.pk).first()
    if place.outcome == Outcome.PASSED:
        Certificate.objects.filter(checkout__place=place.pk, doubted_at__isnull=False).update(doubted_at=None)
        if queries.is_certified(place.person_id) or place.person.forgotten_at is not None:
            return False
        if known is None or known.state == CheckoutState.WITHDRAWN:
            open_checkout(place_id=place.pk, by=None, now=now)
        return True
    if known is not None:
        _withdraw(known.pk, now=now)
    return False


def _withdraw(checkout_id: int, *, now: datetime) -> None:
    """One that has ended stays as it is: were it withdrawn and given back, a correction would reopen what only an exception may (R27)."""
    checkout = lock_checkout(checkout_id)
    if checkout.state != CheckoutState.UNDER_WAY:
        Certificate.objects.valid().filter(checkout=checkout.pk).update(doubted_at=now)
        return
    end(checkout, CheckoutState.WITHDRAWN, why=_("it does not count as passed any more."), by=None, now=now)
    journal.record(
        what="checkout_withdrawn", now=now, rule="R25", why=_("Attendance was corrected."), about=about_checkout(checkout)
    )


def end(checkout: Checkout, state: CheckoutState, *, why: str, by: Person | None, now: datetime) -> None:
    """It ends with a reason; what was asked about it has nothing left to decide. In the caller's transaction, under the lock."""
    checkout.state, checkout.ended_at, checkout.ended_by, checkout.ended_why = state, now, by, why
    checkout.save(update_fields=["state", "ended_at", "ended_by", "ended_why"])
    for record in CheckoutException.objects.waiting().filter(checkout=checkout.pk, rule__in=["R25", "R28"]):
        exceptions.decline(record, by=by, now=now, note=_("The checkout has ended: %(why)s") % {"why": why})


def close_checkout(*, checkout_id: int, why: str, by: Person, now: datetime) -> Checkout:
    """Staff close a checkout, with a reason that the person reads. Raises UnableToCloseCheckout."""
    if not why.strip():
        raise UnableToCloseCheckout(_("Say why: the person reads it."))
    with transaction.atomic():
        checkout = lock_checkout(checkout_id)
        verdict = policy.close(queries.facts(checkout))
        if verdict.refused:
            raise UnableToCloseCheckout(verdict.sentence, verdicts=[verdict])
        end(checkout, CheckoutState.CLOSED, why=why.strip(), by=by, now=now)
        entry = journal.record(what="checkout_closed", now=now, by=by, rule="R27", why=why.strip(), about=about_checkout(checkout))
        emails.checkout_changed(checkout, what="closed", occasion=f"journal:{entry.pk}", why=why.strip(), now=now)
    return checkout


def reopen_checkout(*, checkout_id: int, why: str, by: Person, now: datetime, to: date | None = None) -> Checkout:
    """R27: staff reopen a checkout that was failed or closed, by an exception; with a new date, which is needed once the old one is over.

    Raises UnableToReopenCheckout.
    """
    with transaction.atomic():
        checkout = lock_checkout(checkout_id)
        place = checkout.place
        forgotten = place.person.forgotten_at is not None
        verdict = policy.reopen(queries.facts(checkout), passed=place.outcome == Outcome.PASSED, forgotten=forgotten)
        if verdict.refused:
            raise UnableToReopenCheckout(verdict.sentence, verdicts=[verdict])
        zone = place.training.zone
        if to is not None and to < checkout.due_on:
            raise UnableToReopenCheckout(_("The new date is not before %(due)s.") % {"due": policy.here(checkout.due())})
        if CutOff(on=to or checkout.due_on, zone=zone).passed(now):
            raise UnableToReopenCheckout(_("The due date has passed: name a new one that is still to come."))
        record = CheckoutException(checkout=checkout, rule="R27", reason=why, asked_for=_("reopen the checkout"), to_date=to)
        exceptions.enter(record, by=by, now=now, used=True)
        begin_again(checkout)
        if to is not None and to > checkout.due_on:
            checkout.due_on = to
            checkout.save(update_fields=["due_on"])
        note_complete(checkout, now=now)
        entry = journal.record(
            what="checkout_reopened", now=now, by=by, rule="R27", why=why.strip(), about=about_checkout(checkout)
        )
        emails.checkout_changed(checkout, what="reopened", occasion=f"journal:{entry.pk}", why=why.strip(), now=now)
    return checkout


def expire_checkout(*, checkout_id: int, on: date, sentence: str, now: datetime) -> None:
    """R27: the run records, in the transaction that holds the lock, that the time is over since a day, and tells the person (L11)."""
    checkout = lock_checkout(checkout_id)
    checkout.expired_on = on
    checkout.save(update_fields=["expired_on"])
    journal.record(
        what="checkout_expired",
        now=now,
        rule="R27",
        why=sentence,
        about=about_checkout(checkout),
        new={"expired_on": on.isoformat()},
        edition=checkout.place.training.edition.name,
    )
    emails.checkout_expired(checkout, on=on, now=now, sentence=sentence)


def remind_of_checkout(*, checkout_id: int, on: date, sentence: str, now: datetime) -> None:
    """L11: what is left is reminded of, in the transaction of the run."""
    emails.checkout_reminder(Checkout.objects.with_story().get(pk=checkout_id), on=on, now=now, sentence=sentence)
