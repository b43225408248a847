"""A ledger that was lost, or could not be written, from the surviving cluster (S94, S95).

It has the offsets while the link exists. Where the groups had been is known from the first look alone: from a ledger
that was begun, or from what the flip printed when it could not write one.
"""

from __future__ import annotations

from collections.abc import Iterator

from kafkadr.desired import Desired
from kafkadr.errors import ApiError, DrError
from kafkadr.first_look import FirstLook
from kafkadr.flip import look_at
from kafkadr.forecast import Forecast, missing_of
from kafkadr.ledger import Ledger
from kafkadr.record import closed, opened
from kafkadr.rest import KafkaRest
from kafkadr.survey import Finding, Survey, Wish, refuse_empty
from kafkadr.verdicts import Action

_NOT_FOUND = 404
_GROUPS = "all groups: nobody has looked at them before the flip, or what was seen then is lost"


async def rebuild(rest: KafkaRest, ledger: Ledger, link: str, first_look: FirstLook | None = None) -> None:
    """Write the ledger as the flip would have; one that is closed knows more than the server and stays as it is.

    Args:
        rest: The surviving cluster.
        ledger: Where it belongs.
        link: The link whose mirrors were stopped.
        first_look: What the flip saw before its call, when it could not write its ledger. It is also put into a ledger
            that a later run wrote without it.

    Raises:
        DrError: The link is gone and its offsets with it, or it has no mirrors.
    """
    document = await ledger.read()
    marked = document is None or bool(document.get("rebuilt"))
    if document is not None and document.get("state") == "closed" and not (marked and first_look):
        return
    if first_look and marked:
        wish = first_look.wish(link)
    elif document is not None:
        scope = frozenset(document["topics"]) | {row["topic"] for row in document.get("notDone", ())}
        wish = Wish(link, Desired(document.get("desired", Desired.FAILED_OVER)), scope, only_declared=True)
    else:
        wish = Wish(link, Desired.FAILED_OVER)
    look = await _look(rest, wish)
    if document is None:
        refuse_empty(look)
        nobody = Forecast(missing_of(look.mirrors), (), (_GROUPS,))
        document = opened(look, nobody, ledger.epoch, rest.cluster_id, None) | {"rebuilt": True}
    if first_look and marked:
        document = first_look.applied(document)
    await ledger.write(closed(document, look, _findings(look)))


async def _look(rest: KafkaRest, wish: Wish) -> Survey:
    try:
        return await look_at(rest, wish)
    except ApiError as error:
        if error.status != _NOT_FOUND:
            raise
        raise DrError(
            f"there is no link {wish.link} on {rest.cluster_id}, and without it nobody has its mirrors' offsets",
            "Look for a copy of the ledger; else compare source and mirror topics by hand, by timestamps",
        ) from None


def _findings(look: Survey) -> Iterator[Finding]:
    """The topics that are not where the flip wanted them."""
    yield from look.refusals()
    for mirror in look.mirrors:
        name, found = mirror.mirror_topic_name, look.verdicts[mirror.mirror_topic_name]
        if found.action not in {Action.DONE, Action.REFUSE}:
            yield Finding(name, mirror.mirror_status, "NOT_DONE", found.reason)
