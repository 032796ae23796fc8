"""Pages of rosters, and of trainees."""

from trainees.views.alone import alone
from trainees.views.attendance import attendance, mark
from trainees.views.confirming import confirm
from trainees.views.evidence import evidence
from trainees.views.places import application, place, place_ics
from trainees.views.rosters import download, people, sign_in

__all__ = [
    "alone",
    "application",
    "attendance",
    "confirm",
    "download",
    "evidence",
    "mark",
    "people",
    "place",
    "place_ics",
    "sign_in",
]
