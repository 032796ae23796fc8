"""`/verify/`, the file, the admin, the export, and who is forgotten: each says what it says, and nothing more."""

from __future__ import annotations

import csv
import html
import io
import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.cache import cache
from django.test import Client

from carpentries_portal.common import clock, own_data, people_requests
from carpentries_portal.common.models import JournalEntry, Notice
from certification import actions, certificate_desk
from certification.actions import drawing
from certification.factories import Team, apply, certify, pass_exercises
from certification.models import Certificate, CertificateRevision, Reissue
from memberships.factories import StaffFactory
from trainees.actions import correct_attendance
from trainees.policy import DayMarks

pytestmark = pytest.mark.django_db

NOW = datetime(2018, 3, 20, 12, tzinfo=UTC)
BACKEND = "carpentries_portal.common.backends.PersonBackend"


@pytest.fixture(autouse=True)
def _at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    cache.clear()


def logged_in(person: object) -> Client:
    client = Client()
    client.force_login(person, backend=BACKEND)
    return client


def words(answer: object) -> str:
    """The text of a page's main part."""
    text = re.search(r"<main.*?</main>", answer.content.decode(), re.DOTALL)[0]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


def drawn(team: Team, number: int = 0, *, name: str | None = None) -> Certificate:
    certificate = certify(team, number, name=name, now=NOW)
    drawing.draw_due(now=NOW)
    return certificate


def token(certificate: Certificate, revision: int = 1) -> str:
    return str(certificate.revisions.get(revision=revision).token)


def test_valid_says_what_it_attests_and_names_no_address() -> None:
    team = Team()
    certificate = drawn(team, name="Ana <b>Silva</b>")
    answer = Client().get(f"/verify/{token(certificate)}/")
    organization = team.booking.membership.organization.name
    assert words(answer) == (
        "This certificate is valid Certificate of Instructor Training, The Carpentries "
        "Valid Ana <b>Silva</b> completed the instructor training of The Carpentries, and is a certified instructor. "
        "Compare name and number with the paper in front of you. rule R29 "
        f"What it attests Number {certificate.number} Issued Tue 20 Mar 2018 Name Ana <b>Silva</b> Team of {organization} "
        "Online training 30–31 Jan 2018, Chicago time Lesson contribution passed, done Wed 7 Feb 2018 "
        "Discussion session passed, done Wed 14 Feb 2018 Teaching demonstration passed, done Wed 21 Feb 2018 "
        "Check another certificate by its number"
    )
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert answer.headers["Referrer-Policy"] == "no-referrer, strict-origin"
    assert "no-store" in answer.headers["Cache-Control"]


def test_revised_leads_on_and_says_no_name() -> None:
    certificate = drawn(Team(), name="Ana Silva")
    staff = StaffFactory()
    actions.correct_certificate(certificate_id=certificate.pk, name="Ana Souza", why="she married", by=staff, now=NOW)
    answer = Client().get(f"/verify/{token(certificate)}/")
    said = words(answer)
    assert "This file was replaced by a newer one" in said
    assert "Replaced Tue 20 Mar 2018" in said
    assert "Ana" not in said
    assert "married" not in said
    assert f"/verify/{token(certificate, 2)}/" in answer.content.decode()
    assert "Ana Souza completed" in words(Client().get(f"/verify/{token(certificate, 2)}/"))


def test_revoked_says_since_when_and_neither_name_nor_reason() -> None:
    certificate = drawn(Team(), name="Ana Silva")
    actions.revoke_certificate(certificate_id=certificate.pk, why="copied work", by=StaffFactory(), now=NOW)
    assert words(Client().get(f"/verify/{token(certificate)}/")) == (
        "This certificate is valid no longer Certificate of Instructor Training, The Carpentries "
        "Revoked Tue 20 Mar 2018 From that day on it attests nothing. "
        f"The certificate Number {certificate.number} Issued Tue 20 Mar 2018 Check another certificate by its number"
    )


@pytest.mark.parametrize("keep", [True, False])
def test_forgotten_is_found_by_its_number_only_if_they_wanted_so(keep: bool) -> None:
    team = Team()
    certificate, person = drawn(team, name="Ana Silva"), team.places[0].person
    address, name = person.email, str(person)
    held = own_data.held(person)["certificates"]
    assert [(row["number"], row["name"], row["state"]) for row in held] == [(certificate.number, "Ana Silva", "issued")]
    files = own_data.archive(person, now=NOW)
    assert f"revision-1-certificate-{certificate.number}.pdf".encode() in files
    people_requests.forget(person_id=person.pk, keep_verifiable=keep, why="as asked", by=StaffFactory(), now=NOW)
    revision = CertificateRevision.objects.get()
    assert (revision.name, revision.pdf, revision.why) == ("", None, "")
    by_token = Client().get(f"/verify/{token(certificate)}/")
    by_number = Client().post("/verify/", {"number": certificate.number}, follow=True)
    if keep:
        assert by_token.status_code == by_number.status_code == 200
        assert words(by_token) == words(by_number)
        assert "Its holder asked us to forget their name, and to keep the number." in words(by_token)
    else:
        assert by_token.status_code == by_number.status_code == 404
        assert by_number.redirect_chain == []  # nor does the answer tell a number that there was from one that never was
        assert words(by_token) == words(Client().get("/verify/invented/"))
    for answer in (by_token, by_number):
        assert "Ana" not in words(answer)
    everything = str(
        [list(Notice.objects.values()), list(JournalEntry.objects.values()), list(CertificateRevision.objects.values())]
    )
    assert [word for word in ("Ana Silva", address, name) if word in everything] == []


def test_invented_tokens_and_numbers_are_unknown() -> None:
    drawn(Team())
    answer = Client().get("/verify/" + "x" * 400 + "/")
    assert (answer.status_code, "We know no such certificate" in words(answer)) == (404, True)
    for typed, status, said in (
        ("0000-0000-0000-0000", 404, "We have no certificate with this number"),
        ("not a number", 200, "A number has sixteen letters and digits"),
        ("", 200, "This field is required"),
        ("\x00", 200, "Null characters are not allowed"),
        ("🎉" * 101, 200, "at most 100 characters"),
    ):
        answer = Client().post("/verify/", {"number": typed})
        assert (answer.status_code, said in words(answer)) == (status, True), typed


def test_number_as_it_is_typed_leads_to_what_it_attests() -> None:
    certificate = drawn(Team(), name="Ana Silva")
    typed = certificate.number.lower().replace("-", " ").replace("0", "o")
    answer = Client().post("/verify/", {"number": typed})
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/verify/{token(certificate)}/")


def test_numbers_cannot_be_tried_without_end_and_a_forged_address_does_not_help() -> None:
    client = Client()
    codes = [
        client.post("/verify/", {"number": f"0000-0000-0000-{n:04}"}, headers={"X-Forwarded-For": f"10.0.0.{n}"}).status_code
        for n in range(22)
    ]
    assert codes == [404] * 20 + [429] * 2
    assert "Wait ten minutes" in words(client.post("/verify/", {"number": "x"}))
    assert client.get("/verify/").status_code == 200


def test_file_is_the_same_at_each_download_for_holder_and_staff_alone() -> None:
    team = Team()
    certificate = certify(team, now=NOW)
    path = f"/certificates/{certificate.pk}/certificate.pdf"
    holder, staff = logged_in(team.places[0].person), logged_in(StaffFactory())
    assert holder.get(path).status_code == 404  # not drawn yet
    drawing.draw_due(now=NOW)
    revision = certificate.revisions.get()
    first, again = holder.get(path), holder.get(path)
    assert first.content == again.content == staff.get(path).content == bytes(revision.pdf or b"")
    assert first.headers["Content-Disposition"] == f'attachment; filename="certificate-{certificate.number}.pdf"'
    assert "no-store" in first.headers["Cache-Control"]
    for stranger in (team.places[1].person, team.coordinator, team.trainer):
        assert logged_in(stranger).get(path).status_code == 404
    actions.revoke_certificate(certificate_id=certificate.pk, why="x", by=StaffFactory(), now=NOW)
    assert holder.get(path).status_code == 404


def press(staff: Client, certificate: Certificate, button: str, **values: str) -> str:
    path = f"/admin/certification/certificate/{certificate.pk}/do/{button}/"
    once = re.search(r'name="once" value="([0-9a-f]+)"', staff.get(path).content.decode())
    assert once is not None
    answer = staff.post(path, {"once": once[1], **values}, follow=True)
    return answer.content.decode()


def test_admin_corrects_revokes_and_lists() -> None:
    team = Team()
    certificate = drawn(team, name="Ana Silva")
    staff = logged_in(StaffFactory())
    assert "cannot be lettered with" in press(staff, certificate, "correct", name="Ana 🎉", why="x")
    press(staff, certificate, "correct", name="Ana Souza", why="she married")
    assert list(certificate.revisions.order_by("revision").values_list("name", "why")) == [
        ("Ana Silva", ""),
        ("Ana Souza", "she married"),
    ]
    page = staff.get(f"/admin/certification/certificate/{certificate.pk}/change/").content.decode()
    assert "she married" in page
    assert "%PDF" not in page
    assert "Ana Souza" in staff.get("/admin/certification/certificate/?q=Souza").content.decode()
    press(staff, certificate, "revoke", why="copied work")
    certificate.refresh_from_db()
    assert (certificate.state, certificate.revoked_why) == ("revoked", "copied work")


def test_admin_draws_many_anew_and_says_how_far_it_has_come() -> None:
    team = Team()
    certificates = [drawn(team, number) for number in range(2)]
    staff = logged_in(StaffFactory())
    path = "/admin/certification/reissue/add/"
    once = re.search(r'name="once" value="([0-9a-f]+)"', staff.get(path).content.decode())
    assert once is not None
    values = {"once": once[1], "why": "new artwork", "first_on": "", "last_on": ""}
    warned = staff.post(path, values).content.decode()
    assert "2 certificates get a new file." in warned
    seen = html.unescape(re.search(r'name="seen" value="([^"]+)"', warned)[1])
    staff.post(path, {**values, "seen": seen})
    listed = "/admin/certification/reissue/"
    assert "0 of 2 drawn" in staff.get(listed).content.decode()
    actions.draw_some(now=NOW)
    assert "2 of 2 drawn" in staff.get(listed).content.decode()
    assert "2 of 2 drawn" in staff.get(f"{listed}{Reissue.objects.get().pk}/change/").content.decode()
    assert {one.revisions.count() for one in certificates} == {2}


def test_export_is_safe_against_formulas_and_goes_by_the_day_of_issue() -> None:
    team = Team()
    names = ['=HYPERLINK("http://example.net")', "+41 Ana", "Ana, “the” Silva"]
    certificates = [drawn(team, number, name=name) for number, name in enumerate(names)]
    Certificate.objects.filter(pk=certificates[2].pk).update(issued_on=date(2018, 3, 21))
    staff = logged_in(StaffFactory())
    values = {"first_on": "2018-03-20", "last_on": "2018-03-20"}
    answer = staff.post("/admin/certification/certificate/export/", values)
    rows = list(csv.reader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))
    assert [row[3] for row in rows] == ["name", "'" + names[0], "'" + names[1]]
    assert rows[1][:3] == [certificates[0].number, "1", "issued"]
    assert rows[1][4:] == [
        team.places[0].person.email,
        team.booking.membership.organization.name,
        team.training.code,
        "2018-01-30",
        "2018-01-31",
        "America/Chicago",
        "Lesson contribution 2018-02-07; Discussion session 2018-02-14; Teaching demonstration 2018-02-21",
        "2018-03-20",
        "",
    ]
    entry = JournalEntry.objects.get(what="certified_exported")
    assert entry.new == values
    wrong = staff.post("/admin/certification/certificate/export/", {"first_on": "2018-03-21", "last_on": "2018-03-20"})
    assert "The first day is later than the last." in wrong.content.decode()


def test_the_page_says_that_a_certificate_is_held_and_not_why() -> None:
    team, staff = Team(2), StaffFactory()
    apply(team.places[0], name="Ana")
    pass_exercises(team.checkout(0), by=team.trainer, now=NOW)
    holder, path = logged_in(team.places[0].person), f"/checkouts/{team.places[0].pk}/"
    assert "Your certificate comes by letter." in words(holder.get(path))
    actions.hold_certificate(checkout_id=team.checkout(0).pk, until=date(2018, 4, 1), why="identity", by=staff, now=NOW)
    page = words(holder.get(path))
    assert "Staff hold it back until Sun 1 Apr 2018 at the latest; ask us if you want to know why." in page
    assert ("identity" in page, "Hold the certificate" in page) == (False, False)


def test_what_failed_offers_nothing_more() -> None:
    team = Team(2)
    pass_exercises(team.checkout(0), by=team.trainer, now=NOW, but=2)
    actions.close_checkout(checkout_id=team.checkout(0).pk, why="Somebody else's work.", by=StaffFactory(), now=NOW)
    page = words(logged_in(team.places[0].person).get(f"/checkouts/{team.places[0].pk}/"))
    assert "the exercises have ended" in page
    assert "There is no certificate" in page
    offers = (
        "to do",
        "today, day",
        "Last day for your exercises",
        "It comes by letter, and stays here.",
        "Need more time?",
        "Where and when",
    )
    assert [word for word in offers if word in page] == []


def test_desk_shows_what_needs_a_decision() -> None:
    team, staff = Team(), StaffFactory()
    doubtful = drawn(team, 0)
    correct_attendance(place_id=team.places[0].pk, day=1, marks=DayMarks(absent=True), why="x", by=staff, now=NOW)
    apply(team.places[1], name="Ana")
    pass_exercises(team.checkout(1), by=team.trainer, now=NOW)
    actions.hold_certificate(checkout_id=team.checkout(1).pk, until=date(2018, 4, 1), why="identity", by=staff, now=NOW)
    certify(team, 2, name="Bo", now=NOW)
    CertificateRevision.objects.filter(name="Bo").update(error="no ink", attempts=1)
    cards = [
        query(NOW + timedelta(minutes=1))
        for query in (certificate_desk.doubtful, certificate_desk.not_drawn, certificate_desk.held_back)
    ]
    assert [[(item.text, item.more, item.url) for item in card.items] for card in cards] == [
        [
            (
                str(team.places[0]),
                "Certified, but a pass was taken back. Revoke the certificate, or keep it.",
                f"/admin/certification/certificate/{doubtful.pk}/change/",
            )
        ],
        [("Bo", "no ink", f"/admin/certification/certificate/{Certificate.objects.latest('pk').pk}/change/")],
        [
            (
                str(team.places[1]),
                "All is done; staff hold the certificate for now.",
                f"/admin/certification/checkout/{team.checkout(1).pk}/change/",
            )
        ],
    ]
