"""Checkouts from the roll call to their end: opened, handed in, reviewed, extended, corrected."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from carpentries_portal.common import exceptions, people_requests
from carpentries_portal.common.auditing import run_audits
from carpentries_portal.common.models import JournalEntry, Notice, Person
from carpentries_portal.common.notices import composing
from certification import actions, queries
from certification.factories import Team, certify
from certification.models import Checkout, Submission
from certification.states import CheckoutState, Standing, SubmissionState
from memberships.factories import StaffFactory
from trainees.actions import correct_attendance
from trainees.models import Place
from trainees.policy import DayMarks
from trainings.models import Training

pytestmark = pytest.mark.django_db

DUE = date(2018, 5, 1)
FEB = datetime(2018, 2, 20, 12, tzinfo=UTC)
CODES = ("contribution", "discussion", "demonstration")


@pytest.fixture(autouse=True)
def _the_sums_hold_at_the_end() -> Iterator[None]:
    yield
    assert [str(finding) for finding in run_audits()] == []


def day(on: date, hour: int = 18) -> datetime:
    """An instant of a day in February to October in Chicago: at 18 UTC it is midday there."""
    return datetime(on.year, on.month, on.day, hour, tzinfo=UTC)


def hand_in(checkout: Checkout, code: str, done_on: date, now: datetime, **more: object) -> Submission:
    by = checkout.place.person
    values = {"link": "https://example.org/work", **more}
    return actions.hand_in(checkout_id=checkout.pk, exercise=code, done_on=done_on, by=by, now=now, **values)


def review(submission: Submission, team: Team, result: SubmissionState, on: date, now: datetime, why: str = "clear") -> Submission:
    return actions.review_submission(
        submission_id=submission.pk, result=result, confirmed_on=on, feedback=why, by=team.trainer, now=now
    )


def stands(checkout: Checkout, now: datetime) -> Standing:
    return queries.standing_of(Checkout.objects.with_story().get(pk=checkout.pk), now=now)


def test_confirmed_attendance_opens_a_checkout_for_each_who_passed() -> None:
    team = Team()
    rows = list(Checkout.objects.order_by("pk"))
    assert [(row.place_id, row.state, row.first_due_on, row.due_on, row.opened_at) for row in rows] == [
        (place.pk, CheckoutState.UNDER_WAY, DUE, DUE, team.training.ends_at) for place in team.places
    ]
    assert JournalEntry.objects.filter(what="checkout_opened").count() == 6


def test_no_date_from_before_the_portal_is_enforced_on_a_checkout() -> None:
    team = Team(1, confirm=False)
    Training.objects.update(enforced_from_on=date(2018, 6, 1))
    team.confirm(team.training.ends_at)
    assert (team.checkout().enforced_from_on, team.checkout().due_on) == (date(2018, 6, 1), DUE)


def test_a_corrected_attendance_withdraws_the_checkout_and_gives_it_back_as_it_was() -> None:
    team, staff = Team(), StaffFactory()
    checkout = team.checkout()
    handed = hand_in(checkout, "discussion", date(2018, 2, 19), FEB)
    values = {"place_id": team.places[0].pk, "day": 1, "why": "was not there", "by": staff}
    correct_attendance(marks=DayMarks(absent=True), now=FEB, **values)
    checkout.refresh_from_db()
    assert (checkout.state, checkout.round, stands(checkout, FEB)) == (CheckoutState.WITHDRAWN, 0, Standing.WITHDRAWN)
    with pytest.raises(actions.UnableToHandIn, match="was corrected"):
        hand_in(checkout, "contribution", date(2018, 2, 19), FEB)
    correct_attendance(marks=DayMarks(), now=FEB, **values)
    checkout.refresh_from_db()
    assert (checkout.state, checkout.round, checkout.due_on) == (CheckoutState.UNDER_WAY, 1, DUE)
    assert list(Submission.objects.values_list("pk", "state")) == [(handed.pk, SubmissionState.SUBMITTED)]


def test_all_passed_in_time_is_complete_and_never_expires() -> None:
    team = Team()
    checkout = team.checkout()
    for number, code in enumerate(CODES):
        done = date(2018, 2, 10 + number)
        review(hand_in(checkout, code, done, FEB), team, SubmissionState.PASSED, done, FEB)
    assert stands(checkout, FEB) == stands(checkout, FEB + timedelta(days=1000)) == Standing.COMPLETE
    letters = list(Notice.objects.filter(code="L12").order_by("pk").values_list("letter", flat=True))
    assert letters == ["certification.received", "certification.reviewed"] * 3


def test_done_on_day_89_recorded_on_day_95_counts() -> None:
    team = Team()
    checkout = team.checkout()
    for code in CODES[:2]:
        review(hand_in(checkout, code, date(2018, 2, 19), FEB), team, SubmissionState.PASSED, date(2018, 2, 19), FEB)
    day_89, day_95 = DUE - timedelta(days=1), DUE + timedelta(days=5)
    assert stands(checkout, day(day_95)) == Standing.EXPIRED
    handed = hand_in(checkout, "demonstration", day_89, day(day_95))
    assert stands(checkout, day(day_95)) == Standing.IN_REVIEW
    review(handed, team, SubmissionState.PASSED, day_89, day(day_95))
    assert stands(checkout, day(day_95)) == Standing.COMPLETE


def test_a_repeat_on_day_92_expires_on_the_day_of_that_review_and_an_extension_revives_it() -> None:
    team, staff = Team(), StaffFactory()
    checkout = team.checkout()
    handed = [hand_in(checkout, code, date(2018, 4, 30), day(date(2018, 4, 30))) for code in CODES]
    day_92 = DUE + timedelta(days=2)
    assert stands(checkout, day(day_92)) == Standing.IN_REVIEW
    review(handed[0], team, SubmissionState.REPEAT, date(2018, 4, 30), day(day_92), "the link is broken")
    verdict = queries.checkout_verdict(team.checkout(), now=day(day_92))
    assert (verdict.facts["standing"], verdict.facts["expired_on"]) == (Standing.EXPIRED, day_92)
    actions.extend_checkout(checkout_id=checkout.pk, to=date(2018, 6, 1), why="the review was late", by=staff, now=day(day_92))
    assert stands(checkout, day(day_92)) == Standing.OPEN
    assert stands(checkout, day(date(2018, 6, 2))) == Standing.EXPIRED


def test_two_extensions_the_later_date_holds_and_one_revoked_falls_back() -> None:
    team, staff = Team(), StaffFactory()
    checkout = team.checkout()
    asked = actions.ask_extension(checkout_id=checkout.pk, reason="ill", by=checkout.place.person, now=FEB, to=date(2018, 6, 1))
    exceptions.approve(asked, by=staff, now=FEB, until=asked.default_until())
    second = actions.extend_checkout(checkout_id=checkout.pk, to=date(2018, 7, 1), why="still ill", by=staff, now=FEB)
    checkout.refresh_from_db()
    assert (checkout.first_due_on, checkout.due_on, checkout.round) == (DUE, date(2018, 7, 1), 2)
    with pytest.raises(actions.UnableToExtend, match="names a later day"):
        actions.extend_checkout(checkout_id=checkout.pk, to=date(2018, 7, 1), why="again", by=staff, now=FEB)
    actions.revoke_extension(record_id=second.pk, note="a mistake", by=staff, now=FEB)
    checkout.refresh_from_db()
    assert (checkout.due_on, checkout.round) == (date(2018, 6, 1), 3)


def test_a_failed_exercise_closes_and_only_an_exception_reopens() -> None:
    team, staff = Team(), StaffFactory()
    checkout = team.checkout()
    review(
        hand_in(checkout, "contribution", date(2018, 2, 19), FEB), team, SubmissionState.FAILED, date(2018, 2, 19), FEB, "copied"
    )
    checkout.refresh_from_db()
    assert (checkout.state, checkout.ended_why) == (CheckoutState.FAILED, "copied")
    with pytest.raises(actions.UnableToExtend):
        actions.extend_checkout(checkout_id=checkout.pk, to=date(2018, 7, 1), why="please", by=staff, now=FEB)
    actions.reopen_checkout(checkout_id=checkout.pk, why="it was their own", by=staff, now=FEB)
    assert stands(checkout, FEB) == Standing.OPEN
    hand_in(checkout, "contribution", date(2018, 2, 20), FEB)


def test_attendance_confirmed_three_weeks_late_offers_one_extension_by_those_days() -> None:
    confirmed = datetime(2018, 2, 21, 18, tzinfo=UTC)
    team, staff = Team(confirmed_at=confirmed), StaffFactory()
    checkout = team.checkout()
    assert (checkout.due_on, checkout.late_days) == (DUE, 21)
    actions.extend_for_late_confirmation(checkout_id=checkout.pk, by=staff, now=confirmed)
    checkout.refresh_from_db()
    assert checkout.due_on == DUE + timedelta(days=21)
    with pytest.raises(actions.UnableToExtend, match="offered once"):
        actions.extend_for_late_confirmation(checkout_id=checkout.pk, by=staff, now=confirmed)


def test_who_is_certified_draws_no_new_checkout_and_the_letter_asks_for_no_exercises() -> None:
    first, again = Team(1), Team(1, starts_on=date(2018, 6, 5), confirm=False)
    certify(first, now=FEB + timedelta(days=10))
    again.confirm(again.training.ends_at)
    assert first.places[0].person_id == again.places[0].person_id
    assert list(Checkout.objects.values_list("place", flat=True)) == [first.places[0].pk]
    letters = Notice.objects.filter(letter="trainees.passed").order_by("pk")
    texts = [composing.preview(notice, now=again.training.ends_at)[1] for notice in letters]
    assert ["THE THREE EXERCISES" in text for text in texts] == [True, False]
    assert "You hold a certificate already" in texts[1]


def revoked(team: Team) -> Checkout:
    later = FEB + timedelta(days=10)
    certificate = certify(team, now=later)
    actions.revoke_certificate(certificate_id=certificate.pk, why="the work was copied", by=StaffFactory(), now=later)
    return team.checkout()


def failed(team: Team) -> Checkout:
    on = date(2018, 2, 19)
    review(hand_in(team.checkout(), "contribution", on, FEB), team, SubmissionState.FAILED, on, FEB, "copied")
    return team.checkout()


def closed(team: Team) -> Checkout:
    return actions.close_checkout(checkout_id=team.checkout().pk, why="asked to stop", by=StaffFactory(), now=FEB)


@pytest.mark.parametrize(
    ("ended", "stands_as"),
    [
        (failed, (CheckoutState.FAILED, "copied")),
        (closed, (CheckoutState.CLOSED, "asked to stop")),
        (revoked, (CheckoutState.CLOSED, "The certificate was revoked: the work was copied")),
    ],
)
def test_what_had_ended_is_not_reopened_by_a_correction_of_the_attendance(
    ended: Callable[[Team], Checkout], stands_as: tuple[str, str]
) -> None:
    """R27: only an exception reopens it; else a revoked certificate would be issued anew by the next night."""
    team, staff = Team(1), StaffFactory()
    checkout = ended(team)
    for marks in (DayMarks(absent=True), DayMarks()):
        correct_attendance(place_id=team.places[0].pk, day=1, why="the list was wrong", by=staff, marks=marks, now=FEB)
        checkout.refresh_from_db()
        assert (checkout.state, checkout.ended_why, checkout.round) == (*stands_as, 0)
    assert not JournalEntry.objects.filter(what="checkout_withdrawn").exists()


def test_a_checkout_is_opened_by_hand_only_for_a_pass_that_has_none() -> None:
    team, staff = Team(2), StaffFactory()
    with pytest.raises(actions.UnableToOpenCheckout, match="There is a checkout of this place already"):
        actions.open_checkout(place_id=team.places[0].pk, by=staff, now=FEB)
    correct_attendance(place_id=team.places[1].pk, day=1, why="left", by=staff, marks=DayMarks(absent=True), now=FEB)
    with pytest.raises(actions.UnableToOpenCheckout, match="The training was not passed"):
        actions.open_checkout(place_id=team.places[1].pk, by=staff, now=FEB)


def test_closed_with_a_reason_and_once_and_reopened_with_a_date_that_is_still_to_come() -> None:
    team, staff = Team(1), StaffFactory()
    checkout, after = team.checkout(), day(DUE + timedelta(days=3))
    close = {"checkout_id": checkout.pk, "by": staff, "now": FEB}
    reopen = {"checkout_id": checkout.pk, "why": " goes on ", "by": staff, "now": after}
    with pytest.raises(actions.UnableToReopenCheckout, match="Only a checkout that was failed"):
        actions.reopen_checkout(**reopen)
    with pytest.raises(actions.UnableToCloseCheckout, match="Say why"):
        actions.close_checkout(why=" ", **close)
    actions.close_checkout(why="asked to stop", **close)
    with pytest.raises(actions.UnableToCloseCheckout, match="under way"):
        actions.close_checkout(why="again", **close)
    for to, says in ((DUE - timedelta(days=1), "is not before Tue 1 May 2018"), (DUE, "has passed"), (None, "has passed")):
        with pytest.raises(actions.UnableToReopenCheckout, match=says):
            actions.reopen_checkout(to=to, **reopen)
    actions.reopen_checkout(to=DUE + timedelta(days=3), **reopen)
    checkout.refresh_from_db()
    assert (checkout.state, checkout.ended_why, checkout.due_on) == (CheckoutState.UNDER_WAY, "", DUE + timedelta(days=3))
    found = JournalEntry.objects.filter(what__in=["checkout_closed", "checkout_reopened"]).order_by("pk")
    assert [(row.what, row.rule, row.why) for row in found] == [
        ("checkout_closed", "R27", "asked to stop"),
        ("checkout_reopened", "R27", "goes on"),
    ]
    letters = Notice.objects.filter(letter="certification.changed", to_person=checkout.place.person).order_by("pk")
    assert [(row.context["what"], row.context["why"]) for row in letters] == [("closed", "asked to stop"), ("reopened", "goes on")]


def test_on_the_due_day_itself_a_closed_one_reopens_with_the_date_it_had() -> None:
    team, staff = Team(1), StaffFactory()
    checkout = closed(team)
    actions.reopen_checkout(checkout_id=checkout.pk, why="goes on", by=staff, now=day(DUE), to=DUE)
    assert stands(checkout, day(DUE)) == Standing.OPEN
    assert team.checkout().due_on == DUE


def test_work_that_holds_nothing_is_not_handed_in_and_what_is_taken_back_leaves_a_line() -> None:
    team = Team(1)
    checkout = team.checkout()
    with pytest.raises(actions.UnableToHandIn, match="Give a link, a few words, or a file"):
        hand_in(checkout, "discussion", date(2018, 2, 19), FEB, link=" ")
    handed = hand_in(checkout, "discussion", date(2018, 2, 19), FEB)
    actions.take_back(submission_id=handed.pk, by=checkout.place.person, now=FEB)
    with pytest.raises(actions.UnableToTakeBack, match="taken back already"):
        actions.take_back(submission_id=handed.pk, by=checkout.place.person, now=FEB)
    row = JournalEntry.objects.get(what="work_taken_back")
    assert (row.rule, row.by, row.new) == ("R26", checkout.place.person, {"exercise": "discussion"})


def test_nobody_reviews_their_own_work_and_a_repeat_says_why() -> None:
    team = Team(1)
    checkout, on = team.checkout(), date(2018, 2, 19)
    handed = hand_in(checkout, "discussion", on, FEB)
    values = {"submission_id": handed.pk, "confirmed_on": on, "now": FEB}
    for result, feedback, by, says in (
        (SubmissionState.PASSED, "clear", checkout.place.person, "your own work"),
        (SubmissionState.REPEAT, " ", team.trainer, "Say why"),
        (SubmissionState.WITHDRAWN, "clear", team.trainer, "Choose"),
    ):
        with pytest.raises(actions.UnableToReview, match=says):
            actions.review_submission(result=result, feedback=feedback, by=by, **values)
    handed.refresh_from_db()
    assert (handed.state, handed.reviewed_by) == (SubmissionState.SUBMITTED, None)


def test_a_session_led_on_a_day_before_the_training_is_not_recorded() -> None:
    team = Team(1)
    with pytest.raises(actions.UnableToHandIn, match="before the training"):
        actions.record_result(
            checkout_id=team.checkout().pk, exercise="discussion", done_on=date(2018, 1, 29), feedback="", by=team.trainer, now=FEB
        )
    assert not Submission.objects.exists()


def passed(team: Team, code: str, now: datetime = FEB) -> Submission:
    return review(hand_in(team.checkout(), code, date(2018, 2, 19), now), team, SubmissionState.PASSED, date(2018, 2, 19), now)


def test_a_pass_that_was_a_mistake_is_taken_back_and_done_again() -> None:
    team, staff = Team(1), StaffFactory()
    first, *_others = [passed(team, code) for code in CODES]
    assert (stands(team.checkout(), FEB), team.checkout().complete) == (Standing.COMPLETE, True)
    done = actions.take_pass_back(submission_id=first.pk, why="It was somebody else’s.", by=staff, now=FEB)
    assert (done.state, done.reviewed_by, done.feedback) == (SubmissionState.REPEAT, staff, "It was somebody else’s.")
    assert (stands(team.checkout(), FEB), team.checkout().complete) == (Standing.OPEN, False)
    with pytest.raises(actions.UnableToIssue, match="once all exercises are passed"):
        actions.issue_certificate(checkout_id=team.checkout().pk, by=None, now=FEB)
    entry = JournalEntry.objects.get(what="work_pass_taken_back")
    assert (entry.why, entry.by, entry.old["feedback"]) == ("It was somebody else’s.", staff, "clear")
    stale, letter = Notice.objects.filter(letter="certification.reviewed", subject_id=first.pk).order_by("pk")
    text = composing.preview(letter, now=FEB)[1]
    assert "It was a mistake that this counted as passed, please do it once more" in text
    assert "It was somebody else’s." in text
    with pytest.raises(Exception, match="meanwhile"):
        composing.preview(stale, now=FEB)
    passed(team, CODES[0])
    assert stands(team.checkout(), FEB) == Standing.COMPLETE


def test_a_pass_taken_back_after_the_due_date_expires_on_that_day() -> None:
    team = Team(1)
    rows = [passed(team, code) for code in CODES]
    later = day(DUE + timedelta(days=3))
    actions.take_pass_back(submission_id=rows[1].pk, why="The wrong person.", by=StaffFactory(), now=later)
    checkout = Checkout.objects.with_story().get(pk=team.checkout().pk)
    assert stands(checkout, later) == Standing.EXPIRED
    assert queries.checkout_verdict(checkout, now=later).facts["expired_on"] == DUE + timedelta(days=3)


def test_a_certificate_is_revoked_before_a_pass_is_taken_back_and_does_not_come_again_by_itself() -> None:
    team, staff = Team(1), StaffFactory()
    march = datetime(2018, 3, 1, 12, tzinfo=UTC)
    certificate = certify(team, now=march)
    row = Submission.objects.filter(state=SubmissionState.PASSED).first()
    assert row is not None
    values = {"submission_id": row.pk, "why": "Not theirs.", "by": staff, "now": march}
    with pytest.raises(actions.UnableToReview, match="The certificate rests on it: revoke that first"):
        actions.take_pass_back(**values)
    actions.revoke_certificate(certificate_id=certificate.pk, why="Not theirs.", by=staff, now=march)
    actions.take_pass_back(**values)
    actions.reopen_checkout(checkout_id=team.checkout().pk, why="Once more.", by=staff, now=march)
    assert stands(team.checkout(), march) == Standing.OPEN
    with pytest.raises(actions.UnableToReview, match="there is nothing to take back"):
        actions.take_pass_back(**values)


def test_no_pass_is_taken_back_without_a_reason_nor_by_whose_it_is() -> None:
    team = Team(1)
    row = passed(team, CODES[0])
    for why, by, sentence in (("", StaffFactory(), "Say why"), ("Mine.", team.places[0].person, "your own work")):
        with pytest.raises(actions.UnableToReview, match=sentence):
            actions.take_pass_back(submission_id=row.pk, why=why, by=by, now=FEB)
    assert Submission.objects.get().state == SubmissionState.PASSED


def forgotten(team: Team, number: int = 0) -> None:
    person = team.places[number].person
    people_requests.forget(person_id=person.pk, keep_verifiable=False, why="Asked.", by=StaffFactory(), now=FEB)


def test_nobody_opens_exercises_for_somebody_who_was_forgotten() -> None:
    """Forgetting closes what is under way; attendance that is corrected later draws no checkout, and none is opened by hand."""
    team, staff = Team(2), StaffFactory()
    forgotten(team)
    closed = {"checkout_id": team.checkout().pk, "why": "Once more.", "by": staff, "now": FEB}
    with pytest.raises(actions.UnableToReopenCheckout, match="was forgotten"):
        actions.reopen_checkout(**closed)
    values = {"place_id": team.places[1].pk, "day": 1, "why": "by the clock", "by": staff, "now": FEB}
    correct_attendance(marks=DayMarks(absent=True), **values)
    Checkout.objects.filter(place=team.places[1]).delete()  # as if they had been absent from the first
    forgotten(team, 1)
    correct_attendance(marks=DayMarks(), **values)
    assert not Checkout.objects.filter(place=team.places[1]).exists()
    with pytest.raises(actions.UnableToOpenCheckout, match="was forgotten"):
        actions.open_checkout(place_id=team.places[1].pk, by=staff, now=FEB)


def test_a_closed_checkout_is_not_reopened_while_the_training_does_not_count_as_passed() -> None:
    team, staff = Team(1), StaffFactory()
    reopen = {"checkout_id": team.checkout().pk, "why": "Once more.", "by": staff, "now": FEB}
    actions.close_checkout(checkout_id=team.checkout().pk, why="They left.", by=staff, now=FEB)
    values = {"place_id": team.places[0].pk, "day": 1, "why": "by the clock", "by": staff, "now": FEB}
    correct_attendance(marks=DayMarks(absent=True), **values)
    with pytest.raises(actions.UnableToReopenCheckout, match="correct the attendance first"):
        actions.reopen_checkout(**reopen)
    correct_attendance(marks=DayMarks(), **values)
    actions.reopen_checkout(**reopen)
    assert stands(team.checkout(), FEB) == Standing.OPEN


def second_pass(team: Team, staff: Person) -> Team:
    """The person of the first team trained twice, and passed both times."""
    second = Team(1, starts_on=date(2018, 2, 27), start=40, confirm=False)
    Place.objects.filter(pk=second.places[0].pk).update(person=team.places[0].person)
    second.confirm(second.training.ends_at)
    return second


def test_whose_certificate_is_revoked_goes_on_with_what_else_they_passed() -> None:
    team, staff = Team(1), StaffFactory()
    march = datetime(2018, 3, 10, 12, tzinfo=UTC)
    certificate = certify(team, now=datetime(2018, 2, 26, 12, tzinfo=UTC))
    second = second_pass(team, staff)
    assert not Checkout.objects.filter(place=second.places[0]).exists()  # nothing more to do, while it is valid
    actions.revoke_certificate(certificate_id=certificate.pk, why="Not theirs.", by=staff, now=march)
    opened = Checkout.objects.get(place=second.places[0])
    assert (opened.state, opened.due_on) == (CheckoutState.UNDER_WAY, date(2018, 5, 29))
    letter = Notice.objects.get(letter="certification.changed", subject_id=opened.pk)
    assert "You passed this training too, and hold no certificate any more." in composing.preview(letter, now=march)[1]


def test_a_checkout_that_was_withdrawn_comes_back_when_the_certificate_that_stood_against_it_is_revoked() -> None:
    team, staff = Team(1), StaffFactory()
    second = second_pass(team, staff)
    march = datetime(2018, 3, 10, 12, tzinfo=UTC)
    values = {"place_id": second.places[0].pk, "day": 1, "why": "by the clock", "by": staff, "now": march}
    correct_attendance(marks=DayMarks(absent=True), **values)
    certificate = certify(team, now=march)
    correct_attendance(marks=DayMarks(), **values)
    assert Checkout.objects.get(place=second.places[0]).state == CheckoutState.WITHDRAWN
    actions.revoke_certificate(certificate_id=certificate.pk, why="Not theirs.", by=staff, now=march)
    assert Checkout.objects.get(place=second.places[0]).state == CheckoutState.UNDER_WAY
