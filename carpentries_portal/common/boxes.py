"""What is said in the frame of a verdict, where no rule answers: the block tag of the component box.html."""

from __future__ import annotations

from django.template.loader import get_template
from django.utils.safestring import SafeString, mark_safe

SIGNS = {"refused": "x-circle", "warned": "exclamation-triangle", "allowed": "check-circle", "": "info"}


def box(content: str, tone: str, *, sign: str = "", role: str = "group", label: str = "", css: str = "") -> SafeString:
    """The frame in its tone (refused, warned, allowed or none) with a sign; `role`: alert or status where it just came up."""
    context = {"content": content, "tone": tone, "sign": sign or SIGNS[tone], "role": role, "label": label, "css": css}
    return mark_safe(get_template("components/box.html").render(context).strip())  # the template has escaped what it was given
