"""Rights of staff outside admin, where buttons ask for them: what being staff lets somebody see, and what a role lets them do.

Every page asks here: a session that lacks its second factor has neither, and is led to it (`second_factor.py`).
"""

from __future__ import annotations

from carpentries_portal.common.models import Person


def sees_as_staff(person: Person) -> bool:
    """Whether a page opens because the person is staff, whatever their role."""
    if not (person.is_active and person.is_staff):
        return False
    if person.lacks_factor:
        person.stopped_as_staff = True
        return False
    return True


def acts_as_staff(person: Person, permission: str) -> bool:
    """Whether the person, as staff, may do what a permission ("app.codename") is for."""
    return sees_as_staff(person) and person.has_perm(permission)
