"""What Pulumi runs. Never imported: making a `PolicyPack` starts a server and does not return."""

import importlib.util
import sys
from pathlib import Path


def load_package() -> None:
    """Make this folder the package `policies`, whatever its folder is called where Pulumi has put it."""
    here = Path(__file__).parent
    spec = importlib.util.spec_from_file_location(
        "policies", here / "__init__.py", submodule_search_locations=[str(here)]
    )
    if spec is None or spec.loader is None:
        raise ImportError(f"{here} holds no package")
    package = importlib.util.module_from_spec(spec)
    sys.modules["policies"] = package
    spec.loader.exec_module(package)


if __name__ == "__main__":
    load_package()
    from pulumi_policy import PolicyPack

    from policies.pack import policies

    PolicyPack("kafka-dr", policies=policies())
