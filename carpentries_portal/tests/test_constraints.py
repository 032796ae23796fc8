"""What the database itself refuses, whoever writes: each named constraint of the portal, broken once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction
from django.db.models import F

from carpentries_portal.common import exceptions, links, people_requests
from carpentries_portal.common.models import (
    AppliedAction,
    AuditReport,
    BrakedAction,
    DataRequest,
    Hold,
    JournalSubject,
    Notice,
    Person,
    PersonalLink,
    RoleOffer,
    Run,
    RunItem,
)
from carpentries_portal.common.models.own_data import DataRequestKind
from certification.models import Certificate, CertificateRevision, Checkout, CheckoutException, Reissue, Submission
from memberships.factories import EPOCH, CoordinatorFactory, MembershipFactory
from memberships.models import (
    Coordinator,
    LedgerEntry,
    Membership,
    MembershipException,
    NameQuestion,
    Organization,
    Reservation,
    StaffNote,
)
from trainees.factories import name_people
from trainees.models import (
    Application,
    EvidenceConnection,
    EvidenceReport,
    Place,
    PlaceException,
    RollCall,
    RollCallMark,
    RosterLine,
    RosterRequest,
)
from trainings import actions
from trainings.factories import BookingFactory, DemandFactory, TrainerFactory, TrainingFactory
from trainings.models import Booking, CalendarFeed, Demand, DemandDates, RoomCheck, Training, TrainingException, TrainingTrainer

pytestmark = pytest.mark.django_db

OURS = ("common", "memberships", "trainings", "trainees", "certification")


def changed(model: type[models.Model], **values: Any) -> Callable[[], object]:
    return lambda: model._default_manager.update(**values)


def again(model: type[models.Model], **other: Callable[[], object]) -> Callable[[], object]:
    def save_a_copy() -> None:
        row = model._default_manager.first()
        assert row is not None
        row.pk = None
        for name, make in other.items():
            setattr(row, name, make())
        row.save(force_insert=True)

    return save_a_copy


BREAKS: dict[str, Callable[[], object]] = {
    "person_merged_is_closed": changed(Person, merged_at=EPOCH),
    "role_offered_once": lambda: RoleOffer.objects.bulk_create([RoleOffer(role="reader", permission="a.b") for _time in range(2)]),
    "name_question_answered_has_time": lambda: NameQuestion.objects.create(
        name="A", name_key="a", near=Organization.objects.get(), source="a file", asked_at=EPOCH, answer="same"
    ),
    "coordinator_once_per_organization": again(Coordinator),
    "membership_ends_after_it_starts": changed(Membership, ends_on=F("starts_on") - timedelta(days=1)),
    "membership_no_account_below_zero": changed(Membership, available=-1, granted=F("granted") - F("available") - 1),
    "membership_seats_add_up": changed(Membership, available=F("available") + 1),
    "membership_ended_early_has_a_reason": changed(Membership, ended_on=date(2018, 6, 1)),
    "note_says_something": changed(StaffNote, text=""),
    "note_struck_out_has_a_reason": changed(StaffNote, struck_at=EPOCH),
    "reservation_no_account_below_zero": changed(Reservation, reserved=-1),
    "ledger_moves_at_least_one_seat": changed(LedgerEntry, seats=0),
    "ledger_moves_between_two_accounts": changed(LedgerEntry, source=F("target")),
    "ledger_has_a_reason": changed(LedgerEntry, reason=""),
    "training_ends_after_it_starts": changed(Training, ends_on=F("starts_on") - timedelta(days=1)),
    "training_has_hours": changed(Training, ends_at=F("starts_at")),
    "training_sign_up_ends_before_it_starts": changed(Training, sign_up_until=F("starts_on") + timedelta(days=1)),
    "training_cancelled_has_time_and_reason": changed(Training, state="cancelled"),
    "trainer_once_per_training": again(TrainingTrainer),
    "trainingexception_decided_or_waiting": changed(TrainingException, decided_at=EPOCH),
    "trainingexception_used_only_if_approved": changed(TrainingException, used_at=EPOCH),
    "membershipexception_decided_or_waiting": changed(MembershipException, decided_at=EPOCH),
    "membershipexception_used_only_if_approved": changed(MembershipException, used_at=EPOCH),
    "trainingexception_booking_names_its_membership": lambda: TrainingException.objects.update(
        booking=Booking.objects.get(), membership=None
    ),
    "trainingexception_asked_once": again(TrainingException),
    "booking_one_active_per_membership": again(
        Booking, reservation=lambda: Reservation.objects.create(membership=Membership.objects.get())
    ),
    "booking_confirmed_has_seats": changed(Booking, seats=0),
    "booking_moved_from_another": changed(Booking, moved_from=F("id")),
    "booking_cancelled_has_time_and_reason": changed(Booking, state="cancelled"),
    "action_once_per_cut_off_and_round": again(AppliedAction),
    "braked_once_per_cut_off_and_round": again(BrakedAction),
    "braked_before_released": changed(BrakedAction, released_at=EPOCH - timedelta(seconds=1)),
    "demand_one_open_per_membership": again(Demand),
    "demand_asks_for_seats": changed(Demand, seats=0),
    "demand_hours_in_order": changed(Demand, latest=F("earliest")),
    "demand_ended_has_time_and_reason": changed(Demand, state="withdrawn"),
    "demand_dates_once": again(DemandDates),
    "demand_dates_in_order": changed(DemandDates, last_on=F("first_on") - timedelta(days=1)),
    "calendarfeed_is_numbered": changed(CalendarFeed, number=0),
    "run_plans_an_action_once": again(RunItem),
    "audit_one_asked_at_a_time": again(AuditReport),
    "hold_decided_or_waiting": changed(Hold, decided_at=None),
    "hold_used_only_if_approved": changed(Hold, used_at=EPOCH, state="declined"),
    "place_once_per_training": again(Place),
    "place_outcome_has_time_and_minutes": changed(Place, outcome="passed"),
    "room_item_ticked_once": again(RoomCheck),
    "roll_call_once_a_day": again(RollCall),
    "roll_call_has_a_day": changed(RollCall, day=0),
    "roll_call_mark_kept_once": again(RollCallMark),
    "roll_call_mark_has_a_day": changed(RollCallMark, day=0),
    "placeexception_decided_or_waiting": changed(PlaceException, decided_at=EPOCH),
    "placeexception_used_only_if_approved": changed(PlaceException, used_at=EPOCH),
    "rosterrequest_decided_or_waiting": changed(RosterRequest, decided_at=EPOCH),
    "rosterrequest_used_only_if_approved": changed(RosterRequest, used_at=EPOCH),
    "rosterrequest_one_waits": again(RosterRequest),
    "rosterrequest_taken_back_is_decided": changed(RosterRequest, taken_back_at=EPOCH),
    "rosterline_once_a_place": again(RosterLine),
    "rosterline_says_what_its_kind_needs": changed(RosterLine, was=""),
    "place_has_a_name": changed(Place, name=""),
    "place_removed_has_time_and_reason": changed(Place, state="removed"),
    "evidence_once_per_file": again(EvidenceReport),
    "connection_is_whose_it_says": changed(EvidenceConnection, whose="person", decided_at=EPOCH),
    "connection_waiting_is_nobodys": changed(EvidenceConnection, waiting=True, whose="ignored", decided_at=EPOCH),
    "application_finished_is_complete": changed(Application, finished_at=EPOCH, certificate_name=""),
    "checkout_due_never_earlier_than_first": changed(Checkout, due_on=F("first_due_on") - timedelta(days=1)),
    "checkout_ended_has_time": changed(Checkout, ended_at=EPOCH),
    "checkout_closed_has_reason": changed(Checkout, state="failed", ended_at=EPOCH),
    "submission_one_live_per_exercise": again(Submission),
    "submission_reviewed_has_time": changed(Submission, reviewed_at=EPOCH),
    "submission_withdrawn_has_time": changed(Submission, withdrawn_at=EPOCH),
    "submission_file_has_a_token": changed(Submission, file="submissions/1/x"),
    "submission_passed_has_a_confirmed_day": changed(Submission, state="passed", reviewed_at=EPOCH),
    "submission_no_has_a_reason": changed(Submission, state="repeat", reviewed_at=EPOCH),
    "checkoutexception_decided_or_waiting": changed(CheckoutException, decided_at=EPOCH),
    "checkoutexception_used_only_if_approved": changed(CheckoutException, used_at=EPOCH),
    "certificate_one_valid_per_person": again(Certificate, number=lambda: "another"),
    "certificate_revoked_has_time_and_reason": changed(Certificate, state="revoked", revoked_at=EPOCH),
    "certificate_revision_once": again(CertificateRevision, token=lambda: "another"),
    "certificate_revision_from_one": changed(CertificateRevision, revision=0),
    "revision_drawn_has_a_sum": changed(CertificateRevision, drawn_at=EPOCH),
    "reissue_has_a_reason": changed(Reissue, why=""),
    "notice_once_per_occasion": again(Notice),
    "notice_sent_has_time": changed(Notice, state="sent", sent_at=None),
    "notice_sending_has_time": changed(Notice, state="sending", claimed_at=None),
    "link_expires_after_it_is_made": changed(PersonalLink, expires_at=F("made_at")),
    "link_leads_into_the_portal": changed(PersonalLink, leads_to="https://example.net/"),
    "journal_subject_once": again(JournalSubject),
    "person_forgotten_has_no_name": changed(Person, forgotten_at=EPOCH),
    "data_request_asked_once": again(DataRequest),
    "data_request_decided_or_waiting": changed(DataRequest, decided_at=EPOCH),
}


@pytest.fixture
def _world() -> None:
    """One row at least of each thing that has a constraint."""
    coordinator = CoordinatorFactory()
    membership = MembershipFactory(organization=coordinator.organization)
    StaffNote.objects.create(organization=coordinator.organization, text="Prefers mornings.", at=EPOCH)
    training = TrainingFactory(trainers=[TrainerFactory()])
    booking = BookingFactory(training=training, membership=membership, by=coordinator.person)
    place = name_people(booking, 1, by=coordinator.person)[0]
    DemandFactory(membership=membership, by=coordinator.person)
    actions.renew_feed(person=coordinator.person, now=EPOCH)
    Application.objects.create(place=place, saved_at=EPOCH)
    RoomCheck.objects.create(booking=booking, item="wifi", at=EPOCH)
    report = EvidenceReport.objects.create(training=training, uploaded_at=EPOCH, file_name="x.csv", zone="UTC")
    EvidenceConnection.objects.create(report=report, name="Ana")
    RollCall.objects.create(place=place, day=1, made_at=EPOCH, saved_at=EPOCH)
    RollCallMark.objects.create(place=place, day=1, key=uuid4(), made_at=EPOCH, saved_at=EPOCH)
    checkout = Checkout.objects.create(
        place=place, opened_at=EPOCH, first_due_on=EPOCH.date(), due_on=EPOCH.date(), enforced_from_on=EPOCH.date()
    )
    Submission.objects.create(checkout=checkout, exercise="discussion", done_on=EPOCH.date(), submitted_at=EPOCH)
    certificate = Certificate.objects.create(
        person=place.person, checkout=checkout, number="a number", issued_at=EPOCH, issued_on=EPOCH.date()
    )
    CertificateRevision.objects.create(certificate=certificate, revision=1, token="a token", made_at=EPOCH, due_at=EPOCH)
    Reissue.objects.create(asked_at=EPOCH, why="new artwork", total=1)
    exceptions.ask(CheckoutException(checkout=checkout, rule="R25", reason="ill"), by=place.person, now=EPOCH)
    request = exceptions.ask(RosterRequest(booking=booking, rule="P7", reason="ill"), by=coordinator.person, now=EPOCH)
    RosterLine.objects.create(request=request, kind="leaves", place=place, was=place.name)
    exceptions.ask(PlaceException(place=place, rule="R14", reason="far away"), by=coordinator.person, now=EPOCH)
    actions.ask_exception(
        training=TrainingFactory(), membership=membership, rule="R6", reason="late", by=coordinator.person, now=EPOCH, seats=6
    )
    exceptions.ask(MembershipException(membership=membership, rule="R12", reason="late"), by=coordinator.person, now=EPOCH)
    key = {"rule": "R7", "subject_label": "trainings.training", "subject_id": training.pk, "cut_off_on": training.sign_up_until}
    AppliedAction.objects.create(**key, applied_at=EPOCH, sentence="It was empty.")
    run = Run.objects.create(as_of=EPOCH)
    AuditReport.objects.create(asked=True, started_at=EPOCH)
    RunItem.objects.create(**key, run=run, subject_text="a training", sentence="It was empty.", ends_at=EPOCH)
    exceptions.enter(
        Hold(
            rule="R7",
            subject_label="trainings.training",
            subject_id=training.pk,
            subject_words="a training",
            subject_zone="UTC",
            reason="wait",
            until=EPOCH + timedelta(days=1),
        ),
        by=coordinator.person,
        now=EPOCH,
    )
    BrakedAction.objects.create(**key, subject_text="a training", sentence="It was empty.", braked_at=EPOCH)
    people_requests.ask(person=place.person, kind=DataRequestKind.CORRECT, text="My name has two n.", now=EPOCH)
    links.make_link(person=coordinator.person, purpose="coordinator", leads_to="/", now=EPOCH)


def named() -> dict[str, models.BaseConstraint]:
    found: dict[str, models.BaseConstraint] = {}
    for label in OURS:
        for model in apps.get_app_config(label).get_models():
            found |= {constraint.name: constraint for constraint in model._meta.constraints}
    return found


def test_every_constraint_has_a_row() -> None:
    assert set(BREAKS) == set(named())


@pytest.mark.usefixtures("_world")
@pytest.mark.parametrize("name", BREAKS)
def test_the_database_refuses_what_the_constraint_forbids(name: str) -> None:
    with pytest.raises(IntegrityError) as problem, transaction.atomic():
        BREAKS[name]()
    constraint = named()[name]
    if connection.vendor == "sqlite" and isinstance(constraint, models.UniqueConstraint):
        assert all(field in str(problem.value) for field in constraint.fields) or name in str(problem.value)
    else:
        assert name in str(problem.value)
