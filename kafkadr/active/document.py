"""Between the record's document, as clients and stores know it, and the model's `Record`. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kafkadr.model.record import Record, Standing
from kafkadr.pointer import Active, utc_now
from kafkadr.pointer.active import Move, SiteHistory, Target


@dataclass(frozen=True)
class Place:
    """A site as clients have to know it.

    Args:
        site: Its name.
        cluster_id: `lkc-...`.
        bootstrap_endpoint: `SASL_SSL://host:9092` or `host:9092`.
        rest_endpoint: Its Kafka REST endpoint.
        secrets: Address of the vault with the clients' keys; empty when there is none.
    """

    site: str
    cluster_id: str
    bootstrap_endpoint: str
    rest_endpoint: str
    secrets: str = ""


def record_of(active: Active) -> Record:
    """The document as the model reads it; one that an older version wrote knows its own move alone."""
    target = active.target
    moves = tuple((m.epoch, m.cluster_id) for m in active.moves) or ((active.epoch, active.cluster_id),)
    return Record(
        site=active.site,
        cluster_id=active.cluster_id,
        epoch=active.epoch,
        target=target.site if target else "",
        target_cluster_id=target.cluster_id if target else "",
        target_epoch=target.epoch if target else 0,
        moves=moves,
        standings=tuple(Standing(s.cluster_id, s.complete, s.stale_since) for s in active.standings),
    )


def first(place: Place, epoch: int, who: str) -> Active:
    """The document of a new environment."""
    return _at(place, epoch, who, "birth", (), ())


def moved(seen: Active, place: Place, epoch: int, who: str, why: str, standings: Iterable[Standing]) -> Active:
    """The document after a move; no move is under way any more."""
    moves = tuple(Move(epoch=e, cluster_id=c) for e, c in record_of(seen).moves)
    return _at(place, epoch, who, why, moves, standings)


def intended(seen: Active, site: str, cluster_id: str, epoch: int) -> Active:
    """The document with a move under way; who and when stay those of the last move."""
    return seen.model_copy(update={"target": Target(site=site, cluster_id=cluster_id, epoch=epoch)})


def remembering(seen: Active, standings: Iterable[Standing]) -> Active:
    """The document with another memory of the other sites."""
    return seen.model_copy(update={"standings": _rows(standings)})


def corrected(seen: Active, place: Place) -> Active:
    """The document with the endpoints of the active site as they are today."""
    return seen.model_copy(
        update={
            "site": place.site,
            "bootstrap_endpoint": place.bootstrap_endpoint,
            "rest_endpoint": place.rest_endpoint,
            "secrets": place.secrets,
        }
    )


def _at(place: Place, epoch: int, who: str, why: str, moves: tuple[Move, ...], standings: Iterable[Standing]) -> Active:
    return Active(
        epoch=epoch,
        site=place.site,
        cluster_id=place.cluster_id,
        bootstrap_endpoint=place.bootstrap_endpoint,
        rest_endpoint=place.rest_endpoint,
        secrets=place.secrets,
        who=who,
        why=why,
        when=utc_now(),
        moves=(*moves, Move(epoch=epoch, cluster_id=place.cluster_id)),
        standings=_rows(standings),
    )


def _rows(standings: Iterable[Standing]) -> tuple[SiteHistory, ...]:
    return tuple(
        SiteHistory(cluster_id=s.cluster_id, complete=s.complete, stale_since=s.stale_since)
        for s in sorted(standings)
        if s.complete or s.stale_since
    )
