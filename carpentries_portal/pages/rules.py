"""The rules as /partners/ tells them (R31): each sentence takes its numbers from the edition, so page and behaviour cannot disagree."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from carpentries_portal.common.handbook import Edition, rule_name


@dataclass(frozen=True, slots=True)
class RuleText:
    code: str
    text: str

    @property
    def name(self) -> str:
        return rule_name(self.code)


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    rules: list[RuleText]


def sections(edition: Edition) -> list[Section]:
    """The page, in the order in which a coordinator meets the rules."""
    return [
        Section(_("Your seats"), _seats(edition)),
        Section(_("Finding and booking a training"), _booking(edition)),
        Section(_("Your people and your room"), _people(edition)),
        Section(_("The training itself"), _training(edition)),
        Section(_("Afterwards: exercises and certificate"), _afterwards(edition)),
        Section(_("Exceptions, questions, and this page"), _others(edition)),
    ]


def _seats(e: Edition) -> list[RuleText]:
    return [
        RuleText("R1", _("A membership grants a number of seats for its year, by its level; a contract may state another number.")),
        RuleText("R10", _("Levels without seats cannot book.")),
        RuleText(
            "R5",
            _("We advise to train in the first %(months)d months of the membership year. Later trainings are not blocked.")
            % {"months": e.recommended_months},
        ),
        RuleText("P1", _("A training starts inside the membership year of the seats that it uses, both ends included.")),
        RuleText(
            "R12",
            _(
                "Seats that are booked but not filled by a named, attending person are forfeited; so are seats left when the year ends."
            ),
        ),
    ]


def _booking(e: Edition) -> list[RuleText]:
    numbers = {"days": e.sign_up_days, "after": e.cancel_after_days, "hold": e.hold_days, "team": e.minimum_team, "cap": e.capacity}
    return [
        RuleText("R3", _("The calendar is public; a coordinator signs the team up for one training.")),
        RuleText(
            "R6", _("Sign up at least %(days)d days before the first day, to the end of that day in the training’s zone.") % numbers
        ),
        RuleText(
            "R11", _("At least %(team)d of a team attend at once, or all the seats of the level if those are fewer.") % numbers
        ),
        RuleText(
            "P2",
            _("A training holds %(cap)d seats unless it says otherwise; with fewer left than a team needs it is full.") % numbers,
        ),
        RuleText("P3", _("One booking per membership and training. It may grow until sign-up closes.")),
        RuleText(
            "P4",
            _(
                "Leaving is free until sign-up closes; later the seats are forfeited. Moving a team to another training is leaving the one and booking the other, in one step."
            ),
        ),
        RuleText(
            "R7",
            _(
                "A training that nobody has signed up for %(days)d days ahead is cancelled %(after)d days later, unless staff hold it."
            )
            % numbers
            if e.cancel_empty
            else _("A training that nobody has signed up for %(days)d days ahead may be cancelled by staff.") % numbers,
        ),
        RuleText("P5", _("A cancelled training gives every reserved seat back, whatever the date.")),
        RuleText("P8", _("When a training is moved, dates are counted anew and leaving is free again for a while.")),
    ]


def _people(e: Edition) -> list[RuleText]:
    numbers = {"roster": e.roster_days, "reading": e.reading_days, "link": e.link_days}
    return [
        RuleText("R16", _("Names and e-mails of all participants are due %(roster)d days before the first day.") % numbers),
        RuleText("P6", _("Then the roster closes: unnamed seats are forfeited, a booking with no name at all is cancelled.")),
        RuleText("P7", _("After that, a smaller change such as swapping a person is a request to staff.")),
        RuleText("P11", _("A person is one e-mail address, and attends one training at a time.")),
        RuleText("P13", _("Invitations leave when you say so, or an hour after names were accepted.")),
        RuleText("R17", _("Each participant fills in the application form; without it there is no certificate.")),
        RuleText("R18", _("Participants get information and reading in advance, again %(reading)d days before.") % numbers),
        RuleText("R13", _("One team, one room.")),
        RuleText("R14", _("Nobody takes part remotely on their own.")),
        RuleText("R20", _("The room has videoconferencing, a large screen and projector, speakers, camera and microphone.")),
        RuleText("R21", _("Its wifi carries the call and each laptop.")),
        RuleText("R22", _("People bring their own laptops with a modern browser; no Chromebooks or tablets.")),
        RuleText("R24", _("The videoconference link comes %(link)d days before, to test the room.") % numbers),
    ]


def _training(e: Edition) -> list[RuleText]:
    numbers = {"days": e.training_days, "minutes": e.max_minutes_missed}
    hours = {"starts": e.starts.strftime("%H:%M"), "ends": e.ends.strftime("%H:%M")}
    return [
        RuleText("R2", _("A training is online and lasts %(days)d days, normally consecutive.") % numbers),
        RuleText("R4", _("No technical background is needed; the workshop lessons are not taught.")),
        RuleText("R8", _("%(starts)s to %(ends)s in the zone listed, every day.") % hours),
        RuleText(
            "R9", _("A team need not be in that zone, but must keep its hours: 9:00-17:00 US/Eastern is 8:00-16:00 US/Central.")
        ),
        RuleText("R23", _("Lunch and short breaks are in the schedule; sites are encouraged to offer coffee and lunch.")),
        RuleText(
            "R15",
            _(
                "Who misses more than %(minutes)d minutes of teaching, over all days together, does not pass, and the seat is forfeited."
            )
            % numbers,
        ),
        RuleText("P9", _("Attendance is a roll call per person and day; a trainer or staff confirm it.")),
    ]


def _afterwards(e: Edition) -> list[RuleText]:
    numbers = {"days": e.checkout_days, "late": e.late_hand_in_days, "count": len(e.exercises), "more": e.extension_days}
    return [
        RuleText("R25", _("Exercises are done within %(days)d days after the last day.") % numbers),
        RuleText(
            "R26",
            _("%(count)d exercises, in any order: lesson contribution, discussion session, teaching demonstration.") % numbers,
        ),
        RuleText(
            "R27",
            _("Who does not finish in time cannot be certified. Work done in time can be handed in up to %(late)d days later.")
            % numbers,
        ),
        RuleText("R28", _("Staff may extend, usually by %(more)d days.") % numbers),
        RuleText("R29", _("After the exercises you get a certificate as PDF, which anybody can verify.")),
        RuleText("R30", _("Support and mentoring go on afterwards.")),
    ]


def _others(e: Edition) -> list[RuleText]:
    return [
        RuleText(
            "R19", _("Staff may make an exception to any rule, case by case. Questions go to %(contact)s.") % {"contact": e.contact}
        ),
        RuleText("P10", _("Staff are warned, not walled in; what they do past a warning is kept with its reason.")),
        RuleText("P12", _("Of several reminders of one kind only the newest is sent.")),
        RuleText("R31", _("These numbers are the ones that the portal acts by.")),
    ]
