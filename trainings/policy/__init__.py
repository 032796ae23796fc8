"""What the handbook says about trainings and bookings (R2-R9, R11, P2-P5, P10). Pure: values in, verdicts out."""

from carpentries_portal.common.handbook import Verdict
from trainings.policy.cancelling import SignUpRequest, cancel_empty, cancelled_training
from trainings.policy.checks import as_staff, check_booking, check_enlarge, check_shrink, may_be_asked
from trainings.policy.facts import TrainingFacts, period_text
from trainings.policy.finding import DemandFacts, check_demand, meets, suits
from trainings.policy.moving import check_move, comes_back
from trainings.policy.new_dates import at_new_dates, check_new_dates, cut_offs, moved_cut_offs, own_roster_date
from trainings.policy.preparing import room_link
from trainings.policy.signing_up import enlarge, hours_for_site, leave, shape, sign_up, takes_bookings
from trainings.policy.team import one_booking, rest_after, room_for, shrink, team_size

__all__ = [
    "DemandFacts",
    "SignUpRequest",
    "TrainingFacts",
    "Verdict",
    "as_staff",
    "at_new_dates",
    "cancel_empty",
    "cancelled_training",
    "check_booking",
    "check_demand",
    "check_enlarge",
    "check_move",
    "check_new_dates",
    "check_shrink",
    "comes_back",
    "cut_offs",
    "enlarge",
    "hours_for_site",
    "leave",
    "may_be_asked",
    "meets",
    "moved_cut_offs",
    "one_booking",
    "own_roster_date",
    "period_text",
    "rest_after",
    "room_for",
    "room_link",
    "shape",
    "shrink",
    "sign_up",
    "suits",
    "takes_bookings",
    "team_size",
]
