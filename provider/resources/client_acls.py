"""`ClientAcls`: the ACLs of one client on one cluster, as a set. Deletes only what it declared before."""

from __future__ import annotations

import time
from enum import StrEnum
from typing import Any, ClassVar

from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.provider.experimental.provider import PropertyDiffKind
from pydantic import Field, field_validator

from kafkadr.acls import keeping
from kafkadr.acls.keeping import Found
from kafkadr.errors import UnreachableError
from kafkadr.wire import Acl
from provider.recorded import require_recorded
from provider.resource import Difference, Inputs, Log, Resource, Reviewed, read_inputs
from provider.resources.sites import ClusterInputs
from provider.values import NOT_KNOWN_YET, Properties, changed, wrap

LOOK_SECONDS = 10.0
SILENT_SECONDS = 60.0
"""How long a cluster that did not answer is not asked again by previews: the engine compares one resource at a time."""
_SILENT: dict[str, tuple[float, str]] = {}


class ResourceType(StrEnum):
    """What an ACL is about."""

    TOPIC = "TOPIC"
    GROUP = "GROUP"
    CLUSTER = "CLUSTER"
    TRANSACTIONAL_ID = "TRANSACTIONAL_ID"
    DELEGATION_TOKEN = "DELEGATION_TOKEN"  # noqa: S105 - a kind of Kafka resource


class AclPattern(StrEnum):
    """How its name is meant."""

    LITERAL = "LITERAL"
    PREFIXED = "PREFIXED"


class Operation(StrEnum):
    """What is done."""

    ALL = "ALL"
    READ = "READ"
    WRITE = "WRITE"
    CREATE = "CREATE"
    DELETE = "DELETE"
    ALTER = "ALTER"
    DESCRIBE = "DESCRIBE"
    CLUSTER_ACTION = "CLUSTER_ACTION"
    DESCRIBE_CONFIGS = "DESCRIBE_CONFIGS"
    ALTER_CONFIGS = "ALTER_CONFIGS"
    IDEMPOTENT_WRITE = "IDEMPOTENT_WRITE"


class Permission(StrEnum):
    """Whether it may be done."""

    ALLOW = "ALLOW"
    DENY = "DENY"


class AclInputs(Inputs):
    """One ACL."""

    resource_type: ResourceType = Field(description=f"{', '.join(ResourceType)}.")
    resource_name: str = Field(min_length=1, description="Name, prefix or `*`; `kafka-cluster` for CLUSTER.")
    pattern_type: AclPattern = Field(default=AclPattern.LITERAL, description="LITERAL or PREFIXED.")
    principal: str = Field(pattern=r"^User(V2)?:.+$", description="Whose, `User:sa-...`.")
    host: str = Field(default="*", min_length=1, description="From where; `*` for anywhere.")
    operation: Operation = Field(description=f"{', '.join(Operation)}.")
    permission: Permission = Field(default=Permission.ALLOW, description="ALLOW or DENY.")

    def acl(self) -> Acl:
        """As the service has it."""
        return Acl.model_validate({name: str(value) for name, value in self.model_dump().items()})


class ClientAclsInputs(Inputs):
    """Inputs of `ClientAcls`."""

    site: ClusterInputs = Field(description="The cluster; a key of it that may alter ACLs.")
    acls: list[AclInputs] = Field(description="The ACLs, each once.")
    budget_seconds: int = Field(default=120, ge=5, le=3600, strict=True, description="Bound of an update, s.")

    @field_validator("acls")
    @classmethod
    def _each_once(cls, acls: list[AclInputs]) -> list[AclInputs]:
        declared = [entry.acl() for entry in acls]
        twice = [str(acl) for acl in declared if declared.count(acl) > 1]
        if twice:
            raise ValueError(f"declared twice: {twice[0]}")
        return acls

    def declared(self) -> list[Acl]:
        """The ACLs as the service has them."""
        return [entry.acl() for entry in self.acls]


class ClientAclsResource(Resource):
    """See `provider.resource.Resource`."""

    token: ClassVar[str] = "kafkadr:index:ClientAcls"  # noqa: S105 - a type token
    inputs: ClassVar[type[Inputs]] = ClientAclsInputs
    description: ClassVar[str] = "The ACLs of one client on one cluster; never deletes one that it did not declare."
    outputs: ClassVar[dict[str, dict[str, Any]]] = {"count": {"type": "integer", "description": "ACLs in the set."}}

    async def review(self, old: Properties, new: Properties, log: Log) -> Reviewed:
        """Record the ACLs in one order, so that the order in a program is no difference."""
        del old, log
        asked = read_inputs(ClientAclsInputs, new)
        if asked.model is None:
            return Reviewed(new, asked.failures)
        ordered = sorted((entry.model_dump(by_alias=True) for entry in asked.model.acls), key=lambda e: [*e.values()])
        return Reviewed({**new, "acls": wrap([{k: str(v) for k, v in entry.items()} for entry in ordered])})

    async def compare(self, old: Properties, state: Properties, new: Properties, log: Log) -> Difference:
        """Entries that come and leave, and what is different on the cluster today."""
        del state
        asked, before = (read_inputs(ClientAclsInputs, properties).model for properties in (new, old))
        if asked is None or before is None:
            return Difference(changed(old, new, self.inputs.names()))
        replaces = ["site"] if asked.site.cluster_id != before.site.cluster_id else []
        detail = _detail(before.declared(), asked.declared())
        other = changed(old, new, {"site"})
        detail |= dict.fromkeys(other, PropertyDiffKind.UPDATE_REPLACE if replaces else PropertyDiffKind.UPDATE)
        if not replaces:
            detail = await self._drift(asked, log) | detail
        return Difference(sorted(detail), replaces, detail)

    async def create(self, new: Properties, log: Log, *, preview: bool) -> tuple[str, dict[str, PropertyValue]]:
        """Find what is there, make what is missing."""
        asked = read_inputs(ClientAclsInputs, new).model
        if asked is None:
            return "", dict.fromkeys(self.outputs, NOT_KNOWN_YET)
        return asked.site.cluster_id, await self._apply(asked, [], log, preview=preview)

    async def update(self, state: Properties, new: Properties, log: Log, *, preview: bool) -> dict[str, PropertyValue]:
        """The same, and delete what was declared and is not any more."""
        asked = read_inputs(ClientAclsInputs, new).model
        if asked is None:
            return dict.fromkeys(self.outputs, NOT_KNOWN_YET)
        before = require_recorded(ClientAclsInputs, state, self.outputs)
        return await self._apply(asked, before.declared(), log, preview=preview)

    async def read(self, state: Properties, inputs: Properties) -> dict[str, PropertyValue] | None:
        """What differs on the cluster is seen by each preview; a refresh records nothing of it."""
        del inputs
        return {name: state[name] for name in self.outputs if name in state}

    async def delete(self, state: Properties, log: Log) -> None:
        """Delete what is declared, and nothing else."""
        before = require_recorded(ClientAclsInputs, state, self.outputs)
        await self._put_right(before, [], before.declared(), log)

    async def _apply(
        self, asked: ClientAclsInputs, before: list[Acl], log: Log, *, preview: bool
    ) -> dict[str, PropertyValue]:
        if preview:
            await self._forecast(asked, before, log)
        else:
            await self._put_right(asked, asked.declared(), before, log)
        return {"count": wrap(len(asked.acls))}

    @staticmethod
    async def _put_right(asked: ClientAclsInputs, declared: list[Acl], before: list[Acl], log: Log) -> None:
        site = asked.site
        try:
            async with site.client(float(asked.budget_seconds)) as rest:
                found, done = await keeping.put_right(rest, declared, before)
        except UnreachableError as error:
            raise UnreachableError(
                f"the ACLs on {site.cluster_id} are not as declared, for it does not answer: {error.problem}",
                "Run the same command again when it does. If the cluster is gone for good, take this resource out of"
                " the state: `pulumi state delete <its URN>`",
            ) from None
        for line in found.warnings:
            log.warning(line)
        if done.made or done.deleted:
            say = f"{len(done.made)} ACLs made and {len(done.deleted)} deleted on {site.cluster_id}"
            log.info(say)

    @staticmethod
    async def _forecast(asked: ClientAclsInputs, before: list[Acl], log: Log) -> None:
        if (found := await _look(asked, before, log)) is not None:
            missing, leaving = len(found.missing), len(found.leaving)
            say = f"{missing} ACLs to be made and {leaving} to be deleted on {asked.site.cluster_id}"
            log.info(say)

    @staticmethod
    async def _drift(asked: ClientAclsInputs, log: Log) -> dict[str, PropertyDiffKind]:
        """Declared ACLs that somebody deleted."""
        if (found := await _look(asked, [], log)) is None:
            return {}
        for line in found.warnings:
            log.warning(line)
        declared = asked.declared()
        return {f"acls[{declared.index(acl)}]": PropertyDiffKind.ADD for acl in found.missing}


async def _look(asked: ClientAclsInputs, before: list[Acl], log: Log) -> Found | None:
    """What differs, for a preview; a cluster that does not answer is a warning and no change."""
    site = asked.site
    since, why = _SILENT.get(site.rest_endpoint, (-SILENT_SECONDS, ""))
    if time.monotonic() - since >= SILENT_SECONDS:
        try:
            async with site.client(LOOK_SECONDS) as rest:
                return await keeping.look(rest, asked.declared(), before)
        except UnreachableError as error:
            why = error.problem
            _SILENT[site.rest_endpoint] = (time.monotonic(), why)
    say = f"the ACLs on {site.cluster_id} cannot be looked at: {why}"
    log.warning(say)
    return None


def _detail(before: list[Acl], after: list[Acl]) -> dict[str, PropertyDiffKind]:
    """One entry for each ACL that comes or leaves; where one takes the place of another, an update."""
    gone, come = set(before) - set(after), set(after) - set(before)
    found = {f"acls[{i}]": PropertyDiffKind.DELETE for i, acl in enumerate(before) if acl in gone}
    for i, acl in enumerate(after):
        if acl in come:
            path = f"acls[{i}]"
            found[path] = PropertyDiffKind.UPDATE if path in found else PropertyDiffKind.ADD
    return found
