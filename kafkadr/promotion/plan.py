"""The plan of a promotion: where the old primary's logs ended when it was at rest. `approved` names its digest."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from kafkadr.aside import aside
from kafkadr.demotion import Ends
from kafkadr.errors import DrError, RefusedError
from kafkadr.ledger_store import open_store, using

STORE_SECONDS = 30.0
_REMEDY = "Check the store; a promotion waits until its plan can be read"


class PlanError(RefusedError):
    """The plan is missing, damaged, or another one than was approved."""


@dataclass(frozen=True)
class PromotionPlan:
    """What `drctl promotion check` found.

    Args:
        environment: Name of the environment.
        epoch: Epoch that the promotion begins.
        leaves: Cluster that is active.
        target: Cluster that is to be.
        ends: End offset by mirror topic and partition.
    """

    environment: str
    epoch: int
    leaves: str
    target: str
    ends: Ends

    def serialised(self) -> bytes:
        """As it is stored: one spelling, so that its digest can be compared."""
        ends = {topic: [[p, end] for p, end in sorted(found.items())] for topic, found in self.ends.items()}
        return json.dumps(
            {
                "version": 1,
                "environment": self.environment,
                "epoch": self.epoch,
                "leaves": self.leaves,
                "target": self.target,
                "ends": ends,
            },
            indent=1,
            sort_keys=True,
        ).encode()

    @property
    def approval(self) -> str:
        """What `approved` has to be: `<epoch>:<digest>`."""
        return f"{self.epoch}:{digest_of(self.serialised())}"


def digest_of(raw: bytes) -> str:
    """The first 16 digits of SHA-256 in hexadecimal: enough to tell plans apart, short enough to compare by eye."""
    return hashlib.sha256(raw).hexdigest()[:16]


async def write(url: str, plan: PromotionPlan) -> str:
    """Store a plan; a later one of the same epoch takes its place. Returns its address.

    Raises:
        LedgerError: The store cannot be used.
    """
    store, name = open_store(url), _name(plan.environment, plan.epoch)

    def work() -> bool:
        return any(store.exchange(name, store.read(name), plan.serialised()) for _ in range(5))

    with using(f"the plan at {store.address(name)}", _REMEDY):
        if await aside(work, STORE_SECONDS):
            return store.address(name)
    raise PlanError(f"others keep writing to {store.address(name)}", "Run the same command again")


async def read(url: str, environment: str, epoch: int, digest: str) -> PromotionPlan:
    """The plan that was approved.

    Raises:
        PlanError: It is not there, or not the one that was approved.
        LedgerError: The store cannot be used.
    """
    store, name = open_store(url), _name(environment, epoch)
    address = store.address(name)
    with using(f"the plan at {address}", _REMEDY):
        raw = await aside(lambda: store.read(name), STORE_SECONDS)
    again = "Nothing was changed: run `drctl promotion check` and set approved to what it prints"
    if raw is None:
        raise PlanError(f"there is no plan at {address}", again)
    if digest_of(raw) != digest:
        raise PlanError(f"the plan at {address} is {digest_of(raw)}, not {digest}: it was checked again since", again)
    return _parsed(raw, address, again)


def _parsed(raw: bytes, address: str, again: str) -> PromotionPlan:
    try:
        found: dict[str, Any] = json.loads(raw)
        ends = {topic: {int(row[0]): int(row[1]) for row in rows} for topic, rows in found["ends"].items()}
        return PromotionPlan(found["environment"], int(found["epoch"]), found["leaves"], found["target"], ends)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise DrError(f"what is at {address} is no plan ({type(error).__name__})", again) from None


def _name(environment: str, epoch: int) -> str:
    return f"{quote(environment, safe='')}/promotion-{epoch}.json"
