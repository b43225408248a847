"""A world as one document: ``POST /_emulator/world`` and ``python -m emulator --seed``.

Idempotent by id: what exists stays as it is. Records are the exception, they are written each time.
"""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from emulator.call import CONTROL_PREFIX
from emulator.cloud.bodies import read_body
from emulator.cloud.records import CLOUD_RESOURCE, Cluster, ClusterKind, Environment, RoleBinding, ServiceAccount
from emulator.cloud.store import CloudStore
from emulator.control.data import AclDoc, GroupDoc, RecordsDoc, TopicDoc, seed_data
from emulator.control.state import apply_settings
from emulator.errors import CloudError
from emulator.world import World


class _Doc(BaseModel):
    model_config = ConfigDict(extra="forbid")


class EnvironmentDoc(_Doc):
    """An environment; ``stream_governance`` is a package name."""

    id: str
    display_name: str = ""
    stream_governance: str | None = None


class ServiceAccountDoc(_Doc):
    """A service account."""

    id: str
    display_name: str = ""
    description: str = ""


class ClusterDoc(_Doc):
    """A provisioned cluster; its environment is made when it does not exist."""

    id: str
    environment: str
    kind: ClusterKind = "Dedicated"
    cloud: str = "AWS"
    region: str = "eu-west-1"
    display_name: str = ""
    availability: str = "MULTI_ZONE"
    cku: Annotated[int, Field(ge=1)] | None = None


class ApiKeyDoc(_Doc):
    """A key that works at once; ``resource`` is ``lkc-…``, ``lsrc-…`` or ``cloud``."""

    key: str
    secret: Annotated[str, Field(min_length=1)]
    owner: str
    resource: str = CLOUD_RESOURCE


class RoleBindingDoc(_Doc):
    """A role of ``sa-…`` (with or without ``User:``) on a CRN pattern, or on a whole cluster named by its id."""

    principal: str
    role_name: str
    crn_pattern: str | None = None
    cluster: str | None = None

    @model_validator(mode="after")
    def _one_scope(self) -> "RoleBindingDoc":
        if (self.crn_pattern is None) == (self.cluster is None):
            raise ValueError("give crn_pattern or cluster")
        return self


class WorldDoc(_Doc):
    """The whole document; every part is optional."""

    settings: dict[str, Any] = {}
    environments: list[EnvironmentDoc] = []
    service_accounts: list[ServiceAccountDoc] = []
    clusters: list[ClusterDoc] = []
    api_keys: list[ApiKeyDoc] = []
    role_bindings: list[RoleBindingDoc] = []
    topics: list[TopicDoc] = []
    acls: list[AclDoc] = []
    records: list[RecordsDoc] = []
    groups: list[GroupDoc] = []


def seed(world: World, document: WorldDoc) -> None:
    """Add the document to the world.

    Raises:
        CloudError: 400 for a bad switch or a role on a cluster that does not exist.
        KafkaError: 404 for data on a cluster or topic that does not exist.
    """
    store = world.cloud
    if not isinstance(store, CloudStore):
        raise TypeError("the world has no cloud store")
    apply_settings(world.settings, document.settings)
    for env in document.environments:
        _environment(store, env)
    _accounts(store, document)
    for cluster in document.clusters:
        _cluster(store, cluster)
    for key in document.api_keys:
        if key.key not in store.keys:
            store.put_key(key.key, key.secret, key.owner, key.resource, key.key, "", delay_s=0)
    for binding in document.role_bindings:
        _role_binding(store, binding)
    seed_data(world, document.topics, document.acls, document.records, document.groups)
    world.tick()


def _environment(store: CloudStore, doc: EnvironmentDoc) -> None:
    now = store.now_ms()
    env = Environment(doc.id, doc.display_name or doc.id, doc.stream_governance, now, now)
    store.environments.setdefault(doc.id, env)


def _accounts(store: CloudStore, document: WorldDoc) -> None:
    now = store.now_ms()
    named = {doc.id: doc for doc in document.service_accounts}
    owners = {key.owner for key in document.api_keys if key.owner.startswith("sa-")}
    for account_id in [*named, *sorted(owners - named.keys())]:
        doc = named.get(account_id) or ServiceAccountDoc(id=account_id)
        account = ServiceAccount(account_id, doc.display_name or account_id, doc.description, now, now)
        store.service_accounts.setdefault(account_id, account)


def _cluster(store: CloudStore, doc: ClusterDoc) -> None:
    if doc.id in store.clusters:
        return
    _environment(store, EnvironmentDoc(id=doc.environment))
    now = store.now_ms()
    cluster = Cluster(
        id=doc.id,
        environment=doc.environment,
        kind=doc.kind,
        display_name=doc.display_name or doc.id,
        availability=doc.availability,
        cloud=doc.cloud,
        region=doc.region,
        created_ms=now,
        updated_ms=now,
        cku=doc.cku or (2 if doc.kind == "Dedicated" else None),
    )
    store.add_cluster(cluster, delay_s=0)


def _role_binding(store: CloudStore, doc: RoleBindingDoc) -> None:
    if doc.cluster is not None and doc.cluster not in store.clusters:
        raise CloudError(400, "no_such_cluster", f"no such cluster: {doc.cluster}")
    scope = doc.crn_pattern or store.rbac_crn(doc.cluster or "")
    principal = doc.principal if ":" in doc.principal else f"User:{doc.principal}"
    wanted = (principal, doc.role_name, scope)
    if any((b.principal, b.role_name, b.crn_pattern) == wanted for b in store.role_bindings.values()):
        return
    now = store.now_ms()
    binding = RoleBinding(store.new_id("rb"), *wanted, now, now)
    store.role_bindings[binding.id] = binding


async def _post_world(request: Request) -> Response:
    seed(request.app.state.world, await read_body(request, WorldDoc))
    return Response(status_code=204)


routes = [Route(f"{CONTROL_PREFIX}/world", _post_world, methods=["POST"])]
