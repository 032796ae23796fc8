"""The invented people of the demo. Nobody is real; every address is at example.org."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Someone:
    name: str
    role: str

    @property
    def email(self) -> str:
        """ "Dana Whitfield" -> dana.whitfield@example.org, in ASCII."""
        plain = self.name.translate(str.maketrans("áäåéèíïöøóúüñçšžł", "aaaeeiiooouuncszl")).lower()
        return ".".join(plain.split()) + "@example.org"


STAFF = Someone("Ines Moreau", "staff: decides in admin")
DANA = Someone("Dana Whitfield", "coordinates University of Florida (gold)")
MADS = Someone("Mads Holm", "coordinates Aarhus University (silver)")
RUTH = Someone("Ruth Adeyemi", "coordinates University of Oxford and University of Cambridge (silver)")
TRAINERS = (Someone("Nora Weiss", "trains"), Someone("Kenji Sato", "trains"), Someone("Lucía Ortega", "trains"))
PRINCIPALS = {
    "University of Florida": DANA,
    "Aarhus University": MADS,
    "University of Oxford": RUTH,
    "University of Cambridge": RUTH,
}
FIRST_NAMES = (
    "Amara",
    "Bruno",
    "Chiara",
    "Dmitri",
    "Eleni",
    "Farid",
    "Greta",
    "Hana",
    "Ivo",
    "Jana",
    "Kofi",
    "Leila",
    "Marek",
    "Noor",
)
LAST_NAMES = (
    "Abe",
    "Berg",
    "Costa",
    "Dubois",
    "Eze",
    "Fischer",
    "Garcia",
    "Haddad",
    "Ito",
    "Jensen",
    "Kovacs",
    "Lindqvist",
    "Mbeki",
)


def somebody(number: int) -> Someone:
    """The n-th coordinator of the crowd: each number another name."""
    first = FIRST_NAMES[number % len(FIRST_NAMES)]
    last = LAST_NAMES[(number // len(FIRST_NAMES) + number) % len(LAST_NAMES)]
    return Someone(f"{first} {last}", "coordinates")
