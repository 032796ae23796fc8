"""Where people sit: with their team (R13), or alone by an exception (R14). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from carpentries_portal.common.handbook import ExceptionUsed, Verdict, allow, refuse


@dataclass(frozen=True, slots=True)
class Seat:
    """Where one person of a list is to take part. `location`: another than the team's `site`, or empty."""

    name: str
    site: str
    location: str
    remote: bool

    @property
    def elsewhere(self) -> bool:
        """Whether the list names another place than the team's."""
        return bool(self.location) and not self.remote and self.location.casefold() != self.site.casefold()


def takes_part_alone(seat: Seat, *, exceptions: Sequence[ExceptionUsed] = ()) -> Verdict:
    """R14: nobody takes part remotely on their own, unless staff made an exception for this person (those given are in force)."""
    values = {"name": seat.name, "site": seat.site}
    if not seat.remote:
        return allow("R14", _("%(name)s sits with the team at %(site)s.") % values)
    given = next((one for one in exceptions if one.rule == "R14"), None)
    if given is not None:
        return allow("R14", _("%(name)s takes part alone, by an exception.") % values, exception=given)
    text = _("Nobody takes part remotely on their own: %(name)s needs an exception, or sits with the team at %(site)s.")
    return refuse("R14", text % values)
