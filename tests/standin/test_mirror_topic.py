"""KafkaMirrorTopic: the calls, and every trap that disaster recovery meets."""

import base64
from typing import Any

import pytest

from emulator.standin import diffs
from emulator.standin.engine import PartialFailureError
from emulator.standin.resources.mirror_topic import KNOWN_STATES, RESOURCE
from emulator.standin.transport import ApiError
from emulator.standin.waits import WaitError
from tests.standin.bench import Answer, Service, ok, refuse, run

BASE = "/kafka/v3/clusters/lkc-d"
GET = f"GET {BASE}/links/dr/mirrors/t"
INPUTS: dict[str, Any] = {
    "kafkaCluster": {"id": "lkc-d", "restEndpoint": "http://k", "credentials": {"key": "K", "secret": "S"}},
    "clusterLink": {"linkName": "dr"},
    "sourceKafkaTopic": {"topicName": "t"},
}


def state(status: str) -> dict[str, Any]:
    return {**INPUTS, "mirrorTopicName": "t", "status": status}


def mirror(status: str, name: str = "t") -> Answer:
    return ok({"link_name": "dr", "source_topic_name": "t", "mirror_topic_name": name, "mirror_status": status})


def move(service: Service, old: str, new: str, **options: Any) -> dict[str, Any]:
    planned = diffs.wanted(RESOURCE, state(old), {**INPUTS, "status": new})
    return run(service.life(**options).update(RESOURCE, "lkc-d/dr/t", state(old), planned, "urn")).state


def test_create_ignores_status_and_is_born_active() -> None:
    service = Service().on(f"POST {BASE}/links/dr/mirrors", ok(status=204)).on(GET, mirror("ACTIVE"))
    op = run(service.life().create(RESOURCE, {**INPUTS, "status": "FAILED_OVER"}, "urn"))
    assert op.state["status"] == "ACTIVE"
    assert op.id == "lkc-d/dr/t"
    assert service.bodies[0] == {"source_topic_name": "t"}
    assert service.clock.slept == [10]
    assert base64.b64decode(service.keys[0].removeprefix("Basic ")) == b"K:S"


def test_the_provider_block_is_ignored() -> None:
    service = Service().on(GET, mirror("ACTIVE"))
    block = {"kafkaRestEndpoint": "http://other", "kafkaId": "lkc-x", "kafkaApiKey": "X", "kafkaApiSecret": "X"}
    run(service.life(test_mode=False, **block).read(RESOURCE, "lkc-d/dr/t", state("ACTIVE")))
    assert service.calls == [GET]


def test_without_mirror_name_a_prefixed_mirror_is_read_under_its_source_name() -> None:
    service = Service().on(f"POST {BASE}/links/dr/mirrors", ok(status=204)).on(GET, refuse(404))
    with pytest.raises(PartialFailureError) as failure:
        run(service.life().create(RESOURCE, INPUTS, "urn"))
    assert failure.value.resource_id == "lkc-d/dr/"


@pytest.mark.parametrize(
    ("old", "new", "verb", "target"),
    [
        ("ACTIVE", "PAUSED", "pause", "PAUSED"),
        ("PAUSED", "ACTIVE", "resume", "ACTIVE"),
        ("ACTIVE", "PROMOTED", "promote", "STOPPED"),
        ("PAUSED", "PROMOTED", "promote", "STOPPED"),
        ("ACTIVE", "FAILED_OVER", "failover", "STOPPED"),
        ("PAUSED", "FAILED_OVER", "failover", "STOPPED"),
    ],
)
def test_legal_moves_send_one_verb_for_one_topic(old: str, new: str, verb: str, target: str) -> None:
    post = f"POST {BASE}/links/dr/mirrors:{verb}"
    service = Service().on(post, ok({"data": []})).on(GET, mirror(old), mirror(target))
    assert move(service, old, new)["status"] == target
    assert service.calls == [post, GET, GET, GET]
    assert service.bodies[0] == {"mirror_topic_names": ["t"]}
    assert service.clock.slept == [2, 60]


@pytest.mark.parametrize(("old", "new"), [("STOPPED", "ACTIVE"), ("FAILED", "FAILED_OVER"), ("STOPPED", "PAUSED")])
def test_illegal_moves_are_a_plain_difference_to_the_preview_and_fail_in_the_apply(old: str, new: str) -> None:
    assert [c.path for c in diffs.diff(RESOURCE, state(old), {**INPUTS, "status": new})] == ["status"]
    service = Service()
    with pytest.raises(PartialFailureError, match=f'"{old}"->"{new}" was attempted') as failure:
        move(service, old, new)
    assert failure.value.state["status"] == old
    assert service.calls == []


@pytest.mark.parametrize("old", ["STOPPED", "PROMOTED", "FAILED_OVER"])
@pytest.mark.parametrize("new", ["PROMOTED", "FAILED_OVER"])
def test_stopped_states_are_no_difference_to_each_other(old: str, new: str) -> None:
    assert diffs.diff(RESOURCE, state(old), {**INPUTS, "status": new}) == []
    assert diffs.wanted(RESOURCE, state(old), {**INPUTS, "status": new})["status"] == old


def test_a_refused_row_in_a_200_answer_is_taken_as_success_until_the_poll_times_out() -> None:
    row = {"mirror_topic_name": "t", "error_code": 401, "error_message": "Not authorized"}
    service = Service().on(f"POST {BASE}/links/dr/mirrors:failover", ok({"data": [row]})).on(GET, mirror("ACTIVE"))
    with pytest.raises(PartialFailureError, match=r"last state: 'ACTIVE', timeout: 5m0s") as failure:
        move(service, "ACTIVE", "FAILED_OVER")
    assert isinstance(failure.value.__cause__, WaitError)
    assert "raw response body" in str(failure.value)
    assert "Not authorized" in str(failure.value)


def test_a_failed_flip_leaves_the_wanted_status_and_the_next_update_only_reads() -> None:
    service = Service().on(f"POST {BASE}/links/dr/mirrors:promote", refuse(400, "lag"))
    with pytest.raises(PartialFailureError) as failure:
        move(service, "ACTIVE", "PROMOTED")
    poisoned = failure.value.state
    assert poisoned["status"] == "PROMOTED"
    assert diffs.diff(RESOURCE, poisoned, {**INPUTS, "status": "PROMOTED"}) == []
    again = Service().on(GET, mirror("ACTIVE"))
    op = run(again.life().update(RESOURCE, "lkc-d/dr/t", poisoned, poisoned, "urn"))
    assert again.calls == [GET]
    assert op.state["status"] == "ACTIVE"


@pytest.mark.parametrize("status", ["SOURCE_UNAVAILABLE", "LINK_FAILED", "LINK_PAUSED", "PENDING_MIRROR"])
def test_newer_states_cannot_be_read(status: str) -> None:
    assert status not in KNOWN_STATES
    service = Service().on(GET, mirror(status))
    with pytest.raises(ApiError, match=f"{status} is not a valid MirrorTopicStatus"):
        run(service.life().read(RESOURCE, "lkc-d/dr/t", state("ACTIVE")))


def test_read_drops_a_mirror_on_404_and_on_nothing_else() -> None:
    assert run(Service().on(GET, refuse(404)).life().read(RESOURCE, "x", state("ACTIVE"))).gone
    for status in (401, 403):
        with pytest.raises(ApiError):
            run(Service().on(GET, refuse(status)).life().read(RESOURCE, "x", state("ACTIVE")))


def test_destroy_deletes_the_live_topic_of_a_promoted_mirror() -> None:
    service = Service().on(f"DELETE {BASE}/topics/t", ok(status=204)).on(GET, mirror("STOPPED"), refuse(404))
    run(service.life().delete(RESOURCE, "lkc-d/dr/t", state("STOPPED")))
    assert service.calls == [f"DELETE {BASE}/topics/t", GET, GET]
    assert service.clock.slept == [10, 60]


def test_import_takes_endpoint_and_key_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("REST_ENDPOINT", "http://k"), ("API_KEY", "K"), ("API_SECRET", "S")):
        monkeypatch.setenv(f"IMPORT_KAFKA_{name}", value)
    op = run(Service().on(GET, mirror("STOPPED")).life().read(RESOURCE, "lkc-d/dr/t", {}))
    assert op.state == state("STOPPED")


def test_import_of_what_is_not_there_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REST_ENDPOINT", "API_KEY", "API_SECRET"):
        monkeypatch.setenv(f"IMPORT_KAFKA_{name}", "http://k")
    with pytest.raises(ApiError):
        run(Service().on(GET, refuse(404)).life().read(RESOURCE, "lkc-d/dr/t", {}))
