"""What exists: clusters, topics, link objects, the two stores, the state of both stacks; and what happens by itself."""

from typing import NamedTuple

from tests.model.rules import rule

CLUSTERS = ("E", "W", "N", "W2")  # the first letter is the site's name; W2 is another cluster under the name W
RECORD, LEDGERS = "record store", "ledger store"


class Copy(NamedTuple):
    """A topic on a cluster. `fetched` is the offset at which a mirror was stopped."""

    kind: str  # plain, mirror (read only), stopped (a writable former mirror)
    link: str = ""
    log: tuple[int, ...] = ()
    fetched: int = -1
    moment: int = 0  # how many moves the record had made then; only the search looks at it


class Record(NamedTuple):
    """The active-cluster record: clients follow `site`. A move under way stands in target and target_epoch."""

    site: str
    epoch: int
    target: str = ""
    target_epoch: int = 0
    moves: tuple[tuple[int, str], ...] = ()  # every (epoch, site) that it had
    standings: tuple[tuple[str, bool, int], ...] = ()  # of the other sites: caught up once, stale since which epoch


class Ledger(NamedTuple):
    """What a move to `site` may have lost: beyond offset `row[2]` on site and topic, and all that was written since an epoch."""

    epoch: int
    site: str
    rows: tuple[tuple[str, str, int], ...]
    since: int = 0
    acknowledged: bool = False


class Estate(NamedTuple):
    """Sites and links, declared or published."""

    sites: frozenset[str]
    links: frozenset[str]


class Edit(NamedTuple):
    """The keys of the switch. `approved` is (epoch, plan); the plan is a site's ends."""

    primary: str
    epoch: int
    change: str = ""
    approved: tuple = ()
    accept_loss: int = 0
    rejoin: str = ""


class State(NamedTuple):
    """What the guard recorded in the switch's state, and what a run works from."""

    edit: Edit
    primary: str  # cluster id
    previous: str  # the site that the move leaves
    sites: frozenset[str]
    links: frozenset[str]
    standings: tuple[tuple[str, bool, int], ...] = ()  # what the record says of the other sites once a move has ended


class Run(NamedTuple):
    """A run between two steps: what it works from and the record that it saw."""

    tool: str  # switch, drctl, estate
    state: State | None
    kind: str  # birth, adopt, rest, move; for the estate checked or new
    seen: Record | None
    estate: Estate | None = None
    checked: bool = False  # it has looked at the record for its next step


class World(NamedTuple):
    topics: tuple[str, ...]
    alive: frozenset[str]
    copies: tuple[tuple[Copy | None, ...], ...]
    objects: frozenset[tuple[str, str]]  # link objects: (link, site)
    syncs: frozenset[tuple[str, str]]
    record: Record | None
    ledgers: tuple[Ledger, ...]
    writes: tuple[tuple[str, int], ...]  # of each record: site, epoch (0 when written past the record)
    told: frozenset[int]  # records that an acknowledged ledger named
    declared: Estate
    published: Estate
    edit: Edit
    state: State | None
    older: State | None = None  # backups of either stack
    older_estate: Estate | None = None
    paused: Run | None = None
    # only the search looks at these: every (epoch, site) that a move claimed; sites that were caught up with their source
    used: frozenset[tuple[int, str]] = frozenset()
    caught: frozenset[str] = frozenset()


# ------------------------------------------------------------------ links
def ends(link: str) -> list[str]:
    return link.replace(">", "=").split("=")


def both_ways(link: str) -> bool:
    return "=" in link


def other(link: str, site: str) -> str:
    a, b = ends(link)
    return b if site == a else a


def link_between(links: frozenset[str], source: str, to: str) -> str:
    """The link that can carry data from source to `to`, or ''."""
    return next((n for n in sorted(links) if n in (f"{source}={to}", f"{to}={source}", f"{source}>{to}")), "")


def link_sites(link: str) -> list[str]:
    """The sites that hold an object of the link: both for a bidirectional one, else the destination."""
    return ends(link) if both_ways(link) else ends(link)[1:]


def whole(w: World, link: str) -> bool:
    return all((link, s) in w.objects for s in link_sites(link))


# ------------------------------------------------------------------ topics
def copy(w: World, site: str, topic: str) -> Copy | None:
    return w.copies[CLUSTERS.index(site)][w.topics.index(topic)]


def copies(w: World, site: str) -> tuple[Copy | None, ...]:
    return w.copies[CLUSTERS.index(site)]


def put(w: World, site: str, topic: str, value: Copy | None) -> World:
    i, j = CLUSTERS.index(site), w.topics.index(topic)
    row = w.copies[i][:j] + (value,) + w.copies[i][j + 1 :]
    return w._replace(copies=w.copies[:i] + (row,) + w.copies[i + 1 :])


def holds(w: World, site: str) -> set[int]:
    return {r for c in copies(w, site) if c for r in c.log}


def sizes(w: World, site: str) -> tuple[int, ...]:
    """The site's end offsets."""
    return tuple(len(c.log) if c else 0 for c in copies(w, site))


def comes_from(c: Copy | None, site: str) -> str:
    return other(c.link, site) if c and c.link else ""


def follows(w: World, site: str, primary: str) -> bool:
    """Every topic of the primary is an ACTIVE mirror of it on the site."""
    mine, theirs = copies(w, site), copies(w, primary)
    return any(theirs) and all(
        a is not None
        and a.kind == "mirror"
        and comes_from(a, site) == primary
        and whole(w, a.link)
        and a.log == b.log[: len(a.log)]
        for a, b in zip(mine, theirs)
        if b
    )


def caught_up(w: World, site: str, primary: str) -> bool:
    return follows(w, site, primary) and sizes(w, site) == sizes(w, primary)


def writable(c: Copy | None) -> bool:
    return c is not None and c.kind != "mirror"


def ident(site: str) -> str:
    """The name under which history knows a site."""
    return site if rule("cluster id") else site[0]


def named(name: str, sites: frozenset[str]) -> str:
    """The cluster that stands under this name, or ''."""
    return next((s for s in sorted(sites) if s[0] == name), "")


# ------------------------------------------------------------------ what happens by itself
def fetch(w: World, site: str) -> World:
    """The mirrors of a site fetch what their sources have."""
    for t in w.topics:
        c = copy(w, site, t)
        if site not in w.alive or c is None or c.kind != "mirror" or not whole(w, c.link):
            continue
        source = comes_from(c, site)
        s = copy(w, source, t)
        if source in w.alive and s and s.log[: len(c.log)] == c.log:
            w = put(w, site, t, c._replace(log=s.log))
    sources = {comes_from(c, site) for c in copies(w, site) if c and c.kind == "mirror"}
    return w._replace(caught=w.caught | {site}) if len(sources) == 1 and caught_up(w, site, *sources) else w


def write(w: World, site: str, topic: str, past_record: bool = False) -> World | None:
    """A client writes one record."""
    c = copy(w, site, topic)
    if site not in w.alive or not writable(c):
        return None
    n, epoch = len(w.writes), 0 if past_record else w.record.epoch
    return put(w._replace(writes=w.writes + ((site, epoch),)), site, topic, c._replace(log=c.log + (n,)))


TOPOLOGIES = {  # links at birth; E is the primary
    "two sites": ("E=W",),
    "two sites, one way": ("E>W",),
    "two sites, one way each": ("E>W", "W>E"),
    "star": ("E=W", "E=N"),
    "mesh": ("E=W", "E=N", "W=N"),
    "star, one way": ("E>W", "E>N"),
    "mesh, one way": ("E>W", "E>N", "W>E", "W>N", "N>E", "N>W"),
}


def birth(topology: str, topics: tuple[str, ...] = ("a",)) -> World:
    """A healthy environment: E is the primary, one record written, all standbys caught up."""
    links = frozenset(TOPOLOGIES[topology])
    sites = frozenset(s for n in links for s in ends(n))
    estate = Estate(sites, links)
    rows = [
        tuple(
            Copy("plain", "", (0,))
            if s == "E"
            else Copy("mirror", link_between(links, "E", s), (0,))
            if s in sites
            else None
            for _ in topics
        )
        for s in CLUSTERS
    ]
    edit = Edit("E", 1)
    return World(
        topics,
        frozenset(CLUSTERS) | {RECORD, LEDGERS},
        tuple(rows),
        frozenset((n, s) for n in links for s in link_sites(n)),
        frozenset((link_between(links, "E", s), s) for s in sites - {"E"}),
        Record("E", 1, moves=((1, "E"),), standings=tuple((ident(s), True, 0) for s in sorted(sites - {"E"}))),
        (),
        (("E", 1),),
        frozenset(),
        estate,
        estate,
        edit,
        State(edit, "E", "E", sites, links),
        used=frozenset({(1, "E")}),
        caught=sites - {"E"},
    )
