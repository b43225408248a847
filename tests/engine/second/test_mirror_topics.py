"""`MirrorTopics` on the real engine: a set that is made, found, put right, and never deleted."""

from __future__ import annotations

import statistics
import time
from pathlib import Path
from typing import Any

import pytest

from tests.emulation import RunningEmulator
from tests.engine.projects import program
from tests.engine.pulumi_cli import kill_all_of
from tests.engine.second.switching import CLUSTERS, SYNC, TOPICS, Switching, build, standing

pytestmark = pytest.mark.engine
FAILOVER: dict[str, object] = {"primary": "west", "epoch": 2, "change": "failover"}


def many(count: int) -> list[str]:
    return [f"topic-{number:05}" for number in range(count)]


def seed(world: Switching, names: list[str]) -> None:
    world.emulator.seed({"topics": [{"cluster": CLUSTERS["east"], "name": n, "partitions": 1} for n in names]})


def test_a_setting_that_leaves_the_config_is_gone_in_one_green_run(emulator: RunningEmulator, tmp_path: Path) -> None:
    world = standing(emulator, tmp_path)
    world.settings(acls=None, topicConfigMs=7000)
    preview = world.preview()
    assert preview.ok, preview.text
    assert "acl.sync.enable: true, not wanted any more" in preview.text
    ran = world.up()
    assert ran.ok, ran.text
    assert world.entries("west").keys() == {
        "consumer.offset.group.filters",
        "consumer.offset.sync.enable",
        "consumer.offset.sync.ms",
        "topic.config.sync.ms",
    }
    assert world.unchanged().ok


def test_a_drift_is_seen_and_put_right_in_one_run(emulator: RunningEmulator, tmp_path: Path) -> None:
    world = standing(emulator, tmp_path)
    before = world.entries("west")
    change = {
        "data": [{"name": "consumer.offset.sync.enable", "value": "false"}, {"name": "acl.sync.ms", "value": "9000"}]
    }
    assert world.kafka("west").put("/links/dr-link/configs:alter", json=change).is_success
    seen = world.preview()
    assert seen.ok, seen.text
    assert "consumer.offset.sync.enable: false, wanted true" in seen.text
    ran = world.up()
    assert ran.ok, ran.text
    assert world.entries("west") == before
    for command in (["preview", "--expect-no-changes"], ["refresh", "--yes", "--expect-no-changes"]):
        assert world.stack.run(*command).ok
    assert world.unchanged().ok


def test_mirrors_that_are_there_are_found_without_a_change(emulator: RunningEmulator, tmp_path: Path) -> None:
    world = build(emulator, tmp_path, offsets=None, acls=None)
    for name in TOPICS:
        made = world.kafka("west").post("/links/dr-link/mirrors", json={"source_topic_name": name})
        assert made.is_success, made.text
    world.forget_log()
    ran = world.up()
    assert ran.ok, ran.text
    assert world.mutations() == []
    assert world.unchanged().ok


@pytest.mark.parametrize("count", [1000, pytest.param(10_000, marks=pytest.mark.nightly)])
def test_two_changed_names_among_many_are_two_lines(emulator: RunningEmulator, tmp_path: Path, count: int) -> None:
    # The standby does not answer, so nothing is made: what is compared is what was declared.
    names, file = many(count), tmp_path / "topics.txt"
    world = build(emulator, tmp_path, topics=None, topicsFile=str(file))
    file.write_text("\n".join(names), "utf-8")
    world.down("west")
    ran = world.up()
    assert ran.ok, ran.text
    file.write_text("\n".join([*names[1:], "new-topic"]), "utf-8")
    preview = world.preview("--diff")
    assert preview.ok, preview.text
    lines = [line.strip() for line in preview.text.splitlines() if "topic-0" in line or "new-topic" in line]
    assert lines == ['~ [0]: "topic-00000" => "new-topic"']
    file.write_text("\n".join([*names[:-1], "topic-00000a"]), "utf-8")
    preview = world.preview("--diff")
    lines = [line.strip() for line in preview.text.splitlines() if "topic-0" in line]
    assert lines == ['+ [1]: "topic-00000a"', f'- [{count - 1}]: "{names[-1]}"']


def test_a_topic_that_leaves_stays_in_the_cloud(emulator: RunningEmulator, tmp_path: Path) -> None:
    world = standing(emulator, tmp_path)
    world.settings(topics=["orders"])
    world.forget_log()
    ran = world.up()
    assert ran.ok, ran.text
    assert world.mutations() == []
    assert set(world.statuses("west")) == {"orders", "payments"}
    ran = world.stack.destroy()
    assert ran.ok, ran.text
    assert world.statuses("west") == {"orders": "ACTIVE", "payments": "ACTIVE"}


def test_what_cannot_be_made_is_named_and_the_rest_is_made(emulator: RunningEmulator, tmp_path: Path) -> None:
    world = standing(emulator, tmp_path)
    seed(world, ["good"])
    world.settings(topics=["absent", "good", *sorted(TOPICS)])
    ran = world.up()
    assert not ran.ok
    assert "absent" in ran.text
    assert world.statuses("west")["good"] == "ACTIVE"
    world.settings(topics=["good", *sorted(TOPICS)])
    world.forget_log()
    ran = world.up()
    assert ran.ok, ran.text
    assert world.mutations() == []
    assert world.unchanged().ok


def test_an_onboarding_killed_half_way_blocks_no_failover(emulator: RunningEmulator, tmp_path: Path) -> None:
    names = many(1000)
    world = standing(emulator, tmp_path)
    seed(world, names)
    world.settings(topics=[*sorted(TOPICS), *names])
    with world.stack.start("up", "--yes", "--skip-preview") as running:
        end = time.monotonic() + 120
        while len(world.statuses("west")) < 50 and time.monotonic() < end:
            time.sleep(0.1)
        kill_all_of(running)
    made = len(world.statuses("west"))
    assert 50 <= made < 1002, "killed before it began, or after it ended"
    world.stack.run("cancel", "--yes")
    world.down("east")
    world.cloud_down()
    world.edit(**FAILOVER)
    world.forget_log()
    preview = world.preview()
    assert preview.ok, preview.text
    ran = world.up()
    assert ran.ok, ran.text
    assert world.asked() == {CLUSTERS["west"]}
    assert set(world.statuses("west").values()) == {"STOPPED"}
    assert len(world.statuses("west")) == made


def test_a_dead_standby_is_a_warning_and_no_change(emulator: RunningEmulator, tmp_path: Path) -> None:
    world = standing(emulator, tmp_path)
    world.down("west")
    ran = world.unchanged()
    assert ran.ok, ran.text
    assert "cannot be looked at" in ran.text


def calls(world: Switching, count: int) -> dict[tuple[str, str], int]:
    """Requests of one failover with so many topics, by method and template."""
    names = many(count)
    seed(world, names)
    for name in names:
        world.kafka("west").post("/links/dr-link/mirrors", json={"source_topic_name": name})
    world.settings(topics=sorted([*names, *TOPICS]))
    assert world.up().ok
    world.edit(**FAILOVER)
    world.forget_log()
    ran = world.up("--skip-preview")
    assert ran.ok, ran.text
    found: dict[tuple[str, str], int] = {}
    for entry in emulator_log(world):
        key = (entry["method"], entry["template"])
        found[key] = found.get(key, 0) + 1
    return found


def emulator_log(world: Switching) -> list[dict[str, Any]]:
    return world.emulator.log()


def test_a_failovers_calls_grow_with_batches_alone(emulator: RunningEmulator, tmp_path: Path) -> None:
    (tmp_path / "few").mkdir()
    (tmp_path / "many").mkdir()
    few = calls(standing(emulator, tmp_path / "few"), 10)
    emulator.reset()
    lot = calls(standing(emulator, tmp_path / "many"), 1200)
    verb = next(key for key in few if key[1].endswith("mirrors:failover"))
    assert (few.pop(verb), lot.pop(verb)) == (1, 3)
    polled = next(key for key in few if key[1].endswith("/links/-/mirrors"))
    assert lot.pop(polled) <= few.pop(polled) + 4
    assert lot == few


@pytest.mark.nightly
def test_a_thousand_topics_preview_as_fast_as_ten(emulator: RunningEmulator, tmp_path: Path) -> None:
    seconds = {}
    for count in (10, 1000):
        emulator.reset()
        folder = tmp_path / str(count)
        folder.mkdir()
        names = many(count)
        world = build(emulator, folder, topics=names)
        seed(world, names)
        for name in names:
            world.kafka("west").post("/links/dr-link/mirrors", json={"source_topic_name": name})
        assert world.up().ok
        took = []
        for _ in range(5):
            start = time.monotonic()
            assert world.unchanged().ok
            took.append(time.monotonic() - start)
        seconds[count] = statistics.median(took)
    assert seconds[1000] <= 1.3 * seconds[10], (seconds, SYNC)


def test_a_link_that_mirrors_by_itself_gets_its_filters_before_there_is_a_mirror(
    emulator: RunningEmulator, tmp_path: Path
) -> None:
    filters = [{"name": "ord", "patternType": "PREFIXED"}]
    world = build(emulator, tmp_path, topics=None, autoCreate=filters)
    ran = world.up()
    assert ran.ok, ran.text
    assert world.entries("west")["auto.create.mirror.topics.enable"] == "true"
    end = time.monotonic() + 60
    while world.statuses("west") != {"orders": "ACTIVE"} and time.monotonic() < end:
        time.sleep(0.2)
    ran = world.up()
    assert ran.ok, ran.text
    assert [s.complete for s in world.record().standings] == [True]
    world.down("east")
    world.edit(**FAILOVER)
    ran = world.up()
    assert ran.ok, ran.text
    assert world.statuses("west") == {"orders": "STOPPED"}


def test_a_topic_that_is_no_mirror_keeps_a_site_from_being_a_standby(emulator: RunningEmulator, tmp_path: Path) -> None:
    world = build(emulator, tmp_path)
    emulator.seed({"topics": [{"cluster": CLUSTERS["west"], "name": "payments", "partitions": 1}]})
    ran = world.up()
    assert ran.ok, ran.text
    assert "1 topics of west are no mirrors and are left alone: payments" in " ".join(ran.text.split())
    assert world.record().standings == ()
    world.down("east")
    world.edit(**FAILOVER)
    refused = world.preview()
    assert not refused.ok
    assert "set acceptLoss to 1" in " ".join(refused.text.split())


TEAM = """
import pulumi
from components.switch import LinkMode, MirrorTopics

given = pulumi.Config("team").require_object("given")
MirrorTopics(
    "team",
    record_url=given["record"],
    link_name="dr-link",
    link={"from_": "east", "to": "west", "mode": LinkMode.BIDIRECTIONAL},
    sites={
        name: {
            "cluster_id": site["clusterId"],
            "rest_endpoint": site["restEndpoint"],
            "bootstrap_endpoint": site["bootstrapEndpoint"],
            "credentials": site["credentials"],
        }
        for name, site in given["sites"].items()
    },
    topics=given["topics"],
    owns_sync=False,
)
"""


def test_a_teams_own_stack_adds_topics_and_the_failover_stops_them_too(
    emulator: RunningEmulator, tmp_path: Path
) -> None:
    world = standing(emulator, tmp_path)
    seed(world, ["team-a", "team-b"])
    team = program(tmp_path, TEAM)
    given = {"record": (tmp_path / "record.json").as_uri(), "sites": world.document()["sites"]}
    team.configure({"team:given": given | {"topics": ["team-a", "team-b"]}})
    ran = team.up()
    assert ran.ok, ran.text
    entries = world.entries("west")
    assert world.unchanged().ok
    assert team.run("preview", "--expect-no-changes").ok
    assert world.entries("west") == entries
    world.down("east")
    world.edit(**FAILOVER)
    ran = world.up()
    assert ran.ok, ran.text
    assert world.statuses("west") == dict.fromkeys(["orders", "payments", "team-a", "team-b"], "STOPPED")
    # Their own stack asks for nothing: what is active is no mirror any more, and east is dead.
    ran = team.run("preview", "--expect-no-changes")
    assert ran.ok, ran.text
