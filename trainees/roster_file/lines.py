"""Lists that are no table: "Ana Silva <ana@…>", "Silva, Ana <ana@…>", "ana@… Ana Silva", "1. Ana Silva ana@…". Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from trainees.roster_file import names
from trainees.roster_file.addresses import COMMON_ENDS, at_count
from trainees.roster_file.attendance import location_says_remote
from trainees.roster_file.headings import EMAIL, plain, role_of
from trainees.roster_file.values import MOST_ROWS, Draft, Drafts, lines_text, too_many_rows

_MAILBOXES = re.compile(r"(?<=>)\s{0,10}[;,]\s{0,10}(?=\S)")
_SPACED_AT = re.compile(r" {0,3}(?:[@＠]|[(\[{<] {0,2}[aA][tT] {0,2}[)\]}>]) {0,3}")
_SPACED_DOT = re.compile(r" {0,3}[(\[{<] {0,2}dot {0,2}[)\]}>] {0,3}", re.IGNORECASE)
_BRACKETED = re.compile(r"<([^<>]{1,400})>")
_PARTS = re.compile(r"[;,|\t]|\s(?=[(\[])")
_AROUND = " \t\n,;|:-–—"
_TOTAL = re.compile(
    r"(?:grand )?(?:total|totals|sum|subtotal|count|gesamt|summe|gesamtzahl|anzahl|somme|nombre total|suma|totale|somma|totaal|aantal|razem|lacznie|"
    r"разом|всього|итого|всего|合計|計|合计|总计|總計|합계)(?: [\w ]{0,40}[0-9]{1,6}| ?[0-9]{1,6}[\w ]{0,40})?"
)


@dataclass(frozen=True, slots=True)
class Mailbox:
    """What a line says of one person; `turned`: the name stood there as "Last, First"."""

    name: str
    email: str
    rest: str = ""
    turned: bool = False


def drafts_of(lines: Iterable[tuple[int, str]]) -> Drafts:
    """Everyone on the lines, in order; a line of headings and lines of totals are left out, and said. Raises UnreadableFileError."""
    people: list[Draft] = []
    left_out: list[int] = []
    turned: list[int] = []
    for line, text in lines:
        if is_total(text) or (not people and not left_out and _is_heading(text)):
            left_out.append(line)
            continue
        for box in mailboxes(names.without_number(text)):
            location = box.rest if at_count(box.rest) == 0 else ""
            people.append(Draft(line, box.name, box.email, location, location_says_remote(location)))
            if box.turned:
                turned.append(line)
        if len(people) > MOST_ROWS:
            raise too_many_rows()
    notes = [_("No table with columns was found: each line was read as one person.")]
    if turned:
        notes.append(_("Written “Last, First”, and turned round: line %(lines)s.") % {"lines": lines_text(turned)})
    if left_out:
        notes.append(_("Left out, because nobody stands there: line %(lines)s.") % {"lines": lines_text(left_out)})
    return Drafts(tuple(people), tuple(notes))


def is_total(text: str) -> bool:
    """Whether a text counts people and is none: "Total", "Gesamt: 12", "Total participants 24"."""
    return len(text) <= 120 and at_count(text) == 0 and bool(_TOTAL.fullmatch(plain(text)))


def _is_heading(text: str) -> bool:
    """Whether the first line is no person but a heading: "E-mail", "Name <e-mail>"."""
    role, whole = role_of(text)
    return not at_count(text) and (whole or role == EMAIL)


def mailboxes(text: str) -> Iterator[Mailbox]:
    """The people of one line: one, or several as a mail program lists them, parted by semicolons or commas."""
    if text.count("<") > 1 and text.count("@") > 1:
        for part in _MAILBOXES.split(text):
            yield mailbox(part)
        return
    parts = [part.strip(_AROUND + "<>") for part in re.split(r"[;,|\s]+", text) if part.strip(_AROUND)]
    if len(parts) > 1 and all(at_count(part) == 1 for part in parts):
        for part in parts:
            yield Mailbox("", part)
        return
    for sign in ";,":
        several = [mailbox(part) for part in text.split(sign)] if at_count(text) > 1 and sign in text else []
        if several and all(box.name and at_count(box.email) == 1 for box in several):
            yield from several
            return
    yield mailbox(text)


def mailbox(text: str) -> Mailbox:
    """One person's line, with the address wherever it stands."""
    for match in _BRACKETED.finditer(text):
        if at_count(match[1]) == 1:
            before, after = text[: match.start()], text[match.end() :]
            return _around(before, match[1].strip(), after, bracketed=True)
    span = _address_span(text)
    if span is None:
        return Mailbox(names.unquoted(text), "")
    first, last = span
    box = _around(text[:first], text[first:last].strip(), text[last:], bracketed=False)
    if at_count(box.rest) or at_count(box.name):
        second = next(part for part in (box.rest, box.name) if at_count(part))
        return replace(box, name="" if second == box.name else box.name, email=f"{box.email}, {second}", rest="")
    return box


def _around(before: str, email: str, after: str, *, bracketed: bool) -> Mailbox:
    """The name before the address, else behind it; the location in what is left. "Last, First" only where brackets say so."""
    name, rest = names.unquoted(_before(before)), after.strip(_AROUND + ")]}>")
    if bracketed and name:
        return Mailbox(names.in_reading_order(name), email, _bare(rest), turned=names.is_turned(name))
    if name:
        return Mailbox(name, email, _bare(rest))
    parts = [part.strip() for part in _PARTS.split(rest, maxsplit=1)]
    return Mailbox(names.unquoted(parts[0].strip("()")), email, _bare(parts[1]) if len(parts) > 1 else "")


def _before(text: str) -> str:
    """What stands before an address, without what parts them: a dash behind a space is none of a name's."""
    text = text.lstrip("([{ ").rstrip(" \t,;|:([{<")
    return text[:-1].rstrip() if text.endswith((" -", " –", " —")) else text


def _bare(rest: str) -> str:
    rest = rest.strip(_AROUND)
    opened = rest[1:] if rest[:1] in "([" else rest
    return opened.rstrip(")]") if "(" not in opened.rstrip(")]") and opened[-1:] in ")]" else opened


def _address_span(text: str) -> tuple[int, int] | None:
    """Where the first address begins and ends: the words on both sides of its sign, spaces around that included."""
    sign = next((match for match in _SPACED_AT.finditer(text) if match.end() < len(text)), None)
    if sign is None:
        return None
    first, last = sign.start(), sign.end()
    while first and not text[first - 1].isspace() and text[first - 1] not in ",;|<([\"'“”":
        first -= 1
    while last < len(text):
        if dot := _SPACED_DOT.match(text, last):
            last = dot.end()
            continue
        if text[last].isspace() or text[last] in ";|>)]\"'“”<" or (text[last] == "," and not _end_follows(text, sign.end(), last)):
            break
        last += 1
    return first, last


def _end_follows(text: str, begins: int, comma: int) -> bool:
    """Whether a comma stands for the dot of the domain, as in "ana@example,org"."""
    end = re.match(r"[A-Za-z]{2,6}(?![\w.])", text[comma + 1 : comma + 9])
    return end is not None and end[0].lower() in COMMON_ENDS and comma > begins and "." not in text[begins:comma]
