"""The outbox: letters are registered, queued in the transaction of their cause, and delivered by a worker."""

from carpentries_portal.common.notices.queue import (
    Owed,
    cancel,
    cancel_each,
    forget,
    hasten,
    noting_owed,
    queue,
    queue_each,
    redirect,
    take_back,
)
from carpentries_portal.common.notices.registry import Attachment, Content, LinkTo, Obsolete, letter

__all__ = [
    "Attachment",
    "Content",
    "LinkTo",
    "Obsolete",
    "Owed",
    "cancel",
    "cancel_each",
    "forget",
    "hasten",
    "letter",
    "noting_owed",
    "queue",
    "queue_each",
    "redirect",
    "take_back",
]
