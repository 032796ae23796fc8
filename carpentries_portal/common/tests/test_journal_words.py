"""Each line that an action records has its words: the code is walked, so that a new one without words fails."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from carpentries_portal.common.journal_words import WORDS, word_of
from carpentries_portal.common.models.exceptions import ExceptionState
from carpentries_portal.common.models.own_data import DataRequestKind, DataRequestState
from certification.states import SubmissionState
from trainings.states import DemandState

ROOT = Path(__file__).resolve().parent.parent.parent.parent
APPS = ("carpentries_portal", "memberships", "trainings", "trainees", "certification")
ENDS = {
    "exception_{}": [state for state in ExceptionState.values if state in {"approved", "declined"}],
    "data_{}_asked": DataRequestKind.values,
    "data_{}_{}": [f"{kind}_{state}" for kind in DataRequestKind.values for state in DataRequestState.values if state != "asked"],
    "work_{}": [state for state in SubmissionState.values if state in {"passed", "repeat", "failed"}],
    "demand_{}": [state for state in DemandState.values if state != "open"],
}
"""What stands in the place of a value that is put into a word: a new form of word needs its line here."""


def trees() -> Iterator[ast.Module]:
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            if not {"tests", "migrations"} & set(path.parts):
                yield ast.parse(path.read_text())


def called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def texts(node: ast.expr, scope: ast.AST) -> Iterator[str]:
    """The words that an expression can be: itself, either side of a choice, or all that a name is given in its function."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from texts(node.body, scope)
        yield from texts(node.orelse, scope)
    elif isinstance(node, ast.JoinedStr):
        form = "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
        first, _brace, last = form.partition("{}")
        tail = last.rpartition("}")[2] if "{" in last else last
        yield from (f"{first}{end}{tail}" for end in ENDS[form])
    elif isinstance(node, ast.Name):
        for given in ast.walk(scope):
            if isinstance(given, ast.Assign):
                yield from assigned(given, node.id, scope)


def assigned(given: ast.Assign, name: str, scope: ast.AST) -> Iterator[str]:
    target = given.targets[0]
    if isinstance(target, ast.Name) and target.id == name:
        yield from texts(given.value, scope)
    elif isinstance(target, ast.Tuple) and (at := [getattr(one, "id", "") for one in target.elts]) and name in at:
        sides = [given.value.body, given.value.orelse] if isinstance(given.value, ast.IfExp) else [given.value]
        for side in sides:
            if isinstance(side, ast.Tuple):
                yield from texts(side.elts[at.index(name)], scope)


def passing_on(tree: ast.Module) -> set[str]:
    """Functions of a module that pass their first argument on as `what`."""
    found = set()
    for function in [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]:
        first = function.args.args[0].arg if function.args.args else ""
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and called(node) in {"record", "record_each"}:
                found |= {function.name for word in node.keywords if word.arg == "what" and getattr(word.value, "id", "") == first}
    return found


def recorded() -> set[str]:
    """Every `what` of the code."""
    all_trees = list(trees())
    names = set().union(*(passing_on(tree) for tree in all_trees)) - {"_entry"}
    found: set[str] = set()
    for tree in all_trees:
        for function in [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]:
            for node in [one for one in ast.walk(function) if isinstance(one, ast.Call)]:
                if called(node) in {"record", "record_each"}:
                    found |= {text for word in node.keywords if word.arg == "what" for text in texts(word.value, function)}
                if called(node) in names and node.args:
                    found |= set(texts(node.args[0], function))
    return {text for text in found if text.isidentifier()}


def test_the_walk_finds_what_is_recorded_in_each_way() -> None:
    """By a constant, by a choice, put together, through a function, from a pair."""
    assert {"run_asked", "evidence_replaced", "exception_approved", "data_forget_done", "seats_moved", "demand_said"} <= recorded()


def test_every_line_that_an_action_records_has_its_words() -> None:
    assert sorted(recorded() - set(WORDS)) == []


def test_no_words_are_kept_for_what_nothing_records() -> None:
    assert sorted(set(WORDS) - recorded()) == []


def test_a_line_from_before_is_called_by_its_own_word() -> None:
    assert (word_of("seats_moved"), word_of("something_old")) == ("seats moved to another membership", "something old")
