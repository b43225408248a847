"""Cases of the rules about phases."""

from __future__ import annotations

from policies.values import UNKNOWN
from tests.policies.cases.case import DEPENDS, UNDECIDED, Case, bad, ok
from tests.policies.samples import (
    ACLS,
    GOOD_LINK,
    OFFSETS,
    acl,
    acl_filter,
    guard,
    link,
    make,
    urn,
)

_HALVES = {
    "linkMode": "BIDIRECTIONAL",
    "remoteKafkaCluster": {"id": "lkc-east"},
    "localKafkaCluster": {"id": "lkc-west"},
}
_ACL_LINK = link("acl", "east", "west", ACLS)

CASES: dict[str, list[Case]] = {
    "one-primary": [
        ok("one guard", guard()),
        ok("pointer", guard(), make("ActivePointer", "p", {"site": "east", "epoch": 1}, depends=DEPENDS)),
        bad("no such site", "primary is 'north'", guard(primary="north")),
        bad(
            "two guards",
            ("guards the same two sites",) * 2,
            guard(),
            make("Transition", "other", dict(guard(primary="west").values)),
        ),
        ok(
            "two pairs that share no cluster",
            guard(),
            link("data", "east", "west", OFFSETS, depends=DEPENDS),
            make("Transition", "other", dict(guard().values)),
            link("more", "south", "north", OFFSETS, depends=(urn("Transition", "other"),)),
        ),
        bad(
            "pointer elsewhere",
            "site is 'west', but guard says primary 'east'",
            guard(),
            make("ActivePointer", "p", {"site": "west", "epoch": 1}, depends=DEPENDS),
        ),
        bad(
            "pointer of another term",
            "epoch is 2, but guard says epoch 1",
            guard(),
            make("ActivePointer", "p", {"site": "east", "epoch": 2}, depends=DEPENDS),
        ),
        bad(
            "pointer on its own", "does not depend on a guard", make("ActivePointer", "p", {"site": "east", "epoch": 2})
        ),
        bad("unknown", UNDECIDED, guard(primary=UNKNOWN)),
    ],
    "quarantined-after-flip": [
        ok("steady", guard(), link("data", "east", "west", OFFSETS | ACLS, depends=DEPENDS)),
        ok(
            "quarantined",
            guard(standby="retained"),
            link("data", "east", "west", {"acl.sync.enable": "false"}, depends=DEPENDS),
        ),
        ok("another pair's link", guard(standby="retained"), link("data", "east", "west", OFFSETS)),
        ok(
            "quarantined by the mirror state",
            guard(standby="retained"),
            link("data", "east", "west", OFFSETS, depends=DEPENDS),
            make("MirrorState", "m", {"clusterId": "lkc-west", "links": {"the-data": {}}, "quarantine": True}),
        ),
        ok(
            "waits for its direction",
            guard(standby="retained", idle="the-data"),
            link("data", "east", "west", OFFSETS, depends=DEPENDS),
        ),
        bad(
            "still syncing",
            "link the-data still has acl.sync.enable, consumer.offset.sync.enable",
            guard(standby="retained"),
            link("data", "east", "west", OFFSETS | ACLS, depends=DEPENDS),
        ),
        ok(
            "only some topics were flipped",
            guard(standby="retained"),
            link("data", "east", "west", OFFSETS, depends=DEPENDS),
            make("MirrorState", "m", {"clusterId": "lkc-west", "links": {"the-data": {}}, "onlyDeclared": True}),
        ),
        bad(
            "the mirror state is on the lost cluster",
            "link the-data still has",
            guard(standby="retained"),
            link("data", "east", "west", OFFSETS, depends=DEPENDS),
            make("MirrorState", "m", {"clusterId": "lkc-east", "links": {"the-data": {}}, "quarantine": True}),
        ),
        bad("unknown", UNDECIDED, guard(standby=UNKNOWN)),
        bad(
            "unknown beside one that syncs",
            ("link the-loud still has", UNDECIDED),
            guard(standby="retained"),
            link("data", "east", "west", OFFSETS | {"acl.sync.enable": UNKNOWN}, depends=DEPENDS),
            link("loud", "east", "west", OFFSETS, depends=DEPENDS),
        ),
    ],
    "no-acl-under-sync": [
        ok("on the source", _ACL_LINK, acl("a", "User:sa-1", "east", "g")),
        ok("sync off", GOOD_LINK, acl("a", "User:sa-1", "west", "g")),
        ok(
            "waits for its direction",
            guard(idle="the-acl"),
            link("acl", "east", "west", ACLS, depends=DEPENDS),
            acl("a", "User:sa-1", "west", "g"),
        ),
        ok(
            "the same on both sides",
            _ACL_LINK,
            acl("a", "User:sa-1", "west", "g"),
            acl("b", "User:sa-1", "east", "g", permission="Allow"),
        ),
        bad(
            "of an unknown account",
            "syncs it too",
            _ACL_LINK,
            acl("a", UNKNOWN, "west", "g"),
            acl("b", UNKNOWN, "east", "g"),
        ),
        ok(
            "another principal",
            link("acl", "east", "west", ACLS | {"acl.filters": acl_filter(principal="User:sa-2")}),
            acl("a", "User:sa-1", "west", "g"),
        ),
        ok(
            "a link that has turned round",
            link("acl", "east", "west", ACLS, values=_HALVES),
            acl("a", "User:sa-1", "west", "g"),
            make("MirrorState", "m", {"clusterId": "lkc-east", "links": {"the-acl": {}}}),
        ),
        bad("under the sync", "link the-acl syncs it too", _ACL_LINK, acl("a", "User:sa-1", "west", "g")),
        bad(
            "by its principal",
            "syncs it too",
            link("acl", "east", "west", ACLS | {"acl.filters": acl_filter(principal="User:sa-1")}),
            acl("a", "User:sa-1", "west", "g"),
        ),
        bad(
            "unknown",
            UNDECIDED,
            link("acl", "east", "west", ACLS | {"acl.filters": UNKNOWN}),
            acl("a", "User:sa-1", "west", "g"),
        ),
    ],
}
