"""What each move may do: the table of transitions (requirements 5.4) as data. To extend the gate, edit this table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

CLUSTER, KEY, LINK, MIRROR, TOPIC = "KafkaCluster", "ApiKey", "ClusterLink", "KafkaMirrorTopic", "KafkaTopic"
GUARD, STATE, POINTER, SECRET = "Transition", "MirrorState", "ActivePointer", "VaultSecret"
ACCOUNT, RING, LOCK, ACL = "ServiceAccount", "KeyRing", "LinkGuard", "KafkaAcl"

KEPT: Final = frozenset(
    {CLUSTER, KEY, LINK, MIRROR, TOPIC, GUARD, LOCK, STATE, POINTER, SECRET, ACCOUNT, "Environment"}
)
"""Never deleted or replaced, unless the move's row says so: topics, offsets or the way back would be lost."""

SWITCHES: Final = frozenset(
    {"acl.sync.enable", "consumer.offset.sync.enable", "auto.create.mirror.topics.enable"},
)
"""Entries of a link's config that a flip may switch: the quarantine."""

FORGET: Final = "forget"
"""A delete of what is retained: it leaves Pulumi's state, and no provider is called."""

IDENTITY: Final[Mapping[str, frozenset[str]]] = {
    GUARD: frozenset({"sites", "link", "bidirectional", "topics", "pointerUrl"}),
    STATE: frozenset({"clusterId", "restEndpoint", "linkName", "topics", "onlyDeclared", "ledgerUrl"}),
    POINTER: frozenset({"url", "clusters", "secrets"}),
}
"""Properties that say *which* thing it is: a flip that changes one is a flip and something else."""


@dataclass(frozen=True)
class Allowed:
    """What one move may do.

    Args:
        only: Per class the operations that are allowed; with None every create and update is.
        also: Operations allowed beside creates and updates, per class, which otherwise never are.
        switches: A link's update may touch its `SWITCHES` and nothing else.
        fixed: The `IDENTITY` of guard, mirror state and pointer must stay.
        unlock: Classes whose protection may be lifted.
        survivor: Only the site that becomes primary may be asked or changed (I7).
        drops: A kept thing may go if its protection was lifted before: a key that a `KeyRing` lets go of, and what the
            command line accepts by name.
    """

    only: Mapping[str, frozenset[str]] | None = None
    also: Mapping[str, frozenset[str]] | None = None
    switches: bool = False
    fixed: bool = False
    unlock: frozenset[str] = frozenset()
    survivor: bool = False
    drops: bool = False


def _ops(**kinds: str) -> dict[str, frozenset[str]]:
    return {kind: frozenset(ops.split()) for kind, ops in kinds.items()}


_DONE: Final = _ops(Restoration="delete", Reversal="delete", KafkaAcl=FORGET, LinkGuard="create update")
"""Records of an earlier turn of the link, and ACLs that stay on the other site; that they go touches nothing. Nor does
a `LinkGuard`, which takes down receipts."""
_FLIP: Final = _DONE | _ops(
    Transition="update", MirrorState="update", ActivePointer="create update", ClusterLink="update"
)
_STATE_ONLY: Final = _DONE | _ops(Transition="update", MirrorState="create update")
_TURN: Final = _ops(MirrorState="create update delete", Reversal="create update delete", KafkaAcl=f"create {FORGET}")
_FORGET_OLD: Final = _ops(KafkaMirrorTopic=FORGET, ClusterLink=FORGET, MirrorState="delete forget")
_FORGET_LOST: Final = _ops(
    KafkaCluster=FORGET,
    ServiceAccount=FORGET,
    ApiKey=FORGET,
    VaultSecret=FORGET,
    ClusterLink=FORGET,
    KafkaMirrorTopic=FORGET,
    MirrorState=FORGET,
)

MOVES: Final[Mapping[str, Allowed]] = {
    "onboard": Allowed(),
    "edit": Allowed(drops=True),
    "failover": Allowed(only=_FLIP, switches=True, fixed=True, survivor=True),
    "promote": Allowed(only=_FLIP, switches=True, fixed=True),
    # A promotion that the mirrors refused: once more with a new token, as a failover after all, or not at all.
    "retry": Allowed(only=_FLIP | _TURN, switches=True, fixed=True),
    "force": Allowed(only=_FLIP, switches=True, fixed=True, survivor=True),
    "withdraw": Allowed(only=_FLIP | _TURN, switches=True, fixed=True),
    # The link turns round in place; its mirrors are then watched on the other cluster.
    "reverse": Allowed(only=_FLIP | _TURN, switches=True),
    # A lost site leaves the program in two steps, and its link in two more; in the cloud only that link is deleted.
    "release": Allowed(only=_STATE_ONLY, unlock=frozenset({CLUSTER, KEY, ACCOUNT, LINK, MIRROR, STATE, SECRET})),
    "reclaim": Allowed(only=_STATE_ONLY, unlock=frozenset({STATE})),
    "join": Allowed(also=_FORGET_LOST),
    "arm": Allowed(
        only=_STATE_ONLY | _ops(KafkaMirrorTopic="update", KafkaTopic="update", Clearance="create update"),
        unlock=frozenset({MIRROR, TOPIC}),
    ),
    "disarm": Allowed(only=_STATE_ONLY | _ops(KafkaMirrorTopic="update", KafkaTopic="update", Clearance="delete")),
    # The topics that go are no resources: a `Clearance` deletes them, and refuses what was not armed.
    "fire": Allowed(only=_STATE_ONLY | _ops(Clearance="update")),
    "rebuilt": Allowed(also=_FORGET_OLD),
    "restore": Allowed(only=_STATE_ONLY | _ops(Restoration="create update delete")),
    "restored": Allowed(also=_FORGET_OLD),
    "unlock": Allowed(only=_STATE_ONLY, unlock=frozenset({LINK})),
    "retire": Allowed(only=_STATE_ONLY | _ops(ClusterLink="delete forget")),
}
