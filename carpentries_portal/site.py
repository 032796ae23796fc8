"""The admin site: staff's desk."""

from django.contrib.admin import AdminSite
from django.utils.translation import gettext_lazy as _


class PortalAdminSite(AdminSite):
    """Django admin as the desk of staff."""

    site_title = _("Instructor training")
    site_header = _("Instructor training: the desk")
    index_title = _("The desk")
