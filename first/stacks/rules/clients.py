"""Rules about how clients find their way: vault, pointer, keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from first.stacks.rules.register import BODY, rule
from first.stacks.sections import LinkMode
from stacks.addresses import Keys
from stacks.problems import Problem

if TYPE_CHECKING:
    from first.stacks.settings import Settings


@rule("vault", "pointer", "clients")
def _credentials_are_where_clients_look(settings: Settings) -> Iterator[Problem]:
    if settings.pointer is not None and settings.vault is None and settings.clients:
        yield Problem(
            f"{BODY}.vault",
            "is missing: the pointer would send clients to a site for which they find no credentials",
            "Add vault: {url}, or remove pointer and tell clients where to go by other means.",
        )


@rule("vault", "pointer")
def _stores_apart(settings: Settings) -> Iterator[Problem]:
    vault, pointer = settings.vault, settings.pointer
    if vault is None or pointer is None:
        return
    folder = vault.url.rstrip("/") + "/"
    if (pointer.url.rstrip("/") + "/").startswith(folder):
        yield Problem(
            f"{BODY}.pointer.url",
            "is inside the vault, where its name could be a client's",
            "Give the pointer a place beside the vault's.",
            repr(pointer.url),
        )


@rule("sites", "link", "primary", "standby")
def _keys_that_the_provider_can_replace(settings: Settings) -> Iterator[Problem]:
    mode, never = settings.link.mode, Keys()
    if settings.primary not in settings.sites:
        return
    inbound = {LinkMode.SOURCE_INITIATED: settings.destination, LinkMode.BIDIRECTIONAL: settings.link.home}.get(mode)
    if inbound in settings.sites and settings.sites[inbound].manager_keys != never:
        yield Problem(
            f"{BODY}.sites.{inbound}.managerKeys",
            f"is the key of the INBOUND half of a {mode} link, which Confluent's provider cannot replace",
            "Leave it out; change the key by hand, on the link and in the cloud.",
        )
    if mode is LinkMode.SOURCE_INITIATED and settings.link.keys != never:
        yield Problem(
            f"{BODY}.link.keys",
            "rotates the link's own key, and a source-initiated link has none",
            "Leave it out; such a link reads with the source's manager key.",
        )
