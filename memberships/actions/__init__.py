"""Every change of organizations, memberships and seats. Upper apps call these; nothing else writes here."""

from memberships.actions.correcting import UnableToCorrectOrganization, correct_organization
from memberships.actions.decisions import carry_over, decide_returned, forfeited_at_large, grant_extra, restore, withdraw
from memberships.actions.memberships import (
    UnableToCreateMembership,
    create_membership,
    end_early,
    take_over_membership,
)
from memberships.actions.names import (
    UnableToAnswer,
    UnableToName,
    add_alias,
    answer_name,
    ask_name,
    remove_alias,
)
from memberships.actions.notes import UnableToNote, add_note, strike_note
from memberships.actions.organizations import (
    UnableToAddOrganization,
    UnableToChangeCoordinators,
    add_coordinator,
    add_organization,
    invite_coordinator,
    lock_organization,
    remove_coordinator,
)
from memberships.actions.seats import (
    correct,
    forfeit,
    forfeit_at_year_end,
    give_back_cancelled,
    lock_memberships,
    new_reservation,
    release,
    reopen,
    reserve,
    use,
)
from memberships.names import organization_key

__all__ = [
    "UnableToAddOrganization",
    "UnableToAnswer",
    "UnableToChangeCoordinators",
    "UnableToCorrectOrganization",
    "UnableToCreateMembership",
    "UnableToName",
    "UnableToNote",
    "add_alias",
    "add_coordinator",
    "add_note",
    "add_organization",
    "answer_name",
    "ask_name",
    "carry_over",
    "correct",
    "correct_organization",
    "create_membership",
    "decide_returned",
    "end_early",
    "forfeit",
    "forfeit_at_year_end",
    "forfeited_at_large",
    "give_back_cancelled",
    "grant_extra",
    "invite_coordinator",
    "lock_memberships",
    "lock_organization",
    "new_reservation",
    "organization_key",
    "release",
    "remove_alias",
    "remove_coordinator",
    "reopen",
    "reserve",
    "restore",
    "strike_note",
    "take_over_membership",
    "use",
    "withdraw",
]
