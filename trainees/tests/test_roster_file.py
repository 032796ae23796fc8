"""Lists of people from text, CSV and workbooks: whole results, refusals, and properties of any content."""

from __future__ import annotations

import csv
import io
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from carpentries_portal.common.models.people import email_key
from carpentries_portal.common.tablefile import UnreadableFileError
from trainees.roster_file import ListedPerson, Problem, RosterRead, read_file, read_text
from trainees.roster_file.addresses import address_key, corrected
from trainees.roster_file.attendance import location_says_remote
from trainees.tests.roster_files.books import BOOKS, of_rows
from trainees.tests.roster_files.case import Case, people_of, problems_of
from trainees.tests.roster_files.csvs import CSVS, HEADINGS
from trainees.tests.roster_files.pastes import PASTES
from trainees.tests.roster_files.refused import REFUSED


@pytest.mark.parametrize("case", [*PASTES, *CSVS, *BOOKS], ids=lambda case: case.id)
def test_a_list_is_read_whole(case: Case) -> None:
    read = read_text(case.source) if isinstance(case.source, str) else read_file(case.source)
    assert people_of(read) == case.people
    assert problems_of(read) == case.problems
    if case.notes is not None:
        assert read.notes == case.notes


@pytest.mark.parametrize("case", [case for case in PASTES if "\ud83e" not in case.source], ids=lambda case: case.id)
def test_a_paste_reads_the_same_as_a_file(case: Case) -> None:
    assert read_file(case.source.encode()) == read_text(case.source)


@pytest.mark.parametrize("language", HEADINGS)
def test_headings_are_known_in_many_languages(language: str) -> None:
    headings, remote = HEADINGS[language]
    text = f"{headings}\nAna;Silva;ana@example.org;Lyon;\nBo;Li;bo@example.org;Lyon;{remote}\n"
    for read in (read_text(text), read_file(of_rows(line.split(";") for line in text.splitlines()))):
        assert people_of(read) == (
            (2, "Ana Silva", "ana@example.org", "Lyon", False),
            (3, "Bo Li", "bo@example.org", "Lyon", True),
        )
        assert read.problems == ()
        given_name, family_name, email, location, mode = headings.split(";")
        assert read.notes[0] == (
            f"Columns read: name from “{given_name}” + “{family_name}”; e-mail from “{email}”; location from “{location}”; remote from “{mode}”."
        )


@pytest.mark.parametrize(
    "heading",
    [
        *(
            "Name",
            "Full name",
            "Participant’s full name",
            "Names of participants",
            "Vollständiger Name",
            "Nom et prénom",
            "Nombre y apellidos",
        ),
        *("Nome completo", "Nome e cognome", "Volledige naam", "Imię i nazwisko", "ПІБ", "ФИО", "氏名", "お名前", "姓名"),
    ],
)
def test_a_name_in_one_column_is_known_by_its_heading(heading: str) -> None:
    read = read_text(f"Team\t{heading}\tMail\nRed Team\tAna\tana@example.org\nBlue Team\tBo\tbo@example.org\n")
    assert people_of(read) == ((2, "Ana", "ana@example.org", "", False), (3, "Bo", "bo@example.org", "", False))


def test_east_asian_names_in_two_columns_stay_in_their_order() -> None:
    read = read_text("姓,名,メール\n山田,花子,a@example.com\nSmith,Ann,b@example.com\n")
    assert [person.name for person in read.people] == ["山田花子", "Ann Smith"]


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_list_is_refused_in_one_sentence(name: str) -> None:
    content, words = REFUSED[name]
    with pytest.raises(UnreadableFileError) as refused:
        read_file(content, filename="list.xlsx")
    sentence = str(refused.value)
    assert words in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence


def test_two_thousand_people_are_taken() -> None:
    rows = [(f"Person {n}", f"person{n}@example.org") for n in range(2000)]
    for read in (
        read_text("".join(f"{name}\t{email}\n" for name, email in rows)),
        read_text("".join(f"{name} <{email}>\n" for name, email in rows)),
        read_file(of_rows([("People of the team",), (), ("Name", "Email"), *rows, ("Total", 2000)])),
    ):
        assert [(person.name, person.email) for person in read.people] == rows
        assert read.problems == ()


@pytest.mark.parametrize("text", ["", " \n\t\n", "\ufeff", "\u200b\n", "Name\tEmail\n", "sep=;\n"])
def test_an_empty_paste_is_refused(text: str) -> None:
    with pytest.raises(UnreadableFileError, match=r"The list is empty: nobody stands in it\."):
        read_text(text)


def test_a_name_that_says_otherwise_than_the_content_is_noted() -> None:
    text, book = b"Name,Email\nAna,ana@example.org\n", of_rows([["Name", "Email"], ["Ana", "ana@example.org"]])
    assert read_file(text, filename="List.XLSX").notes[0] == "By its content the file is text, whatever its name says."
    assert read_file(book, filename="list.csv").notes[0] == "By its content the file is an Excel workbook, whatever its name says."
    assert read_file(text, filename="list.csv").notes == read_file(book, filename="list.xlsx").notes == read_file(text).notes


def test_a_problem_says_what_is_wrong_and_where_the_other_is() -> None:
    read = read_text("Name\tEmail\nAna Silva\tana@example,org\nBo Li\tbo@example.org\nCy Do\tBO@example.org\n")
    assert read == RosterRead(
        people=(
            ListedPerson(2, "Ana Silva", "ana@example,org", "", False),
            ListedPerson(3, "Bo Li", "bo@example.org", "", False),
            ListedPerson(4, "Cy Do", "BO@example.org", "", False),
        ),
        problems=(
            Problem(
                2,
                "email",
                "not-an-address",
                "“ana@example,org” is not an e-mail address. Is “ana@example.org” meant?",
                "ana@example.org",
            ),
            Problem(
                4,
                "email",
                "twice",
                "The address “BO@example.org” stands on line 3 too. Each person needs one of their own; remove one of the two.",
            ),
        ),
        notes=("Columns read: name from “Name”; e-mail from “Email”.",),
    )


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("ana@example,org", "ana@example.org"),
        ("ana@example.org.", "ana@example.org"),
        ("ana@example.org,", "ana@example.org"),
        ("ana @example.org", "ana@example.org"),
        ("ana@ example.org", "ana@example.org"),
        ("ana@example. org", "ana@example.org"),
        ("mailto:ana@example.org?subject=Hi", "ana@example.org"),
        ("<ana@example.org>", "ana@example.org"),
        ("Ana Silva <ana@example.org>", "ana@example.org"),
        ("'ana@example.org'", "ana@example.org"),
        ("'ana@example.org", "ana@example.org"),
        ("ana(at)example.org", "ana@example.org"),
        ("ana [at] example [dot] org", "ana@example.org"),
        ("ana at example dot org", "ana@example.org"),
        ("ana@@example.org", "ana@example.org"),
        ("ana@example..org", "ana@example.org"),
        ("ana@example.con", "ana@example.com"),
        ("ana@gmial.com", "ana@gmail.com"),
        ("ana@Gmail.con", "ana@Gmail.com"),
        ("ana@gmail", "ana@gmail.com"),
        ("ana@hotmial.com", "ana@hotmail.com"),
        ("ａｎａ＠example.org", "ana@example.org"),
        ("Ana.Silva@Example,org", "Ana.Silva@Example.org"),
        # nothing is safe to say
        ("ana@example.org", ""),
        ("ana", ""),
        ("ana@localhost", ""),
        ("ana..silva@example.org", ""),
        ("ana silva@example.org", ""),
        ("ana@example.org bo@example.org", ""),
        ("josé@example.org", ""),
        ("@example.org", ""),
        ("ana@", ""),
        ("", ""),
    ],
)
def test_a_correction_is_offered_only_where_it_is_safe(written: str, meant: str) -> None:
    assert corrected(written) == meant


@pytest.mark.parametrize(
    "location", ["Remote", "online", "ZOOM", "Lyon (online)", "from home", "à distance", "在宅", "Lyon / remote", "Lyon – Zoom"]
)
def test_a_location_may_say_remote(location: str) -> None:
    assert location_says_remote(location)


@pytest.mark.parametrize(
    "location", ["", "Lyon", "Remote Sensing Lab", "Online Learning Centre", "Home Office building, London", "Nursing Home"]
)
def test_a_place_that_only_sounds_remote_is_a_place(location: str) -> None:
    assert not location_says_remote(location)


@given(st.text())
def test_two_addresses_are_one_person_as_for_the_portal(email: str) -> None:
    assert address_key(email) == email_key(email)


LIKELY = st.sampled_from(
    [
        "@",
        "a@example.org",
        "Ana",
        "<",
        ">",
        ",",
        ";",
        "\t",
        "|",
        '"',
        "\n",
        "\r",
        "=",
        "Name",
        "Email",
        "姓",
        " ",
        "(at)",
        "1. ",
        "sep=;\n",
        "Total",
        "\x00",
        "\u202e",
        ".",
    ]
)


def check_whole(read: RosterRead) -> None:
    """What holds of every result."""
    assert read.people
    lines = [person.line for person in read.people]
    assert lines == sorted(lines)
    assert all(problem.line in lines for problem in read.problems)
    assert all(problem.text.endswith((".", "?", "”")) for problem in read.problems)
    assert [(p.line, p.field) for p in read.problems] == sorted((p.line, p.field) for p in read.problems)
    for person in read.people:
        assert not set("\x00\x07\u202e\u200b\n\t") & set(person.name + person.email + person.location)


@settings(max_examples=400)
@given(
    st.one_of(
        st.text(st.characters()), st.lists(LIKELY).map("".join), st.lists(st.one_of(LIKELY, st.text(max_size=3))).map("".join)
    )
)
@example("\ud800@\udfff")
@example("a@" * 5000)
@example("<" * 5000 + "@" * 5000)
@example('"' * 999)
@example(" at " * 4000 + "@")
@example("(" * 400 + ")" * 400 + "\tEmail\nName\ta@b")
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        read = read_text(text)
    except UnreadableFileError:
        return
    check_whole(read)


BOOK = of_rows([["Name", "Email"], ["Ana Silva", "ana@example.org"]])


@settings(max_examples=300)
@given(
    st.one_of(
        st.binary(),
        st.lists(LIKELY).map(lambda parts: "".join(parts).encode("utf-16-le")),
        st.lists(LIKELY).map(lambda parts: b"\xfe\xff" + "".join(parts).encode("utf-16-be")),
        st.builds(
            lambda start, rest: start + rest,
            st.sampled_from([b"PK\x03\x04", b"\xff\xfe", b"\xd0\xcf\x11\xe0", b"\xef\xbb\xbf"]),
            st.binary(),
        ),
        st.builds(lambda at, byte: BOOK[:at] + bytes([byte]) + BOOK[at + 1 :], st.integers(0, len(BOOK) - 1), st.integers(0, 255)),
    )
)
def test_any_content_is_read_or_refused(content: bytes) -> None:
    try:
        read = read_file(content)
    except UnreadableFileError:
        return
    check_whole(read)


LETTERS = st.characters(categories=["Lu", "Ll", "Lo", "Mn"], include_characters="'’-")
WORD = st.builds(lambda first, rest: first + rest, st.characters(categories=["Lu", "Lo"]), st.text(LETTERS, max_size=10))
NAMES = st.lists(WORD, min_size=2, max_size=4).map(" ".join)
ADDRESSES = st.from_regex(r"[a-z][a-z0-9]{0,8}(\.[a-z0-9]{1,8})?(\+[a-z]{1,3})?@[a-z]{1,8}\.example\.(org|com|net)", fullmatch=True)
PEOPLE = st.lists(st.tuples(NAMES, ADDRESSES), min_size=1, max_size=8, unique_by=lambda person: person[1])


def written(rows: list[tuple[str, str]], separator: str) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=separator).writerows([("Name", "E-mail"), *rows])
    return out.getvalue()


@settings(max_examples=150)
@given(PEOPLE, st.sampled_from(",;\t|"))
def test_what_is_written_is_read_again(rows: list[tuple[str, str]], separator: str) -> None:
    expected = read_text("\n".join(f"{name} <{email}>" for name, email in rows))
    assert [person.email for person in expected.people] == [email for _name, email in rows]
    plain = [(person.name, person.email) for person in expected.people]
    text = written(rows, separator)
    reads = [
        read_text(text),
        read_file(text.encode()),
        read_file(text.encode("utf-16")),
        read_file(of_rows([("Name", "E-mail"), *rows])),
    ]
    for read in reads:
        assert [(person.name, person.email) for person in read.people] == plain
        assert [person.line for person in read.people] == list(range(2, len(rows) + 2))
        assert read.problems == expected.problems == ()


@given(NAMES)
def test_a_name_is_kept_in_its_letters(name: str) -> None:
    (person,) = read_text(f"Name\tEmail\n{name}\tana@example.org").people
    assert person.name == unicodedata.normalize("NFC", " ".join(name.split()))
