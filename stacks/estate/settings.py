"""Settings of the estate: sites, links, clients. No primary: it is the same before and after every failover."""

from __future__ import annotations

import re
from collections import Counter
from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import AfterValidator, Field, model_validator

from kafkadr.model.topology import LinkMode
from stacks.addresses import Keys, Vault
from stacks.fields import EVERYTHING, TOPIC_PATTERN, GroupPattern, Model, refused
from stacks.problems import Project

PROJECT: Final = Project("kafka-dr-estate")
NAME = r"^[a-z][a-z0-9-]{0,30}$"
SiteName = Annotated[str, Field(pattern=NAME)]


def _topics(name: str) -> str:
    if name != EVERYTHING and re.fullmatch(TOPIC_PATTERN, name.removesuffix("*")) is None:
        raise refused("is no topic", "Use a topic's name, the beginning of names with `*` after it, or `*` alone.")
    return name


Topics = Annotated[str, AfterValidator(_topics)]
"""A topic, the beginning of names (`orders.*`), or `*`."""


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

    cloud: Cloud = Field(description="Cloud provider.")
    region: str = Field(pattern=r"^[a-z][a-z0-9-]+$", description="Region as the cloud provider spells it.")
    kind: Kind = Field(Kind.DEDICATED, description="A site that gets mirrors must be Dedicated or Enterprise.")
    cku: int | None = Field(None, ge=1, description="Size of a Dedicated cluster; needed there, refused elsewhere.")
    max_ecku: int | None = Field(None, ge=1, description="Upper bound of an elastic cluster.")
    availability: Availability = Field(Availability.SINGLE_ZONE, description="Zones the cluster spans.")
    display_name: str | None = Field(None, max_length=64, description="Name in Confluent Cloud; default the site's.")

    @model_validator(mode="after")
    def _size(self) -> Self:
        if (self.kind is Kind.DEDICATED) != (self.cku is not None):
            raise refused(
                f"cku does not fit kind {self.kind}", "A Dedicated cluster needs 'cku', every other kind has none."
            )
        if self.kind is Kind.DEDICATED and self.max_ecku is not None:
            raise refused("maxEcku does not fit kind Dedicated", "Remove 'maxEcku'; it is sized by 'cku'.")
        if self.availability is Availability.MULTI_ZONE and self.cku == 1:
            raise refused("one CKU cannot span zones", "Give a MULTI_ZONE Dedicated cluster at least 2 CKU.")
        return self


class ExistingCluster(Model):
    """A cluster that exists already; its values are copied here, so that nothing has to be looked up."""

    id: str = Field(pattern=r"^lkc-[A-Za-z0-9]+$", description="Cluster id.")
    rest_endpoint: str = Field(pattern=r"^https?://[^@/]+(/.*)?$", description="Kafka REST endpoint.")
    bootstrap_endpoint: str = Field(
        pattern=r"^((SASL_SSL://)?[A-Za-z0-9.-]+|SASL_PLAINTEXT://(127\.0\.0\.1|localhost)):[0-9]{2,5}$",
        description="Bootstrap servers, [SASL_SSL://]host:port.",
    )


class Site(Model):
    """A Kafka cluster in a region: exactly one of `create` and `existing`."""

    environment: str | None = Field(
        None, pattern=r"^env-[A-Za-z0-9]+$", description="Its Confluent environment; default that of the estate."
    )
    create: CreateCluster | None = Field(None, description="Make the cluster.")
    existing: ExistingCluster | None = Field(None, description="Use a cluster that exists.")
    manager_keys: Keys = Field(Keys(), description="Generations of the key with which Pulumi manages the cluster.")
    switch_keys: Keys = Field(Keys(), description="Generations of the key that the switch uses there.")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.create is None) == (self.existing is None):
            raise refused(
                "needs exactly one of 'create' and 'existing'",
                "'create' lets this stack make it, 'existing' takes one that is there and never changes it.",
            )
        return self


class Link(Model):
    """A cluster link. `from` and `to` are fixed when it is made."""

    from_: SiteName = Field(alias="from", description="Site that has the data when the link is made.")
    to: SiteName = Field(description="Site that gets the mirrors when the link is made.")
    mode: LinkMode = Field(
        LinkMode.DESTINATION_INITIATED, description="Who opens the connection, and whether it turns."
    )
    prefix: str | None = Field(
        None, pattern=r"^[A-Za-z0-9._-]{1,12}$", description="Put before the name of every mirror; fixed at birth."
    )
    reads: tuple[Topics, ...] = Field(("*",), description="Topics its account may read; `orders.*` is a prefix.")
    acls_only: bool = Field(
        False, description="It mirrors no topic and copies ACLs alone, beside a link with a prefix."
    )
    keys: Keys = Field(Keys(), description="Generations of its key.")


class Role(Model):
    """A role binding of a client, made on every site."""

    role: str = Field(min_length=1, description="Role, for example DeveloperRead.")
    resource: str = Field("", description="Part of the cluster, `topic=orders.*`; left out, the whole cluster.")


class Client(Model):
    """An application, with a key on every site."""

    produce: tuple[Topics, ...] = Field((), description="Topics that it writes; `orders.*` is a prefix.")
    consume: tuple[Topics, ...] = Field((), description="Topics that it reads.")
    groups: tuple[GroupPattern, ...] = Field((), description="Its consumer groups.")
    roles: tuple[Role, ...] = Field((), description="Its role bindings; no link copies them.")
    keys: Keys = Field(Keys(), description="Generations of its keys.")


class Settings(Model):
    """The whole config of an estate."""

    environment_name: str = Field(alias="name", pattern=NAME, description="Name of the environment, fixed at birth.")
    organization: str = Field(pattern=r"^[0-9a-f-]{36}$", description="Id of the Confluent organization.")
    environment: str = Field(pattern=r"^env-[A-Za-z0-9]+$", description="Confluent environment of the sites.")
    sites: dict[SiteName, Site] = Field(min_length=1, description="Sites by name.")
    links: dict[Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")], Link] = Field(
        {}, description="Links by name; with three sites, one between each two."
    )
    clients: dict[Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,40}$")], Client] = Field(
        {}, description="Applications by name."
    )
    vault: Vault | None = Field(None, description="Where the clients' keys are stored.")
    wait_for_ready: bool = Field(True, description="Probe new keys and role bindings.")
    protect: bool = Field(True, description="Refuse to delete what cannot be had again.")

    @model_validator(mode="after")
    def _ends_exist(self) -> Self:
        for name, link in self.links.items():
            for end in (link.from_, link.to):
                if end not in self.sites:
                    raise refused(
                        f"links.{name} ends at {end}, which is no site", f"Use one of {', '.join(self.sites)}."
                    )
            if link.from_ == link.to:
                raise refused(f"links.{name} ends where it begins", "Give it two sites.")
        return self

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        accounts = [f"{site}-{task}" for site in self.sites for task in ("manager", "switch")]
        accounts += [f"{link}-link" for link in self.links] + list(self.clients)
        for what, names in (
            ("service accounts", accounts),
            ("keys", [f"{client}-{site}" for client in self.clients for site in self.sites]),
        ):
            twice = [name for name, count in Counter(names).items() if count > 1]
            if twice:
                raise refused(f"two {what} would be named {twice[0]!r}", "Give one of the clients another name.")
        return self
