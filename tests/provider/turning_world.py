"""Two clusters with a bidirectional link in the emulator: east is primary, west mirrors `t0`, `t1`, ..."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from kafkadr.receipts import receipt_of
from kafkadr.settling import with_found
from provider.mirror_state import MirrorStateResource
from tests.emulation import RunningEmulator
from tests.emulator.linked import DESTINATION, SOURCE, WORLD, destination, source
from tests.provider.one_resource import OneResource
from tests.settled import written_off

KEYS = {SOURCE: ("SRC", "src-secret"), DESTINATION: ("DST", "dst-secret")}
LINK = "both"
LEADS, FOLLOWS = DESTINATION, SOURCE
"""After a flip to west."""


def _jaas(cluster: str) -> str:
    user, password = KEYS[cluster]
    module = "org.apache.kafka.common.security.plain.PlainLoginModule"
    return f'{module} required username="{user}" password="{password}";'


def _half(local: str, remote: str) -> dict[str, Any]:
    configs = {
        "bootstrap.servers": "SASL_SSL://x.example:9092",
        "link.mode": "BIDIRECTIONAL",
        "connection.mode": "OUTBOUND",
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "PLAIN",
        "sasl.jaas.config": _jaas(remote),
        "local.security.protocol": "SASL_SSL",
        "local.sasl.mechanism": "PLAIN",
        "local.sasl.jaas.config": _jaas(local),
    }
    return {"remote_cluster_id": remote, "configs": [{"name": n, "value": v} for n, v in configs.items()]}


class Turning:
    """The world, and the resources that act on it."""

    def __init__(self, emulator: RunningEmulator, folder: Path, topics: int = 3) -> None:
        self.emulator, self.folder = emulator, folder
        self.names = [f"t{number}" for number in range(topics)]
        emulator.reset()
        emulator.seed(WORLD | {"topics": [{"cluster": SOURCE, "name": n, "partitions": 2} for n in self.names]})
        for client, local, remote in ((destination(emulator), *_WEST), (source(emulator), *_WEST[::-1])):
            made = client.post("/links", params={"link_name": LINK}, json=_half(local, remote))
            assert made.status_code == 204, made.text
        for name in self.names:
            assert destination(emulator).post(f"/links/{LINK}/mirrors", json={"source_topic_name": name}).is_success

    @property
    def ledger(self) -> str:
        return (self.folder / "ledger").as_uri()

    def produce(self, topic: str, count: int, partition: int = 0, cluster: str = SOURCE) -> None:
        path = f"/clusters/{cluster}/topics/{topic}/records"
        self.emulator.control("POST", path, {"partition": partition, "count": count})

    def hold(self, topic: str, lag: int, partition: int = 0) -> None:
        """Keep the last records of a partition from being mirrored."""
        hand = f"/clusters/{DESTINATION}/links/{LINK}/mirrors/{topic}"
        self.emulator.control("PUT", hand, {"hold_lag": {str(partition): lag}})

    def flip(self, desired: str = "FAILED_OVER") -> None:
        """West becomes primary, with a ledger."""
        state = OneResource(
            MirrorStateResource(),
            restEndpoint=f"{self.emulator.url}/k/{DESTINATION}",
            clusterId=DESTINATION,
            linkName=LINK,
            credentials={"key": "DST", "secret": "dst-secret"},
            desired=desired,
            ledgerUrl=self.ledger,
            epoch=2,
        )
        state.up()

    def halves(self, **more: Any) -> dict[str, Any]:
        """Inputs that both resources share."""
        out: dict[str, Any] = {"linkName": LINK, "epoch": 2, "ledgerUrl": self.ledger, "budgetSeconds": 20}
        for role, cluster in (("old", FOLLOWS), ("new", LEADS)):
            key, secret = KEYS[cluster]
            out |= {
                f"{role}RestEndpoint": f"{self.emulator.url}/k/{cluster}",
                f"{role}ClusterId": cluster,
                f"{role}Credentials": {"key": key, "secret": secret},
            }
        return out | more

    @property
    def book(self) -> dict[str, Any]:
        """The flip's ledger."""
        found: dict[str, Any] = json.loads(self._file.read_text("utf-8"))
        return found

    @property
    def _file(self) -> Path:
        return self.folder / "ledger" / DESTINATION / LINK / "epoch-2.json"

    def write_off(self) -> str:
        """Answer for everything that the flip left behind; the receipt."""
        self._file.write_text(json.dumps(written_off(self.book)), "utf-8")
        return self.receipt

    def find(self, topic: str, partition: int, end: int) -> None:
        """A recovery sees that the old primary has more than the flip knew."""
        self._file.write_text(json.dumps(with_found(self.book, topic, partition, 0, end, "")), "utf-8")

    @property
    def receipt(self) -> str:
        """The one of the ledger as it is."""
        return receipt_of(self.book)

    def cuts(self) -> dict[tuple[str, int], tuple[int, int]]:
        """First offset and number of what the ledger says was cut."""
        return {
            (name, row["partition"]): (row["cut"]["from"], row["cut"]["records"])
            for name, topic in self.book["topics"].items()
            for row in topic["partitions"]
            if "cut" in row
        }

    def truncated(self) -> dict[tuple[str, int], int]:
        """Number of records that the server says it cut, as the ledger has it."""
        return {
            (name, row["partition"]): row["cut"]["truncated"]
            for name, topic in self.book["topics"].items()
            for row in topic["partitions"]
            if "truncated" in row.get("cut", {})
        }

    def statuses(self, cluster: str) -> dict[str, str]:
        """The truth about a cluster's mirrors."""
        client = {SOURCE: source, DESTINATION: destination}[cluster](self.emulator)
        found = client.get(f"/links/{LINK}/mirrors").json()["data"]
        return {m["mirror_topic_name"]: m["mirror_status"] for m in found}

    def ends(self, cluster: str) -> dict[str, list[int]]:
        topics = self.emulator.truth()["clusters"][cluster]["topics"]
        return {name: [p["end"] for p in topics[name]["partitions"]] for name in self.names}

    def calls(self, verb: str) -> int:
        """Calls of a verb that were meant."""
        return sum(
            1
            for r in self.emulator.log()
            if r["template"].endswith(f"mirrors:{verb}") and "validate_only" not in str(r["query"])
        )

    def mutations(self) -> list[str]:
        return [
            r["template"]
            for r in self.emulator.log()
            if r["method"] != "GET" and "validate_only" not in str(r["query"]) and r["cluster"]
        ]


_WEST = (DESTINATION, SOURCE)
