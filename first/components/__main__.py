"""Host of the components for programs in other languages: `pulumi package add <this repository>/components`.

Such a program also needs the provider plugin `kafkadr` (folder `provider/`) for `ActivePassivePair`.
"""

import importlib.util
import sys
from pathlib import Path
from typing import Any

from pulumi.provider.experimental import component_provider_host


def load_package() -> Any:
    """Make this folder the package `components`, whatever its folder is called where Pulumi has put it."""
    here = Path(__file__).parent
    spec = importlib.util.spec_from_file_location(
        "components", here / "__init__.py", submodule_search_locations=[str(here)]
    )
    if spec is None or spec.loader is None:
        raise ImportError(f"{here} holds no package")
    package = importlib.util.module_from_spec(spec)
    sys.modules["components"] = package
    spec.loader.exec_module(package)
    return package


if __name__ == "__main__":
    components = load_package()

    component_provider_host(
        name="kafkadr-components",
        components=[
            components.KafkaSite,
            components.LinkAccount,
            components.DrClusterLink,
            components.MirrorTopics,
            components.ClientCredentials,
            components.ActivePassivePair,
        ],
        version="0.1.0",
    )
