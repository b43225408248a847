"""Plan -> components -> outputs, on the recorder of the graph tests."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pulumi
import pytest

from first import components
from first.stacks.deploy import deploy
from first.stacks.outputs import StackOutputs
from first.stacks.plan import make_plan
from first.stacks.settings import parse
from tests.graph.recorder import CANARY, Recorder, record
from tests.stacks.examples import STACK_FILES, config, raw_of

FLIP = {"primary": "west", "epoch": 2, "change": "failover", "standby": "retained"}
GUARD, STATE, PAIR = "dr-guard", "dr-mirror-state", "dr"
MODES = ["destination-initiated", "source-initiated", "bidirectional"]
NEW = {"environment": {"create": {"displayName": "dr"}}}


def new_pair(**edits: Any) -> dict[str, Any]:
    """Both clusters made by the stack."""
    east = {"create": {"kind": "Enterprise", "maxEcku": 4, "availability": "HIGH", "displayName": "east"}}
    return config(**{**NEW, "sites.east.cluster": east, **edits})


def graph(raw: dict[str, Any]) -> Recorder:
    return record(lambda: deploy(make_plan(parse(raw))))


def exported(raw: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the program exports, outputs resolved."""
    seen: dict[str, Any] = {}
    exports: dict[str, Any] = {}
    monkeypatch.setattr(pulumi, "export", exports.__setitem__)

    def run() -> None:
        deploy(make_plan(parse(raw)))
        for name, value in exports.items():
            pulumi.Output.from_input(value).apply(partial(seen.__setitem__, name))

    record(run)
    return seen


def unlike(before: Recorder, after: Recorder) -> dict[str, list[str]]:
    """Inputs that differ between two graphs, per resource; `ignoreChanges` is no change of one."""
    old, new = ({each["name"]: each for each in recorder.graph} for recorder in (before, after))
    assert old.keys() == new.keys()
    differing = {
        name: {k for k in new[name] if k != "ignoreChanges" and old[name].get(k) != new[name][k]} for name in new
    }
    assert all(keys <= {"inputs"} for keys in differing.values())
    return {
        name: sorted(k for k in new[name]["inputs"] if old[name]["inputs"].get(k) != new[name]["inputs"][k])
        for name, keys in differing.items()
        if keys
    }


@pytest.mark.parametrize("mode", MODES)
def test_a_flip_touches_the_guard_and_the_mirror_state_only(mode: str) -> None:
    home = {"link.home": "east"} if mode == "bidirectional" else {}
    raw = new_pair(**{"link.mode": mode, **home})
    assert unlike(graph(raw), graph({**raw, **FLIP})) == {
        GUARD: ["change", "epoch", "primary", "standby"],
        STATE: ["desired", "epoch", "quarantine"],
    }


@pytest.mark.parametrize("path", STACK_FILES, ids=lambda path: path.name)
def test_stack_files_can_be_deployed(path: Path) -> None:
    recorder = graph(raw_of(path))
    assert len(recorder.of_type("Transition")) == len(recorder.of_type("ClusterLink")) == 1
    assert {each["name"] for each in recorder.of_type("KafkaMirrorTopic")} == {
        f"dr-mirror-{topic}" for topic in raw_of(path)["onboarding"]["topics"]
    }


def test_every_setting_arrives_at_its_resource() -> None:
    raw = config(
        **{
            "link.topicConfigSyncMs": 6000,
            "sync.offsets": {"enabled": True, "intervalMs": 2000, "groups": [{"name": "g", "patternType": "PREFIXED"}]},
            "sync.acls.filters": [{"resourceType": "topic", "principal": "User:sa-1", "operation": "read"}],
            "onboarding": {"mode": "auto-create", "filters": [{"name": "x"}], "topics": ["orders"]},
            "flip": {"budgetSeconds": 60, "chunkSize": 7},
            "targets.rpoMessages": 0,
            "mirroring": "paused",
        }
    )
    recorder = graph(raw)
    (link,) = recorder.of_type("ClusterLink")
    entries = link["inputs"]["config"]
    assert entries["topic.config.sync.ms"] == "6000"
    assert entries["consumer.offset.sync.ms"] == "2000"
    assert '"name":"g","patternType":"PREFIXED"' in entries["consumer.offset.group.filters"]
    assert '"principal":"User:sa-1"' in entries["acl.filters"]
    assert '"operation":"read"' in entries["acl.filters"]
    assert entries["auto.create.mirror.topics.enable"] == "true"
    state = recorder.named(STATE)["inputs"]
    assert (state["desired"], state["budgetSeconds"], state["chunkSize"], state["rpoMessages"]) == ("PAUSED", 60, 7, 0)
    assert state["ledgerUrl"] == raw["ledger"]["url"]
    assert state["groups"] == [{"name": "g", "patternType": "PREFIXED", "filterType": "INCLUDE"}]


def test_switched_off_syncs_are_off_on_the_link() -> None:
    recorder = graph(config(**{"sync.offsets.enabled": False, "sync.acls.enabled": False}))
    (link,) = recorder.of_type("ClusterLink")
    assert link["inputs"]["config"]["consumer.offset.sync.enable"] == "false"
    assert link["inputs"]["config"]["acl.sync.enable"] == "false"


def test_a_prefixed_pair_copies_acls_over_its_second_link() -> None:
    acl = {"name": "acl-link", "filters": [{"resourceType": "transactional_id"}]}
    recorder = graph(
        config(**{"link.prefix": "dr.", "sync.acls.enabled": False, "sync.acls.filters": [], "aclLink": acl})
    )
    assert {link["inputs"]["link"] for link in recorder.of_type("ClusterLink")} == {"dr-link", "acl-link"}
    mirrors = {mirror["inputs"]["mirrorTopicName"] for mirror in recorder.of_type("KafkaMirrorTopic")}
    assert mirrors == {"dr.orders", "dr.payments"}


@pytest.mark.parametrize("protect", [True, False])
def test_a_new_environment_is_made_and_protected_as_the_settings_say(protect: bool) -> None:
    recorder = graph(new_pair(protect=protect))
    (environment,) = recorder.of_type("Environment")
    assert environment["inputs"] == {"displayName": "dr"}
    assert environment.get("protect", False) is protect
    assert {cluster["inputs"]["environment"]["id"] for cluster in recorder.of_type("KafkaCluster")} == {
        "id-dr-environment"
    }


def test_display_names_carry_the_stack_s_name() -> None:
    # Service accounts share one name space per organization: two stacks must not collide.
    names = {each["inputs"]["displayName"] for each in graph(config()).of_type("ServiceAccount")}
    assert all(name.startswith("dr-graph-") for name in names)


def test_roles_are_bound_on_both_sites() -> None:
    bindings = [
        {"role": "DeveloperRead", "resource": "topic=orders*"},
        {"role": "CloudClusterAdmin", "resource": "cluster"},
    ]
    recorder = graph(config(**{"clients.0.roleBindings": bindings}))
    patterns = [each["inputs"]["crnPattern"] for each in recorder.of_type("RoleBinding") if "shop" in each["name"]]
    assert len([each for each in patterns if each.endswith("/topic=orders*")]) == 2
    assert len([each for each in patterns if "/kafka=" not in each]) == 2


@pytest.mark.parametrize("edits", [{}, FLIP], ids=["steady", "flipped"])
def test_outputs_keep_the_contract(edits: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    raw = {**config(), **edits}
    outputs = StackOutputs.model_validate(exported(raw, monkeypatch))
    assert (outputs.version, outputs.active.site, outputs.active.epoch) == (1, raw["primary"], raw["epoch"])
    assert (outputs.link.name, outputs.link.source, outputs.link.destination) == ("dr-link", "east", "west")
    assert (outputs.mirrors.total, outputs.mirrors.states) == (1, {"ACTIVE": 1})
    assert isinstance(outputs.clients, dict)
    assert set(outputs.clients["shop"]) == {"east", "west"}
    assert outputs.clients["shop"]["west"].secret.get_secret_value().startswith(CANARY)
    assert outputs.card is not None
    steady = not edits
    assert (outputs.card.mirroring, outputs.card.link, outputs.card.epoch) == (steady, "dr-link", raw["epoch"])
    assert {outputs.card.primary.site, outputs.card.standby.site} == {"east", "west"}
    assert outputs.card.primary.site == raw["primary"]
    assert outputs.card.links.keys() == {"dr-link"}
    assert CANARY not in outputs.card.model_dump_json()


def test_outputs_can_be_read_without_their_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = {**exported(config(), monkeypatch), "clients": "[secret]"}
    assert StackOutputs.model_validate(shown).clients == "[secret]"


def test_client_credentials_are_exported_as_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    exports: dict[str, Any] = {}
    secret: list[bool] = []
    monkeypatch.setattr(pulumi, "export", exports.__setitem__)

    def run() -> None:
        deploy(make_plan(parse(config())))
        future = exports["clients"].is_secret()
        pulumi.Output.from_input(future).apply(secret.append)

    record(run)
    assert secret == [True]
    assert CANARY not in repr(StackOutputs.model_validate(exported(config(), monkeypatch)))


def test_warnings_reach_the_preview(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", said.append)
    graph(config(onboarding={"mode": "auto-create", "filters": [{"name": "*"}]}))
    assert len(said) == 1


def test_enums_of_settings_and_components_have_the_same_members() -> None:
    from first.stacks import sections, sites  # noqa: PLC0415 - only this test compares them
    from stacks import fields  # noqa: PLC0415

    pairs = [
        (fields.PatternType, components.PatternType),
        (fields.FilterType, components.FilterType),
        (fields.AclResource, components.AclResourceType),
        (fields.AclPattern, components.AclPatternType),
        (fields.AclPermission, components.AclPermission),
        (sections.LinkMode, components.LinkMode),
        (sites.Kind, components.ClusterKind),
        (sites.Availability, components.Availability),
    ]
    assert [ours for ours, theirs in pairs if set(ours.__members__) != set(theirs.__members__)] == []
