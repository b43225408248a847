"""A lost ledger, written anew from the surviving cluster, which has the offsets while the link exists (S94, S95)."""

from __future__ import annotations

from kafkadr.desired import Desired
from kafkadr.errors import ApiError, DrError
from kafkadr.flip import look_at
from kafkadr.forecast import Forecast, missing_of
from kafkadr.ledger import Ledger
from kafkadr.record import closed, opened
from kafkadr.rest import KafkaRest
from kafkadr.settling import Document
from kafkadr.survey import Wish, refuse_empty

_NOT_FOUND = 404


async def document_of(rest: KafkaRest, link: str, epoch: int) -> Document:
    """The ledger document that a flip would have closed with, marked `rebuilt`; the groups' story is gone.

    Raises:
        DrError: The link is gone and its offsets with it, or it has no mirrors.
    """
    try:
        look = await look_at(rest, Wish(link, Desired.FAILED_OVER))
    except ApiError as error:
        if error.status != _NOT_FOUND:
            raise
        raise DrError(
            f"there is no link {link} on {rest.cluster_id}, and without it nobody has its mirrors' offsets",
            "Look for a copy of the ledger; else compare source and mirror topics by hand, by timestamps",
        ) from None
    refuse_empty(look)
    document = opened(look, Forecast(missing_of(look.mirrors), ()), epoch, rest.cluster_id, None)
    return closed(document, look, ()) | {"rebuilt": True}


async def rebuild(rest: KafkaRest, ledger: Ledger, link: str) -> None:
    """Write the ledger anew if there is none; one that is there knows more than the server and stays as it is."""
    if await ledger.read() is None:
        document = await document_of(rest, link, ledger.epoch)
        await ledger.update(lambda current: current or document)
