"""The list of people that a coordinator types, pastes or uploads (R13, R14, R16): read into people and what is wrong with them. Pure."""

from trainees.roster_file.reading import read_file, read_text
from trainees.roster_file.values import ListedPerson, Problem, RosterRead

__all__ = ["ListedPerson", "Problem", "RosterRead", "read_file", "read_text"]
