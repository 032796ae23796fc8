"""What people type or paste."""

from __future__ import annotations

from trainees.tests.roster_files.case import ANA, BO, Case

LINES = "No table with columns was found: each line was read as one person."
UNHEADED = "No line with headings was found: the columns were told apart by what stands in them."

PASTES = (
    Case(
        "tabs from a spreadsheet",
        "Name\tE-mail\nAna Silva\tana@example.org\nBo Li\tbo@example.org\n",
        notes=("Columns read: name from “Name”; e-mail from “E-mail”.",),
    ),
    Case(
        "a spreadsheet without headings",
        "Ana Silva\tana@example.org\tLyon\nBo Li\tbo@example.org\tLyon\n",
        ((1, "Ana Silva", "ana@example.org", "Lyon", False), (2, "Bo Li", "bo@example.org", "Lyon", False)),
        notes=(UNHEADED, "Columns read: name from column 1; e-mail from column 2; location from column 3."),
    ),
    Case(
        "addresses first, numbers before them",
        "1;ana@example.org;Ana Silva\n2;bo@example.org;Bo Li\n",
        ((1, *ANA[1:]), (2, *BO[1:])),
        notes=(UNHEADED, "Columns read: name from column 3; e-mail from column 2.", "Columns not read: column 1."),
    ),
    Case("typed with commas", "Ana Silva, ana@example.org\n\nBo Li, bo@example.org", ((1, *ANA[1:]), BO)),
    Case(
        "names in two columns without headings",
        "Ana;Silva;ana@example.org\nBo;Li;bo@example.org",
        ((1, *ANA[1:]), (2, *BO[1:])),
        notes=(
            UNHEADED,
            "Columns read: name from column 1 + column 2; e-mail from column 3.",
            "Names stand in more than one column and were joined, such as “Ana Silva”.",
        ),
    ),
    Case(
        "from a mail program, a line each", "Ana Silva <ana@example.org>\nBo Li <bo@example.org>\n", ((1, *ANA[1:]), (2, *BO[1:]))
    ),
    Case(
        "from a mail program, all on one line",
        '"Ana Silva" <ana@example.org>; Bo Li <bo@example.org>, Cy <cy@example.org>',
        ((1, *ANA[1:]), (1, *BO[1:]), (1, "Cy", "cy@example.org", "", False)),
    ),
    Case(
        "people one after another, with commas",
        "Ana Silva ana@example.org, Bo Li bo@example.org\ncy@example.org Cy Do (Lyon, remote)",
        ((1, *ANA[1:]), (1, *BO[1:]), (2, "Cy Do", "cy@example.org", "Lyon, remote", True)),
    ),
    Case(
        "last name first",
        "Silva, Ana <ana@example.org>\nLi, Bo <bo@example.org>\nDe la Cruz, Mary Ann <mary@example.org>",
        ((1, *ANA[1:]), (2, *BO[1:]), (3, "Mary Ann De la Cruz", "mary@example.org", "", False)),
        notes=(LINES, "Written “Last, First”, and turned round: line 1, 2, 3."),
    ),
    Case("mail first, then the name", "ana@example.org Ana Silva\nbo@example.org, Bo Li", ((1, *ANA[1:]), (2, *BO[1:]))),
    Case(
        "numbered lines",
        "1. Ana Silva ana@example.org\n(2) Bo Li bo@example.org (online)\n- Cy Do <cy@example.org> Lyon\n",
        ((1, *ANA[1:]), (2, "Bo Li", "bo@example.org", "online", True), (3, "Cy Do", "cy@example.org", "Lyon", False)),
    ),
    Case(
        "only addresses",
        "ana@example.org\nbo@example.org",
        ((1, "", "ana@example.org", "", False), (2, "", "bo@example.org", "", False)),
        ((1, "name", "name-missing", ""), (2, "name", "name-missing", "")),
        (LINES,),
    ),
    Case(
        "only addresses, on one line",
        "ana@example.org, bo@example.org; cy@example.net",
        tuple((1, "", email, "", False) for email in ("ana@example.org", "bo@example.org", "cy@example.net")),
        ((1, "name", "name-missing", ""),) * 3,
    ),
    Case(
        "a column of addresses under its heading",
        "E-Mail\nana@example.org\n",
        ((2, "", "ana@example.org", "", False),),
        ((2, "name", "name-missing", ""),),
        (LINES, "Left out, because nobody stands there: line 1."),
    ),
    Case(
        "only names",
        "Ana Silva\nBo Li",
        ((1, "Ana Silva", "", "", False), (2, "Bo Li", "", "", False)),
        ((1, "email", "email-missing", ""), (2, "email", "email-missing", "")),
    ),
    Case(
        "every way at once",
        "Ana Silva <ana@example.org>\nBo Li, bo@example.org\ncy@example.org Cy Do\nDi Er; di@example.org; Lyon\n",
        (
            (1, *ANA[1:]),
            (2, *BO[1:]),
            (3, "Cy Do", "cy@example.org", "", False),
            (4, "Di Er", "di@example.org", "Lyon", False),
        ),
    ),
    Case(
        "addresses that are mistyped, in lines",
        "Ana Silva ana @ example.org\nBo Li bo (at) example (dot) org\nCy Do mailto:cy@example.org\nDi Er di@example,org, Lyon\nEd Fu ed@gmial.com",
        (
            (1, "Ana Silva", "ana @ example.org", "", False),
            (2, "Bo Li", "bo (at) example (dot) org", "", False),
            (3, "Cy Do", "mailto:cy@example.org", "", False),
            (4, "Di Er", "di@example,org", "Lyon", False),
            (5, "Ed Fu", "ed@gmial.com", "", False),
        ),
        (
            (1, "email", "not-an-address", "ana@example.org"),
            (2, "email", "not-an-address", "bo@example.org"),
            (3, "email", "not-an-address", "cy@example.org"),
            (4, "email", "not-an-address", "di@example.org"),
            (5, "email", "misspelt", "ed@gmail.com"),
        ),
    ),
    Case(
        "a table with one line of another kind",
        "Name;E-Mail\nAna Silva;ana@example.org\nBo Li <bo@example.org>\n",
        (ANA, BO),
    ),
    Case(
        "two addresses of one person",
        "Ana Silva; ana@example.org; ana@example.net\nBo Li; bo@example.org\nCy Do; cy@example.org",
        (
            (1, "Ana Silva", "ana@example.org, ana@example.net", "", False),
            (2, *BO[1:]),
            (3, "Cy Do", "cy@example.org", "", False),
        ),
        ((1, "email", "two-addresses", ""),),
    ),
    Case(
        "totals below",
        "Name\tEmail\nAna Silva\tana@example.org\nBo Li\tbo@example.org\n\nTotal\t2\n",
        notes=("Columns read: name from “Name”; e-mail from “Email”.", "Left out, because it counts people: line 5."),
    ),
    Case(
        "headings again in the middle, a title above",
        "Team of 2027\n\nName,Email,Phone\nAna Silva,ana@example.org,123\nName,Email,Phone\nBo Li,bo@example.org,\n,,456\n",
        ((4, *ANA[1:]), (6, *BO[1:])),
        notes=(
            "Columns read: name from “Name”; e-mail from “Email”.",
            "Columns not read: “Phone”.",
            "Left out, because it stands above the headings: line 1.",
            "Left out, because it repeats the headings: line 5.",
            "Left out, because it has no name, address or location: line 7.",
        ),
    ),
    Case(
        "names of every script",
        "Name\tEmail\nمريم الفاسي\ta@example.org\nO’Neill-D'Arcy\tb@example.org\nJose\u0301 Nu\u0301n\u0303ez\tc@example.org\n王芳\td@example.org\n"
        "Ana 🦊 Silva\te@example.org\nरमेश कुमार\tf@example.org\nمی\u200cنا رضایی\tg@example.org\n",
        (
            (2, "مريم الفاسي", "a@example.org", "", False),
            (3, "O’Neill-D'Arcy", "b@example.org", "", False),
            (4, "José Núñez", "c@example.org", "", False),
            (5, "王芳", "d@example.org", "", False),
            (6, "Ana 🦊 Silva", "e@example.org", "", False),
            (7, "रमेश कुमार", "f@example.org", "", False),
            (8, "می\u200cنا رضایی", "g@example.org", "", False),
        ),
        notes=("Columns read: name from “Name”; e-mail from “Email”.",),
    ),
    Case(
        "invisible and control characters",
        "Name\tEmail\nAna\u202e Silva\tana\u200b@example.org\nBo\x00 Li\tbo\x07@example.org\n",
        (ANA, BO),
        (
            (2, "email", "invisible-character", "ana@example.org"),
            (3, "email", "control-character", "bo@example.org"),
            (3, "name", "control-character", "Bo Li"),
        ),
        (
            "Columns read: name from “Name”; e-mail from “Email”.",
            "Invisible characters were taken out of a name or location: line 2.",
        ),
    ),
    Case(
        "half of a pair of signs",
        "Name\tEmail\nAna\ud83e Silva\tana@example.org\n",
        (ANA,),
        ((2, "name", "control-character", "Ana Silva"),),
    ),
    Case(
        "a table in Markdown",
        "| Name | Email |\n|------|:-----|\n| Ana Silva | ana@example.org |\n",
        ((3, *ANA[1:]),),
        notes=(
            "Columns read: name from “Name”; e-mail from “Email”.",
            "Left out, because it has no name, address or location: line 2.",
        ),
    ),
    Case(
        "a letter around the list",
        "Hello Cy, here is the name list, email below\nAna Silva <ana@example.org>\nBo Li <bo@example.org>\n",
        notes=(LINES, "Left out, because nobody stands there: line 1."),
    ),
    Case(
        "an address beside the name",
        "Name\tEmail\nAna Silva (ana@example.org)\tana@example.org\nBo Li\tbo@example.org\n",
        ((2, "Ana Silva (ana@example.org)", "ana@example.org", "", False), BO),
        ((2, "name", "name-is-address", "Ana Silva"),),
    ),
    Case(
        "another person's addresses only",
        "Name\tSupervisor's e-mail\tSite\nAna Silva\tboss@example.org\tLyon\n",
        ((2, "Ana Silva", "", "Lyon", False),),
        ((2, "email", "email-missing", ""),),
        (
            "Columns read: name from “Name”; location from “Site”.",
            "No column with e-mail addresses was found.",
            "Columns not read: “Supervisor's e-mail”.",
        ),
    ),
    Case(
        "a form's answers",
        "Timestamp\tWhat is your email?\tName as it should stand on the certificate\tName of your organisation\tWill you come in person or remotely?\n"
        "2027-01-01\tana@example.org\tAna Silva\tExample Ltd\tRemotely\n2027-01-02\tbo@example.org\tBo Li\tExample Ltd\tIn person\n",
        ((2, "Ana Silva", "ana@example.org", "", True), BO),
    ),
    Case(
        "every problem of a cell",
        "Name\tEmail\n\tana@example.org\nBo Li\t\nANA@example.org\tAna@Example.org\nTBD\tn/a\n" + "N" * 201 + "\tn@localhost\n"
        "Oz Py\t"
        + "o" * 250
        + "@example.org\nQi Ru\t=A1\n=B2\tqi@example.org\nSy Tu\tsy..tu@example.org\nUd Vy\tud vy@example.org\n",
        (
            (2, "", "ana@example.org", "", False),
            (3, "Bo Li", "", "", False),
            (4, "ANA@example.org", "Ana@Example.org", "", False),
            (5, "TBD", "n/a", "", False),
            (6, "N" * 201, "n@localhost", "", False),
            (7, "Oz Py", "o" * 250 + "@example.org", "", False),
            (8, "Qi Ru", "=A1", "", False),
            (9, "=B2", "qi@example.org", "", False),
            (10, "Sy Tu", "sy..tu@example.org", "", False),
            (11, "Ud Vy", "ud vy@example.org", "", False),
        ),
        (
            (2, "name", "name-missing", ""),
            (3, "email", "email-missing", ""),
            (4, "email", "twice", ""),
            (4, "name", "name-is-address", ""),
            (5, "email", "email-missing", ""),
            (5, "name", "name-missing", ""),
            (6, "email", "not-an-address", ""),
            (6, "name", "too-long", ""),
            (7, "email", "too-long", ""),
            (8, "email", "formula", ""),
            (9, "name", "formula", ""),
            (10, "email", "not-an-address", ""),
            (11, "email", "not-an-address", ""),
        ),
    ),
)
