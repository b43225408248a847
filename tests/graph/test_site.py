from typing import Any

import pulumi
import pytest

from first.components import Availability, ClusterKind, ComponentError, KafkaSite, KafkaSiteArgs

from .recorder import CANARY, Recorder, golden, is_secret, plain, record
from .samples import adopted, dedicated


def build(args: KafkaSiteArgs) -> Recorder:
    return record(lambda: KafkaSite("east", args))


def created(kind: ClusterKind, **size: int) -> KafkaSiteArgs:
    args: Any = dedicated("us-east-1")
    del args["create"]["cku"]
    args["create"] |= {"kind": kind, "availability": Availability.HIGH, **size}
    site: KafkaSiteArgs = args
    return site


def test_a_created_site_is_the_golden_graph() -> None:
    golden("site_created", build(dedicated("us-east-1")))


def test_an_adopted_site_is_the_golden_graph() -> None:
    golden("site_adopted", build(adopted("east")))


@pytest.mark.parametrize(
    ("kind", "size", "block"),
    [
        (ClusterKind.BASIC, {}, {"basic": {}}),
        (ClusterKind.STANDARD, {"max_ecku": 4}, {"standard": {"maxEcku": 4}}),
        (ClusterKind.ENTERPRISE, {"max_ecku": 4}, {"enterprises": [{"maxEcku": 4}]}),
        (ClusterKind.FREIGHT, {}, {"freights": [{}]}),
        (ClusterKind.DEDICATED, {"cku": 2}, {"dedicated": {"cku": 2}}),
    ],
)
def test_each_kind_is_the_block_that_the_provider_wants(
    kind: ClusterKind, size: dict[str, int], block: dict[str, Any]
) -> None:
    inputs = build(created(kind, **size)).named("east-cluster")["inputs"]
    kinds = ("basic", "standard", "enterprises", "freights", "dedicated")
    assert {k: inputs[k] for k in kinds if k in inputs} == block


def test_given_manager_credentials_create_nothing() -> None:
    args = adopted("east") | {"manager_credentials": {"key": "KEY", "secret": f"{CANARY}-given"}}
    del args["adopt"]["rbac_crn"]
    recorder = build(args)
    assert [r["name"] for r in recorder.graph] == ["east"]
    assert is_secret(lambda: KafkaSite("east", args).manager_secret)
    assert recorder.outputs["east"]["managerKey"] == "KEY"


def test_the_manager_key_waits_for_its_rights() -> None:
    assert "east-manager-role" in build(dedicated("us-east-1")).named("east-manager-key")["dependsOn"]


def test_outputs_describe_the_cluster() -> None:
    ref = plain(lambda: pulumi.Output.from_input(dict(KafkaSite("east", dedicated("us-east-1")).ref)))
    assert ref == {
        "id": "id-east-cluster",
        "rest_endpoint": "https://east-cluster.example:443",
        "bootstrap_endpoint": "SASL_SSL://east-cluster.example:9092",
        "credentials": {"key": "id-east-manager-key", "secret": f"{CANARY}-east-manager-key"},
    }


def test_waits_can_be_left_out() -> None:
    graph = build(dedicated("us-east-1") | {"disable_wait_for_ready": True})
    waits = [r["inputs"]["disableWaitForReady"] for r in graph.of_type("ApiKey") + graph.of_type("RoleBinding")]
    assert waits == [True, True]


def test_protect_can_be_lifted() -> None:
    assert not any(r.get("protect") for r in build(dedicated("us-east-1") | {"protect": False}).graph)


def both() -> KafkaSiteArgs:
    return adopted("east") | {"create": dedicated("us-east-1")["create"]}


def without_crn() -> KafkaSiteArgs:
    args = adopted("east")
    del args["adopt"]["rbac_crn"]
    return args


def standard_adopted() -> KafkaSiteArgs:
    args = adopted("east")
    args["adopt"]["kind"] = ClusterKind.STANDARD
    return args | {"link_destination": True}


REFUSED: dict[str, tuple[KafkaSiteArgs, str]] = {
    "neither": ({"environment_id": "env-1"}, "exactly one of create and adopt"),
    "both": (both(), "exactly one of create and adopt"),
    "no size": (created(ClusterKind.DEDICATED), "has no cku. Give create.cku"),
    "size of another kind": (created(ClusterKind.STANDARD, cku=1), "Standard cluster of site east has a cku"),
    "elastic Dedicated": (created(ClusterKind.DEDICATED, cku=1, max_ecku=2), "has a max_ecku"),
    "no way to manage": (without_crn(), "without rbac_crn and without manager_credentials"),
    "adopted Standard holds a link": (standard_adopted(), "kind is Standard"),
    **{
        f"{kind.value} holds a link": (
            created(kind) | {"link_destination": True},
            f"kind is {kind.value}. Use a Dedicated or an Enterprise cluster",
        )
        for kind in (ClusterKind.BASIC, ClusterKind.STANDARD, ClusterKind.FREIGHT)
    },
}


@pytest.mark.parametrize(("args", "problem"), REFUSED.values(), ids=REFUSED)
def test_refuses(args: KafkaSiteArgs, problem: str) -> None:
    with pytest.raises(ComponentError, match=problem):
        build(args)


@pytest.mark.parametrize("kind", [ClusterKind.DEDICATED, ClusterKind.ENTERPRISE])
def test_kinds_that_can_hold_a_link(kind: ClusterKind) -> None:
    size = {"cku": 1} if kind is ClusterKind.DEDICATED else {}
    assert build(created(kind, **size) | {"link_destination": True}).of_type("KafkaCluster")
