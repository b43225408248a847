"""KafkaMirrorTopic, with all its traps: they are what disaster recovery has to live with."""

from __future__ import annotations

import json
from typing import Any

from emulator.standin.fields import Field, Resource, block, credentials, one_of
from emulator.standin.operation import Operation, ProviderError, import_setting, status_of
from emulator.standin.resources.common import HTTP, SETTLE_S, import_parts
from emulator.standin.transport import ApiError, Rest, segment
from emulator.standin.waits import MINUTE, StateWait, WaitError

INPUT_STATES = ("ACTIVE", "PAUSED", "PROMOTED", "FAILED_OVER")
STOPPED_STATES = ("STOPPED", "PROMOTED", "FAILED_OVER")
KNOWN_STATES = ("ACTIVE", "FAILED", "PAUSED", "STOPPED", "PENDING_STOPPED")
"""The enum of the pinned SDK (kafkarest v0.14.0): 5 of the service's 12, any other fails to decode."""

_VERBS = {
    ("ACTIVE", "PAUSED"): ("pause", "PAUSED"),
    ("PAUSED", "ACTIVE"): ("resume", "ACTIVE"),
    **{(old, "PROMOTED"): ("promote", "STOPPED") for old in ("ACTIVE", "PAUSED")},
    **{(old, "FAILED_OVER"): ("failover", "STOPPED") for old in ("ACTIVE", "PAUSED")},
}
"""(state, wanted) -> verb and the state to wait for. Every other move is refused, in the apply only."""


def _link(op: Operation) -> str:
    return f"/links/{segment(op.text('clusterLink', 'linkName'))}"


def _mirror_name(op: Operation) -> str:
    # With a prefix on the link this is the wrong name when mirrorTopicName is left out: the vendor's bug.
    return op.text("mirrorTopicName") or op.text("sourceKafkaTopic", "topicName")


async def _rest(op: Operation) -> Rest:
    # The provider block is ignored here (terraform-provider-confluent#214).
    cluster = op.state["kafkaCluster"]
    key = cluster.get("credentials") or {}
    return await op.kafka(cluster.get("restEndpoint", ""), cluster["id"], key.get("key", ""), key.get("secret", ""))


async def _get(op: Operation, rest: Rest) -> dict[str, Any]:
    found = await rest.call("GET", f"{_link(op)}/mirrors/{segment(_mirror_name(op))}")
    if found["mirror_status"] not in KNOWN_STATES:
        raise ApiError(f"{found['mirror_status']} is not a valid MirrorTopicStatus")
    return found


async def create(op: Operation) -> None:
    """POST, 10 s, then read. ``status`` is ignored: the mirror is born ACTIVE whatever the program says."""
    rest = await _rest(op)
    body = {"source_topic_name": op.text("sourceKafkaTopic", "topicName")}
    if name := op.text("mirrorTopicName"):
        body["mirror_topic_name"] = name
    await rest.call("POST", f"{_link(op)}/mirrors", body=body)
    op.id = f"{op.text('kafkaCluster', 'id')}/{op.text('clusterLink', 'linkName')}/{op.text('mirrorTopicName')}"
    await op.pace.settle(SETTLE_S)
    await read(op)


async def read(op: Operation) -> None:
    """GET; only 404 means deleted."""
    rest = await _rest(op)
    try:
        found = await _get(op, rest)
    except ApiError as error:
        return op.missing(error, gone=error.gone_from_kafka)
    link, mirror = found["link_name"], found["mirror_topic_name"]
    op.state.update(
        clusterLink={"linkName": link},
        sourceKafkaTopic={"topicName": found["source_topic_name"]},
        mirrorTopicName=mirror,
        status=found["mirror_status"],
    )
    op.id = f"{op.text('kafkaCluster', 'id')}/{link}/{mirror}"
    return None


async def update(op: Operation) -> None:
    """Send the verb for a change of status, wait for its state, then read.

    Only the HTTP status of the verb is looked at: a refusal of the topic inside a 200 answer is taken as success and
    the poll runs into its limit. Only then does the refusal come to light, inside the raw answer.
    """
    if op.changed("status"):
        old, new = str(op.old.get("status", "")), op.text("status")
        if (old, new) not in _VERBS:
            op.state["status"] = old
            raise ProviderError(
                f'error updating Kafka Mirror Topic "{op.id}": only {", ".join(f"{a}->{b}" for a, b in _VERBS)} '
                f'are allowed but "{old}"->"{new}" was attempted'
            )
        verb, target = _VERBS[old, new]
        rest = await _rest(op)
        names = {"mirror_topic_names": [_mirror_name(op)]}
        answer = await rest.call("POST", f"{_link(op)}/mirrors:{verb}", body=names)

        async def status() -> str:
            return str((await _get(op, rest))["mirror_status"])

        pending = [old, "PENDING_STOPPED"] if target == "STOPPED" else [old]
        try:
            await StateWait(pending, target, 2, MINUTE, 5 * MINUTE).run(op.pace, status)
        except WaitError as error:
            raw = f"could not parse error details; raw response body: {json.dumps(answer)!r}"
            raise WaitError(f"{error}; {raw}") from None
    await read(op)


async def delete(op: Operation) -> None:
    """DELETE the *topic*, promoted and live or not, then poll the mirror until 404."""
    rest = await _rest(op)
    await rest.call("DELETE", f"/topics/{segment(_mirror_name(op))}")
    await StateWait(["IN_PROGRESS"], "DONE", SETTLE_S, MINUTE, 20 * MINUTE).run(
        op.pace, lambda: status_of(lambda: _get(op, rest), gone=lambda error: error.gone_from_kafka)
    )


def adopt(op: Operation) -> None:
    """Import ``<cluster>/<link>/<mirror>``, endpoint and key from the provider block or IMPORT_KAFKA_*."""
    cluster, link, mirror = import_parts(op, "<Kafka cluster ID>/<link name>/<Kafka mirror topic name>")
    own = op.config.values
    op.state.update(
        clusterLink={"linkName": link},
        mirrorTopicName=mirror,
        kafkaCluster={
            "id": cluster,
            "restEndpoint": own.get("kafkaRestEndpoint") or import_setting("IMPORT_KAFKA_REST_ENDPOINT"),
            "credentials": {
                "key": own.get("kafkaApiKey") or import_setting("IMPORT_KAFKA_API_KEY"),
                "secret": own.get("kafkaApiSecret") or import_setting("IMPORT_KAFKA_API_SECRET"),
            },
        },
    )


def _both_stopped(old: str, new: str) -> bool:
    return old in STOPPED_STATES and new in STOPPED_STATES


RESOURCE = Resource(
    token="confluentcloud:index/kafkaMirrorTopic:KafkaMirrorTopic",  # noqa: S106
    fields={
        "kafkaCluster": block(
            {
                "id": Field(required=True, replace=True),
                "restEndpoint": Field(replace=True, rule=HTTP),
                "credentials": credentials(),
            },
            required=True,
        ),
        "clusterLink": block({"linkName": Field(required=True, replace=True)}, required=True, replace=True),
        "sourceKafkaTopic": block({"topicName": Field(required=True, replace=True)}, required=True, replace=True),
        "mirrorTopicName": Field(computed=True, replace=True),
        "status": Field(computed=True, suppress=_both_stopped, rule=one_of(*INPUT_STATES)),
    },
    create=create,
    read=read,
    update=update,
    delete=delete,
    adopt=adopt,
)
