"""What the handbook says about checkouts and certificates (R25-R29). Pure: values in, verdicts out."""

from certification.policy.checkouts import (
    CheckoutFacts,
    Work,
    expired_on,
    finish_in_time,
    first_due,
    here,
    late_days,
    may_open,
    standing,
)
from certification.policy.exercises import what_counts
from certification.policy.handing_in import (
    ask_for_time,
    close,
    extend,
    hand_in,
    reopen,
    review,
    take_back,
    take_pass_back,
    takes_work,
    takes_work_for,
)

__all__ = [
    "CheckoutFacts",
    "Work",
    "ask_for_time",
    "close",
    "expired_on",
    "extend",
    "finish_in_time",
    "first_due",
    "hand_in",
    "here",
    "late_days",
    "may_open",
    "reopen",
    "review",
    "standing",
    "take_back",
    "take_pass_back",
    "takes_work",
    "takes_work_for",
    "what_counts",
]
