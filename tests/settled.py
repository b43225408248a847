"""Ledgers that are answered for, for tests of what asks for it."""

from kafkadr.settling import Acknowledgement, Document, How, acknowledged, unsettled


def written_off(document: Document) -> Document:
    """The document, with somebody who does without all that the flip left behind."""
    words = [
        Acknowledgement(How.WRITTEN_OFF, place.topic, place.partition, *span, "t", "")
        for place in unsettled(document)
        for span in place.open
    ]
    return acknowledged(document, words)
