"""What Pulumi runs: as a plugin, or with `python -m pulumi.policy`. Serves until the engine ends the process."""

import contextlib
import importlib.util
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def load_package() -> None:
    """Make this folder the package `policies`, whatever its folder is called where Pulumi has put it."""
    spec = importlib.util.spec_from_file_location(
        "policies", HERE / "__init__.py", submodule_search_locations=[str(HERE)]
    )
    if spec is None or spec.loader is None:
        raise ImportError(f"{HERE} holds no package")
    package = importlib.util.module_from_spec(spec)
    sys.modules["policies"] = package
    spec.loader.exec_module(package)


def version() -> str:
    """The pack's version, which stands in one place."""
    found = re.search(r"^version: *(\S+)", (HERE / "PulumiPolicy.yaml").read_text("utf-8"), re.MULTILINE)
    return found[1] if found else "0.0.0"


if __name__ == "__main__":
    load_package()
    from policies.pack import Pack
    from policies.protocol import messages
    from policies.server import serve

    protocol = messages()
    with contextlib.suppress(KeyboardInterrupt):
        serve(Pack(protocol, version()), protocol)
