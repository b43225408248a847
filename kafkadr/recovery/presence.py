"""Whether a cluster has a partition: absent is only what the cluster itself says is absent.

A partition whose brokers are down, a topic that the key may not describe, and a broker that does not answer look the
same to a request for offsets as a topic that does not exist. So the metadata are asked first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from kafkadr.recovery.cluster import REQUEST_SECONDS, Client, NotYetError, library
from kafkadr.recovery.ranges import Place

SHOWN = 10


def present(client: Client, places: Collection[Place]) -> list[Place]:
    """Those of the partitions that the cluster has; each has a leader.

    The metadata are asked anew each time. A kept client goes on with the leaders that it knew, and after a leader has
    changed its requests are refused until it asks.

    Raises:
        NotYetError: Some partition has no leader now.
        RefusedError: The key may not describe a topic, so nobody can tell whether it is there.
    """
    what = "list its topics"
    with client.told(what):
        topics: dict[str, Any] = client.admin().list_topics(timeout=REQUEST_SECONDS).topics
    _refuse_hidden(client, {topic for topic, _ in places if topic not in topics})
    there: list[Place] = []
    headless: list[Place] = []
    for topic, number in places:
        found = topics.get(topic)
        if found is None:
            continue
        if found.error is not None:
            raise client.problem(found.error, f"describe {topic}")
        if number in found.partitions:
            (there if found.partitions[number].leader >= 0 else headless).append((topic, number))
    if headless:
        raise NotYetError(
            f"{client.cluster.role} at {client.cluster.servers} has no leader for {named(headless)} at the moment:"
            " they cannot be read now, and what they hold is not known",
            "Bring back the brokers that hold them, then run the same command again",
        )
    return there


def named(places: Iterable[Place]) -> str:
    """Partitions in words, the first ones by name."""
    listed = sorted(places)
    more = f" and {len(listed) - SHOWN} more" if len(listed) > SHOWN else ""
    return ", ".join(f"{topic} partition {number}" for topic, number in listed[:SHOWN]) + more


def _refuse_hidden(client: Client, unlisted: Collection[str]) -> None:
    """A list leaves out what the key may not describe; asked for by name, the cluster says so."""
    if not unlisted:
        return
    kafka = library()
    with client.told("describe topics"):
        names = kafka.TopicCollection(sorted(unlisted))
        futures = client.admin().describe_topics(names, request_timeout=REQUEST_SECONDS)
    for topic, future in sorted(futures.items()):
        what = f"describe {topic}"
        try:
            future.result(REQUEST_SECONDS + 5)
        except kafka.KafkaException as error:
            if error.args[0].name() != "UNKNOWN_TOPIC_OR_PART":
                raise client.problem(error.args[0], what) from None
        except TimeoutError:
            raise client.silent(what) from None
        else:
            raise NotYetError(f"{client.cluster.role} has just got a topic {topic}", "Run the same command again")
