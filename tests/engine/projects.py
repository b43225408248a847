"""Projects for the engine tests: this repository's own program, and a small one with a single `MirrorState`.

Each gets a folder of its own with Pulumi.yaml and the stack's config, so that no test writes into the checkout.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from tests.engine.pulumi_cli import PulumiStack
from tests.toolchain import ROOT, engine_env

_SMALL = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
import pulumi
from first.components.resources import MirrorState
from first.components.sealed import require_end

config = pulumi.Config("small")
for name, arguments in config.require_object("mirrors").items():
    state = MirrorState(name, credentials=config.require_secret_object("credentials"), **arguments)
    outputs = ("states", "total", "forecast", "ledger", "quarantined")
    pulumi.export(name, {{o: getattr(state, o) for o in outputs}})
    require_end(state.ledger, pulumi.Output.from_input({{}}), pulumi.Output.from_input(""))
"""


def _stack(folder: Path, project: dict[str, Any], name: str = "test") -> PulumiStack:
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text(yaml.safe_dump(project), "utf-8")
    stack = PulumiStack(folder, engine_env(folder), name=name)
    stack.init()
    return stack


def own_project(tmp_path: Path, name: str = "test") -> PulumiStack:
    """The repository's program, with its config in a folder of the test."""
    project: dict[str, Any] = yaml.safe_load((ROOT / "first" / "Pulumi.yaml").read_text("utf-8"))
    project |= {
        "main": str(ROOT / "first"),
        "plugins": {"providers": [{"name": "kafkadr", "path": str(ROOT / "provider")}]},
    }
    del project["stackConfigDir"]
    return _stack(tmp_path / "own", project, name)


def local_pair(tmp_path: Path, cloud_url: str, name: str = "test") -> PulumiStack:
    """The repository's program with the config of `stacks/Pulumi.local.yaml`; every store is in the test's folder."""
    text = (
        (ROOT / "first" / "stacks" / "Pulumi.local.yaml").read_text("utf-8").replace("http://127.0.0.1:8190", cloud_url)
    )
    config: dict[str, Any] = yaml.safe_load(text)["config"]
    settings = config["kafka-dr:settings"]
    for store in ("ledger", "vault", "pointer"):
        settings[store]["url"] = (tmp_path / store).as_uri()
    stack = own_project(tmp_path, name)
    stack.configure(config)
    return stack


def small_project(tmp_path: Path) -> PulumiStack:
    """A program that declares only `MirrorState` resources, named and configured by `small:mirrors`."""
    stack = _stack(
        tmp_path / "small",
        {
            "name": "small",
            "runtime": "python",
            "plugins": {"providers": [{"name": "kafkadr", "path": str(ROOT / "provider")}]},
        },
    )
    (stack.folder / "__main__.py").write_text(_SMALL, "utf-8")
    return stack


def program(tmp_path: Path, text: str) -> PulumiStack:
    """A project with this program, which may import this repository's components, and nothing else."""
    provider = {"name": "kafkadr", "path": str(ROOT / "provider")}
    project = {"name": "program", "runtime": "python", "plugins": {"providers": [provider]}}
    stack = _stack(tmp_path / "program", project)
    (stack.folder / "__main__.py").write_text(f"import sys\nsys.path.insert(0, {str(ROOT)!r})\n{text}", "utf-8")
    return stack
