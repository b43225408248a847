"""Validation errors of the settings in the words of the config file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel

from stacks.fields import DATE
from stacks.problems import FIRST, Problem, Project, did_you_mean, shown

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_QUOTE = (
    "Put the name in quotes as you typed it, for example '2024-01-01' or '20240101'; topics, groups, clients alike."
)


def _model_of(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for arg in get_args(annotation) if (found := _model_of(arg))), None)


def _described(loc: tuple[Any, ...], root: type[BaseModel]) -> tuple[type[BaseModel], str]:
    """The innermost model that a location passes through, and the meaning of the field there."""
    model: type[BaseModel] = root
    meaning = ""
    for step in loc:
        field = next((f for f in model.model_fields.values() if f.alias == step), None)
        if field is not None:
            meaning = field.description or ""
            model = _model_of(field.annotation) or model
    return model, meaning


def _made_by_yaml(kind: str, value: object) -> str:
    """What YAML, or `pulumi config set --path`, made of a name that looks like something else; empty for all else."""
    if kind == "string_type" and isinstance(value, (bool, int, float)):
        return "true, yes and on as a switch" if isinstance(value, bool) else "a number"
    return "a date" if isinstance(value, str) and DATE.fullmatch(value) else ""


def translate(error: ErrorDetails, root: type[BaseModel], secret: bool, project: Project = FIRST) -> Problem:
    """One pydantic error in the words of the config file; unknown keys and secrets are never echoed."""
    loc, kind, context = error["loc"], error["type"], error.get("ctx", {})
    model, meaning = _described(loc, root)
    hidden = secret or kind in {"extra_forbidden", "missing"} or loc[:1] in {("handover",), ("handoverKey",)}
    found = "" if hidden else shown(error["input"])
    if made := _made_by_yaml(kind, error["input"]):
        return Problem(project.path(loc), f"is no text: without quotes YAML reads {made}", _QUOTE, found)
    if kind == "kafkadr":
        return Problem(project.path(loc), context["problem"], context["remedy"], found if kind != "missing" else "")
    if kind == "extra_forbidden":
        known = [str(field.alias) for field in model.model_fields.values() if field.alias not in project.keys]
        return Problem(project.path(loc), "is not a known key", did_you_mean(loc[-1], known))
    if kind == "missing":
        return Problem(project.path(loc), "is missing", f"Add it: {meaning}")
    if kind == "enum":
        choices = [word.strip("' ") for word in context["expected"].replace(" or ", ", ").split(",")]
        return Problem(
            project.path(loc),
            "is not a known value",
            did_you_mean(error["input"] if not hidden else "", choices),
            found,
        )
    problem = error["msg"][0].lower() + error["msg"][1:]
    return Problem(project.path(loc), problem.removesuffix("."), f"Expected: {meaning}", found)
