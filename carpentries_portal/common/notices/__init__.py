"""The outbox: letters are registered, queued in the transaction of their cause, and delivered by a worker."""

from carpentries_portal.common.notices.queue import cancel, forget, hasten, queue
from carpentries_portal.common.notices.registry import Attachment, Content, LinkTo, Obsolete, letter

__all__ = ["Attachment", "Content", "LinkTo", "Obsolete", "cancel", "forget", "hasten", "letter", "queue"]
