"""A pair on the emulator with a link and mirrors made over REST: what a `MirrorState` alone needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.emulation import RunningEmulator
from tests.emulator import linked
from tests.emulator.linked import DESTINATION
from tests.engine.projects import small_project
from tests.engine.pulumi_cli import PulumiStack

LINK, KEY, SECRET = "dr", "DST", "dst-secret"
FAILOVER = "/links/{l}/mirrors:failover"
OFFSET_SYNC = {
    "consumer.offset.sync.enable": "true",
    "consumer.offset.sync.ms": "1000",
    "consumer.offset.group.filters": '{"groupFilters":[{"name":"*","patternType":"LITERAL","filterType":"INCLUDE"}]}',
}


@dataclass
class Pair:
    """The emulated pair, and the stack that declares `MirrorState` resources, one named `m` as a rule."""

    emulator: RunningEmulator
    stack: PulumiStack
    folder: Path

    def want(self, desired: str, **more: Any) -> None:
        """Declare the wanted state."""
        self.want_each({"m": {"desired": desired, **more}})

    def want_each(self, mirrors: Mapping[str, Mapping[str, Any]]) -> None:
        """Declare several `MirrorState` resources on the one link, each with its own inputs."""
        common = {
            "rest_endpoint": f"{self.emulator.url}/k/{DESTINATION}",
            "cluster_id": DESTINATION,
            "link_name": LINK,
            "ledger_url": (self.folder / "ledger").as_uri(),
        }
        declared = {name: common | dict(own) for name, own in mirrors.items()}
        self.stack.configure({"small:mirrors": declared, "small:credentials": {"key": KEY, "secret": SECRET}})

    def hand(self, topic: str, **state: Any) -> None:
        """Change a mirror by hand."""
        self.emulator.control("PUT", f"/clusters/{DESTINATION}/links/{LINK}/mirrors/{topic}", state)

    def statuses(self) -> dict[str, str]:
        """The truth."""
        return linked.statuses(linked.destination(self.emulator))

    def forget_log(self) -> None:
        self.emulator.control("DELETE", "/log")

    def requests(self) -> list[dict[str, Any]]:
        return self.emulator.log()

    def mutations(self) -> list[dict[str, Any]]:
        """Every request that could change something."""
        return [r for r in self.requests() if r["method"] != "GET" and "validate_only" not in str(r["query"])]


def build(emulator: RunningEmulator, folder: Path, topics: int) -> Pair:
    """Seed both clusters, the link with offset sync of all groups, and mirrors t0, t1, ... of one partition."""
    linked.build(emulator, topics, **OFFSET_SYNC)
    return Pair(emulator, small_project(folder), folder)
