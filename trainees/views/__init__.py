"""Pages of rosters, and of trainees."""

from trainees.views.attendance import attendance
from trainees.views.evidence import evidence
from trainees.views.places import application, place, place_ics
from trainees.views.rosters import download, people, sign_in

__all__ = ["application", "attendance", "download", "evidence", "people", "place", "place_ics", "sign_in"]
