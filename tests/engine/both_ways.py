"""A pair with a bidirectional link on the emulator, whose primary goes there and back."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.emulation import RunningEmulator
from tests.engine.projects import local_pair
from tests.engine.standing import EAST, LINK, SECRETS, SIGNING_KEY, TOPICS, StandingPair

_WORLD: dict[str, Any] = {
    "environments": [{"id": "env-local1", "display_name": "local"}],
    "clusters": [{"id": EAST, "environment": "env-local1", "kind": "Dedicated", "region": "us-east-1"}],
    "topics": [{"cluster": EAST, "name": name, "partitions": count} for name, count in TOPICS.items()],
}
FAILED_OVER: dict[str, object] = {"primary": "west", "epoch": 2, "change": "failover", "standby": "retained"}


@dataclass
class BothWays(StandingPair):
    """East is home; either site may be primary. `link` is the one that runs."""

    link: str = LINK

    def lkc(self, site: str) -> str:
        return {"east": EAST, "west": self.west}[site]

    def mirrors(self, site: str) -> dict[str, str]:
        """The truth about the mirrors on a site."""
        found = self.kafka(site).get(f"/links/{self.link}/mirrors").json()["data"]
        return {m["mirror_topic_name"]: m["mirror_status"] for m in found}

    def switches(self, site: str) -> dict[str, str]:
        """The syncs of a site's half of the link."""
        found = self.kafka(site).get(f"/links/{self.link}/configs").json()["data"]
        return {c["name"]: c["value"] for c in found if c["name"].endswith("sync.enable")}

    def book(self, site: str, epoch: int) -> dict[str, Any]:
        """The ledger of a flip to a site."""
        path = self.folder / "ledger" / self.lkc(site) / self.link / f"epoch-{epoch}.json"
        found: dict[str, Any] = json.loads(path.read_text("utf-8"))
        return found

    def write_off(self, site: str, epoch: int) -> str:
        """Somebody does without what the flip left behind; the receipt."""
        where = ["--cluster", self.lkc(site), "--link", self.link, "--epoch", str(epoch)]
        ran = self.drctl("recover", "ack", *where, "--written-off", "--note", "test", "--json")
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return str(json.loads(ran.stdout)["receipt"])

    def acknowledge(self, *receipts: str, **more: Any) -> None:
        """Put receipts, and other sections, into the stack file."""
        settings = self.stack.config()["kafka-dr:settings"]
        self.stack.edit(settings=settings | {"recovery": {"acknowledged": list(receipts)}} | more)

    def hand_over(self, old: str, new: str, epoch: int) -> str:
        """The token of a demotion of `old`."""
        clusters = ["--source-cluster", self.lkc(old), "--source-rest", self.rest(self.lkc(old))]
        clusters += ["--cluster", self.lkc(new), "--dr-rest", self.rest(self.lkc(new))]
        keys = {"SOURCE": old, "DR": new}
        env = {f"KAFKADR_{role}_KEY": f"OP{site.upper()}" for role, site in keys.items()}
        env |= {f"KAFKADR_{role}_SECRET": SECRETS[site] for role, site in keys.items()}
        words = ["--link", self.link, "--epoch", str(epoch), "--quiet-seconds", "1", "--json"]
        ran = self.drctl("demote", *clusters, *words, **env)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return str(json.loads(ran.stdout)["handover"])

    def deletes(self) -> list[dict[str, Any]]:
        """Every DELETE that any cluster or the cloud was sent."""
        return [r for r in self.emulator.log() if r["method"] == "DELETE"]


def build(emulator: RunningEmulator, folder: Path, *, brokers: bool = False, **more: Any) -> BothWays:
    """Seed east, build the stack, give the operator keys; `brokers` when the emulator has real ones."""
    emulator.seed(_WORLD)
    stack = local_pair(folder, emulator.url)
    settings = stack.config()["kafka-dr:settings"]
    if brokers:
        broker = emulator.control("GET", f"/clusters/{EAST}/broker")
        settings["sites"]["east"]["cluster"]["adopt"]["bootstrapEndpoint"] = f"SASL_PLAINTEXT://{broker['bootstrap']}"
    settings["onboarding"] = {"mode": "opt-in", "topics": sorted(TOPICS)}
    settings["link"] = {"name": LINK, "mode": "bidirectional", "home": "east", "reads": [{"name": "*"}]}
    stack.edit(settings=settings | more, handoverKey=SIGNING_KEY)
    ran = stack.up()
    assert ran.ok, ran.text
    west = stack.resources("kafkadr:index:MirrorState")[0]["id"].split("/")[0]
    keys = (("OPEAST", "east", EAST), ("OPWEST", "west", west))
    emulator.seed(
        {
            "api_keys": [
                {"key": key, "secret": SECRETS[site], "owner": "sa-operator", "resource": lkc}
                for key, site, lkc in keys
            ],
            "role_bindings": [
                {"principal": "sa-operator", "role_name": "CloudClusterAdmin", "cluster": lkc} for _, _, lkc in keys
            ],
        }
    )
    return BothWays(emulator, stack, folder, west)
