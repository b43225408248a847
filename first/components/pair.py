"""An active/passive pair: two sites, a link, mirrors, client keys, and the guard and lifecycle of a flip.

A flip (an edit of primary, epoch, change, standby or desired) changes the guard, the mirror state and this component's
outputs. Every resource of the Confluent provider gets the same inputs before and after: nothing of the failing site is
touched, and nothing is looked up.
"""

from typing import Any

import pulumi

from . import kept, rebuild, two_ways
from . import pair_parts as parts
from ._base import Component
from .card import card
from .clearing import Clearance
from .credentials import ClientCredentials
from .discovery import ActivePointer, KeyRing
from .link import DrClusterLink
from .link_account import LinkAccount
from .link_guard import LinkGuard, link_guard
from .mirrors import MirrorTopics
from .pair_args import ActivePassivePairArgs, check_pair
from .resources import MirrorState, Transition
from .sealed import require_end
from .site import KafkaSite


class ActivePassivePair(Component):
    """Disaster recovery for one primary: build it once, flip it by config.

    Everything in the pair depends on the guard, so an illegal move is refused before anything else is even checked.
    """

    active: pulumi.Output[dict[str, Any]]
    """Where clients belong now, `{site, clusterId, bootstrap, rest, epoch}`. Moves only after the mirrors (S43)."""
    phase: pulumi.Output[str]
    """Where the pair is, see docs/phases.md."""
    states: pulumi.Output[dict[str, int]]
    """Number of mirrors per status, as last read from the server."""
    forecast: pulumi.Output[dict[str, Any]]
    """What the flip costs, see `MirrorState`."""
    ledger: pulumi.Output[dict[str, Any]]
    """Where the failover offsets were written, see `MirrorState`."""
    pointer: pulumi.Output[str]
    """Address of the service-discovery entry, empty without one."""
    clients: pulumi.Output[dict[str, Any]]
    """Client credentials, `{client: {site: {key, secret}}}`, as a Pulumi secret; empty when a vault holds them."""
    vault: pulumi.Output[dict[str, Any]]
    """Vault entries, `{client: {site: address}}`; without addresses when there is no vault."""
    card: pulumi.Output[dict[str, Any]]
    """The site card, with which `drctl failover` works without Pulumi."""

    def __init__(self, name: str, args: ActivePassivePairArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Build or flip the pair.

        Raises:
            ComponentError: The arguments contradict each other; see `check_pair`.
        """
        super().__init__(name, opts)
        check_pair(args)
        guard = self._guard(name, args)
        after = self._child(depends_on=[guard])
        sites = {s: KafkaSite(f"{name}-{s}", parts.site(name, args, s), after) for s in sorted(args["sites"])}
        root = rebuild.root(name, args)
        account = self._account(root, args, sites, after)
        link = DrClusterLink(f"{root}-link", parts.data_link(args, sites, account), after)
        extra = [*self._acl_link(root, args, sites, account, after), *kept.links(name, args, sites, after)]
        back, back_account = self._back(name, args, sites, after)
        way, runs = two_ways.running(args), back if back and rebuild.turned(args) else link
        mirrors = MirrorTopics(f"{two_ways.root(name, args)}-mirror", parts.mirrors(way, sites, runs.link_name), after)
        clients = {
            c: ClientCredentials(f"{name}-client-{c}", parts.client(name, args, sites, c), after)
            for c in sorted(args.get("clients", {}))
        }
        turn = self._turn(name, args, sites, link, guard)
        clearing = self._clear(name, args, sites, runs, guard)
        links = [link, *extra, *([back] if back else [])]
        before = [guard, *links, mirrors, *turn]
        state = MirrorState(
            rebuild.state_name(name, args),
            **parts.mirror_state(way, sites, two_ways.link_name(args, rebuild.after(turn, runs.link_name), mirrors)),
            demotion=guard.demotion,
            # A site becomes active when the clients' credentials for it are stored and proven, and not before.
            opts=self._child(
                depends_on=[*before, *parts.stored(clients, args["destination"])], released=bool(rebuild.released(args))
            ),
        )
        self.active = _active(args, sites[args["primary"]], state)
        stored = parts.stored(clients, args["primary"])
        self.pointer = self._pointer(name, args, sites, after=[guard, state, *stored])
        sealed = state.quarantined if parts.quarantined(args) else pulumi.Output.from_input({})
        require_end(state.ledger, sealed, self.pointer)
        # All that holds a manager's or the link's key, but no other ring: each says for itself what is in its way.
        acls = [acl for client in clients.values() for acl in client.acls]
        users = [guard, *links, mirrors, *acls, *clearing, state]
        rings = parts.rings(name, args, sites, account) | two_ways.ring(name, args, back_account)
        for ring, spec in rings.items():
            KeyRing(ring, **spec, opts=self._child(depends_on=users))
        locked = self._child(depends_on=users, protect=args.get("protect", True))
        LinkGuard(f"{name}-link-guard", **link_guard(args, sites), opts=locked)
        self.phase = guard.phase
        self.states, self.forecast, self.ledger = state.states, state.forecast, state.ledger
        self.clients = pulumi.Output.secret({} if "vault" in args else {c: found.keys for c, found in clients.items()})
        self.vault = pulumi.Output.from_input({c: found.addresses for c, found in clients.items()})
        self.card = card(way, sites, runs.link_name)
        self.register_outputs(
            {
                "active": self.active,
                "pointer": self.pointer,
                "phase": self.phase,
                "states": self.states,
                "forecast": self.forecast,
                "ledger": self.ledger,
                "vault": self.vault,
            }
        )

    def _guard(self, name: str, args: ActivePassivePairArgs) -> Transition:
        return Transition(
            f"{name}-guard",
            sites=sorted(args["sites"]),
            primary=args["primary"],
            epoch=args["epoch"],
            change=args.get("change", "none"),
            standby=args.get("standby", "mirroring"),
            handover=args.get("handover", ""),
            handover_key=args.get("handover_key", ""),
            topics=sorted(args.get("topics", [])),
            link=two_ways.running(args)["link"]["name"],
            idle=two_ways.idle(args),
            bidirectional=rebuild.bidirectional(args),
            mode=args["link"]["mode"].value,
            home=rebuild.home(args) if rebuild.bidirectional(args) else "",
            prefix=parts.settings_of(args).get("prefix", ""),
            kept=args.get("kept", []),
            built=args["link"].get("built", 0),
            released=rebuild.released(args),
            acknowledged=args.get("acknowledged", []),
            pointer_url=args["pointer"]["url"] if "pointer" in args else "",
            # Losing the guard would lose the epoch, and with it the refusal of an old config.
            opts=self._child(protect=args.get("protect", True)),
        )

    def _turn(
        self, name: str, args: ActivePassivePairArgs, sites: parts.Sites, link: DrClusterLink, guard: Transition
    ) -> list[rebuild.Restoration | rebuild.Reversal]:
        """What makes the old primary the mirror, in the terms that ask for it."""
        halves = rebuild.halves_of(args, sites, link.link_name)
        opts = self._child(depends_on=[guard, link])
        if rebuild.restores(args):
            more = rebuild.restoration(args, sites)
            return [rebuild.Restoration(f"{name}-restoration", halves=halves, more=more, opts=opts)]
        if rebuild.reverses(args):
            more = rebuild.reversal(args, guard.demotion, **parts.turning(args))
            return [rebuild.Reversal(f"{name}-reversal", halves=halves, more=more, opts=opts)]
        return []

    def _account(
        self, name: str, args: ActivePassivePairArgs, sites: parts.Sites, after: pulumi.ResourceOptions
    ) -> LinkAccount | None:
        if not parts.needs_account(args):
            return None
        return LinkAccount(f"{name}-link-reader", parts.link_account(name, args, sites), after)

    def _back(
        self, name: str, args: ActivePassivePairArgs, sites: parts.Sites, after: pulumi.ResourceOptions
    ) -> tuple[DrClusterLink | None, LinkAccount | None]:
        """The link of the other direction, with an account of its own."""
        if not two_ways.two_ways(args):
            return None, None
        seen, root = two_ways.away_link(args), two_ways.back_root(name, args)
        account = self._account(root, seen, sites, after)
        return DrClusterLink(f"{root}-link", parts.data_link(seen, sites, account), after), account

    def _clear(
        self, name: str, args: ActivePassivePairArgs, sites: parts.Sites, link: DrClusterLink, guard: Transition
    ) -> list[Clearance]:
        """What arms or deletes the stale topics of the old primary, in the terms that ask for it."""
        if not rebuild.clears(args):
            return []
        spec = two_ways.clearance(args, sites, link.link_name)
        return [Clearance(f"{name}-clearance", **spec, opts=self._child(depends_on=[guard, link]))]

    def _acl_link(
        self,
        root: str,
        args: ActivePassivePairArgs,
        sites: parts.Sites,
        account: LinkAccount | None,
        after: pulumi.ResourceOptions,
    ) -> list[DrClusterLink]:
        if "acl_link" not in args:
            return []
        return [DrClusterLink(f"{root}-acl-link", parts.acl_link(args, sites, account), after)]

    def _pointer(
        self, name: str, args: ActivePassivePairArgs, sites: parts.Sites, after: list[pulumi.Resource]
    ) -> pulumi.Output[str]:
        """Last of all, so that a flip that is not whole never moves it (S43, I4)."""
        if "pointer" not in args:
            return pulumi.Output.from_input("")
        pointer = ActivePointer(
            f"{name}-pointer",
            **parts.pointer(args, sites),
            opts=self._child(
                depends_on=after,
                protect=args.get("protect", True),
                retain_on_delete=args.get("retain_on_delete", True),
            ),
        )
        return pointer.address


def _active(args: ActivePassivePairArgs, site: KafkaSite, state: MirrorState) -> pulumi.Output[dict[str, Any]]:
    """The pointer. It takes `states` in only to come after the flip: clients may move when the mirrors are stopped."""
    where = {
        "clusterId": site.cluster_id,
        "bootstrap": site.bootstrap_endpoint,
        "rest": site.rest_endpoint,
        "states": state.states,
    }
    return pulumi.Output.all(**where).apply(
        lambda known: {
            "site": args["primary"],
            "epoch": args["epoch"],
            **{key: known[key] for key in ("clusterId", "bootstrap", "rest")},
        }
    )
