"""Places on rosters, what changed a roster, and the applications of trainees."""

from trainees.models.applications import Application
from trainees.models.places import Place, RosterChange

__all__ = ["Application", "Place", "RosterChange"]
