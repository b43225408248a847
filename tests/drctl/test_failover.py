"""`drctl failover`: the standby's endpoint and a key are enough; what the guard would refuse is refused here too."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kafkadr.pointer import Active, open_pointer, utc_now
from tests.drctl.in_process import Done, run
from tests.emulation import RunningEmulator, in_thread
from tests.emulator import linked
from tests.emulator.linked import DESTINATION, SOURCE

KEYS = {"KAFKADR_DR_KEY": "DST", "KAFKADR_DR_SECRET": "dst-secret"}
FAILOVER = "/links/{l}/mirrors:failover"
SYNC = {"consumer.offset.sync.enable": "true", "acl.sync.enable": "false", "auto.create.mirror.topics.enable": "false"}


@dataclass
class World:
    """A linked pair, its card and its stores."""

    emulator: RunningEmulator
    folder: Path

    @property
    def pointer(self) -> Path:
        return self.folder / "pointer.json"

    def site(self, name: str, cluster: str) -> dict[str, str]:
        at = f"{self.emulator.url}/k/{cluster}"
        return {"site": name, "clusterId": cluster, "bootstrapEndpoint": f"{name}.example:9092", "restEndpoint": at}

    def card(self, **more: Any) -> Path:
        """The card in a file, with these entries other than usual."""
        document = {
            "version": 1,
            "link": "dr",
            "epoch": 1,
            "mirroring": True,
            "primary": self.site("east", SOURCE),
            "standby": self.site("west", DESTINATION),
            "topics": ["t0", "t1", "t2"],
            "groups": [{"name": "app"}],
            "links": {"dr": SYNC},
            "ledger": (self.folder / "ledger").as_uri(),
            "pointer": self.pointer.as_uri(),
        }
        path = self.folder / "card.json"
        path.write_text(json.dumps({"card": document | more}), "utf-8")
        return path

    def point(self, site: str = "east", epoch: int = 1, cluster: str = SOURCE) -> None:
        """Put the pointer somewhere."""
        active = Active(
            epoch=epoch,
            site=site,
            cluster_id=cluster,
            bootstrap_endpoint=f"{site}.example:9092",
            rest_endpoint="",
            who="ann",
            why="",
            when=utc_now(),
        )
        self.pointer.write_text(active.to_json(), "utf-8")

    def active(self) -> Active:
        found = open_pointer(self.pointer.as_uri()).read()
        assert found is not None
        return found

    def statuses(self) -> set[str]:
        return set(linked.statuses(linked.destination(self.emulator)).values())

    def ledger(self, epoch: int = 2) -> dict[str, Any]:
        path = self.folder / "ledger" / DESTINATION / "dr" / f"epoch-{epoch}.json"
        found: dict[str, Any] = json.loads(path.read_text("utf-8"))
        return found

    def mutations(self) -> list[str]:
        return [
            f"{r['method']} {r['template'].rsplit('/', 1)[1]}"
            for r in self.emulator.log()
            if r["method"] != "GET" and "validate_only" not in str(r["query"])
        ]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with in_thread() as emulator:
        linked.build(emulator, 3, **{"consumer.offset.sync.enable": "true"})
        emulator.control("PUT", f"/clusters/{DESTINATION}/links/dr/mirrors/t1", {"hold_lag": {"0": 4}})
        emulator.control("POST", f"/clusters/{SOURCE}/topics/t1/records", {"partition": 0, "count": 9})
        emulator.control("POST", f"/clusters/{SOURCE}/down", {"how": "close", "now": True})
        emulator.control("POST", "/cloud/down")
        emulator.control("DELETE", "/log")
        found = World(emulator, tmp_path)
        found.point()
        yield found


def failover(card: Path, *words: str) -> Done:
    return run(["first", "failover", "--card", str(card), *words], KEYS)


def test_one_command_stops_writes_quarantines_and_moves_and_the_next_does_nothing(world: World) -> None:
    card = world.card()

    dry = failover(card, "--dry-run", "--json")
    assert dry.returncode == 0, dry.stderr
    assert json.loads(dry.stdout)["forecast"]["messagesAtRisk"] == 4
    assert world.mutations() == []

    done = failover(card, "--yes", "--reason", "region lost", "--json")

    assert done.returncode == 0, done.stderr
    assert "t1" in done.stderr
    assert {r["cluster"] for r in world.emulator.log()} == {DESTINATION}
    assert world.mutations() == ["POST mirrors:failover", "PUT configs:alter"]
    assert world.statuses() == {"STOPPED"}
    (row,) = world.ledger()["topics"]["t1"]["partitions"]
    assert (world.ledger()["state"], row["missing"]) == ("closed", [5, 8])
    active = world.active()
    assert (active.site, active.epoch, active.cluster_id) == ("west", 2, DESTINATION)
    assert active.why == "break-glass failover: region lost"
    assert json.loads(done.stdout)["config"]["kafka-dr:epoch"] == "2"
    assert "dst-secret" not in done.stdout + done.stderr + (world.folder / "pointer.json").read_text("utf-8")

    again = failover(card, "--yes")
    assert again.returncode == 0, again.stderr
    assert world.mutations()[2:] == ["PUT configs:alter"]
    assert world.active() == active


def test_without_a_yes_a_person_must_type_the_links_name(world: World) -> None:
    refused = failover(world.card())
    assert refused.returncode == 4
    assert "give --yes" in refused.stderr
    assert world.mutations() == []


@pytest.mark.parametrize(
    ("pointed", "card", "words", "said"),
    [
        ({"epoch": 3}, {}, (), "east is active since epoch 3"),
        ({"epoch": 3}, {}, ("--epoch", "5"), "epoch 5 is not the next one"),
        ({"epoch": 1, "site": "west", "cluster": DESTINATION}, {}, (), "calls it the standby"),
        ({"epoch": 7, "site": "west", "cluster": DESTINATION}, {}, (), "calls it the standby"),
        ({"cluster": "lkc-other"}, {}, (), "belongs to another pair"),
        ({}, {"mirroring": False}, (), "west does not mirror east"),
        ({}, {"rpoMessages": 3}, (), "would leave 4 records behind, more than the 3"),
    ],
)
def test_what_the_guard_would_refuse_is_refused_with_nothing_changed(
    world: World, pointed: dict[str, Any], card: dict[str, Any], words: tuple[str, ...], said: str
) -> None:
    world.point(**pointed)
    before = world.pointer.read_text("utf-8")
    for dry in ((), ("--dry-run",)):
        ran = failover(world.card(**card), "--yes", *words, *dry)
        assert ran.returncode == 4, ran.stderr
        assert said in ran.stderr
    assert world.mutations() == []
    assert world.pointer.read_text("utf-8") == before
    assert world.statuses() == {"SOURCE_UNAVAILABLE"}


def test_an_operator_who_knows_better_says_so(world: World) -> None:
    world.point(epoch=3)
    ran = failover(world.card(rpoMessages=3), "--yes", "--epoch", "4", "--accept-loss", "4")
    assert ran.returncode == 0, ran.stderr
    assert world.active().epoch == 4
    assert world.ledger(4)["state"] == "closed"


def test_an_unknown_lag_is_refused_under_a_bound_and_goes_on_when_any_loss_is_accepted(world: World) -> None:
    mirror = f"/clusters/{DESTINATION}/links/dr/mirrors/t1"
    world.emulator.control("PUT", mirror, {"veil_lag": {"0": "unknown"}})
    card = world.card(rpoMessages=1000)
    for words in ((), ("--accept-loss", "1000000"), ("--dry-run",)):
        ran = failover(card, "--yes", *words)
        assert ran.returncode == 4, ran.stderr
        assert "the lag of 1 partitions is unknown" in ran.stderr
        assert "--accept-any-loss" in ran.stderr
    assert world.mutations() == []

    done = failover(card, "--yes", "--accept-any-loss", "--json")
    assert done.returncode == 0, done.stderr
    assert "warning: the lag of 1 partitions is unknown" in done.stderr
    forecast = json.loads(done.stdout)["forecast"]
    assert (forecast["messagesAtRisk"], forecast["partitionsUnknown"]) == (None, 1)
    (row,) = world.ledger()["topics"]["t1"]["partitions"]
    assert (row["lag"], row["missing"]) == (None, [5, None])
    assert world.active().site == "west"


def test_refused_topics_end_red_and_the_pointer_stays_and_the_next_run_takes_up_only_these(world: World) -> None:
    rule = {"row_error": {"names": ["t1"], "code": 401, "message": "Not authorized"}}
    fault = world.emulator.fault(rule, path=FAILOVER, query={"validate_only": None})
    partly = failover(world.card(), "--yes")
    assert partly.returncode == 1
    assert "t1" in partly.stderr
    assert "Not authorized" in partly.stderr
    assert world.active().site == "east"
    world.emulator.control("DELETE", f"/faults/{fault}")
    assert failover(world.card(), "--yes").returncode == 0
    assert world.mutations().count("POST mirrors:failover") == 2
    assert world.active().site == "west"


def test_dead_stores_do_not_keep_the_topics_read_only_but_the_run_ends_red(world: World) -> None:
    dead = {"pointer": "consul+http://127.0.0.1:9/pairs/dr", "links": {"other": SYNC, "dr": SYNC}}
    ran = failover(world.card(**dead), "--yes", "--json")
    assert ran.returncode == 3, ran.stderr
    assert world.statuses() == {"STOPPED"}
    assert "the pointer has not moved" in ran.stderr
    assert json.loads(ran.stdout)["problems"]
    assert world.ledger()["state"] == "closed"


def test_a_file_that_is_no_card_is_named_with_the_field(world: World) -> None:
    for text, said in (("{", "no JSON"), ('{"card": {"version": 1}}', "link: Field required"), ("[]", "no site card")):
        path = world.folder / "bad.json"
        path.write_text(text, "utf-8")
        ran = failover(path, "--yes")
        assert (ran.returncode, said in ran.stderr) == (2, True), ran.stderr
    assert failover(world.folder / "none.json").returncode == 2
    bad = world.card(standby=world.site("west", DESTINATION) | {"restEndpoint": ""})
    assert "standby.restEndpoint" in failover(bad, "--yes").stderr
    assert world.emulator.log() == []


def test_a_link_that_is_gone_is_told_and_nothing_is_moved(world: World) -> None:
    world.emulator.control("DELETE", f"/clusters/{DESTINATION}/links/dr")
    before = world.pointer.read_text("utf-8")
    ran = failover(world.card(), "--yes")
    assert ran.returncode == 1, ran.stderr
    assert "404" in ran.stderr
    assert "link name" in ran.stderr
    assert world.pointer.read_text("utf-8") == before
    assert world.mutations() == []


def test_syncs_that_fail_are_named_with_the_services_reason_and_refuse_nothing(tmp_path: Path) -> None:
    with in_thread() as emulator:
        linked.build(emulator, 3)
        world = World(emulator, tmp_path)
        world.point()
        reason = {"error_code": "INTERNAL_ERROR", "error_message": "no\x1b[2J answer"}
        emulator.control("PUT", f"/clusters/{DESTINATION}/links/dr/tasks/TopicConfigsSync", reason)
        busy = {"offsets": {"t1": {"0": 9}}, "active": True}
        emulator.control("PUT", f"/clusters/{DESTINATION}/groups/app", busy)
        linked.destination(emulator).post("/links/dr/mirrors:failover", json={"mirror_topic_names": ["t1"]})

        people = failover(world.card(), "--dry-run")
        assert people.returncode == 0, people.stderr
        assert "warning: link dr: TopicConfigsSync is IN_ERROR, so topic configs" in people.stderr
        assert "INTERNAL_ERROR: no\\x1b[2J answer" in people.stderr
        assert "warning: mirror t1 stays PENDING_STOPPED: CONSUMER_GROUP_IN_USE_ERROR: Group app" in people.stderr
        programs = json.loads(failover(world.card(), "--dry-run", "--json").stdout)
        assert {t["task_name"]: t["state"] for t in programs["tasks"]["dr"]}["TopicConfigsSync"] == "IN_ERROR"
        assert len(programs["warnings"]) == 2

        adopted = run(["adopt", "--card", str(world.card())], KEYS)
        assert adopted.returncode == 1
        assert "warning: mirror t1 stays PENDING_STOPPED" in adopted.stderr
        assert json.loads(run(["adopt", "--card", str(world.card()), "--json"], KEYS).stdout)["warnings"] != []

        emulator.control("PUT", f"/clusters/{DESTINATION}/groups/app", {"offsets": {}, "active": False})
        done = failover(world.card(), "--yes")
        assert done.returncode == 0, done.stderr
        assert world.statuses() == {"STOPPED"}
