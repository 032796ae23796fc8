"""What is an e-mail address, and what somebody meant who mistyped one. Pure; every pattern is linear."""

from __future__ import annotations

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from trainees.roster_file.characters import tidy
from trainees.roster_file.values import LONGEST_ADDRESS

DOMAINS = {
    **dict.fromkeys(
        (
            "gmial.com",
            "gmal.com",
            "gmai.com",
            "gmaill.com",
            "gmali.com",
            "gamil.com",
            "gnail.com",
            "gmil.com",
            "gmeil.com",
            "ggmail.com",
            "gmail.co",
            "gmail.cm",
            "gmail.om",
            "gmailcom",
            "gmail",
        ),
        "gmail.com",
    ),
    **dict.fromkeys(("googlemial.com", "googlemal.com", "googlemail.co"), "googlemail.com"),
    **dict.fromkeys(
        ("hotmial.com", "hotmal.com", "hotmai.com", "hotmil.com", "hotmaill.com", "hotamil.com", "homail.com"),
        "hotmail.com",
    ),
    **dict.fromkeys(("outlok.com", "outloook.com", "outllok.com", "outlool.com", "oulook.com"), "outlook.com"),
    **dict.fromkeys(("yaho.com", "yahooo.com", "yhoo.com", "yaoo.com", "yahho.com"), "yahoo.com"),
    **dict.fromkeys(("iclould.com", "icloud.co", "iclod.com", "icoud.com"), "icloud.com"),
    **dict.fromkeys(("protonmial.com", "protonmal.com", "protonmail.co"), "protonmail.com"),
}
"""Domains that are hardly meant, and the one that is. "hotmail.co" is not among them: it may lack ".uk"."""
ENDS = {
    **dict.fromkeys(("con", "cmo", "ocm", "vom", "xom", "comm", "coom", "cim", "clm", "c0m"), "com"),
    **dict.fromkeys(("ogr", "rog", "orgg", "0rg", "otg"), "org"),
    **dict.fromkeys(("nte", "ent", "nett"), "net"),
    **dict.fromkeys(("eud", "eduu", "edy"), "edu"),
}
"""Last parts of domains that do not exist, and the one that is meant."""
COMMON_ENDS = frozenset(
    re.findall(
        "[a-z]+",
        """com org net edu gov int info eu de at ch fr be nl lu it es pt uk ie dk se no fi pl cz sk hu ro bg gr hr si rs
        ua ru ee lv lt us ca mx br ar cl co pe au nz za ke ng gh eg jp cn kr tw hk sg my th vn id in io ac""",
    )
)
"""Last parts of domains that people have: what follows a comma that should be a dot."""
_AT = re.compile(r" {0,3}[(\[{<] {0,2}at {0,2}[)\]}>] {0,3}| {1,3}at {1,3}", re.IGNORECASE)
_BRACKETED_AT = re.compile(r"[(\[{<] {0,2}at {0,2}[)\]}>]", re.IGNORECASE)
_DOT = re.compile(r" {0,3}[(\[{<] {0,2}dot {0,2}[)\]}>] {0,3}| {1,3}dot {1,3}", re.IGNORECASE)
_WRAPPING = "<>()[]{}\"'“”„‘’«»`,;:. \t\n"


def address_key(email: str) -> str:
    """The key by which two addresses are one person's (P11): the same as people.email_key, which only the ORM's side may import."""
    return unicodedata.normalize("NFC", email.strip()).casefold()


def is_address(email: str) -> bool:
    """Whether letters can be sent there: as Django checks, at most 254 characters, no dots in a row, and a dot in the domain."""
    if len(email) > LONGEST_ADDRESS or ".." in email or "." not in email.rpartition("@")[2]:
        return False
    if email.startswith("'"):  # Excel's mark of a text, which a copied cell keeps; the standard allows it, nobody has it
        return False
    try:
        validate_email(email)
    except ValidationError:
        return False
    return True


def is_misspelt(email: str) -> bool:
    """Whether an address has a domain that is hardly meant: gmial.com, example.con."""
    domain = email.rpartition("@")[2].casefold()
    return domain in DOMAINS or domain.rpartition(".")[2] in ENDS


def at_count(text: str) -> int:
    """How many addresses a cell seems to hold: signs "@", the fullwidth one and "(at)" included."""
    signs = text.count("@") + text.count("＠")
    return signs or (len(_BRACKETED_AT.findall(text)) if len(text) <= 2000 and _BRACKETED_AT.search(text) else 0)


def stands_alone(cell: str) -> bool:
    """Whether a cell holds one address, perhaps mistyped, and no name beside it."""
    cell = cell.strip()
    if not 3 <= len(cell) <= 2000 or at_count(cell) != 1:
        return False
    local, _sign, domain = _with_sign(cell).strip(_WRAPPING).partition("@")
    return bool(local) and not any(sign in local for sign in " ,;|\t<") and " " not in domain.strip()


def corrected(email: str) -> str:
    """What was probably meant by an address that is none, or by a misspelt one; "" where nothing is safe to say."""
    if len(email) > 2 * LONGEST_ADDRESS:
        return ""
    text = unicodedata.normalize("NFKC", tidy(email).text)
    if text.startswith("="):
        text = text.lstrip("= ")
    if text.count("<") == 1 and "@" in (inner := text.partition("<")[2].partition(">")[0]):
        text = inner
    text = text.strip(_WRAPPING)
    if text[:7].casefold() == "mailto:":
        text = text[7:].partition("?")[0]
    text = _with_sign(text).replace("@@", "@").strip(_WRAPPING)
    local, sign, domain = text.partition("@")
    if not sign or "@" in domain:
        return ""
    fixed = f"{local.strip()}@{_domain(domain)}"
    return fixed if fixed != email and is_address(fixed) else ""


def _with_sign(text: str) -> str:
    """ "ana (at) example (dot) org" with the signs that were meant; a text that has an "@" already keeps its words."""
    text = text.replace("＠", "@")
    if "@" in text:
        before, sign, after = text.partition("@")
        return before.rstrip() + sign + _DOT.sub(".", after.lstrip())
    return _DOT.sub(".", _AT.sub("@", text, count=1)) if len(text) <= 2000 else text


def _domain(domain: str) -> str:
    domain = re.sub(r" ?[.,]+ ?", ".", domain.strip()).strip(".")
    if domain.casefold() in DOMAINS:
        return DOMAINS[domain.casefold()]
    rest, dot, end = domain.rpartition(".")
    end = ENDS.get(end.casefold(), end)
    return DOMAINS.get(f"{rest}.{end}".casefold(), f"{rest}{dot}{end}")
