"""What is fixed in a template is worked out once: {% translate "words" %} for each language, {% static "path" %}, {% url "name" %}.

Takes the place of Django's own tags of these names (settings.TEMPLATES): a page has some two hundred of them, and they take as long as its queries.
With a variable in it, or `as`, a tag is Django's own.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from django.template import Context, Library, Node
from django.template.base import FilterExpression, Parser, Token
from django.template.defaulttags import url as url_tag
from django.templatetags import i18n
from django.templatetags import static as static_tags
from django.urls import get_script_prefix, get_urlconf
from django.utils.translation import get_language

register = Library()
register.tags.update(i18n.register.tags)
register.filters.update(i18n.register.filters)
register.tags.update(static_tags.register.tags)


class Fixed(Node):
    """A node whose text depends on nothing but `on()`."""

    child_nodelists = ()

    def __init__(self, node: Node, on: Callable[[], Hashable]) -> None:
        self.node = node
        self.on = on
        self.kept: dict[Hashable, str] = {}

    def render(self, context: Context) -> str:
        key = self.on()
        text = self.kept.get(key)
        if text is None:
            text = self.kept[key] = self.node.render(context)
        return text


def _is_literal(expression: FilterExpression) -> bool:
    return not expression.filters and getattr(expression.var, "lookups", None) is None


def _nothing() -> None:
    return None


def _urls() -> Hashable:
    return get_urlconf(), get_script_prefix()


@register.tag("trans")
@register.tag("translate")
def translate(parser: Parser, token: Token) -> Node:
    node: Any = i18n.do_translate(parser, token)
    plain = isinstance(node, i18n.TranslateNode) and not (node.asvar or node.message_context or node.noop)
    return Fixed(node, get_language) if plain and _is_literal(node.filter_expression) else node


@register.tag
def static(parser: Parser, token: Token) -> Node:
    node: Any = static_tags.do_static(parser, token)
    return Fixed(node, _nothing) if node.varname is None and _is_literal(node.path) else node


@register.tag
def url(parser: Parser, token: Token) -> Node:
    node: Any = url_tag(parser, token)
    plain = not (node.asvar or node.args or node.kwargs)
    return Fixed(node, _urls) if plain and _is_literal(node.view_name) else node
