"""Words for what is stored of places, and the choices of the application form."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class PlaceState(models.TextChoices):
    ACTIVE = "active", _("on the roster")
    REMOVED = "removed", _("taken off the roster")


class LineKind(models.TextChoices):
    """What one change of a roster is (P7)."""

    COMES = "comes", _("comes")
    LEAVES = "leaves", _("leaves")
    CHANGES = "changes", _("is corrected")


class Outcome(models.TextChoices):
    """What confirmed attendance says of a place."""

    NONE = "", _("not confirmed")
    PASSED = "passed", _("passed")
    NOT_PASSED = "not_passed", _("not passed")


class Ground(models.TextChoices):
    """Why staff let someone pass who missed too much (R15)."""

    EMERGENCY = "emergency", _("an emergency")
    MAKE_UP = "make-up", _("a make-up session")


class Whose(models.TextChoices):
    """Whose connection it is, as it is suggested and as a person decided (P9)."""

    OPEN = "", _("not decided")
    PERSON = "person", _("a person")
    SITE = "site", _("a site’s room")
    IGNORED = "ignored", _("not counted")


class Confidence(models.TextChoices):
    """How sure a suggestion is: by the address, by the whole name, by less."""

    SURE = "sure", _("certain")
    LIKELY = "likely", _("likely")
    UNSURE = "unsure", _("a guess")


class Occupation(models.TextChoices):
    """What the community's form asks, in its words."""

    UNDERGRAD = "undergrad", _("Undergraduate student")
    GRAD = "grad", _("Graduate student")
    POSTDOC = "postdoc", _("Postdoctoral researcher")
    FACULTY = "faculty", _("Faculty")
    RESEARCH = "research", _("Research staff (including programmers)")
    SUPPORT = "support", _("Support staff (including technicians)")
    LIBRARIAN = "librarian", _("Librarian or archivist")
    COMMERCE = "commerce", _("Commercial software developer")
    OTHER = "other", _("Other")
    UNDISCLOSED = "undisclosed", _("I would rather not say")


class Expertise(models.TextChoices):
    CHEMISTRY = "chemistry", _("Chemistry")
    ENGINEERING = "engineering", _("Civil, mechanical, chemical, or nuclear engineering")
    COMPUTING = "computing", _("Computer science or electrical engineering")
    ECONOMICS = "economics", _("Economics or business")
    EDUCATION = "education", _("Education")
    GENOMICS = "genomics", _("Genetics, genomics, bioinformatics")
    HPC = "hpc", _("High performance computing")
    HUMANITIES = "humanities", _("Humanities")
    LIBRARY = "library", _("Library and information science")
    MATHEMATICS = "mathematics", _("Mathematics or statistics")
    MEDICINE = "medicine", _("Medicine")
    BIOLOGY = "biology", _("Organismal biology (ecology, botany, zoology, microbiology)")
    PHYSICS = "physics", _("Physics")
    PLANET = "planet", _("Planetary sciences (geology, climatology, oceanography …)")
    PSYCHOLOGY = "psychology", _("Psychology or neuroscience")
    SOCIAL = "social", _("Social sciences")
    SPACE = "space", _("Space sciences")


class Involvement(models.TextChoices):
    LEARNER = "learner", _("took part in a workshop as a learner")
    HELPER = "helper", _("helped at a workshop")
    INSTRUCTOR = "instructor", _("taught at a workshop")
    HOST = "host", _("hosted a workshop")
    ORGANIZER = "organizer", _("organized a workshop")
    CONTRIBUTOR = "contributor", _("contributed to a lesson")


class TeachingTraining(models.TextChoices):
    NONE = "none", _("none")
    HOURS = "hours", _("a few hours")
    WORKSHOP = "workshop", _("a workshop")
    COURSE = "course", _("a certification or short course")
    DEGREE = "degree", _("a full degree")
    OTHER = "other", _("other")


class TeachingExperience(models.TextChoices):
    NONE = "none", _("none")
    HOURS = "hours", _("a few hours")
    WORKSHOP = "workshop", _("a workshop of a full day or longer")
    ASSISTANT = "assistant", _("teaching assistant for a full course")
    PRIMARY = "primary", _("primary instructor for a full course")
    OTHER = "other", _("other")
