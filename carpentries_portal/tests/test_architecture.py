"""The house rules that no linter knows: sizes, names, the clock, templates, task names."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery import current_app
from django.apps import apps

ROOT = Path(__file__).resolve().parent.parent.parent
APPS = ("carpentries_portal", "memberships", "trainings", "trainees", "certification")


def modules(*, tests: bool = False) -> Iterator[Path]:
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            if "migrations" not in path.parts and (tests or "tests" not in path.parts):
                yield path


def names(paths: Iterator[Path]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in paths]


def test_modules_are_under_300_lines() -> None:
    long = {name: count for name in names(modules()) if (count := len((ROOT / name).read_text().splitlines())) > 300}
    assert long == {}


def body_lines(node: ast.FunctionDef) -> int:
    """Lines of the body, without signature and docstring: one argument a line is no length."""
    body = node.body[1:] if ast.get_docstring(node) else node.body
    return (node.end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_functions_are_under_40_lines() -> None:
    functions = ((path, node) for path in modules() for node in ast.walk(ast.parse(path.read_text())))
    long = [
        f"{path.relative_to(ROOT)}:{node.name} has {body_lines(node)}"
        for path, node in functions
        if isinstance(node, ast.FunctionDef) and body_lines(node) >= 40
    ]
    assert long == []


def test_every_module_says_what_lives_in_it() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in modules()
        if path.read_text().strip() and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert silent == []


def test_no_module_is_called_utils_or_helpers() -> None:
    assert [name for name in names(modules()) if Path(name).stem in {"utils", "helpers", "misc"}] == []


def test_models_have_no_default_order_and_no_automatic_times() -> None:
    ours = [
        model
        for model in apps.get_models()
        if model._meta.app_label in {"common", "memberships", "trainings", "trainees", "certification"}
    ]
    assert [str(model) for model in ours if model._meta.ordering] == []
    automatic = [
        f"{model.__name__}.{field.name}"
        for model in ours
        for field in model._meta.fields
        if getattr(field, "auto_now", False)
        or getattr(field, "auto_now_add", False)
        or (callable(field.default) and "now" in str(field.default))
    ]
    assert automatic == []


def test_policy_imports_no_database_settings_or_clock() -> None:
    forbidden = re.compile(r"from django\.(db|conf|utils\.timezone)|import clock|common\.models|\.models import")
    packages = ("trainings", "trainees", "certification")
    paths = [ROOT / "memberships/policy.py", *(path for app in packages for path in sorted((ROOT / app / "policy").glob("*.py")))]
    paths += [ROOT / "carpentries_portal/common/dates.py", ROOT / "carpentries_portal/common/handbook.py"]
    assert [(path.name, line) for path in paths for line in path.read_text().splitlines() if forbidden.search(line)] == []


ABOUT_STAFF = {
    "common/merging",
    "common/ways_in",
    "common/people",
    "common/people_search",
    "common/people_admin",
    "common/people_requests",
}
ABOUT_STAFF |= {"common/own_data", "common/own_data_admin", "common/roles", "common/second_factor", "common/models/people"}
ABOUT_STAFF |= {"common/management/commands/letters", "pages/views", "demo/loader"}
"""Modules that say who is staff, or act on it; rights of staff are asked for in staff_rights alone, which knows whether the factor lacks."""


def test_rights_of_staff_are_asked_for_in_one_place() -> None:
    allowed = {f"carpentries_portal/{name}.py" for name in ABOUT_STAFF | {"common/staff_rights"}}
    reading = {
        str(path.relative_to(ROOT))
        for path in modules()
        if re.search(r"\.is_(staff|superuser)\b", path.read_text()) and path.name not in {"factories.py", "buttons.py"}
    }
    assert reading - allowed == set()


TEMPLATES = [path for path in sorted((ROOT / "templates").rglob("*.html")) if "emails" not in path.parts]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_templates_have_no_inline_style_or_script(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"\sstyle=|\son[a-z]+=\"|<style|<script(?![^>]*\bsrc=)", text)


@pytest.mark.parametrize("frame", ["verdict", "empty", "meter"])
def test_pages_take_components_and_make_none_by_hand(frame: str) -> None:
    """The frame of a component stands in templates/components/ alone; base.html draws messages, which come without a page's words."""
    own = [path for path in TEMPLATES if not {"components", "admin", "base.html"} & set(path.parts)]
    assert [str(path.relative_to(ROOT)) for path in own if re.search(rf'class="{frame}[ "]', path.read_text())] == []


def test_letters_in_text_hold_no_elements() -> None:
    making = re.compile(r"{% (day|day_of|cut_off|hours|reader_hours|moment|rule|icon|verdict|state_tag) |<[a-z]")
    texts = sorted((ROOT / "templates").rglob("*.txt"))
    assert texts
    assert [str(path.relative_to(ROOT)) for path in texts if making.search(path.read_text())] == []


def test_every_task_that_is_rung_for_exists() -> None:
    current_app.loader.import_default_modules()
    rung = {match for path in modules() for match in re.findall(r"enqueue\(\s*\"([^\"]+)\"", path.read_text())}
    timetable = {entry["task"] for entry in current_app.conf.beat_schedule.values()}
    assert rung
    assert (rung | timetable) - set(current_app.tasks) == set()


def test_the_project_names_no_tool_of_a_workplace() -> None:
    words = re.compile(r"/work/|shared/design|shared/data|\.library")
    files = [path for pattern in ("*.py", "*.md", "*.sh", "*.html", "*.txt", "*.toml", "*.ini") for path in ROOT.rglob(pattern)]
    own = [path for path in files if not {".venv", "var", ".git", "node_modules"} & set(path.relative_to(ROOT).parts)]
    found = [
        str(path.relative_to(ROOT)) for path in own if path != Path(__file__) and words.search(path.read_text(errors="ignore"))
    ]
    assert found == []
