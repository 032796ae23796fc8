"""How rules about trainings and bookings are explained: R2, R3, R5-R9, R11, P1-P5, P10."""

from __future__ import annotations

from carpentries_portal.common.dates import is_zone
from carpentries_portal.common.explaining import EXPLAINERS, Explainer, Subject, UnableToExplain
from carpentries_portal.common.handbook import Verdict
from memberships.explain import membership_of
from trainings import policy, queries
from trainings.enforcement import verdict_for
from trainings.models import Booking, Training
from trainings.states import TrainingState


def training_of(subject: Subject) -> Training:
    """The training that the command names by its code. Raises UnableToExplain."""
    if not subject.code:
        raise UnableToExplain("Name a training: --training CODE.")
    training = Training.objects.select_related("edition").filter(code=subject.code).first()
    if training is None:
        raise UnableToExplain(f"There is no training “{subject.code}”.")
    return training


def _booking_rule(rule: str) -> Explainer:
    """A rule that a booking page asks: the same call."""

    def explain(subject: Subject) -> list[Verdict]:
        training, membership = training_of(subject), membership_of(subject)
        edition = membership.edition.edition()
        minimum = training.edition.edition().minimum_for(edition.seats_of(membership.level))
        verdicts = queries.booking_verdicts(
            training,
            membership,
            seats=subject.seats or minimum,
            site_zone=subject.site_zone or membership.organization.zone,
            now=subject.now,
        )
        return [verdict for verdict in verdicts if verdict.rule == rule]

    return explain


def explain_r2(subject: Subject) -> list[Verdict]:
    training = training_of(subject)
    return [policy.shape(first_day=training.starts_on, last_day=training.ends_on, edition=training.edition.edition())]


def explain_r7(subject: Subject) -> list[Verdict]:
    return [verdict_for(training_of(subject), subject.now)]


def explain_hours(subject: Subject) -> list[Verdict]:
    """R8 and R9: the hours at a site: in the zone that is named, else the organization's, else the training's own."""
    training = training_of(subject)
    zone = subject.site_zone or (membership_of(subject).organization.zone if subject.membership is not None else training.zone)
    if not is_zone(zone):
        raise UnableToExplain(f"“{zone}” is not a time zone.")
    return [policy.hours_for_site(queries.facts_of(training), site_zone=zone)]


def booking_of(subject: Subject) -> Booking:
    """The booking that the command names. Raises UnableToExplain."""
    rows = Booking.objects.select_related("training__edition", "membership__organization", "membership__edition", "reservation")
    if subject.booking is None:
        raise UnableToExplain("Name a booking: --booking ID.")
    booking = rows.filter(pk=subject.booking).first()
    if booking is None:
        raise UnableToExplain(f"There is no booking {subject.booking}.")
    return booking


def explain_p4(subject: Subject) -> list[Verdict]:
    booking = booking_of(subject)
    granted = queries.exceptions_for(booking.training, booking.membership, now=subject.now)
    facts = queries.facts_of(booking.training)
    return [policy.leave(facts, seats=subject.seats or booking.reservation.reserved, now=subject.now, exceptions=granted)]


def explain_p3(subject: Subject) -> list[Verdict]:
    """With --booking whether it may grow; else whether a first booking may be made."""
    if subject.booking is None:
        return _booking_rule("P3")(subject)
    booking = booking_of(subject)
    granted = queries.exceptions_for(booking.training, booking.membership, now=subject.now)
    return [policy.enlarge(queries.facts_of(booking.training), now=subject.now, exceptions=granted)]


def explain_p5(subject: Subject) -> list[Verdict]:
    training = training_of(subject)
    if training.state != TrainingState.CANCELLED:
        raise UnableToExplain(f"{training.code} is not cancelled: P5 says what becomes of its seats when it is.")
    return [policy.cancelled_training(queries.facts_of(training), why=training.cancelled_why)]


def explain_p10(subject: Subject) -> list[Verdict]:
    """What staff would be warned of."""
    training, membership = training_of(subject), membership_of(subject)
    zone = subject.site_zone or membership.organization.zone
    return list(
        queries.booking_verdicts(training, membership, seats=subject.seats or 1, site_zone=zone, now=subject.now, as_staff=True)
    )


def register() -> None:
    """Called when the app is ready."""
    for rule in ("R3", "R5", "R6", "R11", "P1", "P2"):
        EXPLAINERS.add(rule, _booking_rule(rule))
    EXPLAINERS.add("R2", explain_r2)
    EXPLAINERS.add("R7", explain_r7)
    EXPLAINERS.add("R8", explain_hours)
    EXPLAINERS.add("R9", explain_hours)
    EXPLAINERS.add("P3", explain_p3)
    EXPLAINERS.add("P4", explain_p4)
    EXPLAINERS.add("P5", explain_p5)
    EXPLAINERS.add("P10", explain_p10)
