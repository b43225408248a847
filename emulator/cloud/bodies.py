"""Request bodies of the cloud API; unknown fields (``related: ""`` of the SDKs) are ignored."""

from typing import Annotated, TypeVar

from pydantic import BaseModel, Field, ValidationError
from starlette.requests import Request

from emulator.cloud.records import ClusterKind
from emulator.errors import CloudError

Model = TypeVar("Model", bound=BaseModel)
Name = Annotated[str, Field(min_length=1, max_length=255)]
DisplayName = Annotated[str, Field(min_length=1, max_length=64)]
"""64 is in no OpenAPI file; the service says so: terraform-provider-confluent #377 and #1083 (service accounts, against
the live API), kafka-docker-playground #5177 (environments)."""


class Reference(BaseModel):
    """A reference to another object; only its id counts."""

    id: Name


class Governance(BaseModel):
    """Stream Governance package."""

    package: Annotated[str, Field(pattern="^(ESSENTIALS|ADVANCED)$")]


class EnvironmentBody(BaseModel):
    """POST /org/v2/environments."""

    display_name: DisplayName
    stream_governance_config: Governance | None = None


class EnvironmentPatch(BaseModel):
    """PATCH /org/v2/environments/{id}."""

    display_name: DisplayName | None = None
    stream_governance_config: Governance | None = None


class ClusterConfig(BaseModel):
    """``spec.config`` of a cluster: its type and size."""

    kind: ClusterKind
    cku: Annotated[int, Field(ge=1)] | None = None
    max_ecku: Annotated[int, Field(ge=1)] | None = None
    encryption_key: str | None = None
    release_priority: Annotated[str, Field(pattern="^(REGULAR|PRIORITY)$")] | None = None


class ClusterSpec(BaseModel):
    """``spec`` of POST /cmk/v2/clusters."""

    display_name: DisplayName
    availability: Annotated[str, Field(pattern="^(SINGLE_ZONE|MULTI_ZONE|LOW|HIGH)$")]
    cloud: Annotated[str, Field(pattern="^(AWS|GCP|AZURE)$")]
    region: Name
    config: ClusterConfig
    environment: Reference
    network: Reference | None = None
    byok: Reference | None = None
    deletion_protection: bool = False


class ClusterBody(BaseModel):
    """POST /cmk/v2/clusters."""

    spec: ClusterSpec


class ClusterSpecPatch(BaseModel):
    """``spec`` of PATCH /cmk/v2/clusters/{id}; absent means unchanged."""

    environment: Reference
    display_name: DisplayName | None = None
    config: ClusterConfig | None = None
    deletion_protection: bool | None = None


class ClusterPatch(BaseModel):
    """PATCH /cmk/v2/clusters/{id}."""

    spec: ClusterSpecPatch


class ServiceAccountBody(BaseModel):
    """POST /iam/v2/service-accounts."""

    display_name: DisplayName
    description: str = ""


class ServiceAccountPatch(BaseModel):
    """PATCH /iam/v2/service-accounts/{id}."""

    display_name: DisplayName | None = None
    description: str | None = None


class ApiKeySpec(BaseModel):
    """``spec`` of POST /iam/v2/api-keys; without ``resource`` the key is a Cloud key."""

    owner: Reference
    resource: Reference | None = None
    display_name: str = ""
    description: str = ""


class ApiKeyBody(BaseModel):
    """POST /iam/v2/api-keys."""

    spec: ApiKeySpec


class ApiKeySpecPatch(BaseModel):
    """``spec`` of PATCH /iam/v2/api-keys/{id}."""

    display_name: str | None = None
    description: str | None = None


class ApiKeyPatch(BaseModel):
    """PATCH /iam/v2/api-keys/{id}."""

    spec: ApiKeySpecPatch


class RoleBindingBody(BaseModel):
    """POST /iam/v2/role-bindings; the patterns are the vendor's."""

    principal: Annotated[str, Field(pattern="^(User|Group):.+$")]
    role_name: Name
    crn_pattern: Annotated[str, Field(pattern="^crn://.+$")]


class Throughput(BaseModel):
    """Byte rates of a quota, strings on the wire."""

    ingress_byte_rate: Annotated[str, Field(pattern="^[0-9]+$")]
    egress_byte_rate: Annotated[str, Field(pattern="^[0-9]+$")]


class QuotaSpec(BaseModel):
    """``spec`` of POST /kafka-quotas/v1/client-quotas."""

    display_name: Name
    description: str = ""
    throughput: Throughput
    cluster: Reference
    environment: Reference
    principals: list[Reference]


class QuotaBody(BaseModel):
    """POST /kafka-quotas/v1/client-quotas."""

    spec: QuotaSpec


class QuotaSpecPatch(BaseModel):
    """``spec`` of PATCH /kafka-quotas/v1/client-quotas/{id}."""

    display_name: Name | None = None
    description: str | None = None
    throughput: Throughput | None = None
    principals: list[Reference] | None = None


class QuotaPatch(BaseModel):
    """PATCH /kafka-quotas/v1/client-quotas/{id}."""

    spec: QuotaSpecPatch


async def read_body(request: Request, model: type[Model]) -> Model:
    """Parse the JSON body.

    Raises:
        CloudError: 400 naming each bad field, never its value.
    """
    try:
        return model.model_validate_json(await request.body())
    except ValidationError as error:
        raise CloudError(400, "invalid_request", readable(error)) from None


def readable(error: ValidationError) -> str:
    """Path and problem of each bad field, without the values, which may be secret."""
    return "; ".join(f"{'.'.join(map(str, e['loc'])) or 'body'}: {e['msg']}" for e in error.errors())
