"""A videoconference's report as evidence (P9): read, matched with people and sites, laid beside the roll call. Pure; decides nothing."""

from trainees.evidence.matching import Confidence, Kind, Match, RosterPerson, TeamSite, match
from trainees.evidence.report import Connection, Note, Problem, Report, presence, read_report

__all__ = [
    "Confidence",
    "Connection",
    "Kind",
    "Match",
    "Note",
    "Problem",
    "Report",
    "RosterPerson",
    "TeamSite",
    "match",
    "presence",
    "read_report",
]
