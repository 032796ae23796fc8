"""Staff's pages over all: why, the queue of what is asked, the search. What they say, to whom, and with how many queries."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from carpentries_portal.common import asked, clock, desk, exceptions, merging, people_requests, why
from carpentries_portal.common.enforcement import runs
from carpentries_portal.common.exceptions import UnableToDecide
from carpentries_portal.common.journal_words import WORDS
from carpentries_portal.common.models import ExceptionRecord, Hold, Notice
from carpentries_portal.common.searching import query_of
from carpentries_portal.tests.test_desk import logged_in
from carpentries_portal.tests.test_roles import SUBJECTS
from certification.factories import Team, certify
from memberships.actions import add_alias
from memberships.factories import CoordinatorFactory, MembershipFactory, OrganizationFactory, PersonFactory, StaffFactory
from memberships.models import LedgerEntry, MembershipException
from trainings import actions
from trainings.factories import BookingFactory, TrainingFactory
from trainings.models import TrainingException

pytestmark = pytest.mark.django_db

NOW = datetime(2018, 3, 20, 12, tzinfo=UTC)
MOST = 12


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def staff() -> Client:
    return logged_in(StaffFactory())


def with_permissions(*names: str) -> Client:
    person = PersonFactory(is_staff=True)
    person.user_permissions.set(Permission.objects.filter(codename__in=names))
    return logged_in(person)


def text_of(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, path
    return answer.content.decode()


def queries_of(client: Client, path: str) -> int:
    client.get(path)
    with CaptureQueriesContext(
        connection,
    ) as caught:
        assert client.get(path).status_code == 200
    return len(caught)


class Asking:
    """A coordinator with a membership, who asks for late seats at one training after the other."""

    def __init__(self, organization: str = "Universität Zürich") -> None:
        self.coordinator = CoordinatorFactory(organization=OrganizationFactory(name=organization))
        self.membership = MembershipFactory(organization=self.coordinator.organization)

    def ask(self, *, days_ago: int = 0, reason: str = "We heard of it late.") -> TrainingException:
        training = TrainingFactory(starts_on=date(2018, 6, 4) + timedelta(days=7 * TrainingException.objects.count()))
        more: dict[str, Any] = {"training": training, "membership": self.membership, "rule": "R6", "reason": reason, "seats": 6}
        return actions.ask_exception(**more, by=self.coordinator.person, now=NOW - timedelta(days=days_ago))


# ---- why ----


def test_a_forfeited_seat_is_explained_one_click_from_its_ledger_row(staff: Client) -> None:
    membership = MembershipFactory(ends_on=date(2018, 3, 10), starts_on=date(2017, 3, 11))
    runs.run(now=NOW, rules=["R12"])
    entry = LedgerEntry.objects.get(membership=membership, target="forfeited")
    url = f"/admin/why/membership/{membership.pk}/?on=2018-03-20#seats-{entry.pk}"
    assert url in text_of(staff, "/admin/memberships/ledgerentry/")
    assert url in text_of(staff, f"/admin/memberships/ledgerentry/{entry.pk}/change/")
    page = text_of(staff, url)
    assert f'id="seats-{entry.pk}"' in page
    for said in (entry.reason, "15 seats: available → forfeited", "available after it: 0", "edition 2017", "#rule-R12"):
        assert said in page
    assert "Tue 20 Mar 2018, 08:00 New York time" in page
    assert "2018-03-20 12:00 UTC" in page


def test_nothing_after_the_day_is_shown_and_seats_are_those_of_then(staff: Client) -> None:
    coordinator = CoordinatorFactory()
    membership = MembershipFactory(organization=coordinator.organization)
    BookingFactory(
        membership=membership, training=TrainingFactory(), by=coordinator.person, now=datetime(2018, 1, 9, 12, tzinfo=UTC)
    )
    before, after = (text_of(staff, f"/admin/why/membership/{membership.pk}/?on=2018-01-{day:02}") for day in (8, 9))
    assert ("Team booked" in before, "Team booked" in after) == (False, True)
    assert "<dt>Available</dt><dd>15</dd>" in before
    assert "<dt>Available</dt><dd>6</dd>" in after
    assert "<dt>Reserved</dt><dd>9</dd>" in after


def test_what_happened_to_the_people_stands_on_all_pages_that_it_is_about(staff: Client) -> None:
    """The letter to one of a team, and the review of a piece of work: on the pages of training, membership, booking, person, checkout."""
    team = Team()
    certificate = certify(team, now=NOW)
    checkout, place = certificate.checkout, team.places[0]
    letters = {row.letter for row in Notice.objects.filter(subject_label="trainees.place", subject_id=place.pk)}
    assert letters
    pages = {
        "training": team.booking.training_id,
        "membership": team.booking.membership_id,
        "booking": team.booking.pk,
        "person": place.person_id,
        "checkout": checkout.pk,
    }
    for kind, pk in pages.items():
        page = text_of(staff, f"/admin/why/{kind}/{pk}/?only=letters")
        assert place.person.email in page, kind
    reviewed = str(WORDS["work_passed"])
    for kind in ("person", "checkout"):
        assert reviewed in text_of(staff, f"/admin/why/{kind}/{pages[kind]}/").lower(), kind


def test_a_day_to_come_is_refused_at_its_field(staff: Client) -> None:
    page = text_of(staff, f"/admin/why/membership/{MembershipFactory().pk}/?on=2018-03-21")
    assert "That day is still to come" in page
    for bad in ("on=yesterday", "on=0000-00-00", "only=money", "page=-1", "page=999999999999", "on=9999-12-31", "on=%00"):
        answer = staff.get(f"/admin/why/membership/{MembershipFactory().pk}/?{bad}")
        assert answer.status_code in (200, 400), bad


def test_lines_can_be_narrowed_to_a_kind(staff: Client) -> None:
    asking = Asking()
    record = asking.ask(days_ago=2)
    exceptions.approve(record, by=StaffFactory(), now=NOW, until=NOW + timedelta(days=5), note="Fine.")
    path = f"/admin/why/membership/{asking.membership.pk}/?only="
    assert "Exception approved" in text_of(staff, path + "exceptions")
    assert "holds until: 2018-03-25 12:00 UTC" in text_of(staff, path + "exceptions")
    assert "Exception approved" not in text_of(staff, path + "seats")
    assert "Seats granted" in text_of(staff, path + "seats")
    assert "letter “" in text_of(staff, f"/admin/why/person/{asking.coordinator.person_id}/?only=letters").lower()


def test_each_kind_has_its_page_and_a_button_that_leads_there(staff: Client) -> None:
    team = Team(6)
    certificate = certify(team, 0, now=NOW)
    rows = [team.booking, team.training, team.booking.membership, team.places[0], team.places[0].person, certificate.checkout]
    rows += [certificate, team.booking.membership.organization]
    for row in rows:
        kind = why.kind_of_label(row._meta.label_lower)
        url = f"/admin/why/{kind}/{row.pk}/"
        assert url in text_of(staff, f"/admin/{row._meta.app_label}/{row._meta.model_name}/{row.pk}/change/")
        assert text_of(staff, url).count("<li id=") > 0, kind
    assert set(why.KINDS.names()) == {why.kind_of_label(row._meta.label_lower) for row in rows}
    text_of(staff, "/admin/why/membership/999999/", 404)
    text_of(staff, "/admin/why/nothing/1/", 404)


def test_who_may_not_see_a_row_may_not_ask_why() -> None:
    membership = MembershipFactory()
    assert with_permissions("view_training").get(f"/admin/why/membership/{membership.pk}/").status_code == 403
    assert with_permissions("view_membership").get(f"/admin/why/membership/{membership.pk}/").status_code == 200


def test_a_timeline_asks_as_often_for_many_lines_as_for_few(staff: Client) -> None:
    asking = Asking()
    path = f"/admin/why/membership/{asking.membership.pk}/"
    exceptions.decline(asking.ask(), by=StaffFactory(), now=NOW, note="No.")
    few = queries_of(staff, path)
    for _n in range(5):
        exceptions.decline(asking.ask(), by=StaffFactory(), now=NOW, note="No.")
    assert (queries_of(staff, path), few <= MOST) == (few, True)


# ---- the queue ----


def test_the_queue_is_over_all_kinds_and_what_waits_longest_stands_first(staff: Client) -> None:
    asking = Asking()
    asking.ask(days_ago=1, reason="Second.")
    asking.ask(days_ago=4, reason="First.")
    page = text_of(staff, "/admin/exceptions/")
    assert page.index("First.") < page.index("Second.")
    assert "waits for 4 days" in page
    assert "waits for 1 day<" in page.replace("\n", "")
    names = {kind.name for kind in asked.ASKED}
    assert names == {"hold", "own-data", "membership", "training", "list", "person", "exercises"}


@pytest.mark.parametrize(
    ("narrowed", "shown"),
    [
        ("kind=training", {"Ours.", "Theirs."}),
        ("kind=exercises", set()),
        ("rule=R6", {"Ours.", "Theirs."}),
        ("rule=R16", set()),
        ("organization=ZURICH", {"Ours."}),
        ("organization=zürich", {"Ours."}),
        ("days=3", {"Theirs."}),
        ("state=declined", {"Gone."}),
        ("state=all", {"Ours.", "Theirs.", "Gone."}),
        ("state=nothing", {"Ours.", "Theirs."}),
        ("days=many&rule=R99", {"Ours.", "Theirs."}),
    ],
)
def test_the_queue_can_be_narrowed(staff: Client, narrowed: str, shown: set[str]) -> None:
    ours, theirs = Asking(), Asking("Another college")
    ours.ask(reason="Ours.")
    theirs.ask(reason="Theirs.", days_ago=3)
    exceptions.decline(ours.ask(reason="Gone."), by=StaffFactory(), now=NOW, note="No.")
    page = text_of(staff, f"/admin/exceptions/?{narrowed}")
    assert {one for one in ("Ours.", "Theirs.", "Gone.") if one in page} == shown


def test_several_are_decided_at_once_each_by_itself_and_once(staff: Client) -> None:
    asking = Asking()
    first, second, third = (asking.ask() for _n in range(3))
    exceptions.decline(third, by=StaffFactory(), now=NOW, note="No.")
    rows = [f"training:{one.pk}" for one in (first, second, third)]
    page = staff.post("/admin/exceptions/decide/", {"do": "approve", "row": rows}).content.decode()
    assert page.count('name="row"') == 2
    token = page.split('name="once" value="')[1].split('"')[0]
    sent = {"do": "approve", "row": rows, "confirm": "1", "once": token}
    wrong = {**sent, "training-until": "soon"}
    assert "Enter a valid date/time." in staff.post("/admin/exceptions/decide/", wrong).content.decode()
    sent |= {"training-until": "2018-04-01T12:00", "training-note": "Fine."}
    answer = staff.post("/admin/exceptions/decide/", sent)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/admin/exceptions/")
    assert [one.state for one in TrainingException.objects.order_by("pk")] == ["approved", "approved", "declined"]
    assert {one.note for one in TrainingException.objects.filter(state="approved")} == {"Fine."}
    fourth = asking.ask()
    sent["row"] = [f"training:{fourth.pk}"]
    staff.post("/admin/exceptions/decide/", sent)  # the same form again
    fourth.refresh_from_db()
    assert fourth.state == "asked"


def test_several_at_once_need_no_end_in_common(staff: Client) -> None:
    """Each gets the one that its own page offers; what has none (R12) is told, and waits on."""
    asking = Asking()
    late, early = asking.ask(), asking.ask()
    seats = MembershipException(membership=asking.membership, rule="R12", reason="We were ill.")
    exceptions.ask(seats, by=asking.coordinator.person, now=NOW)
    rows = [f"training:{late.pk}", f"training:{early.pk}", f"membership:{seats.pk}"]
    page = staff.post("/admin/exceptions/decide/", {"do": "approve", "row": rows}).content.decode()
    sent = {"do": "approve", "row": rows, "confirm": "1", "once": page.split('name="once" value="')[1].split('"')[0]}
    answer = staff.post("/admin/exceptions/decide/", sent, follow=True).content.decode()
    ends = {row.pk: row.until for row in TrainingException.objects.filter(state="approved")}
    assert ends == {late.pk: late.default_until(), early.pk: early.default_until()}
    assert late.default_until() != early.default_until()
    seats.refresh_from_db()
    assert ("Say until when it holds." in answer, seats.state) == (True, "asked")


def test_who_may_only_look_decides_nothing() -> None:
    record = Asking().ask()
    reader = with_permissions("view_trainingexception")
    assert 'name="row"' not in text_of(reader, "/admin/exceptions/")
    sent = {"do": "decline", "row": [f"training:{record.pk}"], "confirm": "1", "training-note": "No."}
    assert reader.post("/admin/exceptions/decide/", sent).status_code == 302
    record.refresh_from_db()
    assert record.state == "asked"
    assert with_permissions("view_membership").get("/admin/exceptions/").status_code == 403


def test_a_row_that_there_is_not_is_no_error(staff: Client) -> None:
    rows = ["training:x", "nothing:1", "training:999999", "", ":", "training:" + "9" * 30, "own-data:1"]
    assert staff.post("/admin/exceptions/decide/", {"do": "approve", "row": rows}).status_code == 302


def test_the_decision_has_the_subjects_history_and_the_members_earlier_exceptions_beside_it(staff: Client) -> None:
    asking = Asking()
    exceptions.decline(asking.ask(days_ago=9), by=StaffFactory(), now=NOW, note="Not that late.")
    record = asking.ask(days_ago=5)
    page = text_of(staff, f"/admin/trainings/trainingexception/{record.pk}/do/approve/")
    for said in ("It waits for 5 days.", "Not that late.", "Membership begun", f"/admin/why/membership/{asking.membership.pk}/"):
        assert said in page


def test_the_page_that_the_desk_leads_to_has_what_a_decision_needs(staff: Client) -> None:
    """Without it whoever comes from the desk sees the request alone, and has to press a button to see the rest."""
    asking = Asking()
    exceptions.decline(asking.ask(days_ago=9), by=StaffFactory(), now=NOW, note="Not that late.")
    record = asking.ask(days_ago=5)
    items = [item for card in desk.cards(StaffFactory(), now=NOW) if card.title == "Exceptions to decide" for item in card.items]
    assert [item.url for item in items] == [record.change_path()]
    page = text_of(staff, items[0].url)
    for said in ("It waits for 5 days.", "Earlier exceptions of this member", "Not that late.", "Membership begun"):
        assert said in page
    tools = page.split('class="object-tools"')[1].split("</ul>")[0]
    assert "/admin/why/" not in tools  # the timeline is its member's: the row has none
    assert f"/admin/why/membership/{asking.membership.pk}/" in page
    settled = text_of(staff, TrainingException.objects.get(state="declined").change_path())
    assert ("It waits for" in settled, "Membership begun" in settled) == (False, True)


@pytest.mark.parametrize("kind", SUBJECTS, ids=lambda kind: kind.__name__)
def test_every_kind_of_exception_has_it_on_its_page(staff: Client, kind: type[ExceptionRecord]) -> None:
    team = Team(6)
    before = MembershipException(membership=team.booking.membership, rule="R12", reason="We were ill.")
    exceptions.ask(before, by=team.coordinator, now=NOW - timedelta(days=9))
    exceptions.decline(before, by=StaffFactory(), now=NOW, note="Not that late.")
    record: Any = kind(**SUBJECTS[kind](team), reason="because", state="asked", asked_at=NOW - timedelta(days=5))
    record.save()
    page = text_of(staff, record.change_path())
    assert ("It waits for 5 days." in page, "What happened to it so far" in page) == (True, True)
    earlier = page.split("Earlier exceptions of this member")[1].split("</section>")[0]
    assert ("Not that late." in earlier) == (kind is not Hold)  # a hold is staff's own, of no member


def test_who_may_not_see_the_subject_does_not_read_its_history_there() -> None:
    asking = Asking()
    exceptions.decline(asking.ask(days_ago=9), by=StaffFactory(), now=NOW, note="Not that late.")
    page = text_of(with_permissions("view_trainingexception"), asking.ask(days_ago=5).change_path())
    assert ("It waits for 5 days." in page, "Not that late." in page) == (True, True)
    assert ("Membership begun" in page, "/admin/why/membership/" in page) == (False, False)


def test_an_exceptions_page_asks_as_often_with_many_earlier_ones(staff: Client) -> None:
    """Of a history that fills its place: a shorter one may have lines of more sources, one query each."""
    asking = Asking()

    def add(count: int) -> None:
        for _n in range(count):
            exceptions.decline(asking.ask(days_ago=9), by=StaffFactory(), now=NOW, note="No.")

    path = asking.ask(days_ago=5).change_path()
    add(5)
    few = queries_of(staff, path)
    add(10)
    assert (queries_of(staff, path), few <= 2 * MOST) == (few, True)


def test_an_exception_is_entered_directly_and_is_in_force(staff: Client) -> None:
    membership, training = MembershipFactory(), TrainingFactory(starts_on=date(2018, 4, 9))
    path = "/admin/trainings/trainingexception/add/"
    assert path in text_of(staff, "/admin/exceptions/")
    sent = {"training": "none", "membership": "99999", "rule": "R6", "until": "2018-04-01T12:00", "reason": "Agreed by telephone."}
    page = staff.post(path, sent).content.decode()
    assert "There is no training with this code." in page
    assert "There is no membership with this number." in page
    token = page.split('name="once" value="')[1].split('"')[0]
    sent |= {"training": training.code, "membership": str(membership.pk), "once": token}
    assert staff.post(path, sent).status_code == 302
    record = TrainingException.objects.get()
    assert (record.state, record.rule, record.is_in_force(NOW)) == ("approved", "R6", True)
    page = staff.post(path, {**sent, "rule": "R16", "once": ""}).content.decode()
    assert "It has no booking at this training." in page


def test_the_queue_asks_as_often_for_many_rows_as_for_few(staff: Client) -> None:
    asking = Asking()
    asking.ask()
    few = queries_of(staff, "/admin/exceptions/?state=all")
    for _n in range(6):
        asking.ask()
    assert (queries_of(staff, "/admin/exceptions/?state=all"), few <= MOST) == (few, True)


def test_a_decision_that_cannot_be_is_said_and_stops_no_other(staff: Client) -> None:
    asking = Asking()
    record = asking.ask()
    with pytest.raises(UnableToDecide):
        exceptions.approve(record, by=StaffFactory(), now=NOW, until=NOW)


# ---- the search ----


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("zoë mü", "Zoë Müller"),
        ("ZOE MULLER", "Zoë Müller"),
        ("zoe.m@", "Zoë Müller"),
        ("ΚΑΤΕΡΊΝΑ", "Κατερίνα Παππά"),
        ("山田", "山田 花子"),
        ("zurich", "Universität Zürich"),
        ("ETH", "Universität Zürich"),
    ],
)
def test_names_are_found_without_case_and_accents(staff: Client, typed: str, name: str) -> None:
    PersonFactory(name="Zoë Müller", email="zoe.m@example.org")
    PersonFactory(name="Κατερίνα Παππά")
    PersonFactory(name="山田 花子")
    organization = OrganizationFactory(name="Universität Zürich", other_name="ETH and friends")
    MembershipFactory(organization=organization)
    assert name in text_of(staff, f"/admin/search/?q={typed}")


def test_codes_and_numbers_are_found_with_how_they_stand(staff: Client) -> None:
    team = Team(6)
    certificate = certify(team, 0, now=NOW)
    membership = team.booking.membership
    assert team.training.code in text_of(staff, f"/admin/search/?q={team.training.code.upper()}")
    page = text_of(staff, f"/admin/search/?q=%23{membership.pk}")
    assert f"/admin/memberships/membership/{membership.pk}/change/" in page
    assert f"/admin/why/membership/{membership.pk}/" in page
    assert "3 of 15 seats left" not in page
    assert "9 of 15 seats left" in page
    page = text_of(staff, f"/admin/search/?q={certificate.number.replace('-', ' ').lower()}")
    assert f"/admin/certification/certificate/{certificate.pk}/change/" in page


def test_an_organization_and_its_memberships_are_found_by_another_name(staff: Client) -> None:
    membership = MembershipFactory(organization=OrganizationFactory(name="Ohio State University"))
    add_alias(organization=membership.organization, name="Bückeye College", by=None, now=NOW)
    add_alias(organization=membership.organization, name="OSU", by=None, now=NOW)
    page = text_of(staff, "/admin/search/?q=buckeye")
    assert page.count(f'"/admin/memberships/organization/{membership.organization_id}/change/"') == 1
    assert "also Bückeye College (America/New_York)" in page
    assert f"/admin/memberships/membership/{membership.pk}/change/" in page
    assert "also " not in text_of(staff, "/admin/search/?q=ohio state")
    asking = Asking()
    asking.ask(reason="Theirs.")
    add_alias(organization=asking.coordinator.organization, name="Zuse College", by=None, now=NOW)
    assert "Theirs." in text_of(staff, "/admin/exceptions/?organization=zuse")


def test_names_that_begin_so_stand_in_front_by_whichever_name(staff: Client) -> None:
    for name, alias in [("A college of Ohio", "Nothing"), ("Z", "Ohio Z")]:
        add_alias(organization=OrganizationFactory(name=name), name=alias, by=None, now=NOW)
    page = text_of(staff, "/admin/search/?q=ohio")
    assert page.index(">Z</a>") < page.index(">A college of Ohio</a>")


def test_a_person_is_found_by_an_address_that_was_corrected_away(staff: Client) -> None:
    person = PersonFactory(name="Zoë Müller", email="zoe@Elsewhere.example.org")
    correct: dict[str, Any] = {"person_id": person.pk, "why": "Asked.", "by": StaffFactory(), "now": NOW}
    people_requests.correct_person(name="Zoë Müller", email="zm@example.org", **correct)
    people_requests.correct_person(name="Zoë Maler", email="zm@example.org", **correct)
    for typed in ("zoe@elsewhere", "ZOE@ELSEWHERE.EXAMPLE.ORG"):
        page = text_of(staff, f"/admin/search/?q={typed}")
        assert f"/admin/common/person/{person.pk}/change/" in page
        assert "zm@example.org (found by an address of before)" in page
    assert "found by an address of before" not in text_of(staff, "/admin/search/?q=zm@example")
    people_requests.forget(person_id=person.pk, keep_verifiable=False, why="", by=StaffFactory(), now=NOW)
    assert "Nothing is called" in text_of(staff, "/admin/search/?q=zoe@elsewhere")


def test_a_checkout_is_found_by_its_person_also_by_an_address_of_before(staff: Client) -> None:
    team = Team(6)
    checkout = team.checkout()
    person = team.places[0].person
    person.refresh_from_db()
    old = person.email
    assert checkout.place_id == team.places[0].pk
    found = [f"/admin/certification/checkout/{checkout.pk}/change/", f"/admin/why/checkout/{checkout.pk}/", "under way, due on "]
    people_requests.correct_person(
        person_id=person.pk, name=person.name, email="anew@example.org", why="Asked.", by=StaffFactory(), now=NOW
    )
    for typed in (person.name, old, "anew@example.org"):
        page = text_of(staff, f"/admin/search/?q={typed}")
        assert [one for one in found if one not in page] == [], typed
    reader = with_permissions("view_person")
    assert "/checkout/" not in text_of(reader, "/admin/search/?q=anew")


def test_what_a_merged_person_had_is_found_by_the_address_of_before(staff: Client) -> None:
    team = Team(6)
    checkout, person = team.checkout(), team.places[0].person
    person.refresh_from_db()
    kept = PersonFactory(name="Kept Person")
    seen = merging.preview(kept, person).seen
    merging.merge_people(kept_id=kept.pk, merged_id=person.pk, why="One.", seen=seen, by=StaffFactory(), now=NOW)
    assert f"/admin/why/checkout/{checkout.pk}/" in text_of(staff, f"/admin/search/?q={person.email}")


def test_only_what_one_may_see_is_found() -> None:
    PersonFactory(name="Zoë Müller")
    OrganizationFactory(name="Müller College")
    page = text_of(with_permissions("view_organization"), "/admin/search/?q=muller")
    assert ("Müller College" in page, "Zoë" in page) == (True, False)
    assert with_permissions().get("/admin/search/?q=muller").status_code == 403


def test_the_key_follows_the_name(staff: Client) -> None:
    person = PersonFactory(name="Old Name")
    person.name = "Ánew"
    person.save(update_fields=["name"])
    person.refresh_from_db()
    assert person.name_key == "anew"


@pytest.mark.parametrize("typed", ["", "a", "%", "_", "\\", "x" * 500, "%00", "<script>", "’", "%25%25", "12345678901234567890"])
def test_whatever_is_typed_is_answered(staff: Client, typed: str) -> None:
    PersonFactory(name="Plain Person")
    answer = staff.get(f"/admin/search/?q={typed}")
    assert answer.status_code in (200, 400)
    assert "Plain Person" not in answer.content.decode()


def test_the_search_asks_as_often_for_many_as_for_few(staff: Client) -> None:
    PersonFactory(name="Anna 0")
    few = queries_of(staff, "/admin/search/?q=anna")
    for n in range(12):
        PersonFactory(name=f"Anna {n + 1}")
    assert (queries_of(staff, "/admin/search/?q=anna"), few <= MOST) == (few, True)
    assert "The first 10" in text_of(staff, "/admin/search/?q=anna")


def test_the_search_asks_as_often_where_all_kinds_are_found(staff: Client) -> None:
    def add(start: int) -> None:
        team = Team(6, start=start)
        certify(team, 0, now=NOW)
        organization = team.booking.membership.organization
        for name in ("first", "second"):
            add_alias(organization=organization, name=f"Example.org {name} {organization.pk}", by=None, now=NOW)
        person = PersonFactory(email=f"old{organization.pk}@example.org")
        people_requests.correct_person(
            person_id=person.pk, name="Anew", email=f"anew{organization.pk}@other.example", why="x", by=StaffFactory(), now=NOW
        )

    add(0)
    few = queries_of(staff, "/admin/search/?q=example.org")
    page = text_of(staff, "/admin/search/?q=example.org")
    titles = ("People", "Organizations", "Memberships", "Places", "Checkouts", "Certificates")
    assert [title for title in titles if f"<h2>{title}</h2>" not in page] == []
    add(6)
    add(12)
    assert (queries_of(staff, "/admin/search/?q=example.org"), few <= MOST + 2) == (few, True)


def test_a_number_is_read_from_what_people_write() -> None:
    numbers = [query_of(text).number for text in ("12", "#12", "membership 12", "booking #7", "2018-03-12-chicago", "R6 12")]
    assert numbers == [12, 12, 12, 7, None, None]
