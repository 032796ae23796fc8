"""Pages of rosters, and of trainees."""

from trainees.views.places import application, place, place_ics
from trainees.views.rosters import download, people, sign_in

__all__ = ["application", "download", "people", "place", "place_ics", "sign_in"]
