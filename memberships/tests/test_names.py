"""One organization, many spellings: other names find it, near ones are put before staff, and nobody else's are touched."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from carpentries_portal.common import clock, desk
from carpentries_portal.common.models import JournalEntry
from memberships import actions
from memberships.actions import UnableToAddOrganization, UnableToAnswer, UnableToName
from memberships.agreements_file import read_zones
from memberships.factories import MembershipFactory, OrganizationFactory, StaffFactory
from memberships.importing import import_agreements, import_listed
from memberships.models import Membership, NameQuestion, Organization, OrganizationAlias
from memberships.names import are_near
from memberships.queries import find_organization

pytestmark = pytest.mark.django_db

NOW = datetime(2018, 4, 1, 12, tzinfo=UTC)
DATA = Path(__file__).resolve().parents[2] / "carpentries_portal" / "demo" / "data"
BY_LEVEL, SNAPSHOT = DATA / "members_by_level_2018_2021.csv", DATA / "members_snapshot_2018-08-17.csv"

# The 25 organizations that the real list writes in more than one way, found by reading it.
SPELLINGS = [
    ("California Institute of Technology", "The California Institute of Technology"),
    ("Cyverse", "CyVerse"),
    ("Delft University of Technology | 4TU.ResearchData", "Delft University of Technology - 4TU.ResearchData"),
    ("Great Plains Network", "Great Plains Network (GPN)"),
    ("Institute of Environmental Science and Research Limited", "Institute of Environmental Science and Research Limited (ESR)"),
    (
        "KTH Royal Institute of Technology, University of Stockholm and Karolinska Institutet",
        "KTH Royal Institute of Technology, University of Stockholm, Karolinska Institutet",
    ),
    ("National Institute of Standards and Technology", "The National Institute of Standards and Technology"),
    ("The Netherlands eScience Center", "Netherlands eScience Center"),
    ("New England Software Carpentry Library Consortium", "New England Software Carpentry Library Consortium (NESCLiC)"),
    ("New Zealand eScience Infrastructure", "New Zealand eScience Infrastructure (NeSI)"),
    ("Nordic eInfrastructure Collaboration", "Nordic eInfrastructure Collaboration (NeIC)"),
    ("North West University", "North-West University"),
    ("Oaklahoma State University", "Oklahoma State University"),
    ("Rutgers University, Camden", "Rutgers University - Camden"),
    ("Software Sustainaibility Institute", "Software Sustainability Institute"),
    ("University of Arkansas", "The University of Arkansas"),
    ("University of Birmingham", "The University of Birmingham", "Univesity of Birmingham"),
    ("University of California Los Angelos", "University of California Los Angeles"),
    ("The University of Connecticut", "University of Connecticut"),
    ("University of Göttingen State and University Library", "University of Göttingen, State and University Library"),
    ("University of Michigan", "The University of Michigan"),
    ("University of Minnesota, Libraries", "University of Minnesota Libraries"),
    ("University of Texas, Arlington", "University of Texas Arlington"),
    ("University of Wisconsin", "The University of Wisconsin"),
    (
        "VDB (Verein Deutscher Bibliothekarinnen und Bibliothekare)",
        "VDB (Verein Deutscher Bibliothekarinnen und Bibliothekare - Association of German Libraries and Librarians)",
    ),
]


def take(path: Path) -> tuple[int, int, int]:
    result = import_listed(path.read_bytes(), source=path.name, by=None, now=NOW)
    return len(result.taken), len(result.unchanged), len(result.refused)


def names_in(path: Path) -> set[str]:
    return {row["name_as_written"] for row in csv.DictReader(StringIO(path.read_text()))}


def test_each_of_the_25_meets_its_one_organization_or_is_put_before_staff() -> None:
    assert len(SPELLINGS) == 25
    assert {name for names in SPELLINGS for name in names} <= names_in(BY_LEVEL)
    take(BY_LEVEL)
    staff, waiting = StaffFactory(), 0
    for name in [name for names in SPELLINGS for name in names]:
        if find_organization(name) is None:  # then it is asked about
            actions.answer_name(question_id=NameQuestion.objects.get(name=name).pk, same=True, why="", by=staff, now=NOW)
            waiting += 1
    assert waiting == 18
    met = {names[0]: {getattr(find_organization(name), "pk", None) for name in names} for names in SPELLINGS}
    assert {name: found for name, found in met.items() if len(found) != 1 or None in found} == {}
    assert len({pk for found in met.values() for pk in found}) == 25, "and each has its own"


def test_the_list_of_members_brings_organizations_and_no_memberships() -> None:
    assert take(BY_LEVEL) == (181, 41, 19)
    assert (Organization.objects.count(), Membership.objects.count(), NameQuestion.objects.count()) == (181, 0, 19)
    assert take(BY_LEVEL) == (0, 222, 19)
    assert (Organization.objects.count(), NameQuestion.objects.count()) == (181, 19)
    assert take(SNAPSHOT)[0] == 0


def test_all_three_files_after_staff_have_answered_say_nothing_new() -> None:
    zones = read_zones((DATA / "organization_zones.csv").read_bytes())
    agreements = (DATA / "member_agreements_2018.csv").read_bytes()
    assert len(import_agreements(agreements, zones=zones, by=None, now=NOW).taken) == 34
    take(BY_LEVEL)
    take(SNAPSHOT)
    staff = StaffFactory()
    for question in NameQuestion.objects.order_by("pk"):
        actions.answer_name(question_id=question.pk, same=True, why="", by=staff, now=NOW)
    count = Organization.objects.count()
    for path in (BY_LEVEL, SNAPSHOT):
        assert take(path)[::2] == (0, 0)
    assert Organization.objects.count() == count
    # what the agreements name beside: the two are one
    for name, beside in [("GFZ Potsdam", "Helmholtz Centre Postdam"), ("University of Oxford", "Oxford University")]:
        assert find_organization(name) == find_organization(beside) is not None


def test_an_agreement_finds_its_organization_by_another_name_and_waits_where_it_may_be_one() -> None:
    organization = OrganizationFactory(name="Oaklahoma State University")
    agreements = (
        b"organisation,agreement_start,agreement_end,term_days,level_on_members_page_2018,name_on_members_page\n"
        b"Oklahoma State University,2018-01-01,2018-12-31,364,Gold,\n"
    )
    result = import_agreements(agreements, zones={}, by=None, now=NOW)
    assert [(one.line, one.field, one.reason) for one in result.refused] == [
        (
            2,
            "organisation",
            "“Oklahoma State University” may be Oaklahoma State University: staff are asked. Import again when they have answered.",
        )
    ]
    assert Membership.objects.count() == 0
    question = NameQuestion.objects.get()
    actions.answer_name(question_id=question.pk, same=True, why="A slip.", by=StaffFactory(), now=NOW)
    assert len(import_agreements(agreements, zones={}, by=None, now=NOW).taken) == 1
    assert Membership.objects.get().organization == organization


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("University of Michigan", "University of Miami"),
        ("University of Arkansas", "University of Kansas"),
        ("University of California Davis", "University of California Irvine"),
        ("Oregon State University", "University of Oregon"),
        ("CSIRO", "CSIRO-ANU"),
        ("University of Minnesota", "University of Minnesota Libraries"),
        ("!!!", "???"),
    ],
)
def test_names_that_are_two_organizations_are_not_near(first: str, second: str) -> None:
    assert not are_near(first, second)


def test_what_the_real_list_asks_beside_the_25_one_may_well_ask() -> None:
    take(BY_LEVEL)
    known = {name for names in SPELLINGS for name in names}
    assert set(NameQuestion.objects.exclude(name__in=known).values_list("name", flat=True)) == {"Kings College London"}


# what is refused


def test_a_name_belongs_to_one_organization() -> None:
    one, two = OrganizationFactory(name="One University"), OrganizationFactory(name="Two University")
    actions.add_alias(organization=one, name="The  Uni of One", by=None, now=NOW)
    for name, said in [
        ("uni of one", "“uni of one” is a name of One University already."),
        ("THE TWO UNIVERSITY", "“THE TWO UNIVERSITY” is a name of Two University already."),
        (" * ", "A name has 1 to 200 characters."),
        ("x" * 201, "A name has 1 to 200 characters."),
    ]:
        with pytest.raises(UnableToName, match=said.replace("*", r"\*")):
            actions.add_alias(organization=two, name=name, by=None, now=NOW)
    with pytest.raises(UnableToAddOrganization, match="“Uni of One” is another name of One University"):
        actions.add_organization(name="Uni of One", zone="UTC", by=None, now=NOW)
    assert list(OrganizationAlias.objects.values_list("name", "organization__name")) == [("The Uni of One", "One University")]


def test_a_question_is_answered_once() -> None:
    one = OrganizationFactory(name="Univesity of Exampleton")
    question = actions.ask_name(name="University of Exampleton", near=one, source="a file", now=NOW)
    assert actions.ask_name(name="The University of Exampleton", near=one, source="another", now=NOW) == question
    staff = StaffFactory()
    other = actions.answer_name(question_id=question.pk, same=False, why="Two cities.", by=staff, now=NOW)
    assert (other.name, other.zone) == ("University of Exampleton", "UTC")
    with pytest.raises(UnableToAnswer, match="answered already: another organization"):
        actions.answer_name(question_id=question.pk, same=True, why="", by=staff, now=NOW)
    assert JournalEntry.objects.filter(what="name_answered").count() == 1
    assert not OrganizationAlias.objects.exists()


@pytest.mark.parametrize(("how", "answer"), [("organization", "different"), ("alias", "same"), ("alias of another", "different")])
def test_a_question_about_a_name_that_was_given_meanwhile_is_settled_with_it(how: str, answer: str) -> None:
    """Neither answer could be given any more, and the card stayed."""
    near, other, staff = OrganizationFactory(name="Univesity of Exampleton"), OrganizationFactory(name="Two"), StaffFactory()
    question = actions.ask_name(name="University of Exampleton", near=near, source="a file", now=NOW)
    name = "the university of Exampleton"
    if how == "organization":
        actions.add_organization(name=name, zone="UTC", by=staff, now=NOW)
    else:
        actions.add_alias(organization=near if how == "alias" else other, name=name, by=staff, now=NOW, why="They say so.")
    question.refresh_from_db()
    assert (question.answer, question.answered_at, question.answered_by) == (answer, NOW, staff)
    assert [card.items for card in desk.cards(staff, now=NOW) if card.title == "Names that may be one organization"] in ([], [[]])
    line = JournalEntry.objects.get(what="name_answered")
    assert (line.by, line.why.startswith("“University of Exampleton” and Univesity of Exampleton: ")) == (staff, True)
    with pytest.raises(UnableToAnswer, match="answered already"):
        actions.answer_name(question_id=question.pk, same=True, why="", by=staff, now=NOW)


def test_an_answer_that_comes_after_the_name_was_given_is_what_is_so() -> None:
    """An import asks at the moment in which the name is given: its question is answered by whatever staff press."""
    near, staff = OrganizationFactory(name="Univesity of Exampleton"), StaffFactory()
    given = actions.add_organization(name="University of Exampleton", zone="UTC", by=staff, now=NOW)
    question = actions.ask_name(name="University of Exampleton", near=near, source="a file", now=NOW)
    assert actions.answer_name(question_id=question.pk, same=True, why="I think so.", by=staff, now=NOW) == given
    question.refresh_from_db()
    assert question.answer == "different"
    assert "The name is one of University of Exampleton already. I think so." in JournalEntry.objects.get(what="name_answered").why


# the pages of staff


@pytest.fixture
def staff_client(monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    client = Client()
    client.force_login(StaffFactory(), backend="carpentries_portal.common.backends.PersonBackend")
    return client


def token(page: str) -> str:
    return page.split('name="once" value="')[1].split('"')[0]


def test_staff_answer_from_the_desk(staff_client: Client) -> None:
    one = OrganizationFactory(name="Univesity of Exampleton")
    question = actions.ask_name(name="University of Exampleton", near=one, source="members.csv", now=NOW)
    [card] = [card for card in desk.cards(StaffFactory(), now=NOW) if card.title == "Names that may be one organization"]
    assert [(item.text, item.more) for item in card.items] == [
        ("Is “University of Exampleton” the same as Univesity of Exampleton?", "found in members.csv")
    ]
    page = staff_client.get(card.items[0].url).content.decode()
    assert "The same…" in page
    assert "Different…" in page
    path = f"/admin/memberships/namequestion/{question.pk}/do/same/"
    staff_client.post(path, {"once": token(staff_client.get(path).content.decode())})
    assert find_organization("university of exampleton") == one
    assert [
        item
        for card in desk.cards(StaffFactory(), now=NOW)
        if card.title == "Names that may be one organization"
        for item in card.items
    ] == []


def test_staff_add_and_remove_another_name(staff_client: Client) -> None:
    one = MembershipFactory().organization
    path = "/admin/memberships/organizationalias/add/"
    values = {"organization": one.pk, "name": "MIT of the North"}
    staff_client.post(path, {**values, "once": token(staff_client.get(path).content.decode())})
    alias = OrganizationAlias.objects.get()
    again = staff_client.post(path, {**values, "once": token(staff_client.get(path).content.decode())}).content.decode()
    assert "is a name of" in again
    path = f"/admin/memberships/organizationalias/{alias.pk}/do/remove/"
    answer = staff_client.post(path, {"why": "A joke.", "once": token(staff_client.get(path).content.decode())}, follow=True)
    assert answer.redirect_chain == [("/admin/memberships/organizationalias/", 302)]
    assert find_organization("MIT of the North") is None


# the command


def test_the_command_takes_a_list_of_members(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "members.csv"
    file.write_text("name_as_written,level\nOne University*,Gold\nOne  university,Silver\n,Gold\n")
    with pytest.raises(SystemExit):
        call_command("import_members", file)
    said = capsys.readouterr().out
    assert "1 taken, 1 known already, 1 refused" in said
    assert "line 4, name_as_written: Each row names an organization." in said
    assert list(Organization.objects.values_list("name", "zone")) == [("One University", "UTC")]
    file.write_bytes(b"PK\x03\x04 not text")
    with pytest.raises(CommandError, match="a PDF or a spreadsheet"):
        call_command("import_members", file)
