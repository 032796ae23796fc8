"""The invented people of the demo. Nobody is real; every address is at example.org."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Someone:
    name: str
    role: str
    domain: str = "example.org"

    @property
    def email(self) -> str:
        """ "Dana Whitfield" -> dana.whitfield@example.org, in ASCII."""
        plain = self.name.translate(str.maketrans("áäåéèíïöøóúüñçšžł", "aaaeeiiooouuncszl")).lower()
        return ".".join(plain.split()) + "@" + self.domain


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
TRAINEES = (
    "Ada",
    "Amir",
    "Beatriz",
    "Bongani",
    "Carla",
    "Diego",
    "Elif",
    "Emeka",
    "Fatima",
    "Finn",
    "Giulia",
    "Hassan",
    "Ingrid",
    "Jun",
    "Karin",
    "Lars",
    "Maya",
    "Mehmet",
    "Nadia",
    "Olga",
    "Pablo",
    "Priya",
    "Rafael",
    "Sana",
    "Tariq",
    "Uma",
    "Viktor",
    "Yuki",
    "Zanele",
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


def trainee(number: int) -> Someone:
    """The n-th trainee: each number another name, for 29 x 13 of them; later ones bear a number."""
    first = TRAINEES[number % len(TRAINEES)]
    last = LAST_NAMES[number * 3 % len(LAST_NAMES)]
    rounds = number // (len(TRAINEES) * len(LAST_NAMES))
    return Someone(f"{first} {last}" if not rounds else f"{first} {last} {rounds + 1}", "takes part", "example.com")
