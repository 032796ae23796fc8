"""A form of staff that was carried out, so that a second press of its button does nothing."""

from __future__ import annotations

from django.db import models


class SentForm(models.Model):
    """The token of a form, kept in the transaction of what the form did. Forgotten after a week."""

    token = models.CharField(max_length=32, unique=True)
    at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"form of {self.at:%Y-%m-%d %H:%M} UTC"
