"""Pages of checkouts and certificates."""

from certification.views.certificates import download, verify, verify_number
from certification.views.checkouts import checkout, hand_in, more_time, submission_file, take_back
from certification.views.on_behalf import more_time_for
from certification.views.reviews import queue, queue_file, review
from certification.views.sessions import session

__all__ = [
    "checkout",
    "download",
    "hand_in",
    "more_time",
    "more_time_for",
    "queue",
    "queue_file",
    "review",
    "session",
    "submission_file",
    "take_back",
    "verify",
    "verify_number",
]
