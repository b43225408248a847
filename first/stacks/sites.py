"""Where the pair lives: the environment, and two sites with a cluster each, made by this stack or adopted."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from stacks.addresses import Keys
from stacks.fields import Model, refused

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_ONE_OF = ConfigDict(json_schema_extra={"oneOf": [{"required": ["create"]}, {"required": ["adopt"]}]})


def _exactly_one(model: Any) -> Any:
    if (model.create is None) == (model.adopt is None):
        raise refused(
            "needs exactly one of 'create' and 'adopt'",
            "'create' lets this stack make it, 'adopt' takes one that exists already and never changes it.",
        )
    return model


class CreateEnvironment(Model):
    """An environment that this stack makes."""

    display_name: str = Field(min_length=1, max_length=64, description="Name shown in Confluent Cloud.")


class Environment(Model):
    """The Confluent environment of both clusters."""

    model_config = _ONE_OF

    adopt: str | None = Field(None, pattern=r"^env-[A-Za-z0-9]+$", description="Id of an existing environment.")
    create: CreateEnvironment | None = Field(None, description="Make a new environment.")

    _one = model_validator(mode="after")(_exactly_one)


class Cloud(StrEnum):
    """Cloud providers."""

    AWS = "AWS"
    AZURE = "AZURE"
    GCP = "GCP"


class Kind(StrEnum):
    """Kinds of cluster."""

    BASIC = "Basic"
    STANDARD = "Standard"
    ENTERPRISE = "Enterprise"
    DEDICATED = "Dedicated"
    FREIGHT = "Freight"


class Availability(StrEnum):
    """Availability as the cloud API spells it."""

    SINGLE_ZONE = "SINGLE_ZONE"
    MULTI_ZONE = "MULTI_ZONE"
    LOW = "LOW"
    HIGH = "HIGH"


class CreateCluster(Model):
    """A cluster that this stack makes."""

    kind: Kind = Field(Kind.DEDICATED, description="A link's destination must be Dedicated or Enterprise.")
    cku: int | None = Field(
        None, ge=1, description="Size of a Dedicated cluster in CKU; needed there, refused elsewhere."
    )
    max_ecku: int | None = Field(None, ge=1, description="Upper bound of an elastic cluster in eCKU.")
    availability: Availability = Field(Availability.SINGLE_ZONE, description="Zones the cluster spans.")
    display_name: str = Field(min_length=1, max_length=64, description="Name shown in Confluent Cloud.")

    @model_validator(mode="after")
    def _size(self) -> CreateCluster:
        if (self.kind is Kind.DEDICATED) != (self.cku is not None):
            raise refused(
                f"cku does not fit kind {self.kind}", "A Dedicated cluster needs 'cku', every other kind has none."
            )
        if self.kind is Kind.DEDICATED and self.max_ecku is not None:
            raise refused(
                "maxEcku does not fit kind Dedicated", "Remove 'maxEcku'; a Dedicated cluster is sized by 'cku'."
            )
        if self.kind is Kind.DEDICATED and self.availability is Availability.MULTI_ZONE and self.cku == 1:
            raise refused("one CKU cannot span zones", "Give a MULTI_ZONE Dedicated cluster at least 2 CKU.")
        return self


def _rest(url: str) -> str:
    parts = urlsplit(url)
    clear = parts.scheme == "http" and parts.hostname in _LOOPBACK
    if not parts.hostname or parts.username or not (clear or parts.scheme == "https"):
        raise refused(
            "is not a Kafka REST endpoint",
            "Give https://host[:port] without credentials; plain http is for 127.0.0.1 alone, keys travel on it.",
        )
    return url.rstrip("/")


class AdoptCluster(Model):
    """A cluster that exists already; its values are copied here so that a flip looks nothing up."""

    id: str = Field(pattern=r"^lkc-[A-Za-z0-9]+$", description="Cluster id.")
    rest_endpoint: Annotated[str, AfterValidator(_rest)] = Field(
        description="Kafka REST endpoint, https://host[:port]."
    )
    bootstrap_endpoint: str = Field(
        pattern=r"^((SASL_SSL://)?[A-Za-z0-9.-]+|SASL_PLAINTEXT://(127\.0\.0\.1|localhost)):[0-9]{2,5}$",
        description="Bootstrap servers, [SASL_SSL://]host:port; without TLS on loopback only.",
    )


class Cluster(Model):
    """One of the two clusters."""

    model_config = _ONE_OF

    create: CreateCluster | None = Field(None, description="Make a new cluster.")
    adopt: AdoptCluster | None = Field(None, description="Take an existing cluster.")

    _one = model_validator(mode="after")(_exactly_one)


class Site(Model):
    """A cluster and where it is."""

    cloud: Cloud = Field(description="Cloud provider.")
    region: str = Field(pattern=r"^[a-z][a-z0-9-]+$", description="Region as the cloud provider spells it.")
    cluster: Cluster = Field(description="The cluster at this site.")
    manager_keys: Keys = Field(Keys(), description="Generations of the key with which Pulumi manages the cluster.")

    released: bool = Field(
        False,
        description="The site is lost and a new one is to take its place: what is declared of it may leave the program"
        " and stays in the cloud. Only after a flip, in an edit of its own.",
    )

    @property
    def kind(self) -> Kind | None:
        """Kind of a cluster that this stack makes; an adopted one keeps it to itself."""
        return self.cluster.create.kind if self.cluster.create else None
