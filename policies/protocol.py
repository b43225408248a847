"""The messages of Pulumi's analyzer protocol, without the rest of its SDK.

A pack needs nothing else of the SDK, and importing it takes three quarters of what the start-up of a pack takes.
"""

from __future__ import annotations

import importlib
import sys
from importlib.machinery import ModuleSpec
from importlib.util import find_spec, module_from_spec
from pathlib import Path
from typing import Any

_ALONE = "pulumi_messages"
_INSIDE = "pulumi.runtime.proto"


def messages() -> Any:
    """The SDK's generated module `analyzer_pb2`.

    Raises:
        ImportError: The SDK is not installed.
    """
    if "pulumi" in sys.modules:  # Pulumi's own language host starts a pack inside the SDK
        return importlib.import_module(f"{_INSIDE}.analyzer_pb2")
    found = find_spec("pulumi")
    if found is None or not found.submodule_search_locations:
        raise ImportError("Pulumi's SDK is not installed: install policies/requirements.txt")
    package = ModuleSpec(_ALONE, None, is_package=True)
    package.submodule_search_locations = [str(Path(found.submodule_search_locations[0], "runtime", "proto"))]
    sys.modules[_ALONE] = module_from_spec(package)
    return importlib.import_module(f"{_ALONE}.analyzer_pb2")
