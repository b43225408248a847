"""Sections about clients finding their way: the vault with their credentials, and the pointer to the active site."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from kafkadr.errors import DrError
from kafkadr.pointer import open_pointer
from kafkadr.vault import open_vault
from stacks.fields import Model, refused


def _checked(open_: Callable[[str], object], what: str) -> Callable[[str], str]:
    def check(url: str) -> str:
        try:
            open_(url)
        except DrError as error:
            raise refused(f"is not a place for {what}", f"{error.remedy}; file:./path is beside Pulumi.yaml.") from None
        return url

    return check


class Keys(Model):
    """Generations of a key. Rotation is three edits: add the next to `live`, make it `current`, drop the old one."""

    live: tuple[Annotated[int, Field(ge=1)], ...] = Field(
        (1,), min_length=1, max_length=2, description="Generations that exist: one, or two during a rotation."
    )
    current: int = Field(1, ge=1, description="The one in use: in the vault, on the link.")

    @model_validator(mode="after")
    def _one_in_use(self) -> Self:
        if len(set(self.live)) < len(self.live):
            raise refused("names a generation twice", "Name each live generation once.")
        if self.current not in self.live:
            raise refused(
                f"current generation {self.current} is not live",
                f"Add it to live, or set current to one of {', '.join(map(str, self.live))}.",
            )
        return self


class _AtUrl(Model):
    url: str

    def at(self, root: Path) -> Self:
        """The same with a relative file path resolved against the project's folder."""
        path = self.url.removeprefix("file:")
        if path == self.url or path.startswith("/"):
            return self
        return self.model_copy(update={"url": (root / path).resolve().as_uri()})

    @property
    def region(self) -> str:
        """The AWS region that the address names, empty for other stores: those do not tell where they are."""
        return self.url.removeprefix("aws-sm://").partition("/")[0] if self.url.startswith("aws-sm://") else ""


class Vault(_AtUrl):
    """Where the clients' pre-created credentials are stored, one entry per client and site (S34)."""

    url: Annotated[str, AfterValidator(_checked(open_vault, "secrets"))] = Field(
        description="aws-sm://region/prefix, vault+https://host/mount/prefix, file:///folder or file:./folder beside "
        "Pulumi.yaml. It has to outlive the primary's region."
    )
    proof_seconds: int = Field(
        300, ge=1, le=3600, description="Most seconds until a new key has to work; a minute or two are usual (S84)."
    )


class Pointer(_AtUrl):
    """The service-discovery entry that clients and `drctl run` follow (S10, S11, S14)."""

    url: Annotated[str, AfterValidator(_checked(open_pointer, "the pointer"))] = Field(
        description="aws-sm://region/name, vault+https://host/mount/path, consul+https://host/key, file:///path or "
        "file:./path beside Pulumi.yaml. One pair, one pointer; it has to outlive the primary's region."
    )
    reason: str = Field(
        "",
        max_length=400,
        description="Why primary changes, in your words: stands in the pointer's audit beside change.",
    )
