"""Places on rosters, what changed a roster, requests to change it, applications, the roll call, its evidence, and exceptions about one person."""

from trainees.models.applications import Application
from trainees.models.attendance import PlaceException, RollCall, RollCallMark
from trainees.models.evidence import EvidenceConnection, EvidenceReport
from trainees.models.places import Place, RosterChange
from trainees.models.requests import RosterLine, RosterRequest

__all__ = [
    "Application",
    "EvidenceConnection",
    "EvidenceReport",
    "Place",
    "PlaceException",
    "RollCall",
    "RollCallMark",
    "RosterChange",
    "RosterLine",
    "RosterRequest",
]
