"""Answers a client must survive: unknown fields and states, nulls, floats, HTML with status 200 (failure mode 7)."""

import json
import random
from collections.abc import Callable
from typing import Any

from emulator.faults.answer import Answer

_HTML = b"<html><body><h1>Service is being upgraded</h1></body></html>"


def mutate(answer: Answer, seed: int, count: int) -> None:
    """Change a JSON answer in one way, chosen by ``seed`` and by how often the fault fired before."""
    document = answer.json()
    if not isinstance(document, dict):
        return
    dice = random.Random(f"{seed}/{count}")  # noqa: S311 (reproducible, not secret)
    change = dice.choice(_CHANGES)
    if change is None:
        answer.replace(_HTML, "text/html")
        return
    change(document, dice)
    answer.replace(json.dumps(document).encode())


def _objects(value: Any) -> list[dict[str, Any]]:
    """All objects in ``value``, outermost first."""
    if isinstance(value, dict):
        return [value, *(found for item in value.values() for found in _objects(item))]
    if isinstance(value, list):
        return [found for item in value for found in _objects(item)]
    return []


def _sites(document: dict[str, Any], kind: type | tuple[type, ...]) -> list[tuple[dict[str, Any], str]]:
    return [
        (found, name)
        for found in _objects(document)
        for name, value in found.items()
        if isinstance(value, kind) and not isinstance(value, bool)
    ]


def _unknown_field(document: dict[str, Any], dice: random.Random) -> None:
    dice.choice(_objects(document))["x_unheard_of"] = {"nested": [1, None]}


def _unknown_text(document: dict[str, Any], dice: random.Random) -> None:
    sites = [site for site in _sites(document, str) if site[1] in {"mirror_status", "link_state", "phase", "state"}]
    if sites:
        found, name = dice.choice(sites)
        found[name] = "SOMETHING_NEW"


def _null(document: dict[str, Any], dice: random.Random) -> None:
    sites = _sites(document, (str, int, list))
    if sites:
        found, name = dice.choice(sites)
        found[name] = None


def _missing(document: dict[str, Any], dice: random.Random) -> None:
    sites = _sites(document, (str, int, list))
    if sites:
        found, name = dice.choice(sites)
        del found[name]


def _float(document: dict[str, Any], dice: random.Random) -> None:
    sites = _sites(document, int)
    if sites:
        found, name = dice.choice(sites)
        found[name] += 0.5


def _null_next(document: dict[str, Any], _dice: random.Random) -> None:
    if isinstance(document.get("metadata"), dict):
        document["metadata"]["next"] = None


_CHANGES: list[Callable[[dict[str, Any], random.Random], None] | None] = [
    None,
    _unknown_field,
    _unknown_text,
    _null,
    _missing,
    _float,
    _null_next,
]
