"""The rules of the run about people: P6, the letters L3, L5, L8, L9; reports whose time is over (P9)."""

from trainees.enforcement.attendance import AttendanceWanted
from trainees.enforcement.evidence import ForgetReports
from trainees.enforcement.people import ApplicationsMissing, OneWeek
from trainees.enforcement.rosters import CloseRoster, RosterWanted, verdict_for

__all__ = ["ApplicationsMissing", "AttendanceWanted", "CloseRoster", "ForgetReports", "OneWeek", "RosterWanted", "verdict_for"]
