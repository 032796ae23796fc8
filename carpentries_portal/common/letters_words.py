"""To whom each letter goes, and when: what the catalogue says beside its name, by the handbook's table where it has nothing of its own."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = tuple[str | Promise, str | Promise]

BY_CODE: dict[str, Words] = {
    "L1": (_("each coordinator"), _("the later of being added and 30 days before the membership starts")),
    "L2": (_("coordinators"), _("at once, when a booking is made, changed or cancelled")),
    "L3": (_("coordinators"), _("14, 7, 3 and 0 days before the roster closes, if incomplete")),
    "L4": (_("trainees"), _("when the coordinator sends them, or an hour after the names were accepted")),
    "L5": (_("trainees"), _("D(7), and the day after the training, while the application is missing")),
    "L6": (_("coordinators"), _("D(14): the link to test the room")),
    "L7": (_("coordinators"), _("at once, when a training is cancelled")),
    "L8": (_("trainees, coordinators, trainers"), _("D(7)")),
    "L9": (_("trainers"), _("the evening of the last day, again after 3 days, while the roll call is not confirmed")),
    "L10": (_("trainees"), _("when attendance is confirmed, or corrected")),
    "L11": (_("trainees"), _("60, 30 and 7 days before the due date")),
    "L12": (_("trainees"), _("at once, when work is reviewed")),
    "L13": (_("who asked"), _("at once, when something is asked, approved, declined or revoked")),
    "L14": (_("trainees"), _("when a certificate is issued, or drawn anew")),
    "L15": (_("coordinators"), _("months 3, 6 and 9 of the membership, and 30 days before its end")),
    "demand": (_("who waits for dates"), _("at once, when a training is announced that suits them")),
    "trainer": (_("who is to train there"), _("at once, when staff name a trainer for a training")),
    "staff": (_("the staff desk"), _("when staff must decide")),
    "login": (_("who logs in"), _("at once; of no use after a quarter of an hour")),
}
"""In the handbook's order, which is the catalogue's."""

BY_NAME: dict[str, Words] = {
    "memberships.coordinator_invited": (_("the new coordinator"), _("at once, when a coordinator adds a colleague")),
    "memberships.coordinator_removed": (_("who coordinated"), _("at once, when somebody coordinates no longer")),
    "memberships.seats_changed": (
        _("coordinators"),
        _("at once, when staff give seats of a membership, take some, or end it early"),
    ),
    "trainings.booking_moved": (_("coordinators"), _("at once, when a team moves to another training")),
    "trainings.roster_closed": (_("coordinators"), _("the night after the roster has closed")),
    "trainees.address_corrected": (_("trainees"), _("at once, when the address of an invited person is corrected")),
    "trainees.list_changed": (_("coordinators"), _("at once, when staff change the list of a team")),
    "trainees.place_moved": (_("trainees"), _("at once, when their team moves to another training")),
    "trainees.applications_missing": (_("coordinators"), _("D(7), and the day after the training: whose application is missing")),
    "trainees.remote_granted": (_("trainees"), _("at once, when staff agree that they take part alone")),
    "trainees.place_ended": (_("trainees"), _("at once, when they are taken off a list, or the training is cancelled")),
    "trainings.training_moved": (_("coordinators"), _("at once, when a training gets new dates")),
    "trainings.training_moved_trainer": (_("trainers"), _("at once, when a training gets new dates")),
    "trainees.training_moved": (_("trainees"), _("at once, when a training gets new dates")),
    "trainings.training_at_risk": (_("the staff desk"), _("D(35), while nobody is booked")),
    "trainings.training_cancelled_trainer": (_("trainers"), _("at once, when a training is cancelled")),
    "trainings.trainer_removed": (_("who trained there"), _("at once, when staff take a trainer off a training")),
    "trainees.not_passed_team": (_("coordinators"), _("when attendance is confirmed, or corrected: who did not pass")),
    "certification.expired": (_("trainees"), _("the night after the due date, when something is missing")),
    "certification.received": (_("trainees"), _("at once, when work is handed in")),
    "certification.changed": (_("trainees"), _("at once, when staff give more time, reopen or close the exercises")),
    "certification.certificate_revoked": (_("trainees"), _("at once, when a certificate is revoked")),
    "certification.certificate_team": (_("coordinators"), _("when a certificate is issued")),
    "common.data_asked": (_("the staff desk"), _("at once, when somebody asks about their own data")),
    "common.data_answered": (_("who asked"), _("at once, when staff have answered about own data")),
    "common.exception_to_decide": (_("the staff desk"), _("at once, when an exception is asked for")),
}


def words_of(name: str, code: str) -> tuple[str, str]:
    """To whom a letter goes, and when."""
    to, when = BY_NAME.get(name) or BY_CODE.get(code, ("", ""))
    return str(to), str(when)
