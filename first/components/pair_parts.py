"""What each part of a pair gets: arguments in, arguments out, no resource made. The pair then only walks the list."""

from collections.abc import Mapping
from typing import Any

import pulumi

from .credentials import ClientCredentials, ClientCredentialsArgs, ClientSite
from .filters import FilterType, GroupFilter, TopicFilter, group_rows
from .keys import FIRST
from .link import DrClusterLinkArgs, LinkMode
from .link_account import LinkAccount, LinkAccountArgs
from .mirrors import MirrorTopicsArgs
from .pair_args import ActivePassivePairArgs
from .pair_links import PairLink
from .rebuild import away, bidirectional, clears, home, keeps_acls, old_site, released, root, turned
from .refs import PatternType, ResourcePattern
from .settings import DEFAULT_OFFSET_SYNC_MS, LinkSettings, link_config
from .site import KafkaSite, KafkaSiteArgs
from .storing import ClientVault

Sites = Mapping[str, KafkaSite]


def settings_of(args: ActivePassivePairArgs) -> LinkSettings:
    """The data link's settings, empty when none are given."""
    return args["link"].get("settings", {})


def site(name: str, args: ActivePassivePairArgs, which: str) -> KafkaSiteArgs:
    """One site. In a link with two halves both clusters hold a link object, else only the destination."""
    spec: KafkaSiteArgs = {**args["sites"][which]}
    spec.setdefault("manager_name", f"{args.get('display_prefix', name)}-{which}-manager")
    spec.setdefault("protect", args.get("protect", True))
    two_halves = args["link"]["mode"] is not LinkMode.DESTINATION_INITIATED
    spec["link_destination"] = two_halves or which == args["destination"] or "back" in args["link"]
    return spec


def needs_account(args: ActivePassivePairArgs) -> bool:
    """Whether the link has a key of its own: a source half reads with the manager's, as the provider takes one key."""
    return args["link"]["mode"] is not LinkMode.SOURCE_INITIATED


def link_account(name: str, args: ActivePassivePairArgs, sites: Sites) -> LinkAccountArgs:
    """The link's account on the source, with the rights that its switches need and no others."""
    source, settings = home(args), settings_of(args)
    acls = "acl_sync" in settings or "acl_link" in args
    offsets = settings.get("offset_sync")
    return {
        "cluster": sites[source].ref,
        "environment_id": args["sites"][source]["environment_id"],
        "topics": args["link"].get("reads", _mirrored(args)),
        "groups": _included(offsets["groups"]) if offsets is not None else [],
        "cluster_describe": acls or args["link"]["mode"] is LinkMode.BIDIRECTIONAL,
        "keys": args["link"].get("keys", FIRST),
        "display_name": f"{root(args['display_prefix'], args) if 'display_prefix' in args else name}-link",
        "disable_wait_for_ready": args["sites"][source].get("disable_wait_for_ready", False),
        "released": bool(released(args)),
        "protect": args.get("protect", True),
    }


def _mirrored(args: ActivePassivePairArgs) -> list[ResourcePattern]:
    declared: list[ResourcePattern] = [{"name": topic} for topic in args.get("topics", [])]
    auto = settings_of(args).get("auto_create")
    return declared + (_included(auto["topics"]) if auto is not None else [])


def _included(filters: list[GroupFilter] | list[TopicFilter]) -> list[ResourcePattern]:
    return [
        {"name": f["name"], "pattern_type": f.get("pattern_type", PatternType.LITERAL)}
        for f in filters
        if f.get("filter_type", FilterType.INCLUDE) is FilterType.INCLUDE
    ]


def data_link(args: ActivePassivePairArgs, sites: Sites, account: LinkAccount | None) -> DrClusterLinkArgs:
    """The link that carries data."""
    lost = "source" if old_site(args) == home(args) else "destination"
    return {**_link(args, sites, account, args["link"]), "released": [lost] if released(args) else []}


def acl_link(args: ActivePassivePairArgs, sites: Sites, account: LinkAccount | None) -> DrClusterLinkArgs:
    """The link that carries ACLs only."""
    spec = args["acl_link"]
    only: PairLink = {
        "name": spec["name"],
        "mode": args["link"]["mode"],
        "settings": {"acl_sync": spec["acl_sync"]},
    }
    halves = ["destination", "source"] if released(args) else []
    return {**_link(args, sites, account, only), "acl_only": True, "released": halves}


def _link(args: ActivePassivePairArgs, sites: Sites, account: LinkAccount | None, spec: PairLink) -> DrClusterLinkArgs:
    link: DrClusterLinkArgs = {
        "link_name": spec["name"],
        "mode": spec["mode"],
        "source": sites[home(args)].ref,
        "destination": sites[away(args)].ref,
        "settings": spec.get("settings", {}),
        "quarantined": quarantined(args) or turned(args),
        "protect": args.get("protect", True),
        "retain_on_delete": args.get("retain_on_delete", True),
    }
    if account is not None:
        link["source_link_credentials"] = {"key": account.key, "secret": account.secret}
    return link


def mirrors(args: ActivePassivePairArgs, sites: Sites, link_name: pulumi.Input[str]) -> MirrorTopicsArgs:
    """The declared mirrors, where they were made: when a link turns round, nothing is made anew."""
    return {
        "destination": sites[away(args)].ref,
        "link_name": link_name,
        "topics": args.get("topics", []),
        "prefix": settings_of(args).get("prefix", ""),
        # They are live topics after a flip; the update that makes another standby lets go of their records alone.
        "protect": args.get("protect", True) and not (clears(args) or released(args)),
        "retain_on_delete": args.get("retain_on_delete", True) or clears(args) or bool(released(args)),
    }


def client(name: str, args: ActivePassivePairArgs, sites: Sites, which: str) -> ClientCredentialsArgs:
    """One client application, with a key on each site and ACLs where its spec says."""
    spec = args["clients"][which]
    found: ClientCredentialsArgs = {
        "sites": {s: _client_site(args, sites, s, acls=s in spec["acl_sites"]) for s in sorted(args["sites"])},
        "topics": spec.get("topics", []),
        "groups": spec.get("groups", []),
        "roles": spec.get("roles", []),
        "keys": spec.get("keys", FIRST),
        "display_name": f"{args.get('display_prefix', name)}-{which}",
        "disable_wait_for_ready": any(s.get("disable_wait_for_ready", False) for s in args["sites"].values()),
        "protect": args.get("protect", True),
    }
    if "vault" in args:
        found["vault"] = _vault(name, args, which)
    return found


def _vault(name: str, args: ActivePassivePairArgs, which: str) -> ClientVault:
    spec = args["vault"]
    stack = f"{pulumi.get_organization()}/{pulumi.get_project()}/{pulumi.get_stack()}"
    return {
        "url": spec["url"],
        "owner": spec.get("owner", f"{stack}/{name}"),
        "client": which,
        "pointer_url": args["pointer"]["url"] if "pointer" in args else "",
        "proof_seconds": spec.get("proof_seconds", 300),
    }


def _client_site(args: ActivePassivePairArgs, sites: Sites, which: str, *, acls: bool) -> ClientSite:
    return {
        "cluster": sites[which].ref,
        "environment_id": args["sites"][which]["environment_id"],
        "rbac_crn": sites[which].rbac_crn,
        "acls": acls,
        "keep_acls": keeps_acls(args),
        "released": args["sites"][which].get("released", False),
    }


def quarantined(args: ActivePassivePairArgs) -> bool:
    """Whether the links must not sync: their source is not the primary any more."""
    return args.get("standby", "mirroring") != "mirroring"


def declared_links(args: ActivePassivePairArgs) -> dict[str, dict[str, pulumi.Input[str]]]:
    """Config entries of the pair's links, by name: what a quarantine switches off and later gives back."""
    links = {args["link"]["name"]: link_config(settings_of(args))}
    if "acl_link" in args:
        links[args["acl_link"]["name"]] = link_config({"acl_sync": args["acl_link"]["acl_sync"]})
    return links


def offset_sync_ms(args: ActivePassivePairArgs) -> int:
    """Interval of the offset sync, 0 when nothing is synced."""
    offsets = settings_of(args).get("offset_sync")
    return offsets.get("interval_ms", DEFAULT_OFFSET_SYNC_MS) if offsets and offsets.get("enabled", True) else 0


def turning(args: ActivePassivePairArgs) -> dict[str, Any]:
    """What a reversal has to wait for, and the links that turn."""
    offsets = settings_of(args).get("offset_sync")
    return {
        "groups": group_rows(offsets["groups"]) if offsets is not None else [],
        "links": declared_links(args),
        "offset_sync_ms": offset_sync_ms(args),
    }


def mirror_state(args: ActivePassivePairArgs, sites: Sites, link_name: pulumi.Input[str]) -> dict[str, Any]:
    """Keyword arguments of `MirrorState`, which acts on the destination alone."""
    destination, settings = sites[args["destination"]], settings_of(args)
    offsets, prefix = settings.get("offset_sync"), settings.get("prefix", "")
    return {
        "rest_endpoint": destination.rest_endpoint,
        "cluster_id": destination.cluster_id,
        "link_name": link_name,
        "credentials": {"key": destination.manager_key, "secret": destination.manager_secret},
        "desired": args.get("desired", "ACTIVE"),
        "topics": sorted(prefix + topic for topic in args.get("topics", [])),
        "only_declared": args.get("only_declared", False),
        "groups": group_rows(offsets["groups"]) if offsets is not None else [],
        "epoch": args["epoch"],
        "ledger_url": args.get("ledger_url", ""),
        "budget_seconds": args.get("budget_seconds", 300),
        "chunk_size": args.get("chunk_size", 500),
        "rpo_messages": args.get("rpo_messages"),
        "offset_sync_ms": offset_sync_ms(args),
        "links": declared_links(args),
        # Mirrors that are not in scope go on, and need their link's syncs.
        "quarantine": quarantined(args) and not args.get("only_declared", False),
        # The half that syncs is another one after each turn, and was in quarantine until then.
        "reopen": bidirectional(args) or "back" in args["link"],
    }


def pointer(args: ActivePassivePairArgs, sites: Sites) -> dict[str, Any]:
    """Keyword arguments of `ActivePointer`: the primary, as clients have to know it."""
    primary, spec = sites[args["primary"]], args["pointer"]
    return {
        "url": spec["url"],
        "epoch": args["epoch"],
        "site": args["primary"],
        "cluster_id": primary.cluster_id,
        "bootstrap_endpoint": primary.bootstrap_endpoint,
        "rest_endpoint": primary.rest_endpoint,
        "secrets": args["vault"]["url"] if "vault" in args else "",
        "clusters": [sites[s].cluster_id for s in sorted(sites)],
        "change": args.get("change", "none"),
        "reason": spec.get("reason", ""),
        "who": spec.get("who", ""),
    }


def rings(
    name: str, args: ActivePassivePairArgs, sites: Sites, account: LinkAccount | None
) -> dict[str, dict[str, Any]]:
    """Keyword arguments of the `KeyRing`s of link and managers, by name; those of clients are with the clients."""
    found: dict[str, dict[str, Any]] = {}
    if account is not None:
        keys = args["link"].get("keys", FIRST)
        found[f"{root(name, args)}-link-reader-ring"] = {
            "holder": f"link {args['link']['name']}",
            **keys,
            "keys": {home(args): account.key_ids},
        }
    for which, site in sorted(sites.items()):
        if "manager_credentials" not in args["sites"][which]:
            found[f"{name}-{which}-manager-ring"] = {
                "holder": f"the manager of {which}",
                **args["sites"][which].get("manager_keys", FIRST),
                "keys": {which: site.manager_key_ids},
            }
    return found


def stored(clients: Mapping[str, ClientCredentials], which: str) -> list[pulumi.Resource]:
    """Vault entries with the credentials for one site; none without a vault."""
    return [client.stored[which] for client in clients.values() if which in client.stored]
