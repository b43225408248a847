"""Look at a client's ACLs on one cluster, make what is missing, delete what was declared and is not any more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from kafkadr.acls import synced
from kafkadr.acls.synced import Synced
from kafkadr.errors import ApiError, DrError
from kafkadr.rest import KafkaRest
from kafkadr.text import clean
from kafkadr.wire import Acl

BATCH = 100
"""ACLs in one call; the service states no limit, and a body of 100 is about 20 kB."""
_READ_BACK_TRIES = 5
_READ_BACK_SECONDS = 1.0
_SHOWN = 20
_KEY_IS_REFUSED = frozenset({401, 403})


class AclsRefusedError(DrError):
    """Some ACLs are not as declared; the others are, and stay."""

    def __init__(self, cluster: str, refused: Sequence[tuple[Acl, str]]) -> None:
        rows = [f"  {clean(str(acl))}: {clean(why)}" for acl, why in refused[:_SHOWN]]
        more = [f"  and {len(refused) - _SHOWN} more"] if len(refused) > _SHOWN else []
        super().__init__(
            "\n".join([f"{len(refused)} ACLs on {cluster} are not as declared:", *rows, *more]),
            "Mend the causes and run the same command again: it goes on from what is there",
        )


@dataclass(frozen=True)
class Found:
    """What is different on the cluster.

    Args:
        missing: Declared, not there, and ours to make.
        leaving: There, declared no more, and ours to delete.
        left: The same two kinds, of which the ACL sync of a link is the owner, with the link's name.
        kept: Declared no more, and nobody can tell whether they are a link's, with the reason.
    """

    missing: tuple[Acl, ...] = ()
    leaving: tuple[Acl, ...] = ()
    left: tuple[tuple[Acl, str], ...] = ()
    kept: tuple[tuple[Acl, str], ...] = ()

    @property
    def warnings(self) -> list[str]:
        """One line for each ACL that is left to somebody else."""
        return [f"left to the ACL sync of link {clean(link)}: {clean(str(acl))}" for acl, link in self.left]


@dataclass
class Done:
    """What an update did."""

    made: list[Acl] = field(default_factory=list)
    deleted: list[Acl] = field(default_factory=list)
    refused: list[tuple[Acl, str]] = field(default_factory=list)


async def look(rest: KafkaRest, declared: Iterable[Acl], dropped: Iterable[Acl] = ()) -> Found:
    """Compare the cluster with the declaration: one list call for each principal, and the links if anything differs.

    Args:
        rest: The cluster.
        declared: What is to be there.
        dropped: What was declared before and is not any more.

    Raises:
        DrError: The cluster does not answer, or refuses.
    """
    wanted, before = set(declared), set(dropped)
    principals = sorted({acl.principal for acl in wanted | before})
    there = {acl for principal in principals for acl in await rest.acls(principal)}
    missing, leaving = _sorted(wanted - there), _sorted((before - wanted) & there)
    if not missing and not leaving:
        return Found()
    sync: Synced = await synced.read(rest)
    owners = {acl: sync.owner(acl) for acl in (*missing, *leaving)}
    ours = [acl for acl in leaving if not owners[acl]]
    why = f"whether it is a link's cannot be read: {sync.unreadable}"
    return Found(
        tuple(acl for acl in missing if not owners[acl]),
        () if sync.unreadable else tuple(ours),
        tuple((acl, owner) for acl, owner in owners.items() if owner),
        tuple((acl, why) for acl in ours) if sync.unreadable else (),
    )


async def put_right(rest: KafkaRest, declared: Sequence[Acl], dropped: Sequence[Acl] = ()) -> tuple[Found, Done]:
    """Make what is missing, then delete what left, so that a client is at no time without a right that it keeps.

    Raises:
        AclsRefusedError: Some are not as declared; the others are.
        DrError: The cluster does not answer, or refuses the key.
    """
    found, done = await look(rest, declared, dropped), Done()
    for start in range(0, len(found.missing), BATCH):
        await _make(rest, found.missing[start : start + BATCH], done)
    await _read_back(rest, done)
    for acl in found.leaving:
        await _delete(rest, acl, done)
    done.refused += found.kept
    if done.refused:
        raise AclsRefusedError(rest.cluster_id, done.refused)
    return found, done


async def _make(rest: KafkaRest, acls: Sequence[Acl], done: Done) -> None:
    try:
        rows = await rest.create_acls(acls)
    except ApiError as error:
        if error.status in _KEY_IS_REFUSED:
            raise
        if len(acls) == 1:
            done.refused.append((acls[0], f"{error.status} ({error.code}): {error.message}"))
            return
        # All or none: one bad entry must not keep the others from being made, and only alone does it show which.
        for acl in acls:
            await _make(rest, [acl], done)
        return
    refused = {acl for acl, row in zip(acls, rows, strict=False) if row.error_code}
    done.made += [acl for acl in acls if acl not in refused]
    done.refused += [
        (acl, f"{row.error_code}: {row.error_message or 'no reason given'}")
        for acl, row in zip(acls, rows, strict=False)
        if row.error_code
    ]


async def _read_back(rest: KafkaRest, done: Done) -> None:
    """Accepted is not there: an ACL that cannot be seen a few seconds later is told."""
    absent = set(done.made)
    for _ in range(_READ_BACK_TRIES):
        for principal in sorted({acl.principal for acl in absent}):
            absent -= set(await rest.acls(principal))
        if not absent or not await rest.budget.sleep(_READ_BACK_SECONDS):
            break
    done.made = [acl for acl in done.made if acl not in absent]
    done.refused += [(acl, "accepted, and not there") for acl in _sorted(absent)]


async def _delete(rest: KafkaRest, acl: Acl, done: Done) -> None:
    try:
        await rest.delete_acl(acl)
    except ApiError as error:
        if error.status in _KEY_IS_REFUSED:
            raise
        done.refused.append((acl, f"cannot be deleted: {error.status} ({error.code}): {error.message}"))
    else:
        done.deleted.append(acl)


def _sorted(acls: Iterable[Acl]) -> list[Acl]:
    return sorted(acls, key=lambda acl: tuple(acl.model_dump().values()))
