"""Service accounts and cluster API keys, made the same way by every component; several generations in a rotation."""

from collections.abc import Callable
from typing import Any, TypedDict

import pulumi
import pulumi_confluentcloud as confluent

from ..errors import refuse


class KeyGenerations(TypedDict):
    """Which generations of a key exist. Rotation: add the next one, make it current, drop the old one; three edits."""

    live: list[int]
    """Generations that exist, one or two."""
    current: int
    """The one in use."""


LONGEST_NAME = 64
"""Characters of a service account's display name."""
FIRST: KeyGenerations = {"live": [1], "current": 1}
"""Generations of a key that was never rotated."""

GenerationKeys = dict[int, confluent.ApiKey]


def service_account(
    name: str, display_name: str, description: str, opts: pulumi.ResourceOptions
) -> confluent.ServiceAccount:
    """A service account with an explicit name; without one the bridge would add a random suffix.

    Raises:
        ComponentError: The name is longer than the service takes (terraform-provider-confluent#377).
    """
    refuse(
        len(display_name) > LONGEST_NAME,
        f"the service account {display_name!r} ({name}) has a name of {len(display_name)} characters",
        f"Confluent Cloud takes {LONGEST_NAME}: shorten the name of the client, the site or the stack",
    )
    return confluent.ServiceAccount(name, display_name=display_name, description=description, opts=opts)


def principal_of(account: confluent.ServiceAccount) -> pulumi.Output[str]:
    """The account as ACLs and role bindings name it."""
    return pulumi.Output.concat("User:", account.id)


def check_generations(whose: str, keys: KeyGenerations) -> None:
    """Refuse generations that cannot be.

    Raises:
        ComponentError: The current one is not live, or more than two are.
    """
    live, most = keys["live"], 2
    refuse(keys["current"] not in live, f"{whose}: current generation {keys['current']} is not live", "Add it to live")
    refuse(
        len(live) > most or len(set(live)) < len(live),
        f"{whose}: live generations are {live}",
        "Name one, or two during a rotation",
    )


def cluster_keys(
    name: str,
    display_name: str,
    account: confluent.ServiceAccount,
    cluster_id: pulumi.Input[str],
    environment_id: pulumi.Input[str],
    generations: KeyGenerations,
    *,
    no_wait: bool,
    protect: bool,
    child: Callable[..., pulumi.ResourceOptions],
    depends_on: list[Any],
) -> GenerationKeys:
    """The live generations of a key of `account` on one Kafka cluster. The first one has no number in its name.

    Only the current one is protected: the edit that makes another one current lifts the lock of the old one, so that
    the next edit, and no earlier one, can revoke it. With `no_wait` the provider does not probe the key: a wait that
    fails leaves a live key whose secret is lost (terraform-provider-confluent#483).
    """
    keys: GenerationKeys = {}
    for generation in sorted(generations["live"]):
        number = "" if generation == 1 else f"-{generation}"
        lock = protect and generation == generations["current"]
        # The wait matters at creation alone, and the provider refuses to update it.
        opts = child(protect=lock, depends_on=depends_on, ignore_changes=["disable_wait_for_ready"])
        keys[generation] = confluent.ApiKey(
            name + number,
            display_name=display_name + number,
            description="Managed by kafka-dr",
            owner={"id": account.id, "api_version": "iam/v2", "kind": "ServiceAccount"},
            managed_resource={
                "id": cluster_id,
                "api_version": "cmk/v2",
                "kind": "Cluster",
                "environment": {"id": environment_id},
            },
            disable_wait_for_ready=no_wait,
            opts=opts,
        )
    return keys


def key_ids(keys: GenerationKeys) -> pulumi.Output[dict[str, str]]:
    """Ids by generation, as `KeyRing` records them."""
    ids: dict[str, Any] = {str(generation): key.id for generation, key in keys.items()}
    return pulumi.Output.from_input(ids)
