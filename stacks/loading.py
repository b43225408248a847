"""Read and check a stack's config: every problem at once, before anything is touched."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from pulumi import Config
from pydantic import BaseModel, ValidationError

from stacks.problems import SETTINGS, ConfigError, Problem, Project, did_you_mean
from stacks.translate import translate

Model = TypeVar("Model", bound=BaseModel)


def parse(model: type[Model], project: Project, raw: Mapping[str, Any], *, secret: bool = False) -> Model:
    """Check a config.

    Args:
        model: What it has to fit.
        project: Where it stands.
        raw: The single keys and the keys of `settings` side by side, as JSON values.
        secret: The config holds secrets where none belong: show no values in problems.

    Raises:
        ConfigError: With every problem found, none of which echoes a secret.
    """
    try:
        return model.model_validate_json(json.dumps(raw))
    except ValidationError as error:
        raise ConfigError(translate(each, model, secret, project) for each in error.errors()) from None


def load(model: type[Model], project: Project) -> Model:
    """Read and check the config of the running stack.

    Raises:
        ConfigError: With every problem found.
    """
    import pulumi.runtime  # noqa: PLC0415 - so that `parse` is usable without an engine

    config, prefix = Config(project.namespace), f"{project.namespace}:"
    names = [key.removeprefix(prefix) for key in pulumi.runtime.get_config_env() if key.startswith(prefix)]
    known = [*project.keys, SETTINGS]
    problems = [
        Problem(prefix + name, "is not a known key", did_you_mean(name, known)) for name in names if name not in known
    ]
    secret = pulumi.runtime.is_config_secret(config.full_key(SETTINGS))
    if secret:
        remedy = "Credentials belong in the environment or a vault."
        problems.append(Problem(config.full_key(SETTINGS), "holds an encrypted value", remedy))
    raw = _object(config.get(SETTINGS), project, problems)
    for name in project.keys:
        value = config.get(name)
        if value is not None:
            raw[name] = int(value) if value.lstrip("-").isdecimal() else value
    try:
        found = parse(model, project, raw, secret=secret)
    except ConfigError as error:
        raise ConfigError([*problems, *error.problems]) from None
    if problems:
        raise ConfigError(problems)
    return found


def _object(body: str | None, project: Project, problems: list[Problem]) -> dict[str, Any]:
    whole = f"{project.namespace}:{SETTINGS}"
    try:
        value = json.loads(body or "{}")
    except ValueError:
        value = None
    if not isinstance(value, dict):
        problems.append(Problem(whole, "is not an object", "Write it as nested YAML."))
        return {}
    problems += [
        Problem(f"{whole}.{key}", "stands in the wrong place", f"Move it to {project.namespace}:{key}.")
        for key in value
        if key in project.keys
    ]
    return {key: item for key, item in value.items() if key not in project.keys}
