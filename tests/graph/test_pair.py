from typing import Any

import pulumi
import pytest

from first.components import (
    ActivePassivePair,
    ActivePassivePairArgs,
    Availability,
    ClusterKind,
    ComponentError,
    FilterType,
    LinkMode,
    PatternType,
)

from .recorder import CANARY, Recorder, golden, is_secret, plain, record
from .samples import adopted, dedicated, failed_over, pair, synced

FLIP_TYPES = {"kafkadr:index:Transition", "kafkadr:index:MirrorState", "kafkadr:index:ActivePointer"}


def build(args: ActivePassivePairArgs) -> Recorder:
    return record(lambda: ActivePassivePair("dr", args))


def output(args: ActivePassivePairArgs, which: str) -> Any:
    return plain(lambda: getattr(ActivePassivePair("dr", args), which))


def test_a_steady_pair_is_the_golden_graph() -> None:
    golden("pair_steady", build(pair()))


def test_a_failed_over_pair_is_the_golden_graph() -> None:
    golden("pair_failed_over", build(failed_over()))


def test_a_pair_whose_stale_topics_are_armed_is_the_golden_graph() -> None:
    args = failed_over()
    golden("pair_clear_armed", build({**args, "standby": "clear-armed", "clear": sorted(args["topics"])}))


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        ({"standby": "retained", "change": "failover"}, "desired is ACTIVE, while standby is retained .* FAILED_OVER,"),
        ({"standby": "retained", "change": "promote"}, "desired is ACTIVE, while .* Set desired to PROMOTED,"),
        (
            {"standby": "retained", "change": "promote", "desired": "FAILED_OVER"},
            "desired is FAILED_OVER, .* change is promote",
        ),
        ({"desired": "FAILED_OVER"}, "while standby is mirroring .* Set desired to ACTIVE or PAUSED"),
        ({"desired": "STOPPED"}, "desired is STOPPED"),
    ],
)
def test_mirrors_that_are_wanted_otherwise_than_the_flip_are_refused_at_once(edit: dict[str, Any], said: str) -> None:
    flip: Any = {"primary": "west", "epoch": 2} if "standby" in edit else {}
    with pytest.raises(ComponentError, match=said):
        build(pair() | flip | edit)


def without_options(graph: Recorder) -> list[dict[str, Any]]:
    """Registrations without `ignoreChanges`, which is no change of a resource."""
    return [{k: v for k, v in r.items() if k != "ignoreChanges"} for r in graph.graph]


def test_after_a_flip_the_links_keep_the_switches_that_the_quarantine_set() -> None:
    args = pair() | {"acl_link": {"name": "dr-acl", "acl_sync": {"filters": [{}]}}}
    args["link"]["settings"] = {}
    flip: Any = {"primary": "west", "epoch": 2, "change": "failover", "standby": "retained", "desired": "FAILED_OVER"}
    for graph, ignored, quarantine in ((build(args), [], False), (build(args | flip), ["config"], True)):
        assert [r.get("ignoreChanges", []) for r in graph.of_type("ClusterLink")] == [ignored] * 2
        state = graph.named("dr-mirror-state")["inputs"]
        assert state["quarantine"] is quarantine
        assert state["links"]["dr-acl"]["acl.sync.enable"] == "true"
        assert set(state["links"]) == {"dr-acl", args["link"]["name"]}


def test_a_promotion_waits_for_the_interval_of_the_offset_sync() -> None:
    args = pair()
    inputs = build(args).named("dr-mirror-state")["inputs"]
    assert inputs["offsetSyncMs"] == args["link"]["settings"]["offset_sync"].get("interval_ms", 30_000)
    args["link"]["settings"]["offset_sync"]["enabled"] = False
    assert build(args).named("dr-mirror-state")["inputs"]["offsetSyncMs"] == 0


def test_a_flip_changes_guard_mirror_state_and_pointer_only() -> None:
    steady, flipped = without_options(build(pair())), without_options(build(failed_over()))
    changed = [new for old, new in zip(steady, flipped, strict=True) if old != new]
    assert {r["type"] for r in changed} == FLIP_TYPES
    assert len(changed) == 3


@pytest.mark.parametrize("mode", list(LinkMode))
def test_no_mode_touches_a_confluent_resource_in_a_flip(mode: LinkMode) -> None:
    def confluent(args: ActivePassivePairArgs) -> list[dict[str, Any]]:
        sites = {"east": dedicated("us-east-1"), "west": adopted("west")}
        args = {**args, "sites": sites, "link": {**args["link"], "mode": mode}}
        return [r for r in without_options(build(args)) if r["type"].startswith("confluentcloud:")]

    assert confluent(pair()) == confluent(failed_over())


def test_everything_in_the_pair_comes_after_the_guard() -> None:
    free = {r["name"] for r in build(pair()).graph if "dr-guard" not in r["dependsOn"]}
    assert free == {"dr", "dr-guard"}


def test_the_mirrors_state_comes_after_guard_link_and_every_mirror() -> None:
    args = pair() | {"acl_link": {"name": "dr-acl", "acl_sync": {"filters": [{}]}}}
    args["link"]["settings"] = {}
    state = build(args).named("dr-mirror-state")
    assert {"dr-guard", "dr-link-destination", "dr-acl-link-destination", "dr-mirror-orders"} <= set(state["dependsOn"])


def test_the_mirror_state_acts_on_the_destination_under_mirror_names() -> None:
    args = pair()
    args["link"]["settings"] = {"prefix": "east."}
    inputs = build(args | {"only_declared": True, "rpo_messages": 5}).named("dr-mirror-state")["inputs"]
    assert inputs["clusterId"] == "lkc-west"
    assert inputs["topics"] == ["east.dr-topic", "east.orders"]
    assert inputs["credentials"] == "[secret]"
    assert (inputs["onlyDeclared"], inputs["rpoMessages"], inputs["groups"]) == (True, 5, [])


def test_a_link_and_its_mirrors_wait_for_the_rights_of_the_link() -> None:
    graph = build(pair())
    rights = {r["name"] for r in graph.of_type("KafkaAcl") if r["parent"] == "dr-link-reader"}
    assert rights
    assert rights <= set(graph.named("dr-link-reader-key")["dependsOn"])
    assert "dr-link-reader-key" in graph.named("dr-link-destination")["dependsOn"]
    assert "dr-link-destination" in graph.named("dr-mirror-orders")["dependsOn"]


def test_the_link_reads_what_its_switches_need_and_no_more() -> None:
    args = pair()
    auto: Any = {"topics": [{"name": "shop.", "pattern_type": PatternType.PREFIXED}]}
    auto["topics"].append({"name": "shop.private", "filter_type": FilterType.EXCLUDE})
    args["link"]["settings"] = {"auto_create": auto}
    rights = {
        (a["resourceType"], a["patternType"], a["resourceName"], a["operation"])
        for a in (r["inputs"] for r in build(args).of_type("KafkaAcl") if r["parent"] == "dr-link-reader")
    }
    topics = {("LITERAL", "dr-topic"), ("LITERAL", "orders"), ("PREFIXED", "shop.")}
    assert rights == {("TOPIC", *t, operation) for t in topics for operation in ("READ", "DESCRIBE_CONFIGS")}


def test_given_reads_replace_one_right_per_topic() -> None:
    args = pair()
    args["link"]["reads"] = [{"name": "*"}]
    rights = [r["inputs"] for r in build(args).of_type("KafkaAcl") if r["parent"] == "dr-link-reader"]
    assert {a["resourceName"] for a in rights if a["resourceType"] == "TOPIC"} == {"*"}


def test_client_acls_are_created_only_where_the_caller_says() -> None:
    acls = [r for r in build(pair()).of_type("KafkaAcl") if r["parent"] == "dr-client-shop"]
    assert {r["inputs"]["kafkaCluster"]["id"] for r in acls} == {"id-dr-east-cluster"}


def test_roles_and_keys_of_a_client_are_on_both_sites() -> None:
    graph = build(pair())
    mine = [r for r in graph.graph if r["parent"] == "dr-client-shop"]
    assert [r["name"] for r in mine if r["type"].endswith(":ApiKey")] == [
        "dr-client-shop-east-key",
        "dr-client-shop-west-key",
    ]
    assert len([r for r in mine if r["type"].endswith(":RoleBinding")]) == 2


def test_the_pointer_says_where_clients_belong() -> None:
    assert output(pair(), "active") == {
        "site": "east",
        "epoch": 1,
        "clusterId": "id-dr-east-cluster",
        "bootstrap": "SASL_SSL://dr-east-cluster.example:9092",
        "rest": "https://dr-east-cluster.example:443",
    }
    assert output(failed_over(), "active")["clusterId"] == "lkc-west"


@pytest.mark.parametrize("args", [pair(), failed_over()], ids=["steady", "failed-over"])
def test_the_pointer_comes_after_the_mirror_state(args: ActivePassivePairArgs) -> None:
    def program() -> None:
        pulumi.CustomResource("test:index:Probe", "probe", {"active": ActivePassivePair("dr", args).active})

    assert "dr-mirror-state" in record(program).named("probe")["dependsOn"]


def test_client_credentials_are_a_secret_output() -> None:
    args = pair()
    del args["vault"], args["pointer"]
    assert is_secret(lambda: ActivePassivePair("dr", args).clients)
    keys = output(args, "clients")["shop"]
    assert keys["west"] == {"key": "id-dr-client-shop-west-key", "secret": f"{CANARY}-dr-client-shop-west-key"}


def test_what_must_survive_is_protected_unless_unlocked() -> None:
    kept = {"KafkaCluster", "ServiceAccount", "ApiKey", "ClusterLink", "KafkaMirrorTopic", "Transition"}
    for protect in (True, False):
        graph = build(pair() | {"protect": protect})
        assert {r.get("protect", False) for word in kept for r in graph.of_type(word)} == {protect}


def test_links_and_mirrors_are_retained_unless_unlocked() -> None:
    for retain in (True, False):
        graph = build(pair() | {"retain_on_delete": retain})
        found = graph.of_type("ClusterLink") + graph.of_type("KafkaMirrorTopic")
        assert {r.get("retainOnDelete", False) for r in found} == {retain}


def test_an_extra_link_carries_acls_beside_a_prefixed_one() -> None:
    args = pair() | {"acl_link": {"name": "dr-acl", "acl_sync": {"filters": [{"principal": "User:sa-1"}]}}}
    args["link"]["settings"] = {"prefix": "east.", "offset_sync": {"groups": [{"name": "*"}]}}
    golden("pair_prefix_and_acl_link", build(args))


def test_a_source_initiated_pair_needs_no_link_account() -> None:
    args = pair()
    args["link"]["mode"] = LinkMode.SOURCE_INITIATED
    assert build(args).of_type("LinkAccount") == []


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "three sites": ({"sites": {"a": adopted("a"), "b": adopted("b"), "c": adopted("c")}}, "two sites, not 3"),
    "unknown primary": ({"primary": "north"}, "primary is 'north'"),
    "unknown source": ({"source": "north"}, "source is 'north'"),
    "link to itself": ({"destination": "east"}, "cannot be linked to itself"),
    "same region": (
        {"sites": {"east": dedicated("us-east-1"), "west": dedicated("us-east-1")}},
        "Both sites are in AWS us-east-1",
    ),
    "two owners": (
        {
            "link": {
                "name": "dr",
                "mode": LinkMode.DESTINATION_INITIATED,
                "settings": {"auto_create": {"topics": [{"name": "ord", "pattern_type": PatternType.PREFIXED}]}},
            }
        },
        "Topic orders is declared and also matches",
    ),
    "ACL link of the same name": (
        {
            "link": {"name": "dr", "mode": LinkMode.DESTINATION_INITIATED},
            "acl_link": {"name": "dr", "acl_sync": {"filters": [{}]}},
        },
        "both named dr",
    ),
    "two writers of ACLs": ({"acl_link": {"name": "acl", "acl_sync": {"filters": [{}]}}}, "would both write"),
    "unknown ACL site": ({"clients": {"shop": {"acl_sites": ["north"]}}}, "clients.shop.acl_sites names north"),
}


@pytest.mark.parametrize(("change", "problem"), REFUSED.values(), ids=REFUSED)
def test_refuses(change: Any, problem: str) -> None:
    with pytest.raises(ComponentError, match=problem):
        build(pair() | change)


def test_an_excluded_topic_has_one_owner() -> None:
    args = pair()
    exclude: Any = [{"name": t, "filter_type": FilterType.EXCLUDE} for t in ("orders", "dr-topic")]
    args["link"]["settings"] = {"auto_create": {"topics": [{"name": "*"}, *exclude]}}
    assert len(build(args).of_type("KafkaMirrorTopic")) == 2


def test_a_bidirectional_link_needs_two_clusters_that_can_hold_links() -> None:
    east = dedicated("us-east-1")
    east["create"]["kind"], east["create"]["availability"] = ClusterKind.STANDARD, Availability.LOW
    del east["create"]["cku"]
    args = pair() | {"sites": {"east": east, "west": adopted("west")}}
    build(args)  # a Standard cluster may be the source of a destination-initiated link
    args["link"] = {"name": "dr", "mode": LinkMode.BIDIRECTIONAL, "settings": synced()}
    with pytest.raises(ComponentError, match="Site dr-east has to hold a cluster link, but its kind is Standard"):
        build(args)
