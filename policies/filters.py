"""Name filters of links, and the names that must never be mirrored."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

INTERNAL = ("__consumer_offsets", "__transaction_state", "_schemas", "_confluent-ksql-default_query_CTAS-changelog")
"""Examples of topics that belong to Kafka, the schema registry and ksqlDB themselves."""

_STREAMS = re.compile(r"-(changelog|repartition)$|-KSTREAM-|-KTABLE-|-KSQL-", re.IGNORECASE)


def is_internal(topic: str) -> bool:
    """Whether a topic belongs to Kafka, ksqlDB or a Kafka Streams application (S107)."""
    return topic.startswith("_") or _STREAMS.search(topic) is not None


def selects(filters: Iterable[Mapping[str, Any]], name: str) -> bool:
    """Whether filters take a name: some INCLUDE does and no EXCLUDE."""
    hits = {str(f.get("filterType", "")).upper() for f in filters if matches(f, name)}
    return "INCLUDE" in hits and "EXCLUDE" not in hits


def matches(one: Mapping[str, Any], name: str) -> bool:
    """Whether one filter's pattern fits a name; a literal `*` fits all."""
    pattern = str(one.get("name", ""))
    if str(one.get("patternType", "")).upper() == "PREFIXED":
        return name.startswith(pattern)
    return pattern in ("*", name)
