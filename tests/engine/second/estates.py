"""Estate and switch on the real engine, two stacks of one name, on a fresh emulator."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.emulation import RunningEmulator
from tests.engine.pulumi_cli import PulumiStack
from tests.engine.second.switching import SYNC, TOPICS
from tests.toolchain import ROOT, engine_env

EAST = "lkc-east01"
ORGANIZATION = "9bb441c4-edef-46ac-8a41-c49e44a3fd9a"


@dataclass
class Environment:
    """Both stacks of an environment."""

    emulator: RunningEmulator
    folder: Path
    estate: PulumiStack
    switch: PulumiStack

    def estate_settings(self, **changes: object) -> None:
        """Change settings of the estate."""
        self._settings(self.estate, "kafka-dr-estate:settings", changes)

    def switch_settings(self, **changes: object) -> None:
        """Change settings of the switch."""
        self._settings(self.switch, "kafka-dr:settings", changes)

    @staticmethod
    def _settings(stack: PulumiStack, key: str, changes: dict[str, object]) -> None:
        config = stack.config()
        config[key] = {k: v for k, v in (config[key] | changes).items() if v is not None}
        stack.configure(config)

    def dr(self) -> dict[str, Any]:
        """The estate's document."""
        found: dict[str, Any] = self.estate.outputs()["dr"]
        return found


def environment(emulator: RunningEmulator, folder: Path, mode: str = "bidirectional", **settings: Any) -> Environment:
    """Both stacks, not run yet: east exists with topics, west is to be made.

    Args:
        emulator: A fresh one.
        folder: The test's.
        mode: Of the link.
        settings: Other settings of the estate.
    """
    emulator.seed(
        {
            "environments": [{"id": "env-t", "display_name": "test"}],
            "clusters": [{"id": EAST, "environment": "env-t", "region": "us-east-1"}],
            "topics": [{"cluster": EAST, "name": n, "partitions": c} for n, c in TOPICS.items()],
        }
    )
    estate = _stack(folder, "estate", ROOT / "estate")
    switch = _stack(folder, "switch", ROOT, estate.env)
    given = {
        "name": "orders",
        "organization": ORGANIZATION,
        "environment": "env-t",
        "sites": {
            "east": {
                "existing": {
                    "id": EAST,
                    "restEndpoint": f"{emulator.url}/k/{EAST}",
                    "bootstrapEndpoint": "SASL_SSL://east.example:9092",
                }
            },
            "west": {"create": {"cloud": "AWS", "region": "us-west-2", "cku": 1}},
        },
        "links": {"dr-link": {"from": "east", "to": "west", "mode": mode}},
        "clients": {"shop": {"produce": ["orders"], "consume": ["pay*"], "groups": ["shop-*"]}},
        "vault": {"url": (folder / "vault").as_uri()},
    } | settings
    estate.configure({"confluentcloud:endpoint": emulator.url, "kafka-dr-estate:settings": given})
    switch.configure(
        {
            "kafka-dr:primary": "east",
            "kafka-dr:epoch": 1,
            "kafka-dr:settings": {
                "record": (folder / "record.json").as_uri(),
                "ledger": (folder / "ledger").as_uri(),
                "topics": sorted(TOPICS),
                **SYNC,
            },
        }
    )
    return Environment(emulator, folder, estate, switch)


def _stack(folder: Path, name: str, program: Path, env: dict[str, str] | None = None) -> PulumiStack:
    own = folder / name
    own.mkdir()
    project: dict[str, Any] = yaml.safe_load((program / "Pulumi.yaml").read_text("utf-8"))
    plugin = {"name": "kafkadr", "path": str(ROOT / "provider")}
    project |= {"main": str(program), "plugins": {"providers": [plugin]}}
    project.pop("stackConfigDir", None)
    (own / "Pulumi.yaml").write_text(yaml.safe_dump(project), "utf-8")
    stack = PulumiStack(own, env or engine_env(folder))
    stack.init()
    return stack
