"""R29 from the last exercise to the file: issued once, drawn, mailed, corrected, revoked, held, kept; and the night."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core import mail
from pytest_django import DjangoCaptureOnCommitCallbacks

from carpentries_portal.common import people_requests
from carpentries_portal.common.auditing import run_audits
from carpentries_portal.common.enforcement import runs
from carpentries_portal.common.enforcement.rehearsal import rehearse
from carpentries_portal.common.models import AppliedAction, JournalEntry, Notice
from carpentries_portal.common.notices import delivery
from carpentries_portal.common.own_data import MASK
from certification import actions, certificate_audit, certificate_queries, documents
from certification.actions import drawing
from certification.factories import Team, apply, certify, pass_exercises
from certification.models import Certificate, CertificateRevision, Checkout, CheckoutException
from certification.policy.certificates import typed_number
from certification.states import CheckoutState
from memberships.factories import StaffFactory
from trainees.actions import correct_attendance
from trainees.policy import DayMarks

pytestmark = pytest.mark.django_db

NOW = datetime(2018, 3, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _the_sums_hold_at_the_end() -> Iterator[None]:
    yield
    assert [str(finding) for finding in run_audits()] == []


def letters(code: str = "L14") -> list[tuple[str, str, str]]:
    rows = Notice.objects.filter(code=code).order_by("pk")
    return [(row.letter, row.to_address, row.state) for row in rows]


def refresh(certificate: Certificate) -> CertificateRevision:
    return certificate.revisions.order_by("-revision")[0]


def test_issued_drawn_and_mailed_once() -> None:
    team = Team()
    certificate = certify(team, name="Ana Maria Silva", now=NOW)
    checkout = team.checkout()
    assert (checkout.state, certificate.issued_on, certificate.person_id) == (
        CheckoutState.CERTIFIED,
        date(2018, 3, 20),
        team.places[0].person_id,
    )
    assert re.fullmatch(r"([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}", certificate.number)
    revision = refresh(certificate)
    organization = team.booking.membership.organization.name
    assert (revision.name, revision.pdf, revision.data) == (
        "Ana Maria Silva",
        None,
        {
            "organization": organization,
            "training": team.training.code,
            "starts_on": "2018-01-30",
            "ends_on": "2018-01-31",
            "zone": "America/Chicago",
            "country": "US",
            "exercises": [
                {"name": "Lesson contribution", "done_on": "2018-02-07"},
                {"name": "Discussion session", "done_on": "2018-02-14"},
                {"name": "Teaching demonstration", "done_on": "2018-02-21"},
            ],
        },
    )
    assert letters() == []
    assert [drawing.draw_due(now=NOW), drawing.draw_due(now=NOW + HOUR)] == [1, 0]
    revision.refresh_from_db()
    assert bytes(revision.pdf or b"")[:8] == b"%PDF-1.7"
    assert revision.sha256 == hashlib.sha256(revision.pdf or b"").hexdigest()
    person, coordinator = team.places[0].person.email, team.coordinator.email
    assert letters() == [
        ("certification.certificate", person, "queued"),
        ("certification.certificate_team", coordinator, "queued"),
    ]
    delivery.deliver_due(now=NOW)
    found = {message.to[0]: message for message in mail.outbox if "certif" in message.subject.lower()}
    assert [(name, bytes(body), kind) for name, body, kind in found[person].attachments] == [
        (f"certificate-{certificate.number}.pdf", bytes(revision.pdf or b""), "application/pdf")
    ]
    assert f"/verify/{revision.token}/" in found[person].body
    assert found[coordinator].attachments == []
    assert revision.token not in found[coordinator].body
    assert list(JournalEntry.objects.filter(what__startswith="certificate_").order_by("pk").values_list("what", flat=True)) == [
        "certificate_issued",
        "certificate_drawn",
    ]


def test_nothing_is_issued_twice_nor_two_to_a_person() -> None:
    team = Team()
    certify(team, now=NOW)
    with pytest.raises(actions.UnableToIssue, match="issued already"):
        actions.issue_certificate(checkout_id=team.checkout().pk, by=None, now=NOW)
    later = Team(1, starts_on=date(2018, 5, 8))  # the same address: no new checkout is opened for who holds one
    assert later.places[0].person_id == team.places[0].person_id
    assert not Checkout.objects.filter(place=later.places[0].pk).exists()


@pytest.mark.parametrize(
    ("lacks", "why"),
    [
        ("exercise", "once all exercises are passed in time"),
        ("application", "waits for the application"),
        ("name", "cannot be lettered with “🎉”"),
        ("hold", "staff hold the certificate for now"),
    ],
)
def test_what_is_missing_is_said_and_the_night_issues_nothing(lacks: str, why: str) -> None:
    team, staff = Team(), StaffFactory()
    if lacks != "application":
        apply(team.places[0], name="Ana 🎉" if lacks == "name" else None)
    pass_exercises(team.checkout(), by=team.trainer, now=NOW, but=1 if lacks == "exercise" else 0)
    if lacks == "hold":
        actions.hold_certificate(
            checkout_id=team.checkout().pk, until=date(2018, 4, 1), why="identity in question", by=staff, now=NOW
        )
    with pytest.raises(actions.UnableToIssue, match=why):
        actions.issue_certificate(checkout_id=team.checkout().pk, by=None, now=NOW)
    runs.run(now=NOW + HOUR, rules=["R29"])
    assert Certificate.objects.count() == 0


def test_the_night_issues_what_nobody_rang_for_once() -> None:
    team = Team()
    for number in (0, 1):
        apply(team.places[number])
        pass_exercises(team.checkout(number), by=team.trainer, now=NOW)
    pass_exercises(team.checkout(2), by=team.trainer, now=NOW)  # without an application
    assert [runs.run(now=NOW + n * HOUR, rules=["R29"]).applied for n in (1, 2)] == [2, 0]
    assert [(row.rule, row.subject_id, row.sentence) for row in AppliedAction.objects.order_by("pk")] == [
        ("R29", team.checkout(number).pk, "Training attended, application done, all exercises passed in time.") for number in (0, 1)
    ]
    apply(team.places[2])
    assert runs.run(now=NOW + 3 * HOUR, rules=["R29"]).applied == 1


def test_the_last_exercise_rings_for_the_certificate(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung: list[tuple[str, dict[str, int]]] = []
    monkeypatch.setattr("celery.current_app.send_task", lambda name, kwargs: rung.append((name, kwargs)))
    team = Team()
    with django_capture_on_commit_callbacks(execute=True):
        pass_exercises(team.checkout(), by=team.trainer, now=NOW)
    assert [entry for entry in rung if entry[0] == "certification.issue"] == [
        ("certification.issue", {"checkout": team.checkout().pk})
    ]


def test_a_hold_ends_by_its_day_or_by_staff() -> None:
    team, staff = Team(), StaffFactory()
    for number in (0, 1):
        apply(team.places[number])
        pass_exercises(team.checkout(number), by=team.trainer, now=NOW)
        actions.hold_certificate(
            checkout_id=team.checkout(number).pk, until=date(2018, 3, 22), why="identity in question", by=staff, now=NOW
        )
    last_minute = datetime(2018, 3, 23, 4, 59, tzinfo=UTC)  # 22 March, 23:59 in Chicago
    assert runs.run(now=last_minute, rules=["R29"]).applied == 0
    released = actions.release_certificate(checkout_id=team.checkout(0).pk, why="it is her", by=staff, now=last_minute)
    assert released is not None
    with pytest.raises(actions.UnableToHold, match="Nobody holds"):
        actions.release_certificate(checkout_id=team.checkout(0).pk, why="it is her", by=staff, now=last_minute)
    with pytest.raises(actions.UnableToHold, match="nothing to hold: certified"):
        actions.hold_certificate(checkout_id=team.checkout(0).pk, until=date(2018, 4, 1), why="x", by=staff, now=last_minute)
    assert runs.run(now=last_minute + timedelta(minutes=1), rules=["R29"]).applied == 1
    assert Certificate.objects.count() == 2


def test_corrected_is_a_new_revision_under_the_same_number() -> None:
    team, staff = Team(), StaffFactory()
    certificate = certify(team, name="Ana Silva", now=NOW)
    drawing.draw_due(now=NOW)
    old = refresh(certificate)
    values = {"certificate_id": certificate.pk, "why": "she married", "by": staff, "now": NOW + HOUR}
    new = actions.correct_certificate(name="  Ana  Souza ", **values)
    assert (new.revision, new.name, new.data, new.token != old.token) == (2, "Ana Souza", old.data, True)
    drawing.draw_due(now=NOW + HOUR)
    new.refresh_from_db()
    old.refresh_from_db()
    assert old.pdf is not None
    assert new.pdf not in (None, old.pdf)
    for name, why in (("Ana Souza", "stands on it already"), ("Ana 🎉", "cannot be lettered"), ("", "needs a name")):
        with pytest.raises(actions.UnableToCorrectCertificate, match=why):
            actions.correct_certificate(name=name, **values)
    delivery.deliver_due(now=NOW + HOUR)
    assert letters() == [  # the first had not left: the newer file has its own letter
        ("certification.certificate", team.places[0].person.email, "cancelled"),
        ("certification.certificate_team", team.coordinator.email, "cancelled"),
        ("certification.certificate", team.places[0].person.email, "sent"),
    ]


def test_revoked_says_so_everywhere_and_the_person_can_begin_again() -> None:
    team, staff = Team(), StaffFactory()
    certificate = certify(team, now=NOW)
    drawing.draw_due(now=NOW)
    with pytest.raises(actions.UnableToRevoke, match="Say why"):
        actions.revoke_certificate(certificate_id=certificate.pk, why=" ", by=staff, now=NOW)
    actions.revoke_certificate(certificate_id=certificate.pk, why="the work was somebody else’s", by=staff, now=NOW + HOUR)
    with pytest.raises(actions.UnableToRevoke, match="already"):
        actions.revoke_certificate(certificate_id=certificate.pk, why="again", by=staff, now=NOW + HOUR)
    checkout = team.checkout()
    assert (checkout.state, checkout.ended_why) == (
        CheckoutState.CLOSED,
        "The certificate was revoked: the work was somebody else’s",
    )
    delivery.deliver_due(now=NOW + HOUR)
    assert [(letter, state) for letter, _to, state in letters()] == [
        ("certification.certificate", "cancelled"),
        ("certification.certificate_team", "cancelled"),
        ("certification.certificate_revoked", "sent"),
    ]
    assert runs.run(now=NOW + 2 * HOUR, rules=["R29"]).applied == 0
    actions.reopen_checkout(checkout_id=checkout.pk, why="it was hers after all", by=staff, now=NOW + 3 * HOUR)
    assert runs.run(now=NOW + 4 * HOUR, rules=["R29"]).applied == 1
    assert sorted(Certificate.objects.values_list("state", flat=True)) == ["issued", "revoked"]


def test_a_pass_taken_back_lies_before_staff_until_they_decide() -> None:
    team, staff = Team(), StaffFactory()
    certificate = certify(team, now=NOW)
    assert list(certificate_queries.doubtful()) == []
    absent = {"place_id": team.places[0].pk, "day": 1, "why": "was not there", "by": staff}
    correct_attendance(marks=DayMarks(absent=True), now=NOW + HOUR, **absent)
    assert list(certificate_queries.doubtful()) == [certificate]
    actions.keep_certificate(certificate_id=certificate.pk, why="the list was wrong", by=staff, now=NOW + 2 * HOUR)
    assert list(certificate_queries.doubtful()) == []
    kept = CheckoutException.objects.get(rule="R29")
    assert (kept.reason, kept.used_at) == ("the list was wrong", NOW + 2 * HOUR)
    assert list(certificate_audit.taken_back_means_doubt()) == []
    correct_attendance(marks=DayMarks(), now=NOW + 3 * HOUR, **absent)
    assert list(certificate_queries.doubtful()) == []
    correct_attendance(marks=DayMarks(absent=True), now=NOW + 4 * HOUR, **absent)
    assert list(certificate_queries.doubtful()) == [certificate]
    correct_attendance(marks=DayMarks(), now=NOW + 5 * HOUR, **absent)
    assert list(certificate_queries.doubtful()) == []
    assert list(certificate_audit.taken_back_means_doubt()) == []


def test_audit_names_a_doubt_that_is_not_before_staff_and_one_that_is_none() -> None:
    team, staff = Team(), StaffFactory()
    certificate = certify(team, now=NOW)
    Certificate.objects.filter(pk=certificate.pk).update(doubted_at=NOW)
    assert [one.sentence for one in certificate_audit.taken_back_means_doubt()] == [
        "it is before staff, and its training is passed"
    ]
    correct_attendance(place_id=team.places[0].pk, day=1, marks=DayMarks(absent=True), why="x", by=staff, now=NOW + HOUR)
    assert list(certificate_audit.taken_back_means_doubt()) == []
    Certificate.objects.filter(pk=certificate.pk).update(doubted_at=None)
    (found,) = certificate_audit.taken_back_means_doubt()
    assert (found.subject, found.sentence) == (certificate.number, "its pass was taken back, and it is not before staff")
    Certificate.objects.filter(pk=certificate.pk).update(doubted_at=NOW)
    actions.keep_certificate(certificate_id=certificate.pk, why="the list was wrong", by=staff, now=NOW + HOUR)


def test_what_cannot_be_drawn_keeps_its_error_and_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    team, staff = Team(), StaffFactory()
    certificate = certify(team, now=NOW)

    def no_ink(paper: documents.Paper) -> bytes:
        raise documents.UnableToDraw("The fonts of the set-up are missing.")

    with monkeypatch.context() as without_fonts:
        without_fonts.setattr(documents, "draw", no_ink)
        tries = [drawing.draw_due(now=NOW + timedelta(minutes=n)) for n in (0, 4, 5, 9, 10)]
    assert tries == [1, 0, 1, 0, 1]
    failed = certificate_queries.not_drawn(NOW).get()
    assert (failed.certificate_id, failed.error, failed.attempts) == (certificate.pk, "The fonts of the set-up are missing.", 3)
    assert letters() == []
    actions.draw_again(revision_id=failed.pk, by=staff, now=NOW + timedelta(minutes=11))
    assert drawing.draw_due(now=NOW + timedelta(minutes=11)) == 1
    assert not certificate_queries.not_drawn(NOW + 23 * HOUR).exists()
    assert len(letters()) == 2
    with pytest.raises(actions.UnableToDrawAgain):
        actions.draw_again(revision_id=failed.pk, by=staff, now=NOW + HOUR)


def test_a_claim_is_one_worker_s_until_it_ends_and_a_late_one_stores_nothing() -> None:
    certificate = certify(Team(), now=NOW)
    (first,) = drawing.claim(now=NOW)
    assert drawing.claim(now=NOW + timedelta(minutes=4)) == []
    (second,) = drawing.claim(now=NOW + timedelta(minutes=5))
    pdf = documents.draw(drawing.paper_of(second, certificate))
    assert drawing.store({second.pk: pdf}, now=NOW) == 1
    assert drawing.store({first.pk: b"another"}, now=NOW) == 0
    assert bytes(refresh(certificate).pdf or b"") == pdf
    assert len(letters()) == 2


def test_reissue_goes_bit_by_bit_and_can_be_found_again() -> None:
    team, staff = Team(), StaffFactory()
    certificates = [certify(team, number, now=NOW + number * timedelta(days=1)) for number in range(4)]
    actions.revoke_certificate(certificate_id=certificates[3].pk, why="a test", by=staff, now=NOW + 90 * HOUR)
    while drawing.draw_due(now=NOW + 90 * HOUR):
        pass
    before = len(letters())
    for values, why in (({"why": ""}, "Say why"), ({"first_on": date(2019, 1, 1)}, "No valid certificate")):
        with pytest.raises(actions.UnableToReissue, match=why):
            actions.start_reissue(
                **{"why": "new artwork", "first_on": None, "last_on": None, "tell": False, "by": staff, "now": NOW, **values}
            )
    reissue = actions.start_reissue(
        why="new artwork", first_on=date(2018, 3, 21), last_on=None, tell=False, by=staff, now=NOW + 95 * HOUR
    )
    progress = []
    for _bit in range(4):
        made = actions.make_some(now=NOW + 96 * HOUR, limit=1)
        reissue.refresh_from_db()
        progress.append((made, reissue.made, reissue.made_at is not None))
    assert progress == [(1, 1, False), (1, 2, False), (0, 2, True), (0, 2, True)]
    assert reissue.total == 2
    assert [one.revisions.count() for one in certificates] == [1, 2, 2, 1]
    assert drawing.draw_due(now=NOW + 96 * HOUR) == 2
    assert len(letters()) == before
    assert set(reissue.revisions.values_list("why", "tell")) == {("new artwork", False)}


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("7QX2-M4TN-9KDC-VH3R", "7QX2-M4TN-9KDC-VH3R"),
        (" 7qx2 m4tn 9kdc vh3r\n", "7QX2-M4TN-9KDC-VH3R"),
        ("oilO–0123–4567–89AB", "0110-0123-4567-89AB"),
        ("7QX2-M4TN-9KDC-VH3", None),
        ("7QX2-M4TN-9KDC-VH3U", None),
        ("", None),
        ("x" * 10_000, None),
    ],
)
def test_numbers_are_read_as_people_type_them(typed: str, number: str | None) -> None:
    assert typed_number(typed) == number


def test_audit_names_a_file_that_was_changed_and_a_checkout_without_certificate() -> None:
    certificate = certify(Team(), now=NOW)
    drawing.draw_due(now=NOW)
    revision, checkout = refresh(certificate), certificate.checkout
    CertificateRevision.objects.filter(pk=revision.pk).update(pdf=b"%PDF another")
    Checkout.objects.filter(pk=checkout.pk).update(state=CheckoutState.CLOSED, ended_why="by hand")
    found = sorted((finding.audit, finding.subject) for finding in run_audits())
    assert found == [("certificate files", f"revision {revision.pk}"), ("certificates", certificate.number)]
    CertificateRevision.objects.filter(pk=revision.pk).update(pdf=revision.pdf)
    Checkout.objects.filter(pk=checkout.pk).update(state=CheckoutState.CERTIFIED)


def test_of_two_checkouts_of_a_person_one_certificate_is_issued() -> None:
    """Both were opened before either was certified."""
    first, second = Team(1), Team(1, starts_on=date(2018, 2, 13))
    assert first.places[0].person_id == second.places[0].person_id
    certify(first, now=NOW)
    apply(second.places[0])
    pass_exercises(second.checkout(), by=second.trainer, now=NOW)
    with pytest.raises(actions.UnableToIssue, match="nobody holds two"):
        actions.issue_certificate(checkout_id=second.checkout().pk, by=None, now=NOW)
    assert runs.run(now=NOW + HOUR, rules=["R29"]).applied == 0
    assert Certificate.objects.count() == 1


def test_holding_releasing_and_keeping_need_a_reason_and_a_day_to_come() -> None:
    team, staff = Team(1), StaffFactory()
    values = {
        "checkout_id": team.checkout().pk,
        "by": staff,
        "now": datetime(2018, 3, 23, 5, tzinfo=UTC),
    }  # 23 March, 0:00 in Chicago
    for until, why, says in ((date(2018, 3, 23), " ", "Say why"), (date(2018, 3, 22), "identity", "still to come")):
        with pytest.raises(actions.UnableToHold, match=says):
            actions.hold_certificate(until=until, why=why, **values)
    held = actions.hold_certificate(until=date(2018, 3, 23), why=" identity ", **values)
    assert (held.reason, held.until) == ("identity", datetime(2018, 3, 24, 5, tzinfo=UTC))
    assert actions.release_certificate(why="it is her", **values) is None  # the exercises are still to be done
    held.refresh_from_db()
    assert held.state == "revoked"
    certificate = certify(team, now=NOW + 90 * HOUR)
    with pytest.raises(actions.UnableToHold, match="Say why"):
        actions.keep_certificate(certificate_id=certificate.pk, why="", by=staff, now=NOW + 91 * HOUR)


def test_what_is_valid_no_longer_or_of_somebody_forgotten_gets_no_other_name() -> None:
    team, staff = Team(2), StaffFactory()
    gone, forgotten = certify(team, 0, now=NOW), certify(team, 1, now=NOW)
    actions.revoke_certificate(certificate_id=gone.pk, why="copied", by=staff, now=NOW)
    values = {"name": "Ana Souza", "by": staff, "now": NOW + HOUR}
    with pytest.raises(actions.UnableToCorrectCertificate, match="Say why"):
        actions.correct_certificate(certificate_id=forgotten.pk, why=" ", **values)
    person_id = forgotten.person_id
    people_requests.forget(person_id=person_id, keep_verifiable=True, why="asked", by=staff, now=NOW + 400 * 24 * HOUR)
    for certificate in (gone, forgotten):
        with pytest.raises(actions.UnableToCorrectCertificate, match="valid no longer"):
            actions.correct_certificate(certificate_id=certificate.pk, why="she married", **values)
        assert certificate.revisions.count() == 1


@pytest.mark.parametrize("keep", [True, False])
def test_of_somebody_forgotten_the_number_stays_and_nothing_that_names_them(keep: bool) -> None:
    certificate, staff = certify(Team(1), name="Ana Silva", now=NOW), StaffFactory()
    actions.correct_certificate(certificate_id=certificate.pk, name="Ana Souza", why="Ana married", by=staff, now=NOW)
    while drawing.draw_due(now=NOW):
        pass
    actions.revoke_certificate(certificate_id=certificate.pk, why="Ana copied", by=staff, now=NOW)
    later = NOW + 400 * 24 * HOUR
    people_requests.forget(person_id=certificate.person_id, keep_verifiable=keep, why="asked", by=staff, now=later)
    certificate.refresh_from_db()
    assert (certificate.state, certificate.revoked_why, certificate.forgotten_at, certificate.verifiable) == (
        "revoked",
        MASK,
        later,
        keep,
    )
    assert list(certificate.revisions.values_list("name", "why", "pdf")) == [("", "", None)] * 2


def test_a_corrected_name_leaves_a_line_with_both() -> None:
    certificate, staff = certify(Team(), name="Ana Silva", now=NOW), StaffFactory()
    actions.correct_certificate(certificate_id=certificate.pk, name="Ana Souza", why=" she married ", by=staff, now=NOW)
    row = JournalEntry.objects.get(what="certificate_corrected")
    assert (row.rule, row.why, row.by, row.old, row.new) == (
        "R29",
        "she married",
        staff,
        {"name": "Ana Silva", "revision": 1},
        {"name": "Ana Souza", "revision": 2},
    )


def test_a_re_issue_means_what_was_issued_before_it_was_asked_for() -> None:
    team, staff = Team(2), StaffFactory()
    before = certify(team, 0, now=NOW)
    actions.start_reissue(why="new artwork", first_on=None, last_on=None, tell=True, by=staff, now=NOW + HOUR)
    after = certify(team, 1, now=NOW + 2 * HOUR)
    assert [actions.make_some(now=NOW + 3 * HOUR) for _bit in range(2)] == [1, 0]
    assert [one.revisions.count() for one in (before, after)] == [2, 1]


def test_the_bell_rings_again_while_more_waits(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung: list[str] = []
    monkeypatch.setattr("celery.current_app.send_task", lambda name, kwargs: rung.append(name))
    certify(Team(1), now=NOW)
    actions.start_reissue(why="new artwork", first_on=None, last_on=None, tell=False, by=StaffFactory(), now=NOW)
    found = []
    for _bit in range(2):
        rung.clear()
        with django_capture_on_commit_callbacks(execute=True):
            actions.draw_some(now=NOW + HOUR)
        found.append(rung.count("certification.draw") > 0)
    assert found == [True, False]


def test_one_that_cannot_be_stored_waits_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    certificates = [certify(team := Team(), 0, now=NOW), certify(team, 1, now=NOW), certify(team, 2, now=NOW)]
    draw = documents.draw
    with monkeypatch.context() as broken:
        broken.setattr(documents, "draw", lambda paper: "no file" if paper.number == certificates[1].number else draw(paper))
        assert drawing.draw_due(now=NOW) == 3
    kept = [(bool(row.pdf), row.attempts, row.error) for row in map(refresh, certificates)]
    assert kept == [(True, 1, ""), (False, 1, "TypeError: Strings must be encoded before hashing"), (True, 1, "")]
    assert [to for letter, to, _state in letters() if letter == "certification.certificate"] == [
        team.places[0].person.email,
        team.places[2].person.email,
    ]
    assert drawing.draw_due(now=NOW + timedelta(minutes=5)) == 1
    assert refresh(certificates[1]).pdf
    assert JournalEntry.objects.filter(what="certificate_drawn").count() == 3


def test_the_preview_of_the_night_shows_the_letters_that_follow_with_the_file_and_leaves_nothing() -> None:
    team = Team()
    apply(team.places[0])
    pass_exercises(team.checkout(0), by=team.trainer, now=NOW)
    found = rehearse(rule="R29", subject_id=team.checkout(0).pk, now=NOW + HOUR)
    assert (found.problem, [letter.problem for letter in found.letters]) == ("", ["", ""])
    assert found.follows == "The file is drawn by a worker within minutes after the run, and the letters leave with it."
    assert [(letter.code, letter.to) for letter in found.letters] == [
        ("L14", team.places[0].person.email),
        ("L14", team.coordinator.email),
    ]
    assert (Certificate.objects.count(), CertificateRevision.objects.count(), letters()) == (0, 0, [])
    runs.run(now=NOW + HOUR, rules=["R29"])
    drawing.draw_due(now=NOW + HOUR)
    delivery.deliver_due(now=NOW + HOUR)
    left = Notice.objects.filter(code="L14", state="sent").order_by("pk").values_list("subject_line", "body")
    assert [(letter.subject, by_chance(letter.text)) for letter in found.letters] == [
        (line, by_chance(body)) for line, body in left
    ]


def by_chance(text: str) -> str:
    """A letter's text without what differs each time: the number, and the address in the QR code."""
    return re.sub(r"/verify/\S+", "/verify/", re.sub(r"\b[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){3}\b", "number", text))


def test_a_certificate_that_was_revoked_is_not_kept() -> None:
    """It was in doubt when it was revoked: who has the page open still presses."""
    team, staff = Team(), StaffFactory()
    certificate = certify(team, now=NOW)
    absent = {"place_id": team.places[0].pk, "day": 1, "why": "was not there", "by": staff}
    correct_attendance(marks=DayMarks(absent=True), now=NOW + HOUR, **absent)
    actions.revoke_certificate(certificate_id=certificate.pk, why="was not there", by=staff, now=NOW + 2 * HOUR)
    with pytest.raises(actions.UnableToHold, match="valid no longer: there is nothing to keep"):
        actions.keep_certificate(certificate_id=certificate.pk, why="it stands", by=staff, now=NOW + 3 * HOUR)
    assert not CheckoutException.objects.filter(rule="R29").exists()
