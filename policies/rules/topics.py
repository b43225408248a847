"""Which topics are mirrored, and which must not be (S31, S33, S52-S59, S107)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from policies.filters import INTERNAL, is_internal, selects
from policies.graph import Graph
from policies.links import AUTO_CREATE, PREFIX, LinkObject, feeding, link_of, links_of
from policies.resource import LINK, MIRROR, STACK, TOPIC, Resource
from policies.rule import Options, Problem, Rule, Scope, Severity

Filters = Iterable[Mapping[str, Any]]


def _internal(subject: Resource, graph: Graph, options: Options) -> Iterator[Problem]:
    if subject.kind == MIRROR:
        topic = subject.text("sourceKafkaTopic", "topicName")
        if is_internal(topic):
            yield Problem(f"{topic} is internal to Kafka, ksqlDB or a Streams application", (topic,))
        return
    link = link_of(subject, graph)
    if not link.on(AUTO_CREATE):
        return
    filters = link.filters(AUTO_CREATE)
    apps: list[str] | None = options.get("applications")
    own = [f"{app}-{store}" for app in apps or () for store in ("store-changelog", "store-repartition")]
    for topic in (t for t in (*INTERNAL, *own) if selects(filters, t)):
        yield Problem(f"its auto-create filters would also mirror {topic}", (topic,))
    if apps is None and selects(filters, "any-store-changelog"):
        yield Problem(
            "its auto-create filter * also mirrors the changelogs of every Streams application:"
            " name the applications, or none, in the option applications"
        )


def _covered(subject: Resource, graph: Graph, options: Options) -> Iterator[Problem]:
    data = [link for link in links_of(graph) if link.carries_data and not link.waits]
    if subject.kind == STACK:
        for topic in options.get("required") or ():
            if not any(_mirrors(link, topic) for link in data):
                yield Problem(f"topic {topic} is required, and no link mirrors it", (topic,))
        return
    topic = subject.text("topicName")
    if is_internal(topic):
        return
    cluster = graph.identity(subject, "kafkaCluster", "id")
    leaving = [link for link in data if link.source == cluster]
    for destination in sorted({link.destination for link in leaving}):
        if not any(_mirrors(link, topic) for link in leaving if link.destination == destination):
            yield Problem(f"topic {topic} is on the source of a link and is not mirrored", (topic,))


def _mirrors(link: LinkObject, topic: str) -> bool:
    if link.on(AUTO_CREATE) and selects(link.filters(AUTO_CREATE), topic):
        return True
    declared = {link.config(PREFIX) + m.text("sourceKafkaTopic", "topicName") for m in link.mirrors}
    kept = {name for state in link.states for name in state.get("topics") or ()}
    return link.config(PREFIX) + topic in declared | kept


def _apart(subject: Resource, graph: Graph, options: Options) -> Iterator[str]:
    del options
    if subject.kind == MIRROR:
        yield from _copy_of_copy(subject, graph)
        return
    link = link_of(subject, graph)
    if not link.carries_data or _is_active_passive(subject, graph):
        return
    others = [o for o in links_of(graph) if o.resource is not subject and o.carries_data]
    source, destination = link.direction
    if not link.config(PREFIX) and any(o.direction == (destination, source) for o in others):
        yield "data flows both ways between its clusters, and it has no prefix: copies would meet originals"
    for other in others:
        same = other.destination == destination and other.source != source
        if same and link.config(PREFIX) and other.config(PREFIX) == link.config(PREFIX):
            yield f"link {other.name} brings another cluster's topics under the same prefix {link.config(PREFIX)!r}"
    arriving = [o.config(PREFIX) for o in others if o.destination == source and o.config(PREFIX)]
    for prefix in arriving if link.on(AUTO_CREATE) else ():
        if selects(link.filters(AUTO_CREATE), f"{prefix}any"):
            yield f"its auto-create filters also take copies that arrive as {prefix}*: a mirror of a mirror"


def _copy_of_copy(mirror: Resource, graph: Graph) -> Iterator[str]:
    topic = mirror.text("sourceKafkaTopic", "topicName")
    prefixed = [other for other in links_of(graph) if other.syncs and other.config(PREFIX)]
    for link in feeding(mirror, graph):
        for other in prefixed:
            if other.destination == link.source and topic.startswith(other.config(PREFIX)):
                yield f"{topic} is itself a copy, brought by link {other.name}"


def _is_active_passive(link: Resource, graph: Graph) -> bool:
    """A link of a guarded pair: while a standby is rebuilt, the old link is kept beside the new one."""
    return bool(graph.guards_of(link))


RULES = (
    Rule(
        name="no-internal-topics",
        description="Topics internal to Kafka, ksqlDB and Streams applications are not mirrored",
        remedy="Mirror input topics only; exclude the application's prefix from auto-create.",
        severity=Severity.HIGH,
        scope=Scope.STACK,
        kinds=(LINK, MIRROR),
        check=_internal,
        schema={
            "applications": {
                "type": "array",
                "items": {"type": "string", "minLength": 1},
                "description": "Ids of Streams applications and ksqlDB services on the source; [] when there are none.",
            }
        },
        reference="S107, I10",
    ),
    Rule(
        name="production-topic-covered",
        description="Every topic on the source of a link is mirrored, or exempted by name",
        remedy="Add a mirror or an auto-create filter, or exempt the topic by name with the reason.",
        severity=Severity.HIGH,
        scope=Scope.STACK,
        kinds=(TOPIC, STACK),
        check=_covered,
        schema={
            "required": {
                "type": "array",
                "items": {"type": "string", "minLength": 1},
                "default": [],
                "description": "Topics that must be mirrored and are declared elsewhere.",
            }
        },
        reference="S21, S29, S33",
    ),
    Rule(
        name="copies-kept-apart",
        description="Where data flows both ways, prefixes keep copies apart, and no copy that has one is copied again",
        remedy="Give each link a prefix of its own, and mirror writable topics only.",
        severity=Severity.HIGH,
        scope=Scope.STACK,
        kinds=(LINK, MIRROR),
        check=_apart,
        reference="S52, S54, S55, S56",
    ),
)
