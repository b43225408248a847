"""Which components this process can offer. They are imported late: most runs of a plugin never construct one."""

from __future__ import annotations

import importlib
from collections.abc import Sequence

from pulumi import ComponentResource

FOLDERS = ("components.switch", "components.estate")
_VENDOR = "pulumi_confluentcloud"


def offered(folders: Sequence[str] = FOLDERS) -> list[type[ComponentResource]]:
    """The components that these packages export.

    An environment without the vendor's SDK, as the switch's, has no components of the estate; neither has one where
    that folder is not installed.

    Raises:
        ImportError: A package is there and cannot be imported for another reason.
    """
    found: list[type[ComponentResource]] = []
    for folder in folders:
        found += _exported(folder)
    return found


def _exported(folder: str) -> list[type[ComponentResource]]:
    try:
        package = importlib.import_module(folder)
    except ModuleNotFoundError as error:
        absent = error.name or ""
        if absent.split(".")[0] == _VENDOR or f"{folder}.".startswith(f"{absent}."):
            return []
        raise
    exported = [getattr(package, name) for name in package.__all__]
    return [each for each in exported if isinstance(each, type) and issubclass(each, ComponentResource)]
