"""Two clusters with a one-way link in the emulator, failed over to west; east has the stale topics `t0`, `t1`, ..."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from kafkadr.receipts import receipt_of
from provider.clearance import ClearanceResource
from provider.mirror_state import MirrorStateResource
from tests.emulation import RunningEmulator
from tests.emulator import linked
from tests.emulator.linked import DESTINATION, SOURCE, destination, source
from tests.provider.one_resource import OneResource
from tests.settled import written_off

LINK = "dr"
NEW, OLD = DESTINATION, SOURCE
COUNT = 3


class Clearing:
    """The world, and the resources that act on it."""

    def __init__(self, emulator: RunningEmulator, folder: Path) -> None:
        self.emulator, self.folder = emulator, folder
        self.names = [f"t{number}" for number in range(COUNT)]
        emulator.reset()
        linked.build(emulator, COUNT)
        for name in self.names:
            self.produce(name, 10)
        emulator.control("PUT", f"/clusters/{NEW}/links/{LINK}/mirrors/t1", {"hold_lag": {"0": 4}})
        self.produce("t1", 4)
        self._state().up()
        emulator.control("DELETE", "/log")

    def _state(self) -> OneResource:
        return OneResource(
            MirrorStateResource(),
            restEndpoint=f"{self.emulator.url}/k/{NEW}",
            clusterId=NEW,
            linkName=LINK,
            credentials={"key": "DST", "secret": "dst-secret"},
            desired="FAILED_OVER",
            ledgerUrl=self.ledger,
            epoch=2,
        )

    @property
    def ledger(self) -> str:
        return (self.folder / "ledger").as_uri()

    @property
    def _file(self) -> Path:
        return self.folder / "ledger" / NEW / LINK / "epoch-2.json"

    @property
    def book(self) -> dict[str, Any]:
        """The flip's ledger."""
        found: dict[str, Any] = json.loads(self._file.read_text("utf-8"))
        return found

    def rewrite(self, document: dict[str, Any], epoch: int = 2) -> None:
        """Put a ledger document in place."""
        self._file.with_name(f"epoch-{epoch}.json").write_text(json.dumps(document), "utf-8")

    def answer(self) -> str:
        """Somebody does without what the flip left behind; the receipt."""
        self.rewrite(written_off(self.book))
        return receipt_of(self.book)

    def clearance(self, **more: Any) -> OneResource:
        """The resource, with the receipt of the ledger as it is."""
        inputs: dict[str, Any] = {
            "linkName": LINK,
            "oldRestEndpoint": f"{self.emulator.url}/k/{OLD}",
            "oldClusterId": OLD,
            "oldCredentials": {"key": "SRC", "secret": "src-secret"},
            "oldBootstrapEndpoint": "SASL_SSL://127.0.0.1:1",
            "newRestEndpoint": f"{self.emulator.url}/k/{NEW}",
            "newClusterId": NEW,
            "newCredentials": {"key": "DST", "secret": "dst-secret"},
            "topics": self.names,
            "epoch": 2,
            "primary": "west",
            "ledgerUrl": self.ledger,
            "acknowledged": [receipt_of(self.book)] if receipt_of(self.book) else [],
            "budgetSeconds": 20,
        }
        return OneResource(ClearanceResource(), **(inputs | more))

    def produce(self, topic: str, count: int, cluster: str = OLD) -> None:
        path = f"/clusters/{cluster}/topics/{topic}/records"
        self.emulator.control("POST", path, {"partition": 0, "count": count})

    def group(self, name: str, topic: str) -> None:
        """A group on the old primary, through which ends can be seen over REST."""
        body = {"offsets": {topic: {"0": 1}}, "active": False}
        self.emulator.control("PUT", f"/clusters/{OLD}/groups/{name}", body)

    def there(self) -> list[str]:
        """The truth about the old primary's topics."""
        return sorted(t["topic_name"] for t in source(self.emulator).get("/topics").json()["data"])

    def live(self) -> dict[str, int]:
        """End offsets on the new primary."""
        topics = self.emulator.truth()["clusters"][NEW]["topics"]
        return {name: topics[name]["partitions"][0]["end"] for name in self.names}

    def cleared(self) -> dict[str, dict[str, Any]]:
        """What the ledger says was cleared, by topic."""
        return {
            n: t["partitions"][0]["cleared"] for n, t in self.book["topics"].items() if "cleared" in t["partitions"][0]
        }

    def mirror_back(self, topic: str) -> None:
        """Somebody has built a link the other way already."""
        emulator = self.emulator
        jaas = 'org.apache.kafka.common.security.plain.PlainLoginModule required username="DST" password="dst-secret";'
        body = linked.link_body(**{"sasl.jaas.config": jaas}) | {"source_cluster_id": NEW}
        client = source(emulator)
        assert client.delete(f"/topics/{topic}").is_success
        assert client.post("/links", params={"link_name": "back"}, json=body).is_success
        assert client.post("/links/back/mirrors", json={"source_topic_name": topic}).is_success
        emulator.control("DELETE", "/log")

    def mirror_again(self, topic: str) -> None:
        """The new primary mirrors a topic over another link still."""
        client = destination(self.emulator)
        assert client.post(
            "/links", params={"link_name": "other"}, json=linked.link_body(**{"cluster.link.prefix": "x."})
        )
        body = {"source_topic_name": topic, "mirror_topic_name": f"x.{topic}"}
        made = client.post("/links/other/mirrors", json=body)
        assert made.is_success, made.text
        self.emulator.control("DELETE", "/log")

    def mutations(self) -> list[tuple[str, str]]:
        """Method and template of every request to a cluster that could change something."""
        return [
            (r["method"], r["template"])
            for r in self.emulator.log()
            if r["method"] != "GET" and "validate_only" not in str(r["query"]) and r["cluster"]
        ]
