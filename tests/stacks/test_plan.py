"""The plan: what it decides, and what a flip may change in it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as profile
from hypothesis import strategies as st

from first.stacks.grants import Access, TopicGrant
from first.stacks.plan import make_plan
from first.stacks.settings import Settings, parse
from kafkadr.desired import Desired
from kafkadr.phase import Change, Phase, Standby, judge
from tests.stacks.examples import config

CANARY = "canary-t0ken"


@st.composite
def steady(draw: st.DrawFn) -> dict[str, Any]:
    """Valid configs of a steady pair over the whole range of shapes."""
    prefix = draw(st.sampled_from([None, "dr."]))
    mode = draw(st.sampled_from(["destination-initiated", "source-initiated"] + ["bidirectional"] * (prefix is None)))
    acl = draw(st.sampled_from(["none", "link"] if prefix else ["none", "link", "data"]))
    acl_filter = draw(
        st.sampled_from([{}, {"resourceType": "topic"}, {"principal": "User:sa-1"}, {"operation": "read"}])
    )
    auto = draw(st.booleans())
    kinds = st.sampled_from([{"kind": "Dedicated", "cku": 2}, {"kind": "Enterprise", "maxEcku": 4}])
    edits: dict[str, Any] = {
        "primary": draw(st.sampled_from(["east", "west"])),
        "epoch": draw(st.integers(1, 9)),
        "link": {
            "name": "dr-link",
            "mode": mode,
            **({"prefix": prefix} if prefix else {}),
            **({"home": draw(st.sampled_from(["east", "west"]))} if mode == "bidirectional" else {}),
        },
        "sync": {
            "offsets": {"enabled": draw(st.booleans()), "groups": [{"name": "*"}]},
            "acls": {"enabled": acl == "data", "filters": [acl_filter]},
        },
        "mirroring": draw(st.sampled_from(["active", "paused"])),
        "protect": draw(st.booleans()),
        "environment": {"create": {"displayName": "dr"}},
        "clients": [
            {"name": "a", "groups": ["g"], "consume": ["t"]},
            {"name": "b", "produce": ["t"]},
        ][: draw(st.integers(0, 2))],
        "targets": {"rtoSeconds": 900, "rpoMessages": draw(st.sampled_from([0, 1000]))},
    }
    for name in ("east", "west"):
        edits[f"sites.{name}.cluster"] = {"create": {"displayName": name, **draw(kinds)}}
    if acl == "link":
        edits["aclLink"] = {"name": "acl-link", "filters": [acl_filter]}
    topics = draw(st.lists(st.from_regex(r"t[a-z0-9]{1,8}", fullmatch=True), unique=True, min_size=1, max_size=5))
    filters = [{"name": "auto.", "patternType": "PREFIXED"}]
    edits["onboarding"] = {
        "mode": "auto-create" if auto else "opt-in",
        "topics": topics,
        **({"filters": filters} if auto else {}),
    }
    return config(**edits)


@st.composite
def flips(draw: st.DrawFn, *changes: str) -> tuple[Settings, Settings]:
    """A steady config, on a bidirectional link perhaps that of a reversal, and a flip of it."""
    raw = draw(steady())
    if raw["link"]["mode"] == "bidirectional" and draw(st.booleans()):
        raw |= {"epoch": raw["epoch"] + 1, "change": "promote", "handover": CANARY}
    change = draw(st.sampled_from(changes))
    edit = {
        "primary": next(name for name in raw["sites"] if name != raw["primary"]),
        "epoch": raw["epoch"] + 1,
        "change": change,
        "standby": "retained",
        "handover": CANARY if change == "promote" else "",
    }
    return parse(raw), parse({**raw, **edit})


@profile(max_examples=40)
@given(flips("failover"))
def test_the_guard_accepts_every_failover_that_the_settings_accept(pair: tuple[Settings, Settings]) -> None:
    assert judge(pair[0].term, pair[1].term).ok


@profile(max_examples=40)
@given(flips("failover", "promote"))
def test_a_flip_changes_the_term_and_the_desired_state_only(pair: tuple[Settings, Settings]) -> None:
    before, after = make_plan(pair[0]), make_plan(pair[1])
    assert after != before
    same = replace(after, term=before.term, handover=before.handover, desired=before.desired)
    assert replace(same, clients=before.clients) == before
    for old, new in zip(before.clients, after.clients, strict=True):
        # After a reversal that came home, ACLs of the other site leave the state; no flip makes one on a lost site.
        assert set(new.acl_sites) <= set(old.acl_sites)
        assert replace(new, acl_sites=old.acl_sites) == old
        assert new == old or (pair[0].change is Change.PROMOTE and before.link.source == before.link.home)


@profile(max_examples=40)
@given(flips("failover", "promote"))
def test_a_flip_wants_every_mirror_stopped_at_the_new_primary(pair: tuple[Settings, Settings]) -> None:
    after = make_plan(pair[1])
    assert after.desired == {Change.FAILOVER: Desired.FAILED_OVER, Change.PROMOTE: Desired.PROMOTED}[pair[1].change]
    assert after.link.destination == pair[1].primary
    assert after.term.phase is {Change.FAILOVER: Phase.FAILED_OVER, Change.PROMOTE: Phase.PROMOTED}[pair[1].change]


@profile(max_examples=40)
@given(steady())
def test_planning_is_repeatable_and_the_link_runs_from_the_primary(raw: dict[str, Any]) -> None:
    plan = make_plan(parse(raw))
    assert plan == make_plan(parse(raw))
    assert plan.link.source == raw["primary"] != plan.link.destination
    assert {plan.link.source, plan.link.destination} == set(raw["sites"])
    assert plan.desired == {"active": Desired.ACTIVE, "paused": Desired.PAUSED}[raw["mirroring"]]


@profile(max_examples=40)
@given(steady())
def test_no_acl_is_declared_where_the_sync_owns_it(raw: dict[str, Any]) -> None:
    plan = make_plan(parse(raw))
    synced = plan.acl_link.acls if plan.acl_link else plan.link.acls
    filters = synced.filters if synced and synced.enabled else ()
    everything = any(each.model_dump(exclude_defaults=True) == {} for each in filters)
    topics = everything or any(each.resource_type == "topic" for each in filters)
    for client in plan.clients:
        covered = (topics or not client.topics) and (everything or not client.groups)
        alone = covered and plan.link.source == plan.link.home
        assert client.acl_sites == ((plan.link.source,) if alone else ("east", "west"))
        half = topics and not everything and client.topics and client.groups
        assert any(f"client {client.name}'s" in warning for warning in plan.warnings) is bool(half)


@profile(max_examples=40)
@given(flips("failover", "promote"))
def test_the_token_is_not_in_the_plan_s_repr(pair: tuple[Settings, Settings]) -> None:
    assert CANARY not in repr(make_plan(pair[1]))


def test_topics_are_sorted_so_that_their_order_in_the_file_means_nothing() -> None:
    assert make_plan(parse(config(**{"onboarding.topics": ["b", "a"]}))).topics == ("a", "b")


def test_a_sync_that_is_switched_off_keeps_its_filters() -> None:
    # The provider refuses to remove a link's config key: off must stay expressible after on.
    off = config(**{"sync.offsets.enabled": False, "sync.acls.enabled": False})
    plan = make_plan(parse(off))
    assert plan.link.offsets is not None
    assert plan.link.acls is not None
    assert not plan.link.offsets.enabled
    assert not plan.link.acls.enabled
    assert plan.groups == ()


def test_leaving_auto_create_keeps_the_link_s_key() -> None:
    exclude = [{"name": "*", "filterType": "EXCLUDE"}]
    plan = make_plan(parse(config(**{"onboarding.filters": exclude})))
    assert plan.link.auto_create is not None
    assert not plan.link.auto_create.enabled
    assert plan.topics == ("orders", "payments")


@pytest.mark.parametrize(
    ("name", "kind", "warned"), [("*", "LITERAL", True), ("orders", "PREFIXED", False), ("o", "LITERAL", False)]
)
def test_wide_filters_warn_about_internal_topics(name: str, kind: str, warned: bool) -> None:
    filters = [{"name": name, "patternType": kind}]
    plan = make_plan(parse(config(onboarding={"mode": "auto-create", "filters": filters}, clients=[])))
    assert bool(plan.warnings) is warned
    assert all("-changelog" in warning for warning in plan.warnings)


def test_an_excluded_prefix_is_not_warned_about() -> None:
    filters = [{"name": "*"}, {"name": "_confluent-ksql-", "patternType": "PREFIXED", "filterType": "EXCLUDE"}]
    (warning,) = make_plan(parse(config(onboarding={"mode": "auto-create", "filters": filters}))).warnings
    assert "_confluent-ksql-" not in warning


def test_a_client_s_grants_hold_under_the_mirror_s_name_too() -> None:
    prefixed = {"link.prefix": "dr.", "sync.acls.enabled": False}
    client = {"name": "a", "produce": ["out", "both"], "consume": ["in", "both"], "groups": ["g", "g"]}
    (plan,) = make_plan(parse(config(**prefixed, clients=[client]))).clients
    assert [(grant.name, grant.access) for grant in plan.topics] == [
        ("out", Access.WRITE),
        ("dr.out", Access.WRITE),
        ("both", Access.READ_WRITE),
        ("dr.both", Access.READ_WRITE),
        ("in", Access.READ),
        ("dr.in", Access.READ),
    ]
    assert plan.groups == ("g",)


def test_all_topics_need_no_prefix() -> None:
    prefixed = {
        "link.prefix": "dr.",
        "sync.acls.enabled": False,
        "clients.0.produce": ["*"],
        "clients.0.consume": ["*"],
    }
    (plan,) = make_plan(parse(config(**prefixed))).clients
    assert plan.topics == (TopicGrant("*", Access.READ_WRITE),)


def test_an_adopted_cluster_s_resource_name_is_derived() -> None:
    settings = parse(config())
    adopt = settings.sites["east"].cluster.adopt
    assert adopt is not None
    assert make_plan(settings).crn_of(adopt) == (
        "crn://confluent.cloud/organization=11111111-2222-4333-8444-555555555555/environment=env-abc1/cloud-cluster=lkc-east1"
    )


def test_settings_give_the_term_that_the_guard_compares() -> None:
    term = parse(config(primary="west", epoch=3, change="failover", standby="retained")).term
    assert (term.primary, term.epoch, term.change, term.standby) == ("west", 3, Change.FAILOVER, Standby.RETAINED)
    assert term.topics == ("orders", "payments")
