"""Every change of checkouts, submissions and certificates."""

from certification.actions.checkouts import (
    UnableToCloseCheckout,
    UnableToOpenCheckout,
    UnableToReopenCheckout,
    close_checkout,
    follow_attendance,
    open_checkout,
    reopen_checkout,
)
from certification.actions.extensions import (
    UnableToExtend,
    apply_extension,
    ask_extension,
    decline_late_offer,
    extend_checkout,
    extend_for_late_confirmation,
    revoke_extension,
)
from certification.actions.locks import lock_checkout
from certification.actions.submissions import (
    UnableToHandIn,
    UnableToReview,
    UnableToTakeBack,
    Upload,
    hand_in,
    record_result,
    review_submission,
    take_back,
)

__all__ = [
    "UnableToCloseCheckout",
    "UnableToExtend",
    "UnableToHandIn",
    "UnableToOpenCheckout",
    "UnableToReopenCheckout",
    "UnableToReview",
    "UnableToTakeBack",
    "Upload",
    "apply_extension",
    "ask_extension",
    "close_checkout",
    "decline_late_offer",
    "extend_checkout",
    "extend_for_late_confirmation",
    "follow_attendance",
    "hand_in",
    "lock_checkout",
    "open_checkout",
    "record_result",
    "reopen_checkout",
    "review_submission",
    "revoke_extension",
    "take_back",
]
