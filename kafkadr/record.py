"""What goes into the ledger document, and how a rerun adds to it without forgetting the first look. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kafkadr.forecast import Forecast
from kafkadr.settling import GONE, Document, partitions_of
from kafkadr.survey import Finding, Survey
from kafkadr.verdicts import Action
from kafkadr.wire import Mirror, PartitionLag

VERSION = 1
_DONE = "STOPPED"


def opened(
    look: Survey, price: Forecast, epoch: int, cluster_id: str, earlier: dict[str, Any] | None
) -> dict[str, Any]:
    """The document before the batch call.

    A document of an earlier, interrupted run of the same epoch keeps its groups: after the flip the server only
    knows the clamped offsets, so the first look is the only one that saw where they had been. Without that document the
    groups on topics that were stopped before are unknown, and it is marked `rebuilt`: a first look may still mend it.
    """
    if earlier is not None:
        return earlier | {"state": "open"}
    stopped = set(look.names(Action.DONE))
    late = sorted({r.group for r in price.restarts if r.topic in stopped})
    unknown = [f"group {name}: its topics were stopped before anybody had looked at it" for name in late]
    return {
        "version": VERSION,
        "state": "open",
        "epoch": epoch,
        "cluster": cluster_id,
        "link": look.wish.link,
        "desired": look.wish.desired.value,
        "topics": _topics(look.mirrors),
        "groups": [r.to_json() for r in price.restarts if r.topic not in stopped],
        "groupsUnknown": [*price.unknown, *unknown],
        "notDone": [],
    } | ({"rebuilt": True} if late else {})


def closed(document: dict[str, Any], look: Survey, findings: Iterable[Finding]) -> dict[str, Any]:
    """The document after the last poll: offsets as the server keeps them, and what is not done."""
    gone = {name: topic | {"status": GONE} for name, topic in document["topics"].items() if name in look.missing}
    return document | {
        "state": "closed" if look.fulfilled else "open",
        "topics": document["topics"] | gone | _topics(look.mirrors),
        "notDone": [f.to_json() for f in findings],
    }


def scope_of(document: Document) -> set[str]:
    """Topics that an earlier, interrupted run of the same flip saw and did not see STOPPED.

    One that somebody has answered for since is left out: it was deleted on purpose.
    """
    places = partitions_of(document)
    answered = {place.topic for place in places} - {p.topic for p in places if p.open or not p.said}
    return {name for name, topic in document["topics"].items() if topic.get("status") != _DONE} - answered


def _topics(mirrors: Iterable[Mirror]) -> dict[str, Any]:
    return {
        m.mirror_topic_name: {
            "source": m.source_topic_name,
            "status": m.mirror_status,
            "partitions": [_row(row) for row in m.partitions],
        }
        for m in mirrors
    }


def _row(row: PartitionLag) -> dict[str, Any]:
    """A partition of the document; where the lag is unknown, the end of what is missing is, too."""
    fetched, lag = row.last_source_fetch_offset, row.lag
    missing = None if lag == 0 else [fetched + 1, None if lag is None else fetched + lag]
    return {"partition": row.partition, "lastSourceFetchOffset": fetched, "lag": lag, "missing": missing}
