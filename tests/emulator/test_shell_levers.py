"""Levers on clusters, links and mirrors, and the faults of the batch verbs."""

from typing import Any

import httpx2
import pytest

from tests.brokers import until
from tests.emulation import RunningEmulator
from tests.emulator.linked import DESTINATION, SOURCE, build, destination, source, statuses

FAILOVER = "/links/dr/mirrors:failover"
TEMPLATE = "/links/{link_name}/mirrors:failover"


def _rows(answer: httpx2.Response) -> dict[str, int | None]:
    assert answer.status_code == 200, answer.text
    return {row["mirror_topic_name"]: row["error_code"] for row in answer.json()["data"]}


@pytest.mark.parametrize("how", ["close", "hang", "503", None])
def test_a_cluster_down_does_not_answer_and_its_links_suffer(emulator: RunningEmulator, how: str | None) -> None:
    client = build(emulator, 1)
    emulator.control("POST", f"/clusters/{SOURCE}/down", {"how": how, "now": True})
    if how == "503":
        answer = source(emulator).get("/topics")
        assert (answer.status_code, answer.json()["error_code"]) == (503, 50003)
    else:
        with pytest.raises(httpx2.ReadTimeout if how == "hang" else httpx2.RemoteProtocolError):
            source(emulator).get("/topics", timeout=0.3)
    assert client.get("/links/dr").json()["link_state"] == "UNAVAILABLE"
    assert statuses(client) == {"t0": "SOURCE_UNAVAILABLE"}
    emulator.control("POST", f"/clusters/{SOURCE}/up")
    assert source(emulator).get("/topics").status_code == 200
    assert statuses(client) == {"t0": "ACTIVE"}


def test_an_outage_is_noticed_only_after_its_threshold(either_emulator: RunningEmulator) -> None:
    either_emulator.control("POST", "/clock", {"mode": "manual"})
    client = build(either_emulator, 1)
    either_emulator.control("POST", f"/clusters/{SOURCE}/down")
    either_emulator.advance(60)
    assert statuses(client) == {"t0": "ACTIVE"}
    either_emulator.advance(300)
    assert statuses(client) == {"t0": "SOURCE_UNAVAILABLE"}


def test_held_lag_stays_until_it_is_let_go(either_emulator: RunningEmulator) -> None:
    client = build(either_emulator, 1)
    mirror = f"/clusters/{DESTINATION}/links/dr/mirrors/t0"
    records = f"/clusters/{SOURCE}/topics/t0/records"
    either_emulator.control("PUT", mirror, {"hold_lag": {"0": 2}})
    either_emulator.control("POST", records, {"values": ["a", "b", "c"], "key": "k"})
    held = [{"partition": 0, "lag": 2, "last_source_fetch_offset": 0}]
    until(lambda: client.get("/links/dr/mirrors/t0").json()["mirror_lags"] == held)
    copied = either_emulator.control("GET", f"/clusters/{DESTINATION}/topics/t0/records")
    assert [(r["value"], r["key"], r["offset"]) for r in copied["records"]] == [("a", "k", 0)]
    either_emulator.control("PUT", mirror, {"hold_lag": {}})
    until(lambda: client.get("/links/dr/mirrors/t0").json()["mirror_lags"][0]["lag"] == 0)


def test_mirror_status_and_error_are_set_by_hand(emulator: RunningEmulator) -> None:
    client = build(emulator, 1)
    order = {"status": "FAILED", "topic_error": "SOURCE_PARTITIONS_DECREASED"}
    emulator.control("PUT", f"/clusters/{DESTINATION}/links/dr/mirrors/t0", order)
    body = client.get("/links/dr/mirrors/t0").json()
    assert (body["mirror_status"], body["mirror_topic_error"]) == ("FAILED", "SOURCE_PARTITIONS_DECREASED")


def test_pending_stops_are_released_by_hand(emulator: RunningEmulator) -> None:
    client = build(emulator, 2)
    emulator.settings(stop_mode="manual")
    client.post(FAILOVER, json={"mirror_topic_names": ["t0", "t1"]})
    assert statuses(client) == {"t0": "PENDING_STOPPED", "t1": "PENDING_STOPPED"}
    released = emulator.control("POST", f"/clusters/{DESTINATION}/links/dr/mirrors:release")
    assert released == {"stopped": 2}
    assert statuses(client) == {"t0": "STOPPED", "t1": "STOPPED"}


def test_topics_and_links_are_deleted_and_made_again_by_hand(either_emulator: RunningEmulator) -> None:
    client = build(either_emulator, 2)
    before = either_emulator.truth()["clusters"][SOURCE]["topics"]["t0"]["id"]
    either_emulator.control("POST", f"/clusters/{SOURCE}/topics/t0:recreate", {"partitions": 2})
    either_emulator.control("DELETE", f"/clusters/{SOURCE}/topics/t1")
    topics = either_emulator.truth()["clusters"][SOURCE]["topics"]
    assert set(topics) == {"t0"}
    assert (topics["t0"]["id"] != before, len(topics["t0"]["partitions"])) == (True, 2)
    either_emulator.control("DELETE", f"/clusters/{DESTINATION}/links/dr")
    assert client.get("/links/dr").status_code == 404


def test_groups_are_set_by_hand(emulator: RunningEmulator) -> None:
    build(emulator, 1)
    order = {"offsets": {"t0": {"0": 7}}, "active": True}
    emulator.control("PUT", f"/clusters/{SOURCE}/groups/g", order)
    assert emulator.truth()["clusters"][SOURCE]["groups"]["g"] == {"active": True, "offsets": {"t0": {"0": 7}}}
    emulator.control("PUT", f"/clusters/{SOURCE}/groups/g", {"active": False})
    assert emulator.truth()["clusters"][SOURCE]["groups"]["g"] == {"active": False, "offsets": {"t0": {"0": 7}}}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/clusters/lkc-none/down", {}),
        ("POST", "/clusters/lkc-none/up", None),
        ("PUT", f"/clusters/{DESTINATION}/links/none/mirrors/t0", {"status": "ACTIVE"}),
        ("PUT", f"/clusters/{DESTINATION}/links/dr/mirrors/none", {"status": "ACTIVE"}),
        ("GET", f"/clusters/{SOURCE}/topics/none/records", None),
        ("POST", f"/clusters/{SOURCE}/topics/t0/records", {"partition": 9, "count": 1}),
        ("DELETE", f"/clusters/{SOURCE}/topics/none", None),
    ],
)
def test_levers_on_what_is_not_there_are_404(emulator: RunningEmulator, method: str, path: str, body: Any) -> None:
    build(emulator, 1)
    assert emulator.client(f"{emulator.url}/_emulator").request(method, path, json=body).status_code == 404


@pytest.mark.parametrize("body", [{"status": "NO_SUCH"}, {"hold_lag": {"0": -1}}, {"hold_lg": {}}])
def test_impossible_mirror_orders_are_400(emulator: RunningEmulator, body: dict[str, Any]) -> None:
    build(emulator, 1)
    control = emulator.client(f"{emulator.url}/_emulator")
    assert control.put(f"/clusters/{DESTINATION}/links/dr/mirrors/t0", json=body).status_code == 400


@pytest.mark.parametrize(
    ("names", "body"),
    [
        (["t1"], {"mirror_topic_names": ["t0", "t1", "t2"]}),
        (["t0", "t2"], {"mirror_topic_names": ["t0", "t1", "t2"]}),
        ("*", {"mirror_topic_names": ["t0", "t1", "t2"]}),
        (["t1"], {"mirror_topic_name_pattern": "t.*"}),
        (["other"], {"mirror_topic_names": ["t0", "t1", "t2"]}),
    ],
)
def test_refused_rows_are_not_acted_on(emulator: RunningEmulator, names: list[str] | str, body: dict[str, Any]) -> None:
    client = build(emulator)
    rule = {"names": names, "code": 401, "message": "Not authorized"}
    emulator.fault({"row_error": rule}, path=TEMPLATE, times=1)
    refused = {"t0", "t1", "t2"} if names == "*" else {"t0", "t1", "t2"}.intersection(names)
    answer = client.post(FAILOVER, json=body)
    assert _rows(answer) == {name: 401 if name in refused else None for name in ("t0", "t1", "t2")}
    assert [row["mirror_topic_name"] for row in answer.json()["data"]] == ["t0", "t1", "t2"]
    assert statuses(client) == {name: "ACTIVE" if name in refused else "STOPPED" for name in ("t0", "t1", "t2")}
    again = client.post(FAILOVER, json={"mirror_topic_names": sorted(refused)})
    assert not refused or set(_rows(again).values()) == {None}


def test_two_refusals_add_up(emulator: RunningEmulator) -> None:
    client = build(emulator)
    for name in ("t0", "t2"):
        emulator.fault({"row_error": {"names": [name], "code": 400, "message": "no"}}, path=TEMPLATE)
    assert _rows(client.post(FAILOVER, json={"mirror_topic_names": ["t0", "t1", "t2"]})) == {
        "t0": 400,
        "t1": None,
        "t2": 400,
    }
    assert statuses(client) == {"t0": "ACTIVE", "t1": "STOPPED", "t2": "ACTIVE"}


def test_row_errors_after_the_effect_do_not_exist(emulator: RunningEmulator) -> None:
    """A refused row is one that was not acted on, also when the rest of the fault comes after the effect."""
    client = build(emulator)
    action = {"row_error": {"names": ["t1"], "code": 400, "message": "no"}, "reset": "close"}
    emulator.fault(action, "after", path=TEMPLATE, times=1)
    with pytest.raises(httpx2.RemoteProtocolError):
        client.post(FAILOVER, json={"mirror_topic_names": ["t0", "t1"]})
    assert statuses(client) == {"t0": "STOPPED", "t1": "ACTIVE", "t2": "ACTIVE"}


def test_batches_over_the_limit_are_413_and_not_acted_on(emulator: RunningEmulator) -> None:
    client = build(emulator)
    emulator.fault({"max_names": 2}, path=TEMPLATE)
    answer = client.post(FAILOVER, json={"mirror_topic_names": ["t0", "t1", "t2"]})
    assert (answer.status_code, answer.json()["error_code"]) == (413, 413)
    assert set(statuses(client).values()) == {"ACTIVE"}
    assert _rows(client.post(FAILOVER, json={"mirror_topic_names": ["t0", "t1"]})) == {"t0": None, "t1": None}


@pytest.mark.parametrize("path", [TEMPLATE, "/kafka/v3/clusters/{cluster_id}/links/{l}/mirrors:failover"])
def test_kafka_paths_match_relative_or_whole_and_by_cluster(emulator: RunningEmulator, path: str) -> None:
    client = build(emulator)
    emulator.fault({"status": 503}, path=path, cluster=SOURCE)
    assert client.post(FAILOVER, json={"mirror_topic_names": ["t0"]}).status_code == 200
    emulator.fault({"status": 503}, path=path, cluster=DESTINATION, query={"validate_only": None})
    assert client.post(f"{FAILOVER}?validate_only=true", json={"mirror_topic_names": ["t1"]}).status_code == 200
    refused = client.post(FAILOVER, json={"mirror_topic_names": ["t1"]})
    assert (refused.status_code, refused.json()["error_code"]) == (503, 50003)


def test_mutations_of_one_fault_differ_from_call_to_call(emulator: RunningEmulator) -> None:
    client = build(emulator)
    emulator.fault({"mutate_json": 1}, path="/links/{link_name}/mirrors")
    seen = {client.get("/links/dr/mirrors").text for _ in range(40)}
    assert len(seen) > 5
    assert any("SOMETHING_NEW" in text for text in seen)


def test_destination_down_leaves_the_source_alone(emulator: RunningEmulator) -> None:
    build(emulator, 1)
    emulator.control("POST", f"/clusters/{DESTINATION}/down", {"how": "503"})
    assert destination(emulator).get("/topics").status_code == 503
    assert source(emulator).get("/topics").status_code == 200


def test_lags_are_taken_out_of_every_answer_and_told_again(emulator: RunningEmulator) -> None:
    client = build(emulator, 1)
    mirror = f"/clusters/{DESTINATION}/links/dr/mirrors/t0"

    names = {"mirror_topic_names": ["t0"]}

    def told() -> list[dict[str, int]]:
        rows: list[dict[str, int]] = client.get("/links/dr/mirrors").json()["data"][0]["mirror_lags"]
        asked = client.post("/links/dr/mirrors:failover", params={"validate_only": "true"}, json=names).json()
        assert asked["data"][0]["mirror_lags"] == rows
        return rows

    emulator.control("PUT", mirror, {"veil_lag": {"0": "unknown"}})
    assert told() == [{"partition": 0, "lag": -1, "last_source_fetch_offset": -1}]
    emulator.control("PUT", mirror, {"veil_lag": {"0": "absent"}})
    assert told() == []
    assert client.get("/links/dr/mirrors/t0").json()["num_partitions"] == 1
    topic = emulator.truth()["clusters"][DESTINATION]["topics"]["t0"]
    assert topic["mirror"]["lags"] == [{"partition": 0, "lag": 0, "last_source_fetch_offset": -1}]
    emulator.control("PUT", mirror, {"veil_lag": {}})
    assert told() == [{"partition": 0, "lag": 0, "last_source_fetch_offset": -1}]
