"""Places on rosters, what changed a roster, applications, the roll call, its evidence, and exceptions about one person."""

from trainees.models.applications import Application
from trainees.models.attendance import PlaceException, RollCall
from trainees.models.evidence import EvidenceConnection, EvidenceReport
from trainees.models.places import Place, RosterChange

__all__ = ["Application", "EvidenceConnection", "EvidenceReport", "Place", "PlaceException", "RollCall", "RosterChange"]
