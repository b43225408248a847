"""A site: a Kafka cluster, made or existing, with the key that manages it and the key that the switch uses there."""

from enum import Enum
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_confluentcloud as confluent

from ..base import Component
from ..errors import refuse
from ..switch.sites import Site, SiteCredentials
from .keys import FIRST, KeyGenerations, check_generations, cluster_keys, principal_of, service_account
from .link_end import LinkEnd


class ClusterKind(Enum):
    """Type of a Confluent Cloud Kafka cluster."""

    BASIC = "Basic"
    STANDARD = "Standard"
    ENTERPRISE = "Enterprise"
    DEDICATED = "Dedicated"
    FREIGHT = "Freight"


class Availability(Enum):
    """How many zones a cluster spans."""

    SINGLE_ZONE = "SINGLE_ZONE"
    MULTI_ZONE = "MULTI_ZONE"
    LOW = "LOW"
    HIGH = "HIGH"


class CreateCluster(TypedDict):
    """A cluster to create."""

    cloud: str
    """`AWS`, `AZURE` or `GCP`."""
    region: str
    """Region of that cloud, for example `us-west-2`."""
    kind: NotRequired[ClusterKind]
    """Default Dedicated; cannot be changed later, except Basic to Standard."""
    cku: NotRequired[int]
    """Size of a Dedicated cluster; needed there, not allowed elsewhere."""
    max_ecku: NotRequired[int]
    """Upper bound of an elastic cluster; not for Dedicated."""
    availability: NotRequired[Availability]
    """Zones; default one. Cannot be changed later."""
    display_name: NotRequired[str]
    """Name in Confluent Cloud; default the component's."""


class ExistingCluster(TypedDict):
    """A cluster that exists and stays under other management."""

    id: pulumi.Input[str]
    """Cluster id, `lkc-...`."""
    rest_endpoint: pulumi.Input[str]
    """Kafka REST endpoint."""
    bootstrap_endpoint: pulumi.Input[str]
    """Bootstrap endpoint."""
    organization_id: pulumi.Input[str]
    """Organization of the cluster, a UUID; role bindings name it."""


class KafkaSiteArgs(TypedDict):
    """One site: exactly one of `create` and `existing`."""

    environment_id: pulumi.Input[str]
    """Environment of the cluster, `env-...`."""
    create: NotRequired[CreateCluster]
    """Make the cluster."""
    existing: NotRequired[ExistingCluster]
    """Use a cluster that exists."""
    manager_keys: NotRequired[KeyGenerations]
    """Generations of the manager's key."""
    switch_keys: NotRequired[KeyGenerations]
    """Generations of the switch's key."""
    display_prefix: NotRequired[str]
    """Before the display names of accounts, which are unique in an organization; default the component's name."""
    wait_for_ready: NotRequired[bool]
    """Probe new keys and role bindings; default true. False for clusters that cannot be reached from here."""
    protect: NotRequired[bool]
    """Refuse to delete cluster, accounts, role bindings and keys; default true."""


class KafkaSite(Component):
    """A Kafka cluster with its manager's key and the switch's key.

    The switch's key may alter links and mirrors of this cluster and read topics and groups; it deletes no topic. Its
    rights are role bindings: a link that syncs ACLs may delete ACLs that the other side does not have, and with them
    the right to fail over.
    """

    cluster_id: pulumi.Output[str]
    """Cluster id, `lkc-...`."""
    rest_endpoint: pulumi.Output[str]
    """Kafka REST endpoint."""
    bootstrap_endpoint: pulumi.Output[str]
    """Bootstrap endpoint."""
    site: pulumi.Output[Site]
    """The site as the switch takes it, with the switch's key; a Pulumi secret."""
    end: pulumi.Output[LinkEnd]
    """The site as links and clients take it, with the manager's key; a Pulumi secret."""

    def __init__(self, name: str, args: KafkaSiteArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the cluster unless it exists, then its two accounts.

        Raises:
            ComponentError: The arguments contradict each other.
        """
        super().__init__(name, opts)
        check_site(name, args)
        self._existing(args) if "existing" in args else self._create(name, args)
        manager = self._account(name, "manager", args, [("CloudClusterAdmin", "")])
        switch = self._account(name, "switch", args, _SWITCH_ROLES)
        place: Any = {
            "cluster_id": self.cluster_id,
            "rest_endpoint": self.rest_endpoint,
            "bootstrap_endpoint": self.bootstrap_endpoint,
        }
        more = {"name": name, "environment_id": args["environment_id"], "rbac_crn": self._crn}
        self.site = pulumi.Output.secret(place | {"credentials": switch})
        self.end = pulumi.Output.secret(place | more | {"credentials": manager})
        # As the vendor's own resources on this cluster take it: `KafkaTopic(..., **site.confluent)`.
        self.confluent = {
            "kafka_cluster": {"id": self.cluster_id},
            "rest_endpoint": self.rest_endpoint,
            "credentials": pulumi.Output.secret(manager),
        }
        self.register_outputs(
            {
                "clusterId": self.cluster_id,
                "restEndpoint": self.rest_endpoint,
                "bootstrapEndpoint": self.bootstrap_endpoint,
            }
        )

    def _existing(self, args: KafkaSiteArgs) -> None:
        existing = args["existing"]
        self.cluster_id = pulumi.Output.from_input(existing["id"])
        self.rest_endpoint = pulumi.Output.from_input(existing["rest_endpoint"])
        self.bootstrap_endpoint = pulumi.Output.from_input(existing["bootstrap_endpoint"])
        self._crn = pulumi.Output.concat(
            "crn://confluent.cloud/organization=",
            existing["organization_id"],
            "/environment=",
            args["environment_id"],
            "/cloud-cluster=",
            existing["id"],
        )

    def _create(self, name: str, args: KafkaSiteArgs) -> None:
        spec = args["create"]
        cluster = confluent.KafkaCluster(
            f"{name}-cluster",
            display_name=spec.get("display_name", name),
            cloud=spec["cloud"],
            region=spec["region"],
            availability=spec.get("availability", Availability.SINGLE_ZONE).value,
            environment={"id": args["environment_id"]},
            **_kind_block(spec),
            opts=self._child(protect=args.get("protect", True)),
        )
        self.cluster_id = cluster.id
        self.rest_endpoint = cluster.rest_endpoint
        self.bootstrap_endpoint = cluster.bootstrap_endpoint
        self._crn = cluster.rbac_crn

    def _account(self, name: str, task: str, args: KafkaSiteArgs, roles: list[tuple[str, str]]) -> SiteCredentials:
        """An account with roles on this cluster, and its key, which comes after them."""
        protect, no_wait = args.get("protect", True), not args.get("wait_for_ready", True)
        display = f"{args.get('display_prefix', name)}-{task}"
        account = service_account(
            f"{name}-{task}", display, f"kafka-dr: {task} of one cluster", self._child(protect=protect)
        )
        bindings = [
            confluent.RoleBinding(
                "-".join(filter(None, (name, task, role, part.strip("/").partition("=")[0]))),
                principal=principal_of(account),
                role_name=role,
                crn_pattern=self._part(part),
                disable_wait_for_ready=no_wait,
                opts=self._child(protect=protect),
            )
            for role, part in roles
        ]
        generations: KeyGenerations = args.get("manager_keys" if task == "manager" else "switch_keys", FIRST)  # type: ignore[assignment]
        keys = cluster_keys(
            f"{name}-{task}-key",
            display,
            account,
            self.cluster_id,
            args["environment_id"],
            generations,
            no_wait=no_wait,
            protect=protect,
            child=self._child,
            depends_on=bindings,
        )
        current = keys[generations["current"]]
        return {"key": current.id, "secret": current.secret}

    def _part(self, part: str) -> pulumi.Output[str]:
        """Resource name of a part of the cluster; the cluster as the cloud knows it when empty."""
        if not part:
            return self._crn
        return pulumi.Output.concat(self._crn, "/kafka=", self.cluster_id, part.rstrip("/"))


_SWITCH_ROLES = [("DeveloperManage", "/"), ("DeveloperRead", "/topic=*"), ("DeveloperRead", "/group=*")]
"""Role, and the part of the cluster that it is for: the Kafka cluster itself, its topics, its groups."""


def check_site(name: str, args: KafkaSiteArgs) -> None:
    """Refuse a site that contradicts itself.

    Raises:
        ComponentError: The first rule that is broken.
    """
    for keys in ("manager_keys", "switch_keys"):
        check_generations(f"Site {name}", args.get(keys, FIRST))  # type: ignore[arg-type]
    both = ("create" in args) == ("existing" in args)
    refuse(both, f"Site {name} needs exactly one of create and existing", "Give one of them")
    spec = args.get("create")
    if spec is None:
        return
    dedicated = spec.get("kind", ClusterKind.DEDICATED) is ClusterKind.DEDICATED
    refuse(dedicated and "cku" not in spec, f"Dedicated cluster of site {name} has no cku", "Give create.cku")
    refuse(
        not dedicated and "cku" in spec, f"The cluster of site {name} is not Dedicated and has a cku", "Use max_ecku"
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
    return blocks[spec.get("kind", ClusterKind.DEDICATED)]
