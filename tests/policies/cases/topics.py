"""Cases of the rules about topics."""

from __future__ import annotations

from policies.values import UNKNOWN
from tests.policies.cases.case import DEPENDS, UNDECIDED, Case, bad, ok
from tests.policies.samples import (
    GOOD_LINK,
    OFFSETS,
    auto_create,
    guard,
    link,
    make,
    mirror,
    topic,
)

PREFIX = {"cluster.link.prefix": "east."}
_PREFIXED = link("data", "east", "west", OFFSETS | PREFIX)
_ALL = auto_create("*")
_BACK = link("back", "west", "east", OFFSETS)

CASES: dict[str, list[Case]] = {
    "no-internal-topics": [
        ok("mirror", mirror("orders", "data", "west")),
        ok("named filter", link("d", "e", "w", auto_create("orders"))),
        ok("filter off", link("d", "e", "w", _ALL | {"auto.create.mirror.topics.enable": "false"})),
        ok("no application", link("d", "e", "w", auto_create("orders.", patternType="PREFIXED")), applications=[]),
        bad("mirror of a changelog", "app-store-changelog is internal", mirror("app-store-changelog", "d", "w")),
        bad("mirror of ksqlDB's", "_confluent-ksql-x is internal", mirror("_confluent-ksql-x", "d", "w")),
        bad(
            "everything",
            (
                "also mirror __consumer_offsets",
                "also mirror __transaction_state",
                "also mirror _schemas",
                "also mirror _confluent-ksql",
                "changelogs of every Streams application",
            ),
            link("d", "e", "w", _ALL),
        ),
        bad(
            "the prefix of an application",
            ("app-store-changelog", "app-store-repartition"),
            link("d", "e", "w", auto_create("app", patternType="PREFIXED")),
            applications=["app"],
        ),
        bad("unknown topic", UNDECIDED, mirror("orders", "d", "w", sourceKafkaTopic={"topicName": UNKNOWN})),
        bad(
            "unknown filter",
            UNDECIDED,
            link("d", "e", "w", _ALL | {"auto.create.mirror.topics.filters": UNKNOWN}),
        ),
    ],
    "production-topic-covered": [
        ok("mirrored", GOOD_LINK, topic("orders", "east"), mirror("orders", "data", "west")),
        ok("by filter", link("data", "east", "west", OFFSETS | auto_create("orders")), topic("orders", "east")),
        ok("no link from here", GOOD_LINK, topic("orders", "west")),
        ok("internal", GOOD_LINK, topic("_schemas", "east")),
        ok("exempted", GOOD_LINK, topic("orders", "east"), exemptions=[{"name": "orders", "reason": "a cache"}]),
        bad(
            "forgotten",
            "topic orders is on the source of a link and is not mirrored",
            GOOD_LINK,
            topic("orders", "east"),
        ),
        bad(
            "excluded by filter",
            "orders is on the source",
            link("data", "east", "west", OFFSETS | auto_create("orders", filterType="EXCLUDE")),
            topic("orders", "east"),
        ),
        bad("required", "orders is required, and no link", GOOD_LINK, make("Stack", "s", {}), required=["orders"]),
        bad(
            "one of two DR clusters",
            "orders is on the source",
            GOOD_LINK,
            link("far", "east", "north", OFFSETS),
            topic("orders", "east"),
            mirror("orders", "data", "west"),
        ),
        bad("unknown", UNDECIDED, GOOD_LINK, make("KafkaTopic", "t", {"topicName": UNKNOWN})),
    ],
    "copies-kept-apart": [
        ok("one way", GOOD_LINK),
        ok(
            "both ways with prefixes",
            _PREFIXED,
            link("back", "west", "east", OFFSETS | {"cluster.link.prefix": "west."}),
        ),
        ok(
            "a guarded pair that is being rebuilt",
            guard(),
            link("data", "east", "west", OFFSETS, depends=DEPENDS),
            link("back", "west", "east", OFFSETS, depends=DEPENDS),
        ),
        bad("both ways without", ("data flows both ways", "data flows both ways"), GOOD_LINK, _BACK),
        bad("one of them without", "data flows both ways", _PREFIXED, _BACK),
        bad(
            "two sources, one prefix",
            ("another cluster's topics under the same prefix 'east.'",) * 2,
            _PREFIXED,
            link("far", "north", "west", OFFSETS | PREFIX),
        ),
        bad(
            "copy of a copy",
            "east.orders is itself a copy, brought by link the-data",
            _PREFIXED,
            link("on", "west", "north", OFFSETS),
            mirror("east.orders", "on", "north"),
        ),
        bad(
            "copies by filter",
            "also take copies that arrive as east.*",
            _PREFIXED,
            link("on", "west", "north", OFFSETS | _ALL | {"cluster.link.prefix": "west."}),
        ),
        bad("unknown", UNDECIDED, link("data", "east", "west", {"cluster.link.prefix": UNKNOWN})),
    ],
}
