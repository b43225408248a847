"""Arguments of the active/passive pair, and the rules between them."""

from typing import NotRequired, TypedDict

import pulumi

from .credentials import RoleGrant, TopicGrant
from .errors import refuse
from .filters import FilterType
from .keys import FIRST, KeyGenerations
from .link import LinkMode
from .pair_links import PairAclLink, PairKept, PairLink
from .refs import PatternType, ResourcePattern
from .site import KafkaSiteArgs

PAIR = 2


class PairClient(TypedDict):
    """A client application, with keys on both sites."""

    acl_sites: list[str]
    """Sites on which its ACLs are created. Where ACL sync brings the client's ACLs: the source only."""
    topics: NotRequired[list[TopicGrant]]
    """Topics the client reads or writes."""
    groups: NotRequired[list[ResourcePattern]]
    """Consumer groups of the client."""
    roles: NotRequired[list[RoleGrant]]
    """Role bindings, created on both sites."""
    keys: NotRequired[KeyGenerations]
    """Generations of its keys, the same on both sites; default the first one."""


class PairVault(TypedDict):
    """Where the clients' credentials are stored, one entry per client and site (S34)."""

    url: str
    """`aws-sm://region/prefix`, `vault+https://host/mount/prefix` or `file:///folder`."""
    owner: NotRequired[str]
    """Whose entries they are. Default: organization, project, stack and the pair's name."""
    proof_seconds: NotRequired[int]
    """Most seconds for the proof that a new key works; default 300."""


class PairPointer(TypedDict):
    """The service-discovery entry of the pair (S10, S11)."""

    url: str
    """The document: `aws-sm://`, `vault+https://`, `consul+https://` or `file://`. One pair, one document."""
    reason: NotRequired[str]
    """Why the pointer moves, for its audit; `change` is in it already."""
    who: NotRequired[str]
    """Who moves it; by default what the environment tells."""


class ActivePassivePairArgs(TypedDict):
    """One pair: what it is made of, and who is primary."""

    sites: dict[str, KafkaSiteArgs]
    """The two sites by name; `link_destination` is set by the pair."""
    source: str
    """Site whose topics the link mirrors; stays the same in a failover."""
    destination: str
    """Site that has the mirrors."""
    home: NotRequired[str]
    """Site that was the source when the pair's first link was built; default `source`. Never changes, while `source`
    and `destination` follow the direction of the data."""
    primary: str
    """Site that is primary: editing this is the flip."""
    epoch: int
    """Term of the primary: one higher with each change of primary."""
    change: NotRequired[str]
    """`none`, `failover` or `promote`: how primary changed; default `none`."""
    standby: NotRequired[str]
    """`mirroring`, `retained`, `clear-armed`, `clear-fired` or `restoring`; default `mirroring`."""
    handover: NotRequired[pulumi.Input[str]]
    """Token of the demotion step, for `promote`."""
    handover_key: NotRequired[pulumi.Input[str]]
    """Key that signs handover tokens, at least 32 characters."""
    kept: NotRequired[list[PairKept]]
    """Lost sites whose links are kept."""
    acknowledged: NotRequired[list[str]]
    """Receipts of `drctl recover`, `<epoch>:<digest>`."""
    archive: NotRequired[str]
    """What a restore does with the records it cuts: `required` (default) or `waived`."""
    clear: NotRequired[list[str]]
    """Stale topics of the old primary of a one-way link, while `clear-armed` or `clear-fired`."""
    desired: NotRequired[str]
    """State the mirrors should be in: `ACTIVE`, `PAUSED`, `PROMOTED` or `FAILED_OVER`; default `ACTIVE`."""
    topics: NotRequired[list[str]]
    """Topics mirrored one by one; none with auto-create alone."""
    link: PairLink
    """The data link."""
    acl_link: NotRequired[PairAclLink]
    """An extra link for ACLs."""
    clients: NotRequired[dict[str, PairClient]]
    """Client applications by name."""
    vault: NotRequired[PairVault]
    """Where the clients' credentials are stored; `clients` is then empty, for nobody needs secrets in outputs."""
    pointer: NotRequired[PairPointer]
    """Where clients learn which site is active; moves after the mirrors, in the same update."""
    ledger_url: NotRequired[pulumi.Input[str]]
    """Where failover offsets are written, `file:///folder` or `s3://bucket/prefix`."""
    only_declared: NotRequired[bool]
    """Flip the declared topics only, and leave mirrors that the link created by itself; default false."""
    budget_seconds: NotRequired[int]
    """Upper bound for a whole flip, seconds; default 300."""
    chunk_size: NotRequired[int]
    """Most mirrors in one batch call; default 500."""
    rpo_messages: NotRequired[int]
    """Refuse a failover that would risk more messages than this; default: accept any loss."""
    display_prefix: NotRequired[str]
    """Start of the display names of service accounts, unique in the organization. Default: the component's name."""
    protect: NotRequired[bool]
    """Refuse to delete clusters, accounts, keys, links and mirrors; default true."""
    retain_on_delete: NotRequired[bool]
    """Leave links and topics in Confluent Cloud when they are removed from the program; default true."""


def check_pair(args: ActivePassivePairArgs) -> None:
    """Refuse a pair that could not fail over, or in which two owners would claim one name.

    Raises:
        ComponentError: The first rule that is broken.
    """
    _check_names(args)
    _check_desired(args)
    _check_regions(args)
    _check_owners(args)
    _check_links(args)
    _check_rotations(args)
    for client, spec in sorted(args.get("clients", {}).items()):
        unknown = sorted(set(spec["acl_sites"]) - set(args["sites"]))
        refuse(
            bool(unknown),
            f"clients.{client}.acl_sites names {', '.join(unknown)}",
            f"The sites are {_names(args)}",
        )


def _names(args: ActivePassivePairArgs) -> str:
    return " and ".join(sorted(args["sites"]))


def _check_names(args: ActivePassivePairArgs) -> None:
    refuse(len(args["sites"]) != PAIR, f"A pair has two sites, not {len(args['sites'])}", "Give two")
    roles = {"source": args["source"], "destination": args["destination"], "primary": args["primary"]}
    roles["home"] = args.get("home", args["source"])
    for role, site in roles.items():
        refuse(site not in args["sites"], f"{role} is {site!r}, which is no site", f"The sites are {_names(args)}")
    refuse(
        args["source"] == args["destination"],
        f"source and destination are both {args['source']}: a cluster cannot be linked to itself",
        "Name the other site as destination",
    )


def _check_desired(args: ActivePassivePairArgs) -> None:
    """The mirrors' state has to be the one that standby and change ask for: else a flip would end green and undone."""
    stopped = "PROMOTED" if args.get("change", "none") == "promote" else "FAILED_OVER"
    standby = args.get("standby", "mirroring")
    wanted = ["ACTIVE", "PAUSED"] if standby == "mirroring" else [stopped]
    found = args.get("desired", "ACTIVE")
    refuse(
        found not in wanted,
        f"desired is {found}, while standby is {standby} and change is {args.get('change', 'none')}",
        f"Set desired to {' or '.join(wanted)}, or put standby and change right",
    )


def _check_regions(args: ActivePassivePairArgs) -> None:
    places = [(s["create"]["cloud"], s["create"]["region"]) for s in args["sites"].values() if "create" in s]
    refuse(
        len(places) == PAIR and len(set(places)) == 1,
        f"Both sites are in {' '.join(places[0]) if places else ''}: one outage would take both (S2)",
        "Put one of them into another region or another cloud",
    )


def _check_owners(args: ActivePassivePairArgs) -> None:
    auto = args["link"].get("settings", {}).get("auto_create")
    filters = auto["topics"] if auto is not None and auto.get("enabled", True) else []
    exclude = FilterType.EXCLUDE
    for topic in args.get("topics", []):
        hits = [f.get("filter_type", FilterType.INCLUDE) for f in filters if _matches(topic, f)]
        refuse(
            bool(hits) and exclude not in hits,
            f"Topic {topic} is declared and also matches link.settings.auto_create: two owners for one mirror",
            "Take it out of topics, or exclude it from auto_create",
        )


def _matches(topic: str, pattern: ResourcePattern) -> bool:
    name = pattern["name"]
    if pattern.get("pattern_type", PatternType.LITERAL) is PatternType.PREFIXED:
        return topic.startswith(name)
    return name in ("*", topic)


def _check_links(args: ActivePassivePairArgs) -> None:
    if "acl_link" not in args:
        return
    refuse(
        args["acl_link"]["name"] == args["link"]["name"],
        f"link and acl_link are both named {args['link']['name']}",
        "Give the ACL link a name of its own",
    )
    refuse(
        "acl_sync" in args["link"].get("settings", {}),
        "link.settings.acl_sync and acl_link would both write the destination's ACLs",
        "Keep one of them",
    )


def _check_rotations(args: ActivePassivePairArgs) -> None:
    # The provider's update of an INBOUND half with other credentials fails, after the new key was made.
    mode = args["link"]["mode"]
    inbound = {
        LinkMode.SOURCE_INITIATED: sorted(args["sites"]) if "back" in args["link"] else [args["destination"]],
        LinkMode.BIDIRECTIONAL: [args.get("home", args["source"])],
    }.get(mode, [])
    if mode is LinkMode.SOURCE_INITIATED and args.get("kept"):
        inbound = sorted({*inbound, args.get("home", args["source"])})  # the half that is left of the lost one's link
    for site in inbound:
        refuse(
            args["sites"][site].get("manager_keys", FIRST) != FIRST,
            f"sites.{site}.manager_keys rotates the key of the INBOUND half of a {mode.value} link, which Confluent's"
            " provider cannot replace",
            "Leave the key as it is, or change it on the link and in the cloud by hand",
        )
    refuse(
        mode is LinkMode.SOURCE_INITIATED and "keys" in args["link"] and args["link"]["keys"] != FIRST,
        "link.keys rotates the link's own key, and a source-initiated link has none",
        "Rotate the source's manager key",
    )
