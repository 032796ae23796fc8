"""What is wrong with each person of a list, cell by cell, in sentences that say what to do (R16, P11). Pure."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from trainees.roster_file import addresses
from trainees.roster_file.characters import Tidied, tidy
from trainees.roster_file.lines import mailbox
from trainees.roster_file.names import PLACEHOLDERS
from trainees.roster_file.values import (
    EMAIL,
    LOCATION,
    LONGEST_ADDRESS,
    LONGEST_NAME,
    MOST_ROWS,
    NAME,
    Draft,
    Drafts,
    ListedPerson,
    Problem,
    RosterRead,
    cut,
    empty,
    lines_text,
    too_many_rows,
)

_ERRORS = frozenset({"#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!", "#SPILL!", "#CALC!"})


def checked(drafts: Drafts) -> RosterRead:
    """The people as they are kept, and every problem. Raises UnreadableFileError where nobody or too many stand in the list."""
    if not drafts.people:
        raise empty()
    if len(drafts.people) > MOST_ROWS:
        raise too_many_rows()
    people: list[ListedPerson] = []
    problems: list[Problem] = []
    stripped: list[int] = []
    lines: dict[str, int] = {}
    for draft in drafts.people:
        name, email, location = tidy(draft.name), tidy(draft.email), tidy(draft.location)
        people.append(ListedPerson(draft.line, name.text, email.text, location.text, draft.remote))
        problems += draft.problems
        problems += _name(draft, name)
        problems += _email(draft, email)
        problems += _location(draft, location)
        problems += _twice(draft.line, email.text, lines)
        if name.invisible or location.invisible:
            stripped.append(draft.line)
    notes = [*drafts.notes]
    if stripped:
        notes.append(
            _("Invisible characters were taken out of a name or location: line %(lines)s.") % {"lines": lines_text(stripped)}
        )
    return RosterRead(tuple(people), tuple(sorted(problems, key=lambda problem: (problem.line, problem.field))), tuple(notes))


def _name(draft: Draft, name: Tidied) -> Iterator[Problem]:
    line = draft.line
    if formula := _formula(draft, NAME, name.text):
        yield formula
    elif not name.text:
        yield Problem(line, NAME, "name-missing", _("The name is missing. Write the name that is to stand on the certificate."))
    elif name.text.casefold() in PLACEHOLDERS or not any(sign.isalpha() for sign in name.text):
        text = _("“%(name)s” is nobody's name yet. Write the name that is to stand on the certificate.")
        yield Problem(line, NAME, "name-missing", text % {"name": name.text})
    elif len(name.text) > LONGEST_NAME:
        yield _too_long(line, NAME, LONGEST_NAME)
    elif addresses.stands_alone(name.text):
        text = _("“%(name)s” is an e-mail address, not a name. Write the name that is to stand on the certificate.")
        yield Problem(line, NAME, "name-is-address", text % {"name": cut(name.text)})
    elif addresses.at_count(name.text) and addresses.is_address((box := mailbox(name.text)).email):
        text = _("An e-mail address stands beside the name in “%(name)s”. Keep only the name there.")
        yield Problem(line, NAME, "name-is-address", text % {"name": cut(name.text)}, box.name)
    yield from _control(line, NAME, name)


def _email(draft: Draft, email: Tidied) -> Iterator[Problem]:
    line, text = draft.line, email.text
    if formula := _formula(draft, EMAIL, text):
        yield formula
    elif not text or text.casefold() in PLACEHOLDERS:
        yield Problem(line, EMAIL, "email-missing", _("The e-mail address is missing. Each person needs one of their own."))
    elif len(text) > LONGEST_ADDRESS:
        yield _too_long(line, EMAIL, LONGEST_ADDRESS)
    elif not addresses.is_address(text):
        yield _no_address(line, text)
    elif addresses.is_misspelt(text):
        reason = _("“%(domain)s” at the end of “%(email)s” is probably misspelt. Check the address.")
        values = {"domain": cut(text.rpartition("@")[2]), "email": cut(text)}
        yield Problem(line, EMAIL, "misspelt", reason % values, addresses.corrected(text))
    yield from _control(line, EMAIL, email)
    if email.invisible:
        reason = _("The address held invisible characters, which were taken out. Check that “%(email)s” is what is meant.")
        suggestion = text if addresses.is_address(text) else ""
        yield Problem(line, EMAIL, "invisible-character", reason % {"email": cut(text)}, suggestion)


def _no_address(line: int, email: str) -> Problem:
    suggestion = addresses.corrected(email)
    if addresses.at_count(email) > 1 and not suggestion:
        text = _("Two addresses stand in one cell. Keep the one that this person reads.")
        return Problem(line, EMAIL, "two-addresses", text)
    if suggestion:
        text = _("“%(email)s” is not an e-mail address. Is “%(suggestion)s” meant?")
        return Problem(line, EMAIL, "not-an-address", text % {"email": cut(email), "suggestion": suggestion}, suggestion)
    text = _("“%(email)s” is not an e-mail address such as ana@example.org. Write the full address.")
    return Problem(line, EMAIL, "not-an-address", text % {"email": cut(email)})


def _location(draft: Draft, location: Tidied) -> Iterator[Problem]:
    if formula := _formula(draft, LOCATION, location.text):
        yield formula
    elif len(location.text) > LONGEST_NAME:
        yield _too_long(draft.line, LOCATION, LONGEST_NAME)
    yield from _control(draft.line, LOCATION, location)


def _twice(line: int, email: str, lines: dict[str, int]) -> Iterator[Problem]:
    key = addresses.address_key(email)
    if addresses.at_count(key) != 1:
        return
    if key in lines:
        text = _("The address “%(email)s” stands on line %(line)d too. Each person needs one of their own; remove one of the two.")
        yield Problem(line, EMAIL, "twice", text % {"email": cut(email), "line": lines[key]})
    lines.setdefault(key, line)


def _formula(draft: Draft, field: str, text: str) -> Problem | None:
    """A formula where a text should be: Excel never computed it, it went wrong, or it came as text."""
    if field in draft.formulas:
        reason = _("The cell holds a formula without a result. Write what it should show.")
        return Problem(draft.line, field, "formula", reason)
    if text in _ERRORS:
        reason = _("The cell holds a formula that went wrong (%(text)s). Write what it should show.")
        return Problem(draft.line, field, "formula", reason % {"text": text})
    if not text.startswith("="):
        return None
    inner = text[2:-1] if text.startswith('="') and text.endswith('"') and text.count('"') == 2 else ""
    suggestion = inner if field != EMAIL or addresses.is_address(inner) else ""
    reason = _("The cell begins with “=”, so a spreadsheet takes it for a formula. Write what it should show.")
    return Problem(draft.line, field, "formula", reason, suggestion)


def _too_long(line: int, field: str, most: int) -> Problem:
    reason = _("This is longer than %(n)d characters. Shorten it; perhaps several cells ran together.")
    return Problem(line, field, "too-long", reason % {"n": most})


def _control(line: int, field: str, cell: Tidied) -> Iterator[Problem]:
    if cell.control:
        reason = _("The cell held a control character, which is no text and was taken out. Check what is left: “%(text)s”.")
        yield Problem(
            line, field, "control-character", reason % {"text": cut(cell.text)}, cell.text if len(cell.text) <= LONGEST_NAME else ""
        )
