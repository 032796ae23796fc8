"""The rules of the run about people: P6, and the letters L3, L5, L8, L9."""

from trainees.enforcement.attendance import AttendanceWanted
from trainees.enforcement.people import ApplicationsMissing, OneWeek
from trainees.enforcement.rosters import CloseRoster, RosterWanted, verdict_for

__all__ = ["ApplicationsMissing", "AttendanceWanted", "CloseRoster", "OneWeek", "RosterWanted", "verdict_for"]
