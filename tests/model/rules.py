"""The rules of the page by name. A search may take one out to see which fault comes back."""

from collections.abc import Iterator
from contextlib import contextmanager

RULES = {
    "record first": "every up of the switch reads the record; a newer one lets only adopt pass",
    "record needed": "a record that cannot be read refuses the up",
    "lost state adopts": "a guard without recorded inputs is no new environment while there is a record",
    "intent": "a move writes its target and epoch into the record before any mirror stops",
    "compare and set": "the record moves only from the very value that the run saw",
    "starts at record": "a move leaves the site that the record names, whatever the guard recorded",
    "foreign move refuses": "while another move stands in the record an up that moves nothing is refused",
    "record again": "a run looks at the record again before each step",
    "epoch above record": "the new epoch is above that of the record and its target",
    "epoch above ledgers": "the new epoch is above that of the newest ledger",
    "one thing": "an update that changes primary does nothing else",
    "known topology": "a move uses the sites and links that the switch recorded last",
    "target in outputs": "the target is still in the published sites",
    "every mirror stops": "a failover stops every mirror on the target, whatever its link",
    "syncs suspended": "a move suspends the syncs into the target",
    "complete once": "a standby was caught up once",
    "stopped is stale": "a stopped mirror makes a site stale, except on the target in the record",
    "half-stopped": "the target in the record is a standby also when its mirrors are half stopped",
    "standby again": "a site that follows the primary on the wire is a standby again without an edit",
    "take back": "a failover to the site that the record names needs nothing",
    "accept loss": "any other living site with copies is a target with acceptLoss",
    "loss epochs": "the ledger names every epoch in which the new primary was no complete standby",
    "row on the left site": "the ledger has a row on the site that the move leaves, also when no copy came from it",
    "ledger grows": "a run that finds a ledger of its epoch adds its own rows and opens it again",
    "row from 0": "a topic without a mirror gets a row from offset 0 and does not hold the record",
    "ledger is optional": "a dead ledger store does not stop a failover",
    "ends compared": "a promotion compares the old primary's ends with its plan before the record moves",
    "method from the wire": "rejoin restores where the primary holds a stopped mirror of this site, else deletes",
    "acknowledged": "rejoin and removal wait for the ledgers with a row on the site",
    "ledger names site": "a ledger newer than the record names the target of a move that the record does not know",
    "ended first": "a ledger is acknowledged once its move is ended",
    "missing is open": "a ledger that is missing counts as open",
    "ends named": "rejoin refuses records that no ledger names",
    "ends again": "rejoin compares the ends again before each cut",
    "lost primary is red": "the switch keeps the active site when the outputs have it no longer, and its up is red",
    "keep active": "the estate keeps the site that the record names",
    "keep target": "the estate keeps the target of a move under way",
    "keep source": "the estate keeps a site that another site mirrors",
    "dead stops nothing": "a dead site keeps nothing else in the estate from being done",
    "whole links": "a link is published once all its ends exist",
    "cluster id": "history knows a site by its cluster id",
    "old keys inert": "approved, acceptLoss and rejoin of another epoch do nothing",
}
_out: set[str] = set()


def rule(name: str) -> bool:
    """Is this rule in force?"""
    assert name in RULES, name
    return name not in _out


@contextmanager
def without(*names: str) -> Iterator[None]:
    """Take rules out for a while."""
    _out.update(names)
    try:
        yield
    finally:
        _out.difference_update(names)
