"""A Kafka cluster of a pair, created or adopted, with the key that manages it.

Refuses a cluster that cannot hold a cluster link where one is needed. Looks nothing up: an adopted cluster is
described by its ids, so that a failover needs no answer from the cloud API.
"""

from enum import Enum
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_confluentcloud as confluent

from ._base import Component
from .errors import refuse
from .keys import FIRST, KeyGenerations, check_generations, cluster_keys, key_ids, principal_of, service_account
from .refs import ClusterRef, Credentials


class ClusterKind(Enum):
    """Type of a Confluent Cloud Kafka cluster."""

    BASIC = "Basic"
    STANDARD = "Standard"
    ENTERPRISE = "Enterprise"
    DEDICATED = "Dedicated"
    FREIGHT = "Freight"


LINK_KINDS = frozenset({ClusterKind.DEDICATED, ClusterKind.ENTERPRISE})
"""Kinds that can hold a cluster link; the others can only be the source of a destination-initiated one (S8)."""


class Availability(Enum):
    """How many zones a cluster spans."""

    SINGLE_ZONE = "SINGLE_ZONE"
    MULTI_ZONE = "MULTI_ZONE"
    LOW = "LOW"
    HIGH = "HIGH"


class CreateCluster(TypedDict):
    """A cluster to create (S25)."""

    display_name: str
    """Name in Confluent Cloud."""
    cloud: str
    """`AWS`, `AZURE` or `GCP`."""
    region: str
    """Region of that cloud, for example `us-west-2`."""
    availability: Availability
    """Zones; cannot be changed later."""
    kind: ClusterKind
    """Cluster type; cannot be changed later, except Basic to Standard."""
    cku: NotRequired[int]
    """Size of a Dedicated cluster; needed there, not allowed elsewhere."""
    max_ecku: NotRequired[int]
    """Upper bound of an elastic cluster; not for Dedicated."""


class AdoptCluster(TypedDict):
    """A cluster that exists and stays under other management."""

    id: pulumi.Input[str]
    """Cluster id, `lkc-...`."""
    rest_endpoint: pulumi.Input[str]
    """Kafka REST endpoint."""
    bootstrap_endpoint: pulumi.Input[str]
    """Bootstrap endpoint."""
    rbac_crn: NotRequired[pulumi.Input[str]]
    """Resource name for role bindings, `crn://...`; needed unless `manager_credentials` are given."""
    kind: NotRequired[ClusterKind]
    """Cluster type, if it should be checked."""


class KafkaSiteArgs(TypedDict):
    """One site: exactly one of `create` and `adopt`."""

    environment_id: pulumi.Input[str]
    """Environment of the cluster, `env-...`."""
    create: NotRequired[CreateCluster]
    """Create the cluster."""
    adopt: NotRequired[AdoptCluster]
    """Use a cluster that exists."""
    manager_credentials: NotRequired[Credentials]
    """Key with CloudClusterAdmin rights on the cluster. Without it, account, role binding and key are created."""
    manager_keys: NotRequired[KeyGenerations]
    """Generations of the manager's key; default the first one. Rotate through a `KeyRing` that depends on its users."""
    manager_name: NotRequired[str]
    """Display name of the manager account; unique in the organization. Default: `<name>-manager`."""
    link_destination: NotRequired[bool]
    """The cluster has to hold a cluster link; default false."""
    disable_wait_for_ready: NotRequired[bool]
    """Do not probe new keys and role bindings, for clusters that cannot be reached from here; default false."""
    protect: NotRequired[bool]
    """Refuse to delete cluster, account, role binding and key; default true."""
    released: NotRequired[bool]
    """The site is lost and may leave the program: no lock, and all of it stays in the cloud; default false."""


class KafkaSite(Component):
    """A Kafka cluster and its manager key.

    The manager key is what Pulumi's Kafka REST resources on this cluster use. It depends on its role binding, so
    whatever uses the key also waits for the rights.
    """

    cluster_id: pulumi.Output[str]
    """Cluster id, `lkc-...`."""
    rest_endpoint: pulumi.Output[str]
    """Kafka REST endpoint."""
    bootstrap_endpoint: pulumi.Output[str]
    """Bootstrap endpoint."""
    rbac_crn: pulumi.Output[str]
    """Resource name for role bindings; empty when an adopted cluster was given without it."""
    manager_key: pulumi.Output[str]
    """Id of the manager's current API key."""
    manager_secret: pulumi.Output[str]
    """Secret of the manager's current API key, as a Pulumi secret."""
    manager_key_ids: pulumi.Output[dict[str, str]]
    """Ids of the manager's live keys by generation; empty when the manager was given."""

    def __init__(self, name: str, args: KafkaSiteArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create or adopt the cluster, then its manager unless one is given.

        Raises:
            ComponentError: The arguments contradict each other, or the cluster cannot hold a link.
        """
        super().__init__(name, opts, released=args.get("released", False))
        check_site(name, args)
        self._adopt(args["adopt"]) if "adopt" in args else self._create(name, args)
        self.manager_key_ids = pulumi.Output.from_input({})
        credentials = args.get("manager_credentials") or self._manager(name, args)
        self.manager_key = pulumi.Output.from_input(credentials["key"])
        self.manager_secret = pulumi.Output.secret(credentials["secret"])
        self.register_outputs(
            {
                "clusterId": self.cluster_id,
                "restEndpoint": self.rest_endpoint,
                "bootstrapEndpoint": self.bootstrap_endpoint,
                "rbacCrn": self.rbac_crn,
                "managerKey": self.manager_key,
                "managerKeyIds": self.manager_key_ids,
            }
        )

    @property
    def ref(self) -> ClusterRef:
        """The cluster with its manager key, as the other components take it."""
        return {
            "id": self.cluster_id,
            "rest_endpoint": self.rest_endpoint,
            "bootstrap_endpoint": self.bootstrap_endpoint,
            "credentials": {"key": self.manager_key, "secret": self.manager_secret},
        }

    def _adopt(self, adopt: AdoptCluster) -> None:
        self.cluster_id = pulumi.Output.from_input(adopt["id"])
        self.rest_endpoint = pulumi.Output.from_input(adopt["rest_endpoint"])
        self.bootstrap_endpoint = pulumi.Output.from_input(adopt["bootstrap_endpoint"])
        self.rbac_crn = pulumi.Output.from_input(adopt.get("rbac_crn", ""))

    def _create(self, name: str, args: KafkaSiteArgs) -> None:
        spec = args["create"]
        cluster = confluent.KafkaCluster(
            f"{name}-cluster",
            display_name=spec["display_name"],
            cloud=spec["cloud"],
            region=spec["region"],
            availability=spec["availability"].value,
            environment={"id": args["environment_id"]},
            **_kind_block(spec),
            opts=self._child(protect=args.get("protect", True)),
        )
        self.cluster_id = cluster.id
        self.rest_endpoint = cluster.rest_endpoint
        self.bootstrap_endpoint = cluster.bootstrap_endpoint
        self.rbac_crn = cluster.rbac_crn

    def _manager(self, name: str, args: KafkaSiteArgs) -> Credentials:
        protect, no_wait = args.get("protect", True), args.get("disable_wait_for_ready", False)
        display_name = args.get("manager_name", f"{name}-manager")
        account = service_account(
            f"{name}-manager", display_name, "Manages one Kafka cluster for kafka-dr", self._child(protect=protect)
        )
        binding = confluent.RoleBinding(
            f"{name}-manager-role",
            principal=principal_of(account),
            role_name="CloudClusterAdmin",
            crn_pattern=self.rbac_crn,
            disable_wait_for_ready=no_wait,
            opts=self._child(protect=protect),
        )
        generations = args.get("manager_keys", FIRST)
        keys = cluster_keys(
            f"{name}-manager-key",
            display_name,
            account,
            self.cluster_id,
            args["environment_id"],
            generations,
            no_wait=no_wait,
            protect=protect,
            child=self._child,
            depends_on=[binding],
        )
        self.manager_key_ids = key_ids(keys)
        current = keys[generations["current"]]
        return {"key": current.id, "secret": current.secret}


def check_site(name: str, args: KafkaSiteArgs) -> None:
    """Refuse a site that contradicts itself.

    Raises:
        ComponentError: The first rule that is broken.
    """
    check_generations(f"Site {name}", args.get("manager_keys", FIRST))
    both = ("create" in args) == ("adopt" in args)
    refuse(both, f"Site {name} needs exactly one of create and adopt", "Give one of them")
    spec, adopt = args.get("create"), args.get("adopt")
    kinds = {given["kind"] for given in (spec, adopt) if given is not None and "kind" in given}
    for kind in kinds - LINK_KINDS:
        refuse(
            args.get("link_destination", False),
            f"Site {name} has to hold a cluster link, but its kind is {kind.value}",
            "Use a Dedicated or an Enterprise cluster",
        )
    refuse(
        adopt is not None and "rbac_crn" not in adopt and "manager_credentials" not in args,
        f"Site {name} adopts a cluster without rbac_crn and without manager_credentials",
        "Give adopt.rbac_crn, so that a manager can be created, or manager_credentials of one that exists",
    )
    if spec is not None:
        _check_size(name, spec)


def _check_size(name: str, spec: CreateCluster) -> None:
    dedicated = spec["kind"] is ClusterKind.DEDICATED
    refuse(dedicated and "cku" not in spec, f"Dedicated cluster of site {name} has no cku", "Give create.cku")
    refuse(
        not dedicated and "cku" in spec,
        f"{spec['kind'].value} cluster of site {name} has a cku",
        "Only Dedicated clusters have one; use max_ecku",
    )
    refuse(dedicated and "max_ecku" in spec, f"Dedicated cluster of site {name} has a max_ecku", "Give cku instead")


def _kind_block(spec: CreateCluster) -> dict[str, Any]:
    # The Pulumi schema has objects for three kinds and lists for the other two.
    elastic = {"max_ecku": spec["max_ecku"]} if "max_ecku" in spec else {}
    blocks: dict[ClusterKind, dict[str, Any]] = {
        ClusterKind.BASIC: {"basic": elastic},
        ClusterKind.STANDARD: {"standard": elastic},
        ClusterKind.ENTERPRISE: {"enterprises": [elastic]},
        ClusterKind.DEDICATED: {"dedicated": {"cku": spec.get("cku")}},
        ClusterKind.FREIGHT: {"freights": [elastic]},
    }
    return blocks[spec["kind"]]
