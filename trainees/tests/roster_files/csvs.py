"""CSV files of the usual programs."""

from __future__ import annotations

from trainees.tests.roster_files.case import ANA, BO, Case

_PLAIN = "Name,Email\r\nAna Silva,ana@example.org\r\nBo Li,bo@example.org\r\n"
_ACCENTS = "Name;E-Mail;Ort\r\nÁna Müller;ana@example.org;Köln\r\nBoß Lī;bo@example.org;Zürich\r\n"
_GERMAN = ((2, "Ána Müller", "ana@example.org", "Köln", False), (3, "Boß Lī", "bo@example.org", "Zürich", False))
_WIDE_NOTE = ("The file is encoded as UTF-16.", "Columns read: name from “Name”; e-mail from “E-Mail”; location from “Ort”.")

CSVS = (
    Case("Google's CSV", _PLAIN.encode(), notes=("Columns read: name from “Name”; e-mail from “Email”.",)),
    Case("Excel's CSV UTF-8, with a mark", b"\xef\xbb\xbf" + _PLAIN.encode()),
    Case("LibreOffice's CSV, all in quotes", b'"Name","Email"\n"Ana Silva","ana@example.org"\n"Bo Li","bo@example.org"\n'),
    Case("an old Mac's line ends", _PLAIN.replace("\r\n", "\r").encode()),
    Case("bars", _PLAIN.replace(",", "|").encode()),
    Case("tabs", _PLAIN.replace(",", "\t").encode()),
    Case("Excel's Unicode text", b"\xff\xfe" + _ACCENTS.replace(";", "\t").encode("utf-16-le"), _GERMAN, notes=_WIDE_NOTE),
    Case("UTF-16, big end first", b"\xfe\xff" + _ACCENTS.encode("utf-16-be"), _GERMAN, notes=_WIDE_NOTE),
    Case("UTF-16 without a mark", _ACCENTS.encode("utf-16-le"), _GERMAN, notes=_WIDE_NOTE),
    Case("UTF-16 without a mark, big end first", _ACCENTS.encode("utf-16-be"), _GERMAN, notes=_WIDE_NOTE),
    Case(
        "German Excel's Windows-1252",
        "Vorname;Name;E-Mail-Adresse;Teilnahme\r\nJörg;Müller;joerg@example.org;vor Ort\r\nZoë;Straße;zoe@example.org;online\r\n".encode(
            "cp1252"
        ),
        ((2, "Jörg Müller", "joerg@example.org", "", False), (3, "Zoë Straße", "zoe@example.org", "", True)),
        notes=(
            "The file is not encoded as UTF-8; it was read as Windows-1252. Check the letters of names with accents.",
            "Columns read: name from “Vorname” + “Name”; e-mail from “E-Mail-Adresse”; remote from “Teilnahme”.",
            "Names stand in more than one column and were joined, such as “Jörg Müller”.",
        ),
    ),
    Case("Excel's own first line", b"sep=;\r\nName;Email\r\nAna Silva;ana@example.org\r\n", ((3, *ANA[1:]),)),
    Case(
        "a cell over several lines",
        b'Name,Email,Site\n"Ana\nSilva",ana@example.org,"Main building,\nroom 3"\nBo Li,bo@example.org,\n',
        ((2, "Ana Silva", "ana@example.org", "Main building, room 3", False), (5, *BO[1:])),
    ),
    Case(
        "a quotation mark without partner",
        b'Name,Email\n"Ana Silva,ana@example.org\nBo Li,bo@example.org\n',
        ((2, '"Ana Silva', "ana@example.org", "", False), BO),
        notes=(
            "A quotation mark has no partner, so quotation marks were read as letters.",
            "Columns read: name from “Name”; e-mail from “Email”.",
        ),
    ),
    Case(
        "two stray quotation marks, and the rows between them",
        b'Name,Email\n"Ana Silva,ana@example.org\nBo Li",bo@example.org\n',
        ((2, '"Ana Silva', "ana@example.org", "", False), (3, 'Bo Li"', "bo@example.org", "", False)),
    ),
    Case(
        "a comma for a dot, unquoted, and a name with a comma, unquoted",
        b"Name,Email\nAna Silva,ana@example,org\nLi, Bo,bo@example.org\n",
        ((2, "Ana Silva", "ana@example,org", "", False), (3, "Li", "Bo", "", False)),
        (
            (2, "email", "not-an-address", "ana@example.org"),
            (3, "", "cells-too-many", ""),
            (3, "email", "not-an-address", ""),
        ),
        ("Columns read: name from “Name”; e-mail from “Email”.",),
    ),
    Case(
        "names last name first, in one column",
        b'Name,Email\n"Silva, Ana",ana@example.org\n"Li, Bo",bo@example.org\n"Cy Do, PhD",cy@example.org\n',
        (ANA, BO, (4, "Cy Do, PhD", "cy@example.org", "", False)),
        notes=("Columns read: name from “Name”; e-mail from “Email”.", "Written “Last, First”, and turned round: line 2, 3."),
    ),
    Case(
        "formulas as text",
        b'Name,Email,Site\n"=""Ana Silva""","=""ana@example.org""",=A1\n"=cmd|\'/c calc\'!A1",bo@example.org,\n',
        (
            (2, '="Ana Silva"', '="ana@example.org"', "=A1", False),
            (3, "=cmd|'/c calc'!A1", "bo@example.org", "", False),
        ),
        (
            (2, "email", "formula", "ana@example.org"),
            (2, "location", "formula", ""),
            (2, "name", "formula", "Ana Silva"),
            (3, "name", "formula", ""),
        ),
    ),
    Case(
        "remote, said in a column of its own",
        b"Name,Email,Where,Remote?\nA A,a@example.org,Lyon,yes\nB B,b@example.org,Lyon,no\nC C,c@example.org,Zoom,\n"
        b"D D,d@example.org,Remote Sensing Lab,FALSE\nE E,e@example.org,Lyon,perhaps\n,,,FALSE\n",
        (
            (2, "A A", "a@example.org", "Lyon", True),
            (3, "B B", "b@example.org", "Lyon", False),
            (4, "C C", "c@example.org", "Zoom", True),
            (5, "D D", "d@example.org", "Remote Sensing Lab", False),
            (6, "E E", "e@example.org", "Lyon", False),
        ),
        notes=(
            "Columns read: name from “Name”; e-mail from “Email”; location from “Where”; remote from “Remote?”.",
            "Left out, because it has no name, address or location: line 7.",
            "Taken as not remote, because “perhaps” says neither: line 6.",
        ),
    ),
    Case(
        "the opposite question",
        b"Name,Email,In person?\nA A,a@example.org,yes\nB B,b@example.org,no\nC C,c@example.org,online\n",
        ((2, "A A", "a@example.org", "", False), (3, "B B", "b@example.org", "", True), (4, "C C", "c@example.org", "", True)),
        notes=("Columns read: name from “Name”; e-mail from “Email”; in person from “In person?”.",),
    ),
    Case(
        "site and room, supervisor's address, the family name under “Name”",
        b"First name,Name,Supervisor's e-mail,Work e-mail,Site,Room\nAna,Silva,boss@example.org,ana@example.org,Lyon,B12\n",
        ((2, "Ana Silva", "ana@example.org", "Lyon, B12", False),),
        notes=(
            "Columns read: name from “First name” + “Name”; e-mail from “Work e-mail”; location from “Site” + “Room”.",
            "Columns not read: “Supervisor's e-mail”.",
            "Names stand in more than one column and were joined, such as “Ana Silva”.",
        ),
    ),
    Case("addresses under a heading nobody knows", b"Name,Contact\nAna Silva,ana@example.org\nBo Li,bo@example.org\n"),
    Case(
        "names under a heading nobody knows, beside companies",
        b"Company,Whoever,Email\nExample Trading Ltd,Ana Silva,ana@example.org\nExample Mining Ltd,Bo Li,bo@example.org\n",
        notes=("Columns read: name from “Whoever”; e-mail from “Email”.", "Columns not read: “Company”."),
    ),
    Case(
        "one address three times, on other lines",
        b"Name,Email\nAna Silva,ana@example.org\nBo Li,ANA@example.org\nCy Do,ana@EXAMPLE.org\n",
        (ANA, (3, "Bo Li", "ANA@example.org", "", False), (4, "Cy Do", "ana@EXAMPLE.org", "", False)),
        ((3, "email", "twice", ""), (4, "email", "twice", "")),
    ),
)

HEADINGS = {
    "French": ("Prénom;Nom;Adresse e-mail;Lieu;Modalité", "à distance"),
    "German": ("Vorname;Nachname;E-Mail;Standort;Teilnahmeform", "Online"),
    "Spanish": ("Nombre;Apellidos;Correo electrónico;Sede;Modalidad", "a distancia"),
    "Portuguese": ("Nome;Sobrenome;E-mail;Local;Participação remota?", "sim"),
    "Italian": ("Nome;Cognome;Indirizzo e-mail;Sede;Modalità di partecipazione", "da remoto"),
    "Dutch": ("Voornaam;Achternaam;E-mailadres;Locatie;Deelname", "op afstand"),
    "Polish": ("Imię;Nazwisko;Adres e-mail;Miejsce;Forma udziału", "zdalnie"),
    "Ukrainian": ("Ім’я;Прізвище;Електронна пошта;Місце;Формат участі", "онлайн"),
    "Russian": ("Имя;Фамилия;Эл. почта;Место;Формат участия", "удалённо"),
    "Japanese": ("名;姓;メールアドレス;会場;参加方法", "オンライン"),
    "Chinese": ("名;姓;电子邮箱;地点;参与方式", "线上"),
    "English": ("Given name(s);Family name;E-MAIL ADDRESS *;Site:;Participation mode", "Remote"),
}
"""Headings of one table in many languages, and a word for "remote"."""
