"""The floor's rows: people and links, editions, journal, notices, runs; and the abstract base of exceptions."""

from carpentries_portal.common.models.audits import AuditFinding, AuditReport
from carpentries_portal.common.models.editions import EditionRecord
from carpentries_portal.common.models.enforcement import AppliedAction, BrakedAction, ItemOutcome, Run, RunError, RunItem
from carpentries_portal.common.models.exceptions import ExceptionRecord
from carpentries_portal.common.models.forms import SentForm
from carpentries_portal.common.models.heartbeats import Heartbeat
from carpentries_portal.common.models.holds import Hold
from carpentries_portal.common.models.journal import JournalEntry, JournalSubject
from carpentries_portal.common.models.notices import Notice
from carpentries_portal.common.models.own_data import DataRequest
from carpentries_portal.common.models.people import AT_NOWHERE, Person, PersonalLink, email_key
from carpentries_portal.common.models.roles import RoleOffer
from carpentries_portal.common.models.sessions import PortalSession

__all__ = [
    "AT_NOWHERE",
    "AppliedAction",
    "AuditFinding",
    "AuditReport",
    "BrakedAction",
    "DataRequest",
    "EditionRecord",
    "ExceptionRecord",
    "Heartbeat",
    "Hold",
    "ItemOutcome",
    "JournalEntry",
    "JournalSubject",
    "Notice",
    "Person",
    "PersonalLink",
    "PortalSession",
    "RoleOffer",
    "Run",
    "RunError",
    "RunItem",
    "SentForm",
    "email_key",
]
