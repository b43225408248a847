"""What every component shares: its type token, how it names its children and which options it gives them."""

import hashlib
import re
from collections.abc import Sequence
from typing import Any

import pulumi

PACKAGE = "kafkadr-components"

SLUG_LENGTH = 80
"""Longest slug: a topic name may have 249 characters, and a URN should still be readable in a terminal."""

LEAVES: dict[str, Any] = {"protect": False, "retain_on_delete": True}
"""Options of what may leave the program and stays in the cloud: the engine goes by those of the update before."""

_UNREADABLE = re.compile(r"[^A-Za-z0-9._-]+")


class Component(pulumi.ComponentResource):
    """Base of the components; not exported.

    No registered output may be a secret, marked or not: the SDK writes what is registered into its debug log in clear,
    which `pulumi up --debug` shows. The attributes are a component's result without being registered.

    The caller's options go to Pulumi as they are. Only `depends_on` is also given to every child, because Pulumi
    itself does not hand it down, and the guard of a pair must come before the resources inside its components.
    """

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None, *, released: bool = False) -> None:
        """Register the component under `kafkadr-components:index:<Class>`; with `released`, its children may leave."""
        super().__init__(f"{PACKAGE}:index:{type(self).__name__}", name, None, opts)
        self._released = released
        self._handed_down = pulumi.ResourceOptions(depends_on=opts.depends_on if opts else None)

    def _child(
        self, *, depends_on: Sequence[pulumi.Resource] = (), released: bool = False, **options: Any
    ) -> pulumi.ResourceOptions:
        """Options of a child: this component as parent, its dependencies, and what `options` adds."""
        options |= LEAVES if released or self._released else {}
        own = pulumi.ResourceOptions(parent=self, depends_on=list(depends_on), **options)
        return pulumi.ResourceOptions.merge(self._handed_down, own)


def slug(text: str) -> str:
    """Name of a Kafka resource as part of a child's name: readable, and the same whatever else is declared.

    Short names of topic characters are kept as they are. What has to be changed or cut gets a hash of the whole name,
    so two topics that differ only in their last characters stay two children. The result depends on `text` alone:
    a hash given only to names that clash *now* would rename, so replace, a mirror when another topic is declared.
    """
    readable = _UNREADABLE.sub("-", text).strip("-") or "all"
    if readable == text and len(text) <= SLUG_LENGTH:
        return text
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    return f"{readable[: SLUG_LENGTH - 9]}-{digest}"
